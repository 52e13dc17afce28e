import type { FaultEntry } from '../faults.ts'

/** Refusals of the simulation and of the rate limit, in Azure's words where a client is to meet them. */
export const simulationFaults = {
  SimulationInvalid: {
    status: 400,
    code: 'InvalidRequestContent',
    message: 'The settings of the simulation do not fit: {reason}.',
  },
  SimulatedTooManyRequests: {
    status: 429,
    code: 'TooManyRequests',
    message: 'The request is being throttled (by the simulation that is set on this server).',
  },
  SimulatedServiceUnavailable: {
    status: 503,
    code: 'ServiceUnavailable',
    message: 'The service is temporarily unavailable (by the simulation that is set on this server).',
  },
  SimulatedFailure: { status: 409, message: '{message}' },
  RequestsThrottled: {
    status: 429,
    code: 'SubscriptionRequestsThrottled',
    message:
      "Number of '{kind}' requests for subscription '{subscription}' actor '{actor}' exceeded. Please try again after '{seconds}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.",
  },
  TenantRequestsThrottled: {
    status: 429,
    message:
      "Number of '{kind}' requests for tenant '{tenant}' actor '{actor}' exceeded. Please try again after '{seconds}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.",
  },
} as const satisfies Record<string, FaultEntry>
