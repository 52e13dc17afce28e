import { isObject, type Json } from '../../json.ts'
import { member, sameValue } from '../deployments/expressions/values.ts'

/** A condition's comparison of what a resource has (`undefined`: nothing) with what the rule says. */
export type Operator = (has: Json | undefined, says: Json) => boolean

const isScalar = (value: Json | undefined): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** Texts fold case, and a text is the number or boolean that it spells. */
const equals: Operator = (has, says) =>
  isScalar(has) && isScalar(says)
    ? String(has).toLowerCase() === String(says).toLowerCase()
    : // What an expression did not find is empty: a group's tag that is not there.
      (has === null && says === '') || (has !== undefined && sameValue(has, says))

const anyOf: Operator = (has, says) => Array.isArray(says) && says.some((one: Json) => equals(has, one))

const contains: Operator = (has, says) => {
  if (Array.isArray(has)) return has.some((one: Json) => equals(one, says))
  return isScalar(has) && isScalar(says) && String(has).toLowerCase().includes(String(says).toLowerCase())
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** A star stands for any text. Searched for piece by piece: a pattern must not be able to hold the server up. */
const like: Operator = (has, says) => {
  if (!isScalar(has) || typeof says !== 'string') return false
  const text = String(has).toLowerCase()
  const [first = '', ...rest] = says.toLowerCase().split('*')
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const piece of rest) {
    const found = text.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}

const SIGNS: Readonly<Record<string, string>> = { '#': '\\d', '?': '[a-zA-Z]', '.': '[^]' }
const match =
  (flags: string): Operator =>
  (has, says) =>
    isScalar(has) &&
    typeof says === 'string' &&
    new RegExp(`^${[...says].map((sign) => SIGNS[sign] ?? escaped(sign)).join('')}$`, flags).test(String(has))

const compared =
  (holds: (order: number) => boolean): Operator =>
  (has, says) => {
    if (typeof has === 'number' && typeof says === 'number') return holds(has - says)
    if (typeof has === 'string' && typeof says === 'string') return holds(has < says ? -1 : has > says ? 1 : 0)
    return false
  }

const exists: Operator = (has, says) => (has !== undefined && has !== null) === (String(says).toLowerCase() === 'true')

const containsKey: Operator = (has, says) =>
  isObject(has) && typeof says === 'string' && member(has, says) !== undefined

const not =
  (operator: Operator): Operator =>
  (has, says) =>
    !operator(has, says)

/** Every operator of a condition. Names fold case. */
export const operators: Readonly<Record<string, Operator>> = {
  equals,
  notEquals: not(equals),
  like,
  notLike: not(like),
  match: match(''),
  notMatch: not(match('')),
  matchInsensitively: match('i'),
  notMatchInsensitively: not(match('i')),
  contains,
  notContains: not(contains),
  in: anyOf,
  notIn: not(anyOf),
  containsKey,
  notContainsKey: not(containsKey),
  less: compared((order) => order < 0),
  lessOrEquals: compared((order) => order <= 0),
  greater: compared((order) => order > 0),
  greaterOrEquals: compared((order) => order >= 0),
  exists,
}
