import { isObject, type Json, type JsonObject } from '../../json.ts'
import { member, sameValue } from './expressions/values.ts'

/** What a write does not say and its answer does. */
const ENVELOPE = new Set(['apiversion', 'etag', 'id', 'name', 'systemdata', 'type'])

/** What changes from one state of a resource to another, property by property. */
export function turnsInto(before: JsonObject, after: JsonObject): JsonObject[] {
  const gone = Object.keys(before)
    .filter((key) => member(after, key) === undefined)
    .map((key) => [key, before[key] ?? null, undefined] as const)
  const said = Object.entries(after).map(([key, value]) => [key, member(before, key), value ?? null] as const)
  return [...said, ...gone]
    .filter(([key]) => !ENVELOPE.has(key.toLowerCase()))
    .flatMap(([key, from, to]) => change(key, from, to))
}

/** What a template says otherwise; what it does not say stays. */
export function saidOtherwise(before: JsonObject, said: JsonObject): JsonObject[] {
  const within = (path: string, under: Json | undefined, value: Json): JsonObject[] => {
    if (isObject(value) && isObject(under)) {
      return Object.entries(value).flatMap(([key, item]) =>
        item === undefined ? [] : within(`${path}.${key}`, member(under, key), item),
      )
    }
    return change(path, under, value)
  }
  return Object.entries(said).flatMap(([key, value]) =>
    value === undefined || ENVELOPE.has(key.toLowerCase()) ? [] : within(key, member(before, key), value),
  )
}

/** What a template says and the write does not hear, since it is read-only: `heard` is what is left of `said`. */
export function withoutEffect(before: JsonObject, said: JsonObject, heard: JsonObject): JsonObject[] {
  const within = (path: string, [from, value, left]: readonly (Json | undefined)[]): JsonObject[] => {
    if (value === undefined || sameValue(from, value)) return []
    if (left === undefined) return [one(path, 'NoEffect', from ?? null, value)]
    if (!isObject(value) || !isObject(left)) return []
    return Object.entries(value).flatMap(([key, item]) =>
      within(`${path}.${key}`, [isObject(from) ? member(from, key) : undefined, item, member(left, key)]),
    )
  }
  return Object.entries(said).flatMap(([key, value]) =>
    ENVELOPE.has(key.toLowerCase()) ? [] : within(key, [member(before, key), value, member(heard, key)]),
  )
}

function change(path: string, before: Json | undefined, after: Json | undefined): JsonObject[] {
  if (before === after || sameValue(before, after)) return []
  if (before === undefined) return [one(path, 'Create', null, after ?? null)]
  if (after === undefined) return [one(path, 'Delete', before, null)]
  if (isObject(before) && isObject(after)) {
    const names = [...Object.keys(before), ...Object.keys(after).filter((key) => member(before, key) === undefined)]
    return names.flatMap((key) => change(`${path}.${key}`, member(before, key), member(after, key)))
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length)
    const children = Array.from({ length }, (_, at) => change(String(at), before[at], after[at])).flat()
    return [{ ...one(path, 'Array', null, null), children }]
  }
  return [one(path, 'Modify', before, after)]
}

const one = (path: string, propertyChangeType: string, before: Json, after: Json): JsonObject => ({
  path,
  propertyChangeType,
  before,
  after,
  children: null,
})
