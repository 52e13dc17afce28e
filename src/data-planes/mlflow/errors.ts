import { type FaultCode, fault } from '../../faults.ts'
import type { Face } from '../operation.ts'
import type { SchemaProblem } from '../schema-compiler.ts'

/** MLflow's words for refusals that its clients act upon, where the status alone does not say. */
const codes: Partial<Record<FaultCode, string>> = {
  RunIsDeleted: 'INVALID_PARAMETER_VALUE',
  ExperimentIsDeleted: 'INVALID_STATE',
  OperationNotImplemented: 'NOT_IMPLEMENTED',
  PathNotFound: 'ENDPOINT_NOT_FOUND',
}

const byStatus: ReadonlyMap<number, string> = new Map([
  [400, 'INVALID_PARAMETER_VALUE'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'RESOURCE_DOES_NOT_EXIST'],
  [409, 'RESOURCE_ALREADY_EXISTS'],
  [413, 'BAD_REQUEST'],
  [429, 'REQUEST_LIMIT_EXCEEDED'],
  [501, 'NOT_IMPLEMENTED'],
])

/**
 * MLflow's refusals. Source: mlflow/protos/databricks.proto; a name that is taken answers 400, as MLflow's server does.
 */
export const mlflowRefusal: Face['refuse'] = (fault) => ({
  status: fault.status === 409 ? 400 : fault.status,
  body: { error_code: codes[fault.key] ?? byStatus.get(fault.status) ?? 'INTERNAL_ERROR', message: fault.message },
})

/** A field that is missing or not what it should be, as MLflow tells it. */
export function invalidParameter({ path, value, message }: SchemaProblem) {
  const name = path
    .slice(1)
    .split('/')
    .reduce((text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : `${text}.${part}`))
  const [, missing] = /required property '(\w+)'/.exec(message) ?? []
  if (missing !== undefined) {
    const field = name === '' ? missing : `${name}.${missing}`
    return fault('ParameterInvalid', { reason: `Missing value for required parameter '${field}'.` })
  }
  const shown = JSON.stringify(value)?.slice(0, MOST_SHOWN)
  const reason = `Invalid value ${shown} for parameter '${name}' supplied: it ${message}.`
  return fault('ParameterInvalid', { reason: name === '' ? `The request ${message}.` : reason })
}

const MOST_SHOWN = 200
