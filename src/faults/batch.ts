import type { FaultEntry } from '../faults.ts'

/** Refusals of what batch endpoints are asked to do. */
export const batchFaults = {
  BatchEndpointNotFound: {
    status: 404,
    code: 'ResourceNotFound',
    message: "There is no batch endpoint '{endpoint}' in {where}.",
  },
  BatchDeploymentNotFound: {
    status: 404,
    code: 'ResourceNotFound',
    message: "The batch endpoint '{endpoint}' has no deployment '{deployment}'.",
  },
  BatchDefaultMissing: {
    status: 400,
    code: 'UserError',
    message:
      "The batch endpoint '{endpoint}' has no default deployment. Set defaults.deploymentName, or name one in the header azureml-model-deployment.",
  },
  BatchDeploymentNotReady: {
    status: 409,
    code: 'ResourceNotReady',
    message: "The deployment '{deployment}' of batch endpoint '{endpoint}' is {state}.",
  },
  BatchKeysUnused: {
    status: 400,
    code: 'UserError',
    message: "The batch endpoint '{endpoint}' has no keys: it is invoked with tokens of Microsoft Entra ID (aadToken).",
  },
  BatchInvocationInvalid: { status: 400, code: 'ValidationError', message: '{reason}' },
  BatchJobExists: { status: 409, code: 'Conflict', message: "A job '{job}' exists already. Choose another name." },
  BatchJobNotFound: { status: 404, code: 'ResourceNotFound', message: "There is no job '{job}' of {of}." },
} as const satisfies Record<string, FaultEntry>
