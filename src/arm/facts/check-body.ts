import { type FaultDetail, fault } from '../../faults.ts'
import { inSentence, isObject, type Json, type JsonObject } from '../../json.ts'
import type { RegisteredType } from '../registry.ts'
import type { ResolvedVersion } from '../versions.ts'
import { checkScalar, describe } from './check-scalar.ts'
import type { Facts, Operation, Property, Shape, TypeFacts } from './facts.ts'
import { operationOn } from './operation-on.ts'
import { type ObjectShape, type ShapeProperty, shapeOf } from './shapes.ts'
import { foldWord, newestKind } from './words.ts'

/** What only the envelope says, and the one property whose absence has a refusal of its own. */
const ENVELOPE: ReadonlySet<string> = new Set(['id', 'name', 'type', 'location'])

/**
 * The body of a PUT or PATCH, checked against the facts of the asked version and in their spelling: names of
 * properties and words of enums fold case, numbers and booleans may come as text, what is read-only is taken out, what
 * is not known stays as it came.
 *
 * @throws InvalidRequestBody with a detail per problem
 */
export function checkBody(
  facts: Facts,
  type: RegisteredType,
  version: ResolvedVersion,
  { verb, body: sent }: { readonly verb: 'put' | 'patch'; readonly body: JsonObject },
): JsonObject {
  const body = type.declaration.tolerates?.(sent) ?? sent
  const known = factsFor(facts, type, version)
  const operation = operationOn(known, verb.toUpperCase())
  const checked = known && operation?.body ? check({ facts, type, version, known }, operation.body, body) : body
  return type.declaration.putsBack?.(checked, sent) ?? checked
}

/** The body of an action, checked alike. */
export function checkActionBody(
  facts: Facts,
  type: RegisteredType,
  version: ResolvedVersion,
  { action, body }: { readonly action: string; readonly body: JsonObject },
): JsonObject {
  const known = factsFor(facts, type, version)
  const ends = (operation: Operation): boolean => operation.path.toLowerCase().endsWith(`}/${action.toLowerCase()}`)
  const operation = known?.operations.find((one) => one.method === 'POST' && ends(one))
  if (!known || !operation?.body || (operation.body.required === false && Object.keys(body).length === 0)) return body
  return check({ facts, type, version, known }, operation.body, body)
}

interface About {
  readonly facts: Facts
  readonly type: RegisteredType
  readonly version: ResolvedVersion
  readonly known: TypeFacts
}

function factsFor(facts: Facts, { provider, path }: RegisteredType, version: ResolvedVersion): TypeFacts | undefined {
  return version.facts === undefined ? undefined : facts.type(provider.namespace, path, version.facts)
}

function check(about: About, shape: Shape, body: JsonObject): JsonObject {
  const problems: FaultDetail[] = []
  const walker = walk(about, problems)
  const checked =
    shape.model !== undefined ? walker.model(shape.model, body, '') : walker.value(shape.schema ?? {}, body, '')
  if (problems.length > 0) {
    throw fault(
      'InvalidRequestBody',
      {
        type: about.type.type,
        version: about.version.asked,
        problems: problems.map(({ message }) => message).join(' '),
      },
      { details: problems, ...(problems[0]?.target !== undefined && { target: problems[0].target }) },
    )
  }
  return isObject(checked) ? checked : body
}

interface Walker {
  model(name: string, value: Json, at: string): Json
  value(property: ShapeProperty, value: Json, at: string): Json
}

