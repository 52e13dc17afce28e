import type { FaultEntry } from '../faults.ts'

/** Refusals of online endpoints' own hosts, by the statuses that Azure documents. */
export const scoringFaults = {
  ScoringEndpointNotFound: {
    status: 404,
    code: 'EndpointNotFound',
    message: "There is no online endpoint '{endpoint}' in region '{region}'.",
  },
  ScoringPathNotFound: {
    status: 404,
    code: 'NotFound',
    message: "An online endpoint answers at /score, /swagger.json and /, not at '{path}'.",
  },
  ScoringHeaderMissing: {
    status: 401,
    code: 'key_auth_bad_header_forbidden',
    message: 'The request needs a header Authorization: Bearer, with {what} of the endpoint.',
  },
  ScoringKeyWrong: {
    status: 401,
    code: 'key_auth_access_denied',
    message: 'The key in the Authorization header is none of the endpoint.',
  },
  ScoringTokenWrong: {
    status: 401,
    code: 'token_auth_access_denied',
    message: 'The token in the Authorization header is none of the endpoint, or it has expired.',
  },
  ScoringNoTraffic: {
    status: 404,
    code: 'NoTrafficAssigned',
    message: "The endpoint '{endpoint}' does not have any deployment with a share of its traffic.",
  },
  ScoringDeploymentNotFound: {
    status: 404,
    code: 'DeploymentNotFound',
    message: "The endpoint '{endpoint}' has no deployment '{deployment}'.",
  },
  ScoringBodyUnreadable: { status: 400, code: 'BadRequest', message: 'The body could not be read: {reason}.' },
  ScoringBodyTooLarge: {
    status: 413,
    code: 'RequestEntityTooLarge',
    message: 'The body of the request is larger than {limit} bytes, the most that an online endpoint takes.',
  },
  ScoringTimeout: { status: 408, code: 'RequestTimeout', message: '{reason}' },
  ScoringOverloaded: { status: 429, code: 'TooManyRequests', message: '{reason}' },
  ScoringCrashed: { status: 502, code: 'BadGateway', message: '{reason}' },
  ScoringUnavailable: { status: 503, code: 'ServiceUnavailable', message: '{reason}' },
} as const satisfies Record<string, FaultEntry>
