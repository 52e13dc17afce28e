import { inSentence } from '../../../json.ts'
import { ExpressionError } from '../expressions/parse.ts'
import type { FunctionTable } from '../expressions/scope.ts'
import { asBoolean, asText } from '../expressions/values.ts'

const MANY = Number.POSITIVE_INFINITY

/** `if`, `and` and `or` evaluate no further than they must: what is not taken may refer to what is not there. */
export const logicalFunctions: FunctionTable = {
  and: {
    min: 2,
    max: MANY,
    async lazy(args, scope, evaluate) {
      for (const arg of args) if (!asBoolean(await evaluate(arg, scope))) return false
      return true
    },
  },
  bool: {
    min: 1,
    call: ([value]) => {
      if (typeof value === 'boolean') return value
      if (typeof value === 'number') return value !== 0
      const text = asText(value).toLowerCase()
      if (text === 'true' || text === '1') return true
      if (text === 'false' || text === '0') return false
      throw new ExpressionError(`'${inSentence(value)}' is no boolean`)
    },
  },
  fail: {
    min: 1,
    call: ([message]) => {
      throw new ExpressionError(asText(message))
    },
  },
  false: { min: 0, call: () => false },
  if: {
    min: 3,
    async lazy([condition, yes, no], scope, evaluate) {
      if (!condition || !yes || !no) return null
      return evaluate(asBoolean(await evaluate(condition, scope)) ? yes : no, scope)
    },
  },
  not: { min: 1, call: ([value]) => !asBoolean(value) },
  or: {
    min: 2,
    max: MANY,
    async lazy(args, scope, evaluate) {
      for (const arg of args) if (asBoolean(await evaluate(arg, scope))) return true
      return false
    },
  },
  true: { min: 0, call: () => true },
}
