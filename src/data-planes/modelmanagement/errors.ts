import type { Face } from '../operation.ts'

/** Model management's refusals. Source: `ErrorResponse` of its client, which has the status in the body and no envelope. */
export const modelManagementRefusal: Face['refuse'] = (fault, { requestId }) => ({
  status: fault.status,
  body: {
    code: fault.code,
    statusCode: fault.status,
    message: fault.message,
    target: fault.extra.target ?? null,
    details: (fault.extra.details ?? []).map(({ code, message }) => ({ code, message })),
    correlation: { RequestId: requestId },
  },
})
