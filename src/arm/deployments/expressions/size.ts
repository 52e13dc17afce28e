import { isObject, type Json } from '../../../json.ts'
import { ExpressionError } from './parse.ts'

/** Azure's own limit of a template, in letters: no value of one can need more. */
const MOST = 4 * 1024 * 1024

/** Of arrays and objects, which never change and stand in each other again and again: a value is counted once. */
const known = new WeakMap<object, number>()

/** How large a value would be if it were written out: `[v, v]` of `[w, w]` doubles each time, and a few lines would fill all memory. */
function sizeOf(value: Json | undefined): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 1
  const counted = known.get(value)
  if (counted !== undefined) return counted
  const own = isObject(value)
    ? Object.entries(value).reduce((sum, [name, member]) => sum + name.length + sizeOf(member), 1)
    : value.reduce((sum: number, item: Json) => sum + sizeOf(item), 1)
  known.set(value, own)
  return own
}

/** @throws ExpressionError where the value is larger than any that a template may have */
export function demandSize(value: Json): void {
  demandLength(sizeOf(value))
}

/** The same for a text that is about to be made. @throws ExpressionError */
export function demandLength(letters: number): void {
  if (letters > MOST) throw new ExpressionError(`the value is larger than ${MOST} letters, the most of a template`)
}

/** Texts with another between them; refused before it is made where it would be too long. @throws ExpressionError */
export function joined(texts: readonly string[], between: string): string {
  demandLength(texts.reduce((sum, text) => sum + text.length, Math.max(texts.length - 1, 0) * between.length))
  return texts.join(between)
}

/** Steps of work that a new value stands for, beside the call that made it. */
export const stepsOf = (value: Json): number =>
  typeof value === 'string' || Array.isArray(value) ? value.length >> 6 : 0
