import { isFault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { ArmDeps } from '../arm-deps.ts'
import type { ReadContext } from '../define-resource.ts'
import { present } from '../envelope.ts'
import { checkBody } from '../facts/check-body.ts'
import { getKept } from '../kept.ts'
import type { RegisteredType } from '../registry.ts'
import { wishOnly } from '../verbs/write.ts'
import { bodyBeforehand } from './beforehand.ts'
import { bodyOf } from './body.ts'
import { leftovers } from './complete-mode.ts'
import { saidOtherwise, turnsInto, withoutEffect } from './delta.ts'
import { isDeployment, nestedPlan } from './nested.ts'
import { onlyIfMissing, type Plan, type PlannedResource, planDeployment } from './plan.ts'
import { preflight } from './preflight.ts'
import type { Placed } from './prepared.ts'

interface Look {
  readonly arm: ArmDeps
  readonly placed: Placed
  readonly depth: number
}

/**
 * What a deployment would change, resource by resource, those of nested deployments among them; nothing is made.
 * Expressions that only a run knows stay as they are.
 */
export async function whatIf(arm: ArmDeps, placed: Placed, body: JsonObject): Promise<JsonObject> {
  const { mode } = placed.prepared
  const settings = objectAt(objectAt(body.properties).whatIfSettings)
  const idsOnly = textAt(settings.resultFormat)?.toLowerCase() === 'resourceidonly'
  const plan = await planDeployment(arm, placed)
  // Who may not make it may look all the same.
  await preflight(arm, { placed, plan, rights: false })
  const all: PlannedResource[] = []
  const changes = await changesOf({ arm, placed, depth: 1 }, plan, all)
  for (const resource of await leftovers(arm, placed.id, { resources: [...plan.resources, ...all] })) {
    const type = arm.registry.type(resource.type)
    const id = parseResourceId(resource.id)
    if (!type || !id || !(await arm.access.allows(placed.prepared.caller, `${type.right}/read`, id.text))) continue
    const before = await present(arm, type, resource, contextOf(arm, placed, arm.versions.newest(type)))
    changes.push(
      mode === 'Complete'
        ? { resourceId: resource.id, changeType: 'Delete', before, after: null, delta: null }
        : { resourceId: resource.id, changeType: 'Ignore', before, after: before, delta: null },
    )
  }
  return {
    status: 'Succeeded',
    properties: {
      correlationId: crypto.randomUUID(),
      changes: idsOnly ? changes.map(withoutPayload) : changes,
      potentialChanges: [],
      diagnostics: [],
    },
  }
}

/** Only a look at the properties tells whether a resource that is there would be changed. */
const withoutPayload = ({ resourceId, changeType, unsupportedReason }: JsonObject): JsonObject => ({
  resourceId,
  changeType: changeType === 'Modify' || changeType === 'NoChange' ? 'Deploy' : changeType,
  ...(unsupportedReason !== undefined && { unsupportedReason }),
})

const contextOf = ({ origin }: ArmDeps, { prepared }: Placed, apiVersion: string): ReadContext => ({
  origin,
  apiVersion,
  query: new URLSearchParams(),
  caller: prepared.caller,
})

/** `all` collects what nested deployments name. */
async function changesOf(look: Look, plan: Plan, all: PlannedResource[]): Promise<JsonObject[]> {
  const { arm, placed, depth } = look
  const changes: JsonObject[] = []
  for (const planned of plan.resources) {
    all.push(planned)
    if (!planned.made) continue
    if (!isDeployment(planned)) {
      changes.push(await changeOf(look, planned))
      continue
    }
    const nested = await nestedPlan(arm, { placed, plan }, planned, depth)
    if (nested) changes.push(...(await changesOf({ arm, placed: nested.placed, depth: depth + 1 }, nested.plan, all)))
    else changes.push(unsupported(planned))
  }
  return changes
}

const unsupported = ({ id }: PlannedResource): JsonObject => ({
  resourceId: id.text,
  changeType: 'Unsupported',
  unsupportedReason:
    'What the nested deployment makes depends on values that are known only while the deployment around it runs.',
  before: null,
  after: null,
  delta: null,
})

async function changeOf(look: Look, planned: PlannedResource): Promise<JsonObject> {
  const { arm, placed } = look
  const { id, apiVersion } = planned
  const type = arm.registry.type(id.type)
  if (!type) return unsupported(planned)
  const { body, whole } = await bodyOf(planned, planned.scope, true)
  await arm.access.demand(placed.prepared.caller, `${type.right}/read`, id.text)
  const kept = await getKept(arm.deps.store, type, id)
  const known = whole && !isDeployment(planned) ? await bodyBeforehand(arm, planned, body) : body
  const asked: JsonObject = { id: id.text, name: id.name, type: type.type, apiVersion, ...known }
  const { secrets } = placed
  if (!kept) {
    return { resourceId: id.text, changeType: 'Create', before: null, after: secrets.hide(asked), delta: null }
  }
  const context = contextOf(arm, placed, apiVersion)
  if (onlyIfMissing(planned)) {
    const stays = { ...(await present(arm, type, kept, context)), apiVersion }
    return { resourceId: kept.id, changeType: 'NoChange', before: stays, after: stays, delta: [] }
  }
  const before = await present(arm, type, kept, context)
  const wished = whole ? await wishedBody(look, { planned, type, kept, body }) : undefined
  const after = wished ? { ...(await present(arm, type, wished, context)), apiVersion } : asked
  const changed = wished ? turnsInto(before, after) : saidOtherwise(before, body)
  const changeType = changed.length > 0 ? 'Modify' : 'NoChange'
  const delta = [...changed, ...(wished ? withoutEffect(before, body, heardOf(look, { planned, type, body })) : [])]
  const told = { before: { ...before, apiVersion }, after: secrets.hide(after), delta: secrets.hide(delta) }
  return { resourceId: kept.id, changeType, ...told }
}

/** What of a body a write hears: the rest is read-only. */
function heardOf(
  { arm }: Look,
  { planned, type, body }: { planned: PlannedResource; type: RegisteredType; body: JsonObject },
): JsonObject {
  const version = arm.versions.resolve(planned.apiVersion, type.provider, type.path)
  return checkBody(arm.facts, type, version, { verb: 'put', body })
}

interface Wished {
  readonly planned: PlannedResource
  readonly type: RegisteredType
  readonly kept: StoredResource
  readonly body: JsonObject
}

/** The resource as the PUT would leave it; undefined where something around it that is still to come is needed. */
async function wishedBody(
  { arm, placed }: Look,
  { planned, type, kept, body }: Wished,
): Promise<StoredResource | undefined> {
  try {
    const wished = await wishOnly(arm, {
      id: planned.id,
      type,
      verb: 'put',
      body,
      version: arm.versions.resolve(planned.apiVersion, type.provider, type.path),
      caller: placed.prepared.caller,
      query: new URLSearchParams(),
      preconditions: { match: undefined, noneMatch: undefined },
      demandsRights: true,
    })
    return { ...kept, body: wished.body }
  } catch (error) {
    if (isFault(error)) return undefined
    throw error
  }
}
