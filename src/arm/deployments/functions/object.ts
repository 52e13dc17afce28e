import type { Json } from '../../../json.ts'
import { ExpressionError } from '../expressions/parse.ts'
import type { FunctionTable } from '../expressions/scope.ts'
import { asArray, asObject, asText, member } from '../expressions/values.ts'

/** `contains`, `empty`, `intersection`, `length` and `union` take objects too and stand with the arrays. */
export const objectFunctions: FunctionTable = {
  createObject: {
    min: 0,
    max: Number.POSITIVE_INFINITY,
    call: (args) => {
      if (args.length % 2 !== 0) throw new ExpressionError('names and values come in pairs')
      const made: Record<string, Json> = {}
      for (let at = 0; at < args.length; at += 2) made[asText(args[at])] = args[at + 1] ?? null
      return made
    },
  },
  items: {
    min: 1,
    call: ([value]) =>
      Object.entries(asObject(value))
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, item]) => ({ key, value: item ?? null })),
  },
  json: {
    min: 1,
    call: ([value]) => {
      try {
        const read: Json = JSON.parse(asText(value))
        return read
      } catch (error) {
        if (error instanceof ExpressionError) throw error
        throw new ExpressionError(`'${String(value).slice(0, 80)}' is no JSON`)
      }
    },
  },
  null: { min: 0, call: () => null },
  objectKeys: { min: 1, call: ([value]) => Object.keys(asObject(value)).toSorted() },
  shallowMerge: {
    min: 1,
    call: ([value]) => Object.assign({}, ...asArray(value).map((one) => asObject(one))),
  },
  tryGet: {
    min: 2,
    max: Number.POSITIVE_INFINITY,
    call: ([value = null, ...keys]) => {
      let found: Json = value
      for (const key of keys) {
        if (found === null) return null
        if (Array.isArray(found)) found = typeof key === 'number' ? (asArray(found)[key] ?? null) : null
        else found = member(asObject(found), asText(key)) ?? null
      }
      return found
    },
  },
}
