import { fault } from '../../faults.ts'
import { type Json, type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import { parseResourceId, type ResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { ArmDeps } from '../arm-deps.ts'
import type { PolicyCalls } from '../define-resource.ts'
import { member } from '../deployments/expressions/values.ts'
import { DEFINITIONS, defaulted, membersOf, policyOf, valuesOf } from './assigned.ts'
import type { Verdict } from './policies.ts'
import { resolveIn } from './resolve.ts'
import { checkEffect, readRule } from './rule.ts'
import { valueScope } from './scope.ts'

/** Policies, for the declarations of their types: the rules of what may be kept, and what is found of resources. */
export function policyCalls(arm: () => ArmDeps): PolicyCalls {
  return {
    checkDefinition({ mode, policyRule, parameters }) {
      const asked = textAt(mode) ?? 'Indexed'
      if (!/^(all|indexed)$/i.test(asked)) {
        throw fault('InvalidPolicyDefinition', {
          reason: `the mode '${asked}' is not evaluated by Lazuli; those that are: All, Indexed`,
        })
      }
      readRule(policyRule, objectAt(parameters))
    },
    async checkSet(properties) {
      const members = membersOf({ body: { properties } })
      if (members.length === 0) throw fault('InvalidPolicySetDefinition', { reason: "it has no 'policyDefinitions'" })
      const references = members.map(({ reference }) => reference)
      const twin = references.find((one, at) => references.indexOf(one) !== at)
      if (twin !== undefined) {
        throw fault('InvalidPolicySetDefinition', { reason: `the reference '${twin}' is there twice` })
      }
      for (const { definitionId, parameters, reference } of members) {
        const definition = await demandDefinition(arm(), definitionId)
        demandParameters(reference, definition, parameters)
      }
    },
    async checkAssignment(name, properties) {
      const assigned = await policyOf(from(arm()), textAt(properties.policyDefinitionId) ?? '')
      if (!assigned) throw fault('PolicyDefinitionNotFound', { id: plainText(properties.policyDefinitionId) })
      for (const part of ['overrides', 'resourceSelectors'] as const) {
        const given = properties[part]
        if (Array.isArray(given) && given.length > 0) {
          throw fault('InvalidPolicyAssignment', { reason: `'${part}' is not evaluated by Lazuli` })
        }
      }
      const given = valuesOf(properties.parameters)
      demandParameters(name, assigned, given)
      const values = defaulted(assigned, given)
      if (assigned.type === DEFINITIONS) return demandEffect(assigned, values)
      for (const { definitionId, parameters, reference } of membersOf(assigned)) {
        const definition = await demandDefinition(arm(), definitionId)
        const own = await resolveIn(parameters, valueScope(values))
        demandParameters(reference, definition, objectAt(own))
        await demandEffect(definition, defaulted(definition, objectAt(own)))
      }
    },
    async verdicts(scope) {
      const { registry, deps, policies } = arm()
      const own = await deps.store.resources.get(scope.key)
      const rows = [...(own ? [own] : []), ...(await deps.store.resources.below(scope.key))]
      const found: JsonObject[] = []
      for (const row of rows) {
        const type = registry.type(row.type)
        const id = parseResourceId(row.id)
        if (!type || !id) continue
        const verdicts = await policies.verdicts({ id, type, body: row.body })
        found.push(...verdicts.map((verdict) => present(verdict, row, id, deps.now())))
      }
      return found
    },
  }
}

const from = ({ registry, deps }: ArmDeps) => ({ registry, store: deps.store })

async function demandDefinition(arm: ArmDeps, id: string): Promise<StoredResource> {
  const found = await policyOf(from(arm), id)
  if (found?.type !== DEFINITIONS) throw fault('PolicyDefinitionNotFound', { id })
  return found
}

/** @throws MissingPolicyParameter, UndefinedPolicyParameter, InvalidPolicyParameterValue */
function demandParameters(assignment: string, { name, body }: StoredResource, given: JsonObject): void {
  const declared = objectAt(objectAt(body.properties).parameters)
  const extra = Object.keys(given).filter((one) => member(declared, one) === undefined)
  if (extra.length > 0) {
    throw fault('UndefinedPolicyParameter', { assignment, parameters: extra.join(','), definition: name })
  }
  const missing = Object.entries(declared).filter(
    ([one, declaration]) => objectAt(declaration).defaultValue === undefined && member(given, one) === undefined,
  )
  if (missing.length > 0) {
    const parameters = missing.map(([one]) => one).join(',')
    throw fault('MissingPolicyParameter', { assignment, parameters, definition: name })
  }
  for (const [parameter, value] of Object.entries(given)) {
    demandValue(parameter, objectAt(member(declared, parameter)), value ?? null)
  }
}

const KINDS: Readonly<Record<string, (value: Json) => boolean>> = {
  string: (value) => typeof value === 'string',
  array: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  float: (value) => typeof value === 'number',
  datetime: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
}

function demandValue(parameter: string, declaration: JsonObject, value: Json): void {
  // What a set hands on is known when the set is assigned.
  if (typeof value === 'string' && value.startsWith('[') && !value.startsWith('[[')) return
  const refuse = (why: string) =>
    fault('InvalidPolicyParameterValue', { value: JSON.stringify(value).slice(0, 200), parameter, why })
  const kind = textAt(declaration.type)?.toLowerCase() ?? 'string'
  if (KINDS[kind]?.(value) === false) throw refuse(`it is no ${kind}`)
  const allowed: readonly Json[] = Array.isArray(declaration.allowedValues) ? declaration.allowedValues : []
  const values: readonly Json[] = Array.isArray(value) ? value : [value]
  const same = (a: Json, b: Json) => plainText(a).toLowerCase() === plainText(b).toLowerCase()
  if (allowed.length > 0 && !values.every((one) => allowed.some((other) => same(one, other)))) {
    throw refuse(`allowed are ${allowed.map(String).join(', ')}`)
  }
}

async function demandEffect({ body }: StoredResource, values: JsonObject): Promise<void> {
  const properties = objectAt(body.properties)
  const rule = readRule(properties.policyRule, objectAt(properties.parameters))
  const effect = await resolveIn(rule.effect, valueScope(values))
  checkEffect(plainText(effect), rule.details)
}

/** A verdict as Microsoft.PolicyInsights shows it. */
function present({ assigned, compliant }: Verdict, row: StoredResource, id: ResourceId, now: Date): JsonObject {
  const { assignment, definition, set } = assigned
  const metadata = objectAt(objectAt(definition.body.properties).metadata)
  return {
    '@odata.id': null,
    timestamp: now.toISOString(),
    resourceId: row.id,
    resourceType: row.type,
    resourceLocation: textAt(row.body.location) ?? '',
    resourceGroup: id.resourceGroup ?? '',
    resourceTags: JSON.stringify(objectAt(row.body.tags)),
    subscriptionId: id.subscriptionId ?? '',
    policyAssignmentId: assignment.id,
    policyAssignmentName: assignment.name,
    policyAssignmentScope: assignment.id.slice(0, assignment.id.toLowerCase().lastIndexOf('/providers/')),
    policyAssignmentParameters: JSON.stringify(objectAt(objectAt(assignment.body.properties).parameters)),
    policyDefinitionId: definition.id,
    policyDefinitionName: definition.name,
    policyDefinitionAction: assigned.effect,
    policyDefinitionCategory: textAt(metadata.category) ?? '',
    policySetDefinitionId: set?.id ?? '',
    policySetDefinitionName: set ? (parseResourceId(set.id)?.name ?? '') : '',
    policyDefinitionReferenceId: set?.reference ?? '',
    isCompliant: compliant,
    complianceState: compliant ? 'Compliant' : 'NonCompliant',
  }
}
