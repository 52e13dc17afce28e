import type { FaultEntry } from '../faults.ts'

/** Refusals of Microsoft Graph, with its codes. */
export const graphFaults = {
  GraphAccessDenied: {
    status: 403,
    code: 'Authorization_RequestDenied',
    message: 'Insufficient privileges to complete the operation.',
  },
  GraphBadRequest: { status: 400, code: 'Request_BadRequest', message: '{reason}.' },
  GraphUnsupportedQuery: { status: 400, code: 'Request_UnsupportedQuery', message: '{reason}.' },
  GraphNotSignedIn: {
    status: 400,
    code: 'Request_BadRequest',
    message: '/me request is only valid with delegated authentication flow.',
  },
  GraphConflict: { status: 409, code: 'Request_MultipleObjectsWithSameKeyValue', message: '{reason}' },
  GraphResourceNotFound: {
    status: 404,
    code: 'Request_ResourceNotFound',
    message: "Resource '{id}' does not exist or one of its queried reference-property objects are not present.",
  },
  GraphNotImplemented: {
    status: 501,
    code: 'NotImplemented',
    message: '{method} {path} of Microsoft Graph is not implemented by Lazuli.',
  },
} as const satisfies Record<string, FaultEntry>
