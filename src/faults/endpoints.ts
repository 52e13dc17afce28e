import type { FaultEntry } from '../faults.ts'

/** Refusals of endpoints and their deployments, in the resource manager. */
export const endpointFaults = {
  EndpointInvalid: { status: 400, code: 'ValidationError', message: '{reason}' },
  EndpointNameTaken: {
    status: 400,
    code: 'UserError',
    message:
      "The endpoint name '{name}' is already taken in region '{region}'. Choose another: it stands in a host name.",
  },
  EndpointKindUnsupported: {
    status: 400,
    code: 'EndpointComputeTypeNotSupported',
    message: "Endpoints and deployments on '{kind}' can't be made here: {why}. Use Managed.",
  },
  EndpointAuthModeUnsupported: {
    status: 400,
    code: 'UserError',
    message: "The endpoint '{endpoint}' is reached with {mode}, not with {asked}.",
  },
  EndpointTrafficInvalid: { status: 400, code: 'BadEndpointTraffic', message: '{reason}' },
  DeploymentHasTraffic: {
    status: 400,
    code: 'UserError',
    message:
      "The deployment '{deployment}' gets {share} % of the {kind} of endpoint '{endpoint}'. Set its share to 0, then send the request again.",
  },
  DeploymentInvalid: { status: 400, code: 'ValidationError', message: '{reason}' },
  DeploymentUnsupported: {
    status: 501,
    code: 'NotImplemented',
    message: "The deployment can't be made here: {reason}.",
  },
  EndpointQuotaExceeded: {
    status: 400,
    code: 'OutOfQuota',
    message:
      'Not enough quota available for {size} in {region}: {wanted} cores are asked, {used} of {limit} of the family {family} are in use.',
  },
  DeploymentEnvironmentFailed: {
    status: 400,
    code: 'ImageBuildFailure',
    message: "The environment of deployment '{deployment}' could not be built. {message}",
  },
  DeploymentFilesFailed: {
    status: 400,
    code: 'BadArgument',
    message: "The files of deployment '{deployment}' could not be put in place. {message}",
  },
  DeploymentNotReady: {
    status: 400,
    code: 'ResourceNotReady',
    message: "The deployment '{deployment}' did not become ready ({reason}). {message}",
  },
} as const satisfies Record<string, FaultEntry>
