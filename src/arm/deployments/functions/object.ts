import type { Json } from '../../../json.ts'
import { ExpressionError } from '../expressions/parse.ts'
import type { FunctionTable } from '../expressions/scope.ts'
import { asArray, asObject, asText, member } from '../expressions/values.ts'
import { readJson } from './read-json.ts'

/** `contains`, `empty`, `intersection`, `length` and `union` take objects too and stand with the arrays. */
export const objectFunctions: FunctionTable = {
  createObject: {
    min: 0,
    max: Number.POSITIVE_INFINITY,
    call: (args) => {
      if (args.length % 2 !== 0) throw new ExpressionError('names and values come in pairs')
      const names = args.filter((_, at) => at % 2 === 0).map((name) => asText(name))
      // Names fold case: one member, and what comes later wins.
      const spelled = new Map(names.toReversed().map((name) => [name.toLowerCase(), name]))
      return Object.fromEntries(names.map((name, at) => [spelled.get(name.toLowerCase()), args[at * 2 + 1] ?? null]))
    },
  },
  items: {
    min: 1,
    call: ([value]) =>
      Object.entries(asObject(value))
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, item]) => ({ key, value: item ?? null })),
  },
  json: { min: 1, call: ([value]) => readJson(asText(value)) },
  null: { min: 0, call: () => null },
  objectKeys: { min: 1, call: ([value]) => Object.keys(asObject(value)).toSorted() },
  shallowMerge: {
    min: 1,
    call: ([value]) => Object.fromEntries(asArray(value).flatMap((one) => Object.entries(asObject(one)))),
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
