import { isObject, type Json, type JsonObject } from '../../../json.ts'
import { ExpressionError } from './parse.ts'

/** What a value is called in refusals. */
export const kindOf = (value: Json | undefined): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'undefined' ? 'nothing' : typeof value

const wrong = (value: Json | undefined, wanted: string): ExpressionError =>
  new ExpressionError(`${wanted} was expected in place of ${kindOf(value)} '${JSON.stringify(value)?.slice(0, 80)}'`)

export function asText(value: Json | undefined): string {
  if (typeof value === 'string') return value
  throw wrong(value, 'a string')
}

/**
 * Refuses an integer that a double can't tell from its neighbours. Azure's are of 64 bits; none here is silently another.
 *
 * @throws ExpressionError
 */
export function demandExact(value: Json | undefined, said?: string): void {
  if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return
  throw new ExpressionError(
    `the integer ${said ?? value} is beyond ±${Number.MAX_SAFE_INTEGER}, and can't be held exactly here`,
  )
}

/** A path to the first integer in a value that is not exact, undefined where there is none. */
export function inexactIn(value: Json | undefined, path: string): string | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value) ? path : undefined
  const members: readonly (readonly [string, Json | undefined])[] = Array.isArray(value)
    ? value.map((item: Json, at) => [`${path}[${at}]`, item] as const)
    : isObject(value)
      ? Object.entries(value).map(([key, item]) => [`${path}.${key}`, item] as const)
      : []
  for (const [at, item] of members) {
    const found = inexactIn(item, at)
    if (found !== undefined) return found
  }
  return undefined
}

export function asInteger(value: Json | undefined): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value
  throw wrong(value, 'an integer')
}

export function asBoolean(value: Json | undefined): boolean {
  if (typeof value === 'boolean') return value
  throw wrong(value, 'a boolean')
}

export function asArray(value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value
  throw wrong(value, 'an array')
}

export function asObject(value: Json | undefined): JsonObject {
  if (isObject(value)) return value
  throw wrong(value, 'an object')
}

/** Texts, numbers and booleans as a text joins them; anything else as JSON. */
export const textOf = (value: Json): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'boolean'
      ? value
        ? 'True'
        : 'False'
      : value === null
        ? ''
        : JSON.stringify(value)

/** A member by its name in any case; undefined where there is none. */
export function member(object: JsonObject, name: string): Json | undefined {
  const own = Object.hasOwn(object, name) ? object[name] : undefined
  if (own !== undefined) return own
  const folded = name.toLowerCase()
  for (const [key, value] of Object.entries(object)) if (key.toLowerCase() === folded) return value
  return undefined
}

/** Equal in value; names of members fold case, texts do not. */
export function sameValue(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item: Json, at) => sameValue(item, b[at]))
  }
  if (isObject(a) && isObject(b)) {
    const names = Object.keys(a)
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => {
        const other = member(b, name)
        return other !== undefined && sameValue(a[name], other)
      })
    )
  }
  return false
}
