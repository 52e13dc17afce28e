import type { FaultEntry } from '../faults.ts'

/** Refusals of template deployments, in Azure's words where those are known. */
export const deploymentFaults = {
  InvalidTemplate: { status: 400, message: "Deployment template validation failed: '{reason}'." },
  DisallowedDeployment: {
    status: 400,
    code: 'InvalidTemplateDeployment',
    message: 'The template deployment failed because of policy violation. Please see details for more information.',
  },
  InvalidDeploymentResources: {
    status: 400,
    code: 'InvalidTemplateDeployment',
    message:
      "The template deployment '{name}' is not valid according to the validation procedure. See inner errors for details.",
  },
  InexactInteger: {
    status: 400,
    code: 'InvalidTemplate',
    message:
      "Deployment template validation failed: 'The integer at '{place}' is beyond ±9007199254740991, and can't be held exactly here'.",
  },
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
  InvalidTemplateOutput: {
    status: 400,
    code: 'InvalidTemplate',
    message: "Deployment output evaluation failed: 'The template output '{name}' is not valid: {reason}'.",
  },
  InvalidContentLink: {
    status: 400,
    message:
      "Unable to download deployment content from '{uri}': {reason}. Please see https://aka.ms/arm-deploy for usage details.",
  },
  KeyVaultParameterReference: {
    status: 400,
    code: 'KeyVaultParameterReferenceNotFound',
    message: "The parameter '{name}' could not be read from the key vault '{vault}': {reason}.",
  },
  TemplateLimit: {
    status: 400,
    code: 'InvalidTemplate',
    message:
      "Deployment template validation failed: 'The number of template {what} limit exceeded. Limit: '{limit}' and actual: '{actual}'. Please see https://aka.ms/arm-syntax for usage details'.",
  },
  InvalidDeploymentLocation: {
    status: 409,
    message:
      "Invalid deployment location '{location}'. The deployment '{name}' already exists in location '{existing}'.",
  },
  DeploymentNotFound: { status: 404, message: "Deployment '{name}' could not be found." },
  DeploymentRunning: {
    status: 409,
    code: 'DeploymentActive',
    message:
      "The deployment with resource id '{id}' cannot be saved, because this would overwrite an existing deployment which is still active. Please see https://aka.ms/arm-deploy for usage details.",
  },
  DeploymentQuotaExceeded: {
    status: 409,
    message:
      "Creating the deployment '{name}' would exceed the quota of '{limit}'. The current deployment count is '{count}', please delete some deployments before creating a new one. Please see https://aka.ms/arm-deploy for usage details.",
  },
  DeploymentNotAuthorized: {
    status: 403,
    code: 'InvalidTemplateDeployment',
    message: "Deployment failed with multiple errors: '{problems}'",
  },
  TemplateNamespaceUnknown: {
    status: 400,
    code: 'InvalidResourceNamespace',
    message: "The resource namespace '{namespace}' is invalid.",
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
