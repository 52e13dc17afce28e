import { inSentence, type Json } from '../../../json.ts'
import { ExpressionError } from '../expressions/parse.ts'
import type { FunctionTable } from '../expressions/scope.ts'
import { asInteger } from '../expressions/values.ts'

const two = (count: (a: number, b: number) => number) => ({
  min: 2,
  call: ([a, b]: readonly Json[]): Json => count(asInteger(a), asInteger(b)),
})

const notByZero = (divisor: number): number => {
  if (divisor === 0) throw new ExpressionError('nothing can be divided by zero')
  return divisor
}

/** What JavaScript also takes for a number, hexadecimals and the empty text, is none here. */
const DECIMAL = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i

/** Integers only, as in Azure; `min` and `max` stand with the arrays. */
export const numericFunctions: FunctionTable = {
  add: two((a, b) => a + b),
  copyIndex: {
    min: 0,
    max: 2,
    call: ([first, second], scope) => {
      const loop = typeof first === 'string' ? first : undefined
      const offset = loop === undefined ? first : second
      return scope.copyIndex(loop) + (offset === undefined ? 0 : asInteger(offset))
    },
  },
  div: two((a, b) => Math.trunc(a / notByZero(b))),
  float: {
    min: 1,
    call: ([value]) => {
      if (typeof value === 'number') return value
      if (typeof value === 'string' && DECIMAL.test(value)) return Number(value)
      throw new ExpressionError(`'${inSentence(value)}' is no number`)
    },
  },
  int: {
    min: 1,
    call: ([value]) => {
      if (typeof value === 'number') return Math.trunc(value)
      if (typeof value === 'string' && /^\s*[-+]?\d+\s*$/.test(value)) return asInteger(Number(value))
      throw new ExpressionError(`'${inSentence(value)}' is no integer`)
    },
  },
  mod: two((a, b) => a % notByZero(b)),
  mul: two((a, b) => a * b),
  sub: two((a, b) => a - b),
}
