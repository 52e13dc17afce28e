import { inSentence, isObject, type Json, type JsonObject } from '../../../json.ts'
import { ExpressionError } from '../expressions/parse.ts'
import type { FunctionTable } from '../expressions/scope.ts'
import { joined } from '../expressions/size.ts'
import { asArray, asInteger, asObject, asText, member, sameValue, textOf } from '../expressions/values.ts'

const MANY = Number.POSITIVE_INFINITY

/** `array`, `first`, `union` …: some take texts and objects too. */
export const arrayFunctions: FunctionTable = {
  array: { min: 1, call: ([value = null]) => (Array.isArray(value) ? value : [value]) },
  concat: {
    min: 1,
    max: MANY,
    call: (args) =>
      args.some((arg) => Array.isArray(arg)) ? args.flatMap((arg) => asArray(arg)) : joined(args.map(textOf), ''),
  },
  contains: {
    min: 2,
    call: ([container, item]) => {
      if (Array.isArray(container)) return container.some((one: Json) => sameValue(one, item))
      if (isObject(container)) return member(container, asText(item)) !== undefined
      return asText(container).includes(typeof item === 'number' ? String(item) : asText(item))
    },
  },
  createArray: { min: 0, max: MANY, call: (args) => [...args] },
  empty: {
    min: 1,
    call: ([value]) => value === null || (isObject(value) ? Object.keys(value).length === 0 : lengthOf(value) === 0),
  },
  first: { min: 1, call: ([value]) => (typeof value === 'string' ? value.slice(0, 1) : (asArray(value)[0] ?? null)) },
  flatten: {
    min: 1,
    call: ([value]) => asArray(value).flatMap((one) => asArray(one)),
  },
  indexFromEnd: {
    min: 2,
    call: ([value, at]) => {
      const items = asArray(value)
      const item = items[items.length - asInteger(at)]
      if (item === undefined) throw new ExpressionError(`the index '${inSentence(at)}' is out of bounds`)
      return item
    },
  },
  indexOf: {
    min: 2,
    call: ([value, item]) =>
      typeof value === 'string'
        ? value.toLowerCase().indexOf(asText(item).toLowerCase())
        : asArray(value).findIndex((one) => sameValue(one, item)),
  },
  intersection: {
    min: 2,
    max: MANY,
    call: ([first = null, ...others]) => {
      if (Array.isArray(first)) {
        return distinct(
          first.filter((item: Json) => others.every((other) => asArray(other).some((one) => sameValue(one, item)))),
        )
      }
      const kept = Object.entries(asObject(first)).filter(([name, value]) =>
        others.every((other) => sameValue(member(asObject(other), name), value)),
      )
      return Object.fromEntries(kept)
    },
  },
  last: {
    min: 1,
    call: ([value]) => (typeof value === 'string' ? value.slice(-1) : (asArray(value).at(-1) ?? null)),
  },
  lastIndexOf: {
    min: 2,
    call: ([value, item]) =>
      typeof value === 'string'
        ? value.toLowerCase().lastIndexOf(asText(item).toLowerCase())
        : asArray(value).findLastIndex((one) => sameValue(one, item)),
  },
  length: { min: 1, call: ([value]) => (isObject(value) ? Object.keys(value).length : lengthOf(value)) },
  max: { min: 1, max: MANY, call: (args) => Math.max(...numbers(args)) },
  min: { min: 1, max: MANY, call: (args) => Math.min(...numbers(args)) },
  range: {
    min: 2,
    call: ([start, count]) => {
      const from = asInteger(start)
      const many = asInteger(count)
      if (many < 0 || many > 10_000) throw new ExpressionError('a range has 0 to 10000 numbers')
      return Array.from({ length: many }, (_, at) => from + at)
    },
  },
  skip: {
    min: 2,
    call: ([value, count]) => {
      const from = Math.max(asInteger(count), 0)
      return typeof value === 'string' ? value.slice(from) : asArray(value).slice(from)
    },
  },
  take: {
    min: 2,
    call: ([value, count]) => {
      const many = Math.max(asInteger(count), 0)
      return typeof value === 'string' ? value.slice(0, many) : asArray(value).slice(0, many)
    },
  },
  tryIndexFromEnd: {
    min: 2,
    call: ([value, at]) => {
      const items = asArray(value)
      return items[items.length - asInteger(at)] ?? null
    },
  },
  union: {
    min: 2,
    max: MANY,
    call: (args) => {
      if (!Array.isArray(args[0])) return args.map((arg) => asObject(arg)).reduce(unite)
      return distinct(args.flatMap((arg) => asArray(arg)))
    },
  },
}

function lengthOf(value: Json | undefined): number {
  return typeof value === 'string' ? value.length : asArray(value).length
}

/** @throws ExpressionError also where there is none: nothing is the least or the most of it */
function numbers(args: readonly Json[]): readonly number[] {
  const given = Array.isArray(args[0]) ? asArray(args[0]) : args
  if (given.length === 0) throw new ExpressionError('the array is empty')
  return given.map(asInteger)
}

const distinct = (items: readonly Json[]): Json[] =>
  items.filter((item, at) => items.findIndex((one) => sameValue(one, item)) === at)

/** Objects member by member, at any depth; what comes later wins. */
function unite(below: JsonObject, above: JsonObject): JsonObject {
  const united = new Map(Object.entries(below))
  for (const [name, value] of Object.entries(above)) {
    const key = united.keys().find((one) => one.toLowerCase() === name.toLowerCase()) ?? name
    const under = united.get(key)
    united.set(key, isObject(under) && isObject(value) ? unite(under, value) : value)
  }
  return Object.fromEntries(united)
}