function walk({ facts, type, known }: About, problems: FaultDetail[]): Walker {
  const problem = (at: string, message: string): void => {
    problems.push({ code: 'InvalidRequestContent', target: at || 'body', message })
  }

  const newestVersion = facts.versionsOfType(type.provider.namespace, type.path).at(-1)
  const newest = newestVersion === undefined ? undefined : facts.type(type.provider.namespace, type.path, newestVersion)

  /** A word that a later version brought is no mistake of a client that knows it. */
  function wordsOf({ enum: words }: Property): readonly (string | number)[] | undefined {
    if (typeof words !== 'string') return words
    const own = known.enums[words]
    return own && [...own, ...(newest?.enums[words] ?? [])]
  }

  function model(name: string, value: Json, at: string): Json {
    const shape = shapeOf(known, name)
    if (!shape) return value
    if (!isObject(value)) {
      problem(at, `'${at || 'body'}' must be an object and is ${describe(value)}.`)
      return value
    }
    const { discriminator } = shape
    if (!discriminator) return object(shape, value, at)
    const key = spelled(value, discriminator.property)
    const word = key === undefined ? undefined : value[key]
    if (key === undefined || word === undefined || word === null) return object(shape, value, at)
    const found = Object.keys(discriminator.models).find((one) => same(one, word))
    const target = found === undefined ? undefined : discriminator.models[found]
    if (found === undefined || target === undefined) {
      // A word that the facts have no model for, but their enum does: what such an object holds is not known.
      if (wordsOf(shape.properties[discriminator.property] ?? {})?.some((one) => same(String(one), word))) {
        return object(shape, value, at)
      }
      const words = Object.keys(discriminator.models).join(', ')
      problem(join(at, key), `'${join(at, key)}' is '${inSentence(word)}' and must be one of: ${words}.`)
      return value
    }
    const child = shapeOf(known, target) ?? shape
    const renamed = Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
    return object(child, { ...renamed, [discriminator.property]: newestKind(newest, name, found) }, at)
  }

  function object(shape: ObjectShape, value: JsonObject, at: string): JsonObject {
    const checked: Record<string, Json | undefined> = {}
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined) continue
      const name = key in shape.properties ? key : (shape.spellings.get(key.toLowerCase()) ?? key)
      const property = shape.properties[name] ?? shape.additional
      if (!property) checked[key] = member
      else if (!property.readonly) checked[name] = valueAt(property, member, join(at, name))
    }
    for (const [name, property] of Object.entries(shape.properties)) {
      if (!property.required || property.readonly || (at === '' && ENVELOPE.has(name))) continue
      const member = checked[name]
      if (member === undefined || (member === null && !property.nullable)) {
        problem(join(at, name), `'${join(at, name)}' is required.`)
      }
    }
    return checked
  }

  function valueAt(property: ShapeProperty, value: Json, at: string): Json {
    if (value === null) return null
    if (property.inline) return isObject(value) ? object(property.inline, value, at) : notObject(value, at)
    if (property.ref !== undefined) return model(property.ref, value, at)
    if (property.anyOf || property.type === 'any' || (property.type === undefined && !property.enum)) return value
    if (property.type === 'array') {
      if (!Array.isArray(value)) {
        problem(at, `'${at}' must be an array and is ${describe(value)}.`)
        return value
      }
      return value.map((item: Json, index) => valueAt(property.items ?? { type: 'any' }, item, `${at}[${index}]`))
    }
    if (property.type === 'object') {
      if (!isObject(value)) return notObject(value, at)
      const { values } = property
      if (!values) return value
      return Object.fromEntries(
        Object.entries(value).flatMap(([key, member]) =>
          member === undefined ? [] : [[key, valueAt(values, member, join(at, key))]],
        ),
      )
    }
    const result = checkScalar(property, wordsOf(property), value)
    if ('problem' in result) {
      problem(at, `'${at}' ${result.problem}.`)
      return value
    }
    return result.value
  }

  function notObject(value: Json, at: string): Json {
    problem(at, `'${at}' must be an object and is ${describe(value)}.`)
    return value
  }

  return { model, value: valueAt }
}

const join = (at: string, name: string): string => (at === '' ? name : `${at}.${name}`)

const same = (word: string, value: Json | undefined): boolean =>
  typeof value === 'string' && foldWord(word) === foldWord(value)

const spelled = (value: JsonObject, name: string): string | undefined =>
  name in value ? name : Object.keys(value).find((key) => key.toLowerCase() === name.toLowerCase())
