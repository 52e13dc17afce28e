import type { Face } from './operation.ts'

/**
 * Run history's refusals, which the services around it share.
 *
 * Source: `ErrorResponse` and `RootError` of azureml's run history client: `code` is the class of the error, the inner
 * errors narrow it.
 */
export const historyRefusal: Face['refuse'] = (fault, { requestId, region, time }) => ({
  status: fault.status,
  body: {
    error: {
      code: fault.status >= 500 && fault.status !== 501 ? 'ServiceError' : 'UserError',
      severity: null,
      message: fault.message,
      messageFormat: null,
      messageParameters: null,
      referenceCode: null,
      detailsUri: null,
      target: fault.extra.target ?? null,
      details: (fault.extra.details ?? []).map((detail) => ({ ...detail, target: detail.target ?? null })),
      innerError: { code: classOf(fault.status), innerError: { code: fault.code, innerError: null } },
      additionalInfo: null,
    },
    correlation: { operation: requestId, request: requestId },
    environment: region,
    location: region,
    time,
    componentName: 'run-history',
  },
})

const classes: ReadonlyMap<number, string> = new Map([
  [400, 'BadArgument'],
  [401, 'Auth'],
  [403, 'Auth'],
  [404, 'NotFound'],
  [409, 'Conflict'],
  [501, 'NotImplemented'],
])

const classOf = (status: number): string => classes.get(status) ?? (status >= 500 ? 'InternalServer' : 'BadArgument')
