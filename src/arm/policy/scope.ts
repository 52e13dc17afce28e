import { type Json, type JsonObject, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { ExpressionError } from '../deployments/expressions/parse.ts'
import type { Outside, Scope, UserFunction } from '../deployments/expressions/scope.ts'
import { member } from '../deployments/expressions/values.ts'

const refuse = (what: string) => async (): Promise<never> => {
  throw new ExpressionError(`'${what}' is not there in a policy`)
}

/** Policies read no other resource. */
const nothingOutside: Outside = {
  deployment: refuse('deployment'),
  deployer: refuse('deployer'),
  environment: refuse('environment'),
  resourceGroup: refuse('resourceGroup'),
  subscription: refuse('subscription'),
  tenant: refuse('tenant'),
  managementGroup: refuse('managementGroup'),
  providers: refuse('providers'),
  place: { subscriptionId: undefined, resourceGroup: undefined },
  reference: refuse('reference'),
  references: refuse('references'),
  resourceInfo: refuse('resourceInfo'),
  list: refuse('list'),
}

/** Expressions that know only parameters: those of a set's members, and of an effect. */
export const valueScope = (parameters: JsonObject): Scope => ({
  async parameter(name) {
    const value = member(parameters, name)
    if (value === undefined) throw new ExpressionError(`the parameter '${name}' is not defined`)
    return value
  },
  variable: refuse('variables'),
  copyIndex() {
    throw new ExpressionError('there are no loops in a policy')
  },
  userFunction: () => undefined,
  lambda: {},
  outside: nothingOutside,
  now: undefined,
})

/** What stands around a resource that is evaluated. */
export interface Around {
  readonly group: StoredResource | undefined
  readonly subscription: StoredResource | undefined
  readonly apiVersion: string | undefined
  readonly now: Date
  /** The ids of what is applied, for `policy()`. */
  readonly policy: JsonObject
}

/** Expressions of a rule's conditions and effects. */
export function ruleScope(parameters: JsonObject, around: Around): Scope {
  const own: Readonly<Record<string, UserFunction>> = {
    requestcontext: { call: async () => ({ apiVersion: around.apiVersion ?? null }) },
    policy: { call: async () => around.policy },
    adddays: { call: async ([date, days]) => addDays(date, days) },
  }
  return {
    ...valueScope(parameters),
    now: around.now,
    userFunction: (name) => own[name.toLowerCase()],
    outside: {
      ...nothingOutside,
      async resourceGroup() {
        if (!around.group) throw new ExpressionError('the resource is in no resource group')
        const { id, name, type, body } = around.group
        return { id, name, type, ...body }
      },
      async subscription() {
        if (!around.subscription) throw new ExpressionError('the resource is in no subscription')
        const { id, name, body } = around.subscription
        return { id, subscriptionId: name, displayName: body.displayName ?? name }
      },
    },
  }
}

function addDays(date: Json | undefined, days: Json | undefined): Json {
  const from = Date.parse(textAt(date) ?? '')
  if (Number.isNaN(from) || typeof days !== 'number') throw new ExpressionError("'addDays' takes a date and a number")
  return new Date(from + days * 86_400_000).toISOString()
}
