import { isObject, type Json, type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import { foldId, parseResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Repositories } from '../../store/store.ts'
import { member } from '../deployments/expressions/values.ts'
import { getKept } from '../kept.ts'
import type { Registry } from '../registry.ts'
import { keyOfScope } from '../scope-key.ts'
import { resolveIn } from './resolve.ts'
import { type Rule, readRule } from './rule.ts'
import { valueScope } from './scope.ts'

export const ASSIGNMENTS = 'Microsoft.Authorization/policyAssignments'
export const DEFINITIONS = 'Microsoft.Authorization/policyDefinitions'
export const SETS = 'Microsoft.Authorization/policySetDefinitions'
export const EXEMPTIONS = 'Microsoft.Authorization/policyExemptions'

/** One definition as an assignment applies it: of a set, one of its definitions. */
export interface Assigned {
  readonly assignment: StoredResource
  /** The folded scope that it stands at. */
  readonly scope: string
  /** Folded scopes that are left out. */
  readonly notScopes: readonly string[]
  readonly enforced: boolean
  readonly definition: StoredResource
  /** Where the assignment is of a set: its id, and which of its definitions this is. */
  readonly set: { readonly id: string; readonly reference: string } | undefined
  readonly indexedOnly: boolean
  readonly rule: Rule
  readonly effect: string
  readonly parameters: JsonObject
  readonly message: string | undefined
}

export interface Exemption {
  readonly scope: string
  /** The folded id of the assignment. */
  readonly assignment: string
  /** Which definitions of a set; none is all. */
  readonly references: readonly string[]
  readonly expiresOn: string | undefined
}

interface From {
  readonly registry: Registry
  readonly store: Repositories
}

/** A definition or a set by its id, a built-in one too. */
export async function policyOf({ registry, store }: From, text: string): Promise<StoredResource | undefined> {
  const id = parseResourceId(text)
  const type = id && registry.type(id.type)
  return id && type && /^microsoft\.authorization\/policy(set)?definitions$/i.test(id.type)
    ? getKept(store, type, id)
    : undefined
}

/** Every assignment's definitions, with their parameters' values. Those of the effect `disabled` are left out. */
export async function readAssigned(from: From): Promise<readonly Assigned[]> {
  const { items } = await from.store.resources.ofType('', ASSIGNMENTS)
  const all: Assigned[] = []
  for (const assignment of items) all.push(...(await ofAssignment(from, assignment)))
  return all.filter(({ effect }) => effect !== 'disabled')
}

async function ofAssignment(from: From, assignment: StoredResource): Promise<readonly Assigned[]> {
  const properties = objectAt(assignment.body.properties)
  const assigned = await policyOf(from, textAt(properties.policyDefinitionId) ?? '')
  if (!assigned) return []
  const given = valuesOf(properties.parameters)
  const messages = Array.isArray(properties.nonComplianceMessages) ? properties.nonComplianceMessages : []
  const messageFor = (reference: string | undefined) => {
    const told = messages.map((one: Json) => objectAt(one))
    const own = told.find((one) => textAt(one.policyDefinitionReferenceId) === reference)
    return textAt((own ?? told.find((one) => one.policyDefinitionReferenceId === undefined))?.message)
  }
  const notScopes = Array.isArray(properties.notScopes) ? properties.notScopes : []
  const common = {
    assignment,
    scope: keyOfScope(assignment.id),
    notScopes: notScopes.filter((scope) => typeof scope === 'string').map(foldId),
    enforced: textAt(properties.enforcementMode)?.toLowerCase() !== 'donotenforce',
  }
  if (assigned.type === DEFINITIONS) {
    return [await applied(common, assigned, given, { set: undefined, message: messageFor(undefined) })]
  }
  const own = defaulted(assigned, given)
  const found: Assigned[] = []
  for (const member of membersOf(assigned)) {
    const definition = await policyOf(from, member.definitionId)
    if (!definition) continue
    const values = await resolveIn(member.parameters, valueScope(own))
    const set = { id: assigned.id, reference: member.reference }
    found.push(await applied(common, definition, objectAt(values), { set, message: messageFor(member.reference) }))
  }
  return found
}

async function applied(
  common: Pick<Assigned, 'assignment' | 'scope' | 'notScopes' | 'enforced'>,
  definition: StoredResource,
  given: JsonObject,
  { set, message }: Pick<Assigned, 'set' | 'message'>,
): Promise<Assigned> {
  const properties = objectAt(definition.body.properties)
  const parameters = defaulted(definition, given)
  const rule = readRule(properties.policyRule, objectAt(properties.parameters))
  const effect = await resolveIn(rule.effect, valueScope(parameters))
  return {
    ...common,
    definition,
    set,
    message,
    rule,
    parameters,
    effect: plainText(effect).toLowerCase(),
    indexedOnly: textAt(properties.mode)?.toLowerCase() !== 'all',
  }
}

/** `{ name: { value } }` as values by name. */
export const valuesOf = (parameters: Json | undefined): JsonObject =>
  Object.fromEntries(Object.entries(objectAt(parameters)).map(([name, given]) => [name, objectAt(given).value ?? null]))

/** A definition's parameters with the given values over its defaults. */
export function defaulted({ body }: StoredResource, given: JsonObject): JsonObject {
  const declared = objectAt(objectAt(body.properties).parameters)
  return Object.fromEntries(
    Object.entries(declared).map(([name, one]) => [name, member(given, name) ?? objectAt(one).defaultValue ?? null]),
  )
}

export interface SetMember {
  readonly definitionId: string
  readonly reference: string
  readonly parameters: JsonObject
}

export function membersOf({ body }: { readonly body: JsonObject }): readonly SetMember[] {
  const { policyDefinitions } = objectAt(body.properties)
  const all: readonly Json[] = Array.isArray(policyDefinitions) ? policyDefinitions : []
  return all.filter(isObject).map((one) => ({
    definitionId: textAt(one.policyDefinitionId) ?? '',
    reference: textAt(one.policyDefinitionReferenceId) ?? '',
    parameters: valuesOf(one.parameters),
  }))
}

export async function readExemptions({ store }: From): Promise<readonly Exemption[]> {
  const { items } = await store.resources.ofType('', EXEMPTIONS)
  return items.map(({ id, body }) => {
    const properties = objectAt(body.properties)
    const { policyDefinitionReferenceIds: references } = properties
    return {
      scope: keyOfScope(id),
      assignment: foldId(textAt(properties.policyAssignmentId) ?? ''),
      references: Array.isArray(references) ? references.filter((one) => typeof one === 'string') : [],
      expiresOn: textAt(properties.expiresOn),
    }
  })
}
