import type { FaultEntry } from '../faults.ts'

/** Refusals of template deployments, in Azure's words where those are known. */
export const deploymentFaults = {
  InvalidTemplate: { status: 400, message: "Deployment template validation failed: '{reason}'." },
  InvalidExpression: {
    status: 400,
    code: 'InvalidTemplate',
    message:
      "Unable to process template language expressions at '{place}'. The expression '{expression}' is not valid: {reason}",
  },
  InvalidTemplateParameter: {
    status: 400,
    code: 'InvalidTemplate',
    message:
      "Deployment template validation failed: 'The provided value for the template parameter '{name}' is not valid: {reason}'.",
  },
  InvalidDeployment: { status: 400, message: 'The deployment is not valid: {reason}.' },
  DeploymentNotHere: { status: 400, code: 'NotSupported', message: '{what} is not supported by Lazuli yet.' },
  DeploymentNotRunning: {
    status: 409,
    code: 'DeploymentCannotBeCancelled',
    message: "The deployment '{name}' cannot be cancelled because it is in the state '{state}'.",
  },
  DeploymentActive: {
    status: 409,
    message: "The deployment '{name}' cannot be deleted because it is running. Cancel it first.",
  },
  DeploymentCanceled: { status: 409, code: 'DeploymentCanceled', message: "The deployment '{name}' was canceled." },
  DeploymentOperationNotFound: { status: 404, message: "The deployment operation '{operation}' could not be found." },
  DeploymentFailed: {
    status: 409,
    message:
      'At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.',
  },
} as const satisfies Record<string, FaultEntry>
