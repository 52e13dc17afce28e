import type { TSchema } from 'typebox'
import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject } from '../../json.ts'
import type { RegisteredType } from '../registry.ts'

interface Problem {
  /** `/properties/computeType`; '' is the body. */
  readonly instancePath: string
  readonly message: string
  readonly params: object
}
interface Check {
  Check(value: unknown): boolean
  Errors(value: unknown): readonly [boolean, readonly Problem[]]
}

const compiled = new WeakMap<TSchema, Check>()

/** The check of what a declaration reads, made when a type is first written: a server that writes nothing loads no compiler. */
async function checkOf(schema: TSchema): Promise<Check> {
  const known = compiled.get(schema)
  if (known) return known
  const { Compile } = await import('typebox/schema')
  const made: Check = Compile(schema)
  compiled.set(schema, made)
  return made
}

/**
 * What a declaration reads of a body is there and of its kind. The facts of a version ask less than that where a client
 * library leaves a property open, and a declaration counts on its types. A null stands for a part that is left out.
 *
 * @throws InvalidRequestBody with a detail per problem
 */
export async function checkReads(
  { declaration, type }: RegisteredType,
  version: string,
  body: JsonObject,
): Promise<void> {
  const check = await checkOf(declaration.reads)
  if (check.Check(body)) return
  const bare = withoutNulls(body)
  if (check.Check(bare)) return
  const details = check.Errors(bare)[1].map(({ instancePath, message, params }) => {
    const missing: unknown = 'requiredProperties' in params ? params.requiredProperties : undefined
    const names = instancePath.split('/').filter((name) => name !== '')
    const target = [...names, ...(Array.isArray(missing) ? missing.slice(0, 1).map(String) : [])].join('.')
    const says = missing === undefined ? message : 'is required'
    return { code: 'InvalidRequestContent', target: target || 'body', message: `'${target || 'body'}' ${says}.` }
  })
  const problems = details.map(({ message }) => message).join(' ')
  const [first] = details
  throw fault('InvalidRequestBody', { type, version, problems }, { details, ...(first && { target: first.target }) })
}

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => withoutNulls(item))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === null || member === undefined ? [] : [[name, withoutNulls(member)]],
    ),
  )
}
