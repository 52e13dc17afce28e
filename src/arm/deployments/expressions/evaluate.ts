import { inSentence, isObject, type Json } from '../../../json.ts'
import { functions } from '../functions/functions.ts'
import { ExpressionError, type Node } from './parse.ts'
import type { Scope, TemplateFunction } from './scope.ts'
import { demandSize, stepsOf } from './size.ts'
import { demandExact, kindOf, member } from './values.ts'

/** `listKeys` and the like: any name that begins so is an action of a resource. */
const LIST = /^list\w*$/i

/** So many evaluations are a few milliseconds. */
const TURN = 5_000

const folded = new Map(Object.entries(functions).map(([name, declared]) => [name.toLowerCase(), { name, declared }]))

/** The declaration of a function by its name in any case. */
export function functionNamed(name: string): { name: string; declared: TemplateFunction } | undefined {
  const found = folded.get(name.toLowerCase())
  if (found) return found
  return LIST.test(name) ? { name, declared: listFunction(name) } : undefined
}

const listFunction = (name: string): TemplateFunction => ({
  min: 2,
  max: 3,
  call: ([resource, version, body], { outside }) => {
    if (typeof resource !== 'string' || typeof version !== 'string') {
      throw new ExpressionError(`'${name}' takes a resource's name or id and an API version`)
    }
    return outside.list({ name, resource, version, body: isObject(body) ? body : {} })
  },
})

/**
 * Checks a call's name and number of arguments, before anything is evaluated.
 *
 * @throws ExpressionError
 */
export function checkCall(call: Node & { is: 'call' }, isUserFunction: boolean): void {
  if (isUserFunction) return
  const found = functionNamed(call.name)
  if (!found) throw new ExpressionError(`the template function '${call.name}' is not known`, call.at)
  const { min, max = min } = found.declared
  const { length } = call.args
  if (length >= min && length <= max) return
  const takes = max === Number.POSITIVE_INFINITY ? `at least ${min}` : min === max ? `${min}` : `${min} to ${max}`
  throw new ExpressionError(`the function '${found.name}' takes ${takes} arguments and was given ${length}`, call.at)
}

/** The value of an expression. @throws ExpressionError with the place of what is wrong */
export async function evaluate(node: Node, scope: Scope): Promise<Json> {
  const pause = spend(scope)
  if (pause) await pause
  switch (node.is) {
    case 'value':
      return node.value
    case 'access':
      return access(node, scope)
    case 'call':
      try {
        const value = await call(node, scope)
        demandSize(value)
        demandExact(value)
        if (scope.outside.budget) scope.outside.budget.left -= stepsOf(value)
        return value
      } catch (error) {
        if (error instanceof ExpressionError && error.at === undefined) {
          throw new ExpressionError(`'${node.name}': ${error.message}`, node.at)
        }
        throw error
      }
  }
}

/** Loops in loops take long: others get their turn meanwhile, and somewhere it ends. */
function spend({ outside: { budget } }: Scope): Promise<void> | undefined {
  if (!budget) return undefined
  budget.left--
  if (budget.left < 0) throw new ExpressionError('evaluating the template takes more steps than are allowed')
  return budget.left % TURN === 0 ? new Promise((resolve) => setImmediate(resolve)) : undefined
}

async function call(node: Node & { is: 'call' }, scope: Scope): Promise<Json> {
  const own = scope.userFunction(node.name)
  checkCall(node, own !== undefined)
  if (own) return own.call(await inOrder(node.args, scope))
  const declared = functionNamed(node.name)?.declared
  if (!declared) throw new ExpressionError(`the template function '${node.name}' is not known`)
  if ('lazy' in declared) return declared.lazy(node.args, scope, evaluate)
  return declared.call(await inOrder(node.args, scope), scope)
}

async function inOrder(nodes: readonly Node[], scope: Scope): Promise<readonly Json[]> {
  const values: Json[] = []
  for (const node of nodes) values.push(node.is === 'value' ? node.value : await evaluate(node, scope))
  return values
}

async function access(node: Node & { is: 'access' }, scope: Scope): Promise<Json> {
  const of = await evaluate(node.of, scope)
  const key = node.key.is === 'value' ? node.key.value : await evaluate(node.key, scope)
  const found = valueAt(of, key)
  if (found !== undefined) return found
  if (node.safe) return null
  if (isObject(of)) {
    const names = Object.keys(of).join(', ')
    throw new ExpressionError(`the property '${inSentence(key)}' does not exist; available are '${names}'`, node.at)
  }
  if (Array.isArray(of)) throw new ExpressionError(`the index '${inSentence(key)}' is out of bounds`, node.at)
  throw new ExpressionError(`'${inSentence(key)}' was asked of ${kindOf(of)}, which has no members`, node.at)
}

/** A member of an object or an item of an array; undefined where there is none. */
export function valueAt(of: Json, key: Json): Json | undefined {
  if (Array.isArray(of) && typeof key === 'number') return of[key]
  return isObject(of) && typeof key === 'string' ? member(of, key) : undefined
}
