import type { Deps } from '../../domain/deps.ts'
import { type Fault, fault } from '../../faults.ts'
import { type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import { foldId, groupId, parseResourceId, type ResourceId, subscriptionId } from '../../resource-id.ts'
import { valuesAt, without } from '../paths.ts'
import type { RegisteredType, Registry } from '../registry.ts'
import { isWithin } from '../scope-key.ts'
import {
  ASSIGNMENTS,
  type Assigned,
  DEFINITIONS,
  EXEMPTIONS,
  type Exemption,
  readAssigned,
  readExemptions,
  SETS,
} from './assigned.ts'
import { type Change, changed, conflicts } from './changes.ts'
import { concerns, type Evaluation, holds, withCurrent } from './conditions.ts'
import type { Subject } from './fields.ts'
import { resolveIn } from './resolve.ts'
import { type FieldChange, readAppends, readOperations } from './rule.ts'
import { ruleScope } from './scope.ts'

/** A resource that a client would write. */
export interface Wanted {
  readonly id: ResourceId
  readonly type: RegisteredType
  readonly body: JsonObject
  readonly apiVersion: string
}

/** One policy's verdict over one resource. */
export interface Verdict {
  readonly assigned: Assigned
  readonly compliant: boolean
}

/** Azure Policy: what assignments say of a resource, before it is written and afterwards. */
export interface Policies {
  /**
   * The body as modify and append have it.
   *
   * @throws RequestDisallowedByPolicy
   */
  apply(wanted: Wanted): Promise<JsonObject>
  /** What each assignment that reaches a resource finds of it, as it stands. */
  verdicts(wanted: Omit<Wanted, 'apiVersion'>): Promise<readonly Verdict[]>
}

interface Compiled {
  readonly assigned: readonly Assigned[]
  readonly exemptions: readonly Exemption[]
}

/** Compiled when first asked, and again when an assignment, a definition or an exemption has changed. */
export function openPolicies({ deps, registry }: { deps: Deps; registry: Registry }): Policies {
  const { store } = deps
  let kept: Compiled | undefined
  let epoch = 0
  for (const type of [ASSIGNMENTS, DEFINITIONS, SETS, EXEMPTIONS]) {
    store.onResourceChange(type, () => {
      epoch++
      kept = undefined
    })
  }

  async function compile(): Promise<Compiled> {
    const asked = epoch
    const from = { registry, store }
    const compiled = { assigned: await readAssigned(from), exemptions: await readExemptions(from) }
    // What was read before a change must not be kept after it.
    if (asked === epoch) kept = compiled
    return compiled
  }

  async function reaching({ id, type, body }: Omit<Wanted, 'apiVersion'>): Promise<readonly Assigned[]> {
    const { assigned, exemptions } = kept ?? (await compile())
    if (assigned.length === 0 || UNTOUCHED.test(type.type)) return []
    const now = deps.now().toISOString()
    return assigned.filter(
      (one) =>
        isWithin(id.key, one.scope) &&
        !one.notScopes.some((scope) => isWithin(id.key, scope)) &&
        (!one.indexedOnly || isIndexed(type, body)) &&
        !exemptions.some((exemption) => exempts(exemption, one, id, now)),
    )
  }

  async function evaluationOf(one: Assigned, { id, type, body }: Omit<Wanted, 'apiVersion'>, apiVersion?: string) {
    const subject: Subject = { id, type: type.right, body: withoutSecrets(type, body) }
    const own = id.subscriptionId === undefined ? undefined : subscriptionId(id.subscriptionId)
    const inGroup = id.resourceGroup !== undefined && type.type !== 'Microsoft.Resources/resourceGroups'
    const scope = ruleScope(one.parameters, {
      group: inGroup
        ? await store.resources.get(groupId(id.subscriptionId ?? '', id.resourceGroup ?? '').key)
        : undefined,
      subscription: own && (await store.resources.get(own.key)),
      apiVersion,
      now: deps.now(),
      policy: {
        assignmentId: one.assignment.id,
        definitionId: one.definition.id,
        setDefinitionId: one.set?.id ?? null,
      },
    })
    const evaluation: Evaluation = { subject, scope, current: {}, seen: [] }
    return { ...evaluation, scope: withCurrent(scope, evaluation) }
  }

  /** The changes that one policy of modify or append makes, its expressions evaluated. */
  async function changesOf(one: Assigned, evaluation: Evaluation): Promise<readonly Change[]> {
    const { details } = one.rule
    const declared: readonly FieldChange[] = one.effect === 'modify' ? readOperations(details) : readAppends(details)
    const resolve = (value: string | JsonObject[string]) => resolveIn(value ?? null, evaluation.scope)
    const made: Change[] = []
    for (const { operation, field, value, condition } of declared) {
      if (condition !== undefined && (await resolve(condition)) !== true) continue
      made.push({ operation, field: plainText(await resolve(field)), value: await resolve(value) })
    }
    return made
  }

  async function withChanges(all: readonly Assigned[], wanted: Wanted): Promise<JsonObject> {
    let { body } = wanted
    for (const one of all) {
      const evaluation = await evaluationOf(one, { ...wanted, body }, wanted.apiVersion)
      if (!(await holds(one.rule.condition, evaluation))) continue
      for (const change of await changesOf(one, evaluation)) {
        const subject = { ...evaluation.subject, body }
        if (one.effect === 'append' && conflicts(subject, body, change)) throw disallowed(wanted, [[one, evaluation]])
        body = changed(subject, body, change)
      }
    }
    return body
  }

  return {
    async apply(wanted) {
      const enforced = (await reaching(wanted)).filter((one) => one.enforced)
      if (enforced.length === 0) return wanted.body
      const changing = enforced.filter(({ effect }) => effect === 'modify' || effect === 'append')
      const body = await withChanges(changing, wanted)
      const broken: (readonly [Assigned, Evaluation])[] = []
      for (const one of enforced.filter(({ effect }) => effect === 'deny')) {
        const evaluation = await evaluationOf(one, { ...wanted, body }, wanted.apiVersion)
        if (await holds(one.rule.condition, evaluation)) broken.push([one, evaluation])
      }
      if (broken.length > 0) throw disallowed(wanted, broken)
      return body
    },
    async verdicts(wanted) {
      const found: Verdict[] = []
      for (const assigned of await reaching(wanted)) {
        const evaluation = await evaluationOf(assigned, wanted)
        const { condition } = assigned.rule
        if (!(await concerns(condition, evaluation))) continue
        found.push({ assigned, compliant: !(await holds(condition, evaluation)) })
      }
      return found
    },
  }
}

/** Azure evaluates no policy over deployments. */
const UNTOUCHED = /^Microsoft\.Resources\/deployments$/

/** Whether a policy of the mode Indexed looks at it: what has a location and tags, and is no group. */
const isIndexed = (type: RegisteredType, body: JsonObject): boolean =>
  body.location !== undefined && type.type !== 'Microsoft.Resources/resourceGroups' && !type.at.includes('resource')

const withoutSecrets = ({ declaration }: RegisteredType, body: JsonObject): JsonObject =>
  without(
    body,
    (declaration.secret ?? []).flatMap((pattern) => valuesAt(body, pattern)).map(({ path }) => path),
  )

const exempts = (exemption: Exemption, one: Assigned, id: ResourceId, now: string): boolean =>
  exemption.assignment === foldId(one.assignment.id) &&
  isWithin(id.key, exemption.scope) &&
  (exemption.expiresOn === undefined || exemption.expiresOn > now) &&
  (exemption.references.length === 0 || exemption.references.includes(one.set?.reference ?? ''))

function disallowed({ id }: Wanted, broken: readonly (readonly [Assigned, Evaluation])[]): Fault {
  const identifiers = broken.map(([one]) => ({
    policyAssignment: { name: displayName(one.assignment.body) ?? one.assignment.name, id: one.assignment.id },
    policyDefinition: { name: displayName(one.definition.body) ?? one.definition.name, id: one.definition.id },
    ...(one.set && { policySetDefinition: { id: one.set.id } }),
  }))
  const messages = broken.flatMap(([one]) => one.message ?? [])
  const why =
    messages.length > 0
      ? `Reasons: '${messages.join("', '")}'. See error details for policy resource IDs.`
      : `Policy identifiers: '${JSON.stringify(identifiers)}'.`
  const additionalInfo = broken.map(([one, evaluation]) => ({
    type: 'PolicyViolation',
    info: violation(one, evaluation),
  }))
  return fault('RequestDisallowedByPolicy', { name: id.name, why }, { target: id.name, additionalInfo })
}

const displayName = (body: JsonObject): string | undefined => textAt(objectAt(body.properties).displayName)

function violation(one: Assigned, evaluation: Evaluation): JsonObject {
  const { assignment, definition, set } = one
  return {
    evaluationDetails: { evaluatedExpressions: evaluation.seen.filter(({ result }) => result === 'True') },
    policyDefinitionId: definition.id,
    policyDefinitionName: definition.name,
    policyDefinitionDisplayName: displayName(definition.body) ?? definition.name,
    policyDefinitionEffect: one.effect,
    ...(set && {
      policySetDefinitionId: set.id,
      policySetDefinitionName: parseResourceId(set.id)?.name ?? '',
      policyDefinitionReferenceId: set.reference,
    }),
    policyAssignmentId: assignment.id,
    policyAssignmentName: assignment.name,
    policyAssignmentDisplayName: displayName(assignment.body) ?? assignment.name,
    policyAssignmentScope: assignment.id.slice(0, assignment.id.toLowerCase().lastIndexOf('/providers/')),
    policyAssignmentParameters: objectAt(objectAt(assignment.body.properties).parameters),
    policyExemptionIds: [],
  }
}
