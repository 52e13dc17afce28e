import { isObject, type Json, type JsonObject } from '../json.ts'

export interface Found {
  /** Where it stands, dotted, with names instead of the pattern's stars. */
  readonly path: string
  readonly value: Json
}

/** The values at a dotted path; `*` is every member or item, `**` any depth. `[key]` as a last part is the names of members. */
export function valuesAt(value: Json | undefined, pattern: string): readonly Found[] {
  const found = new Map<string, Found>()
  walk(value, pattern.split('.'), [], found)
  return [...found.values()]
}

function walk(
  value: Json | undefined,
  pattern: readonly string[],
  at: readonly string[],
  found: Map<string, Found>,
): void {
  const [first, ...rest] = pattern
  if (value === undefined) return
  if (first === undefined) {
    const path = at.join('.')
    found.set(path, { path, value })
    return
  }
  if (first === '[key]') {
    if (isObject(value))
      for (const key of Object.keys(value)) found.set([...at, key].join('.'), { path: at.join('.'), value: key })
    return
  }
  if (first === '**') walk(value, rest, at, found)
  for (const [key, member] of members(value)) {
    if (first === '**') walk(member, pattern, [...at, key], found)
    else if (first === '*' || first === key) walk(member, rest, [...at, key], found)
  }
}

const members = (value: Json): readonly (readonly [string, Json | undefined])[] => {
  if (Array.isArray(value)) return value.map((item: Json, index) => [String(index), item] as const)
  return isObject(value) ? Object.entries(value) : []
}

/** The object without what stands at these exact paths. */
export function without(value: JsonObject, paths: readonly string[]): JsonObject {
  let rest: Json = value
  for (const path of paths) rest = drop(rest, path.split('.'))
  return isObject(rest) ? rest : {}
}

function drop(value: Json, [first = '', ...rest]: readonly string[]): Json {
  if (Array.isArray(value)) return value.map((item: Json, index) => (String(index) === first ? drop(item, rest) : item))
  if (!isObject(value) || !(first in value)) return value
  const { [first]: member, ...others } = value
  return rest.length === 0 || member === undefined ? others : { ...others, [first]: drop(member, rest) }
}
