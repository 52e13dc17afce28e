import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'

/** Checks bodies as they are sent; texts of a query become the numbers and booleans that its schema names. */
export function schemaCompiler() {
  const strict = withFormats(new Ajv({ strict: false, useDefaults: true }))
  const query = withFormats(new Ajv({ strict: false, coerceTypes: 'array', useDefaults: true }))
  return ({ schema, httpPart }: { schema: unknown; httpPart?: string }): ValidateFunction =>
    (httpPart === 'body' ? strict : query).compile(schema as object)
}

function withFormats(ajv: Ajv): Ajv {
  formats.default(ajv)
  return ajv
}
