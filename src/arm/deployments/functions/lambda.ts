import { inSentence, type Json } from '../../../json.ts'
import { ExpressionError, type Node } from '../expressions/parse.ts'
import type { Evaluate, FunctionTable, Scope } from '../expressions/scope.ts'
import { asArray, asBoolean, asObject, asText, textOf } from '../expressions/values.ts'

type Lambda = (...args: readonly Json[]) => Promise<Json>

const MANY = Number.POSITIVE_INFINITY

/** `lambda` itself is no value: only the functions here know what to do with one. */
export const lambdaFunctions: FunctionTable = {
  lambda: {
    min: 1,
    max: MANY,
    async lazy() {
      throw new ExpressionError('a lambda can only be an argument of a function that takes one')
    },
  },
  lambdaVariables: {
    min: 1,
    call: ([name], { lambda }) => {
      const folded = asText(name).toLowerCase()
      const found = Object.hasOwn(lambda, folded) ? lambda[folded] : undefined
      if (found === undefined) throw new ExpressionError(`there is no lambda variable '${inSentence(name)}'`)
      return found
    },
  },
  filter: over(async (items, keep) => {
    const kept: Json[] = []
    for (const [at, item] of items.entries()) if (asBoolean(await keep(item, at))) kept.push(item)
    return kept
  }),
  map: over(async (items, make) => {
    const made: Json[] = []
    for (const [at, item] of items.entries()) made.push(await make(item, at))
    return made
  }),
  mapValues: {
    min: 2,
    lambdas: [1],
    async lazy(args, scope, evaluate) {
      const make = lambdaOf(args[1], scope, evaluate)
      const made: [string, Json][] = []
      const object = asObject(await given(args[0], scope, evaluate))
      for (const [key, value] of Object.entries(object)) made.push([key, await make(value ?? null)])
      return Object.fromEntries(made)
    },
  },
  groupBy: over(async (items, keyOf) => {
    const groups = new Map<string, Json[]>()
    for (const [at, item] of items.entries()) {
      const key = asText(await keyOf(item, at))
      groups.set(key, [...(groups.get(key) ?? []), item])
    }
    return Object.fromEntries(groups)
  }),
  reduce: {
    min: 3,
    lambdas: [2],
    async lazy(args, scope, evaluate) {
      const items = asArray(await given(args[0], scope, evaluate))
      let sum = await given(args[1], scope, evaluate)
      const next = lambdaOf(args[2], scope, evaluate)
      for (const [at, item] of items.entries()) sum = await next(sum, item, at)
      return sum
    },
  },
  sort: over(async (items, isBefore) => {
    const sorted: Json[] = []
    for (const item of items) {
      let at = sorted.length
      while (at > 0 && asBoolean(await isBefore(item, sorted[at - 1] ?? null))) at--
      sorted.splice(at, 0, item)
    }
    return sorted
  }),
  toObject: {
    min: 2,
    max: 3,
    lambdas: [1, 2],
    async lazy(args, scope, evaluate) {
      const items = asArray(await given(args[0], scope, evaluate))
      const keyOf = lambdaOf(args[1], scope, evaluate)
      const valueFor = args[2] && lambdaOf(args[2], scope, evaluate)
      const made: [string, Json][] = []
      for (const item of items) made.push([textOf(await keyOf(item)), valueFor ? await valueFor(item) : item])
      return Object.fromEntries(made)
    },
  },
}

function over(run: (items: readonly Json[], lambda: Lambda) => Promise<Json>): FunctionTable[string] {
  return {
    min: 2,
    lambdas: [1],
    async lazy(args, scope, evaluate) {
      const items = await given(args[0], scope, evaluate)
      return run(asArray(items), lambdaOf(args[1], scope, evaluate))
    },
  }
}

const given = async (node: Node | undefined, scope: Scope, evaluate: Evaluate): Promise<Json> =>
  node ? evaluate(node, scope) : null

/** The function that a `lambda('x', …)` says. Its own variables cover those of lambdas around it. */
function lambdaOf(node: Node | undefined, scope: Scope, evaluate: Evaluate): Lambda {
  if (node?.is !== 'call' || node.name.toLowerCase() !== 'lambda') {
    throw new ExpressionError('a lambda was expected', node?.at)
  }
  const body = node.args.at(-1)
  const names = node.args.slice(0, -1).map((name) => {
    if (name.is !== 'value' || typeof name.value !== 'string') {
      throw new ExpressionError("a lambda's variables are texts", name.at)
    }
    return name.value.toLowerCase()
  })
  return async (...values) => {
    const own = Object.fromEntries(names.map((name, at) => [name, values[at] ?? null]))
    return body ? evaluate(body, { ...scope, lambda: { ...scope.lambda, ...own } }) : null
  }
}
