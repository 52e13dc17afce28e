import { isObject, type Json, type JsonObject } from '../../json.ts'
import type { RegisteredType } from '../registry.ts'
import type { Facts, TypeFacts } from './facts.ts'
import { operationOn } from './operation-on.ts'
import { type ObjectShape, type ShapeProperty, shapeOf } from './shapes.ts'

/**
 * Words of enums in the spelling of a version. They are kept in the newest one's; a version that wrote `UriFolder`
 * where later ones write `uri_folder` takes its own word and reads it again.
 */

/** A word without what versions spell differently: case, spaces (`SystemAssigned, UserAssigned`) and underscores. */
export const foldWord = (word: string): string => word.toLowerCase().replace(/[ _]/g, '')

type Words = readonly (string | number)[]

/** The newest spelling of a kind's word; the word itself where the newest version has no such kind. */
export function newestKind(newest: TypeFacts | undefined, model: string, word: string): string {
  const kinds = newest && shapeOf(newest, model)?.discriminator?.models
  return Object.keys(kinds ?? {}).find((one) => foldWord(one) === foldWord(word)) ?? word
}

/** A kept body as a client of this version reads it. `version` is one with facts. */
export function inWordsOf(
  facts: Facts,
  type: RegisteredType,
  version: string | undefined,
  body: JsonObject,
): JsonObject {
  const { provider, path } = type
  const known = version === undefined ? undefined : facts.type(provider.namespace, path, version)
  const newest = facts.versionsOfType(provider.namespace, path).at(-1)
  if (!known || newest === undefined || version === newest) return body
  const last = facts.type(provider.namespace, path, newest)
  const model = last && differ(known, last) ? operationOn(known, 'PUT')?.body?.model : undefined
  return model === undefined ? body : objectIn(known, shapeOf(known, model), body)
}

const differing = new WeakMap<TypeFacts, boolean>()

/** Whether a word of the version may be kept in another spelling: seldom, so that it is worth keeping. */
function differ(known: TypeFacts, newest: TypeFacts): boolean {
  const kept = differing.get(known)
  if (kept !== undefined) return kept
  const found = respells(known, newest) || opened(known, newest)
  differing.set(known, found)
  return found
}

/** Some word of the version is another spelling of one of the newest. */
const respells = (known: TypeFacts, newest: TypeFacts): boolean =>
  Object.entries(known.enums).some(([name, words]) => {
    const later = newest.enums[name]?.map(String) ?? []
    const folded = new Set(later.map(foldWord))
    return words.some((word) => !later.includes(String(word)) && folded.has(foldWord(String(word))))
  })

/** Some word of the version is any text to the newest. */
function opened(known: TypeFacts, newest: TypeFacts): boolean {
  const properties = ({ models }: TypeFacts) =>
    Object.values(models).flatMap((model) => Object.entries(model.properties))
  const texts = new Set(
    properties(newest).flatMap(([name, { type, enum: words }]) => (type === 'string' && !words ? [name] : [])),
  )
  return properties(known).some(
    ([name, { enum: words, readonly }]) =>
      typeof words === 'string' && !readonly && !(words in newest.enums) && texts.has(name),
  )
}

function objectIn(known: TypeFacts, shape: ObjectShape | undefined, value: JsonObject): JsonObject {
  if (!shape) return value
  const { discriminator } = shape
  const word = discriminator && value[discriminator.property]
  const kind = typeof word === 'string' ? spelling(Object.keys(discriminator?.models ?? {}), word) : undefined
  const model = kind === undefined ? undefined : discriminator?.models[kind]
  const own = (model === undefined ? undefined : shapeOf(known, model)) ?? shape
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (kind !== undefined && name === discriminator?.property) return [name, kind]
      const property = own.properties[name] ?? own.additional
      return [name, property && member !== undefined ? valueIn(known, property, member) : member]
    }),
  )
}

function valueIn(known: TypeFacts, property: ShapeProperty, value: Json): Json {
  if (isObject(value)) {
    if (property.inline) return objectIn(known, property.inline, value)
    if (property.ref !== undefined) return objectIn(known, shapeOf(known, property.ref), value)
    const { values } = property
    if (!values) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, one === undefined ? one : valueIn(known, values, one)]),
    )
  }
  if (Array.isArray(value)) {
    const { items } = property
    return items ? value.map((item: Json) => valueIn(known, items, item)) : value
  }
  const words: Words = (typeof property.enum === 'string' ? known.enums[property.enum] : property.enum) ?? []
  return typeof value === 'string' ? (spelling(words.map(String), value) ?? value) : value
}

const spelling = (words: readonly string[], word: string): string | undefined =>
  words.find((one) => foldWord(one) === foldWord(word))
