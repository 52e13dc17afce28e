import type { Json } from '../../../json.ts'
import { ExpressionError } from '../expressions/parse.ts'
import type { FunctionTable } from '../expressions/scope.ts'
import { sameValue } from '../expressions/values.ts'

/** `coalesce` evaluates no further than it must. */
export const comparisonFunctions: FunctionTable = {
  coalesce: {
    min: 1,
    max: Number.POSITIVE_INFINITY,
    async lazy(args, scope, evaluate) {
      for (const arg of args) {
        const value = await evaluate(arg, scope)
        if (value !== null) return value
      }
      return null
    },
  },
  equals: { min: 2, call: ([a, b]) => sameValue(a, b) },
  greater: { min: 2, call: (args) => order(args) > 0 },
  greaterOrEquals: { min: 2, call: (args) => order(args) >= 0 },
  less: { min: 2, call: (args) => order(args) < 0 },
  lessOrEquals: { min: 2, call: (args) => order(args) <= 0 },
}

function order([a, b]: readonly Json[]): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  throw new ExpressionError('two integers or two strings can be compared')
}
