import { isObject, type Json } from '../../json.ts'
import { evaluate } from '../deployments/expressions/evaluate.ts'
import { ExpressionError, literalText, type Node, parseExpression } from '../deployments/expressions/parse.ts'
import { expressionFault } from '../deployments/expressions/resolve.ts'
import type { Scope } from '../deployments/expressions/scope.ts'

/**
 * A value of a policy with its expressions evaluated. Other than in a template, a member that is not there is null: a
 * rule asks for tags that a group may not have.
 *
 * @throws InvalidExpression
 */
export async function resolveIn(value: Json, scope: Scope): Promise<Json> {
  if (typeof value === 'string') return resolveText(value, scope)
  if (Array.isArray(value)) return Promise.all(value.map((item: Json) => resolveIn(item, scope)))
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(
    async ([name, item]) => [name, await resolveIn(item ?? null, scope)] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}

async function resolveText(text: string, scope: Scope): Promise<Json> {
  try {
    const node = parseExpression(text)
    return node ? await evaluate(lenient(node), scope) : literalText(text)
  } catch (error) {
    throw error instanceof ExpressionError ? expressionFault(text, 'policyRule', error) : error
  }
}

function lenient(node: Node): Node {
  if (node.is === 'value') return node
  if (node.is === 'call') return { ...node, args: node.args.map(lenient) }
  return { ...node, of: lenient(node.of), key: lenient(node.key), safe: true }
}
