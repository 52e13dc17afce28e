import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'

/** Checks bodies as they are sent; texts of a query become the numbers and booleans that its schema names. */
export function schemaCompiler() {
  const strict = withFormats(new Ajv({ strict: false, useDefaults: true }))
  const query = withFormats(new Ajv({ strict: false, coerceTypes: 'array', useDefaults: true }))
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

/** What is wrong with a request, in words; Fastify hands it to the route's error handler. */
class SchemaError extends Error {
  override readonly name = 'SchemaError'
  readonly statusCode = 400
  constructor(errors: readonly ErrorObject[], part: string) {
    super(errors.map(({ instancePath, message }) => `${part}${instancePath} ${message}`).join(', '))
  }
}

function withFormats(ajv: Ajv): Ajv {
  formats.default(ajv)
  return ajv
}
