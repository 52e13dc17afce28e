import { type Static, type TSchema, Type } from 'typebox'
import type { Deps } from '../../domain/deps.ts'
import { fault } from '../../faults.ts'
import type { Json } from '../../json.ts'
import { type Answer, type Operation, operation, type RegionalRequest } from '../operation.ts'

interface Declared<Input extends TSchema> {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `2.0` unless said. */
  readonly api?: '2.0' | '3.0'
  /** Below `/api/{api}/mlflow`. */
  readonly path: string
  readonly right: string
  /** The fields of the request: of the query for GET, of the body for the rest. */
  readonly input?: Input
  readonly answer: (
    deps: Deps,
    request: Omit<RegionalRequest<string, never, never>, 'query' | 'body' | 'params'> & {
      readonly params: Readonly<Record<string, string>>
      readonly input: Static<Input>
    },
  ) => Promise<Json | Answer>
}

const Anything = Type.Object({})

/** Declares one operation of MLflow's REST API. */
export function mlflow<Input extends TSchema = typeof Anything>(declared: Declared<Input>): Operation {
  const { name, method, api = '2.0', path, right, input, answer } = declared
  const isGet = method === 'GET'
  return operation({
    name: `MLflow.${name}`,
    method,
    path: `/api/${api}/mlflow${path}`,
    right,
    ...(input && (isGet ? { query: input } : { body: input })),
    answer: (deps, request) => {
      // Checked by the schema above: a GET's input is its query.
      const fields = (isGet ? request.query : request.body) as Static<Input>
      return answer(deps, { ...(request as unknown as RegionalRequest<string, never, never>), input: fields })
    },
  })
}

/** The run that a request names. @throws ParameterInvalid where it names none */
export function runIdOf(input: { readonly run_id?: string; readonly run_uuid?: string }): string {
  return required('run_id', input.run_id || input.run_uuid)
}

/** @throws ParameterInvalid in MLflow's words, where a field is missing */
export function required<Value>(name: string, value: Value | undefined): Value {
  if (value === undefined || value === '') {
    throw fault('ParameterInvalid', { reason: `Missing value for required parameter '${name}'.` })
  }
  return value
}
