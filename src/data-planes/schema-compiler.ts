import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'

/** Checks bodies as they are sent; texts of a query become the numbers and booleans that its schema names. */
export function schemaCompiler() {
  const strict = withFormats(new Ajv({ strict: false, useDefaults: true, verbose: true }))
  const query = withFormats(new Ajv({ strict: false, coerceTypes: 'array', useDefaults: true, verbose: true }))
  return ({ schema, httpPart }: { schema: unknown; httpPart?: string }) => {
    const ajv = httpPart === 'body' ? strict : query
    let compiled: ValidateFunction | undefined
    // Compiled when a route is first asked: most of them never are.
    return (data: unknown) => {
      compiled ??= ajv.compile(schema as object)
      return compiled(data) ? { value: data } : { error: new SchemaError(compiled.errors ?? [], httpPart ?? 'request') }
    }
  }
}

/** Where a request is not what its schema says, and what stands there. */
export interface SchemaProblem {
  /** `/tags/0/key` */
  readonly path: string
  readonly value: unknown
  readonly message: string
}

/** What is wrong with a request, in words; Fastify hands it to the route's error handler. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
  readonly statusCode = 400
  readonly problems: readonly SchemaProblem[]
  constructor(errors: readonly ErrorObject[], part: string) {
    super(errors.map(({ instancePath, message }) => `${part}${instancePath} ${message}`).join(', '))
    this.problems = errors.map(({ instancePath, data, message = '' }) => ({ path: instancePath, value: data, message }))
  }
}

function withFormats(ajv: Ajv): Ajv {
  formats.default(ajv)
  return ajv
}
