import type { Json } from '../../../json.ts'
import { evaluate } from './evaluate.ts'
import { ExpressionError, literalText, parseExpression } from './parse.ts'
import type { Outside, Scope } from './scope.ts'

const never = async (): Promise<never> => {
  throw new ExpressionError('not here')
}
const outside: Outside = {
  deployer: async () => ({ objectId: 'o', tenantId: 't' }),
  deployment: never,
  environment: never,
  resourceGroup: never,
  subscription: async () => ({ subscriptionId: 's' }),
  tenant: never,
  managementGroup: never,
  providers: never,
  place: { subscriptionId: 's', resourceGroup: 'g' },
  reference: never,
  references: never,
  resourceInfo: never,
  list: never,
}
const values: Readonly<Record<string, Json>> = { a: { B: [1, 2, 3] }, text: 'abc' }
const scope: Scope = {
  parameter: async (name) => values[name] ?? null,
  variable: never,
  copyIndex: () => 4,
  userFunction: () => undefined,
  lambda: {},
  outside,
  now: new Date('2024-02-03T04:05:06Z'),
}

/** The value of a template's text, for tests: `a` and `text` are parameters, the place is the group `g` of `s`. */
export const valueOfText = async (text: string): Promise<Json> => {
  const node = parseExpression(text)
  return node ? evaluate(node, scope) : literalText(text)
}
