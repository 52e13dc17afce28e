import { randomBytes } from 'node:crypto'
import { type Fault, fault } from '../../faults.ts'
import type { Caller } from '../../identity/identity.ts'
import type { JsonObject } from '../../json.ts'
import { childId, parseResourceId, providerId, type ResourceId } from '../../resource-id.ts'
import type { ActivitySource, StoredOperation } from '../../store/operations.ts'
import type { StoredResource, SystemData } from '../../store/resources.ts'
import type { Repositories } from '../../store/store.ts'
import { activitySource, noteBegun } from '../activity.ts'
import type { ArmDeps } from '../arm-deps.ts'
import type { WishRequest } from '../define-resource.ts'
import type { DeploymentAround } from '../deployment-calls.ts'
import { withoutEnvelope } from '../envelope.ts'
import { checkBody } from '../facts/check-body.ts'
import { checkReads } from '../facts/check-reads.ts'
import { getKept, putKept } from '../kept.ts'
import { demandLinked } from '../linked-rights.ts'
import { locationOf, placeBody } from '../locations.ts'
import { mergeOver, mergePatch } from '../merge.ts'
import { newOperation } from '../operations.ts'
import { demandPlace } from '../placement.ts'
import { checkPreconditions, type Preconditions } from '../preconditions.ts'
import { checkReferences } from '../references.ts'
import type { RegisteredType } from '../registry.ts'
import { partSecrets } from '../secrets.ts'
import { keptProvisioning } from '../simulated.ts'
import { demandRegistration, demandStanding, type Surroundings, surroundingsOf } from '../surroundings.ts'
import { checkTags, withTagsOnce } from '../tags.ts'
import type { ResolvedVersion } from '../versions.ts'

export interface Write {
  readonly id: ResourceId
  readonly type: RegisteredType
  readonly verb: 'put' | 'patch'
  readonly body: JsonObject
  readonly version: ResolvedVersion
  readonly caller: Caller
  readonly query: URLSearchParams
  readonly preconditions: Preconditions
  /** Set where the caller's rights count: for what a client asks, and not for what the server does by itself. */
  readonly demandsRights?: boolean
  /** What the activity log tells of it; of the caller alone where a client's write has none. */
  readonly activity?: ActivitySource | undefined
  /** Of a deployment that another one makes. */
  readonly around?: DeploymentAround
}

export interface Written {
  readonly resource: StoredResource
  /** True for a resource that was not there before. */
  readonly made: boolean
  /** Set where making it true takes calls of `apply`; it is under way. */
  readonly operation: StoredOperation | undefined
  readonly location: string
}

/** A write that met another one between its look and its transaction looks again, this often. */
const TRIES = 5

/**
 * Writes a wish: checks it, then puts it and the operation that makes it true into one transaction.
 *
 * @throws every refusal of a write
 */
export function writeResource(arm: ArmDeps, write: Write): Promise<Written> {
  // Writes of one resource take turns: many at once would else lose their race until they give up.
  return arm.writes.run(write.id.key, () => writeInTurn(arm, write))
}

async function writeInTurn(arm: ArmDeps, write: Write): Promise<Written> {
  for (let tries = 1; ; tries++) {
    const written = await writeOnce(arm, write)
    if (written) return written
    if (tries >= TRIES) throw fault('AnotherOperationInProgress', { id: write.id.text, state: 'Updating' })
  }
}

async function writeOnce(arm: ArmDeps, write: Write): Promise<Written | undefined> {
  const { deps, registry, reconciler } = arm
  const { id, type } = write
  demandPlace(type, id)
  const around = await surroundingsOf(arm, deps.store, {
    id,
    verb: 'write',
    path: type.path,
    parentMayMiss: type.declaration.makesParent !== undefined,
  })
  demandRegistration(type.provider, around.subscription)
  demandStanding(around)
  const existing = await getKept(deps.store, type, id)
  await arm.scopeLocks.demand(id, 'write')
  checkPreconditions(write.preconditions, existing?.id ?? id.text, existing)
  if (existing && reconciler.activeOn(existing.id) !== undefined) {
    throw (
      type.declaration.busy?.(existing) ??
      fault('AnotherOperationInProgress', { id: existing.id, state: existing.provisioningState })
    )
  }
  if (!existing && write.verb === 'patch') throw absent(id, type)

  const { request, resource, recovered } = await wish(arm, write, around, existing)
  const simulated = write.demandsRights ? deps.simulation.provisioning(type.type) : undefined
  const late = type.declaration.references?.some((reference) => reference.late) === true
  const activity = activityOf(write, resource.id)
  const goesOn = type.declaration.apply !== undefined || late || simulated !== undefined
  const operation = goesOn
    ? {
        ...newOperation({
          resourceId: resource.id,
          verb: write.verb,
          apiVersion: write.version.asked,
          caller: write.caller,
          activity,
          now: deps.now(),
        }),
        ...keptProvisioning(simulated, deps.now()),
      }
    : undefined
  const wished: StoredResource = operation
    ? { ...resource, provisioningState: existing ? 'Updating' : 'Creating' }
    : resource
  const parent = around.parent ? undefined : missingParent(arm, write, request)

  const clear = await deps.store.write(async (within) => {
    const current = await getKept(within, type, id)
    if (current?.etag !== existing?.etag || current?.provisioningState !== existing?.provisioningState) return false
    if (!(await parentStands(within, arm, id, parent !== undefined))) return false
    if (parent) await putKept(within, registry.type(parent.type), parent)
    if (recovered) await bringBack(within, registry, recovered)
    await putKept(within, type, wished)
    if (operation) await within.operations.put(operation)
    const statusCode = existing ? 'OK' : 'Created'
    await noteBegun(within, activity, { goesOn: operation !== undefined, statusCode, now: deps.now() })
    return true
  })
  if (!clear) return undefined
  if (operation) reconciler.begin(operation)
  return { resource: wished, made: !existing, operation, location: locationOf(wished.body, around) }
}

/** Of a deployment's writes, say: nothing but who asked is known of the request. */
const activityOf = ({ activity, demandsRights, caller, type }: Write, resourceId: string): ActivitySource | undefined =>
  activity ??
  (demandsRights ? activitySource({ caller, action: `${type.right}/write`, resourceId, method: 'PUT' }) : undefined)

interface Wished {
  readonly request: WishRequest<unknown>
  readonly resource: StoredResource
  readonly recovered: StoredResource | undefined
}

/** The resource as this write would have it, every rule checked. */
async function wish(
  arm: ArmDeps,
  write: Write,
  around: Surroundings,
  existing: StoredResource | undefined,
): Promise<Wished> {
  const { deps, registry } = arm
  const { id, type, verb, version, caller, query } = write
  const { declaration } = type
  if (!existing && !declaration.name.test(id.name)) {
    throw fault('ResourceNameRule', { name: id.name, type: type.type, rule: declaration.name.source })
  }
  const checked = checkBody(arm.facts, type, version, { verb, body: write.body })
  const sent = withoutEnvelope(checked)
  checkTags(sent.tags)
  const said = withTagsOnce(verb === 'patch' && existing ? mergePatch(existing.body, sent) : sent)
  const merged = placeBody(type, id, said, existing)
  const placed = write.demandsRights
    ? await arm.policies.apply({ id, type, body: merged, apiVersion: version.asked })
    : merged
  await checkReads(type, version.asked, placed)
  const deleted = existing || declaration.backing ? undefined : await deps.store.resources.getDeleted(id.key)
  const about = {
    arm: arm.inner,
    id,
    existing,
    caller,
    verb,
    apiVersion: version.asked,
    query,
    correlationId: write.activity?.correlationId,
    around: write.around,
    ...(deleted && { deleted }),
  }
  const filled = declaration.defaults
    ? mergeOver(declaration.defaults({ ...about, body: placed as JsonObject & object }), placed)
    : placed
  const request: WishRequest<unknown> = { ...about, body: filled as JsonObject & object }
  if (write.demandsRights) await demandLinked(arm, { caller, id, type, verb, body: filled, existing })
  const recovered = await recoverable(arm, write, request)
  const early = declaration.references?.filter(({ late }) => !late) ?? []
  await checkReferences(registry, deps.store, early, filled)
  const final = (await declaration.check?.(deps, request)) ?? filled
  if (!existing && !recovered) await demandFreeName(arm, write)

  const own = existing ?? recovered
  const shown = own?.id ?? spelledId(type, id, around).text
  const { body, secrets } = partSecrets(deps.sealing, type, shown, final)
  return {
    request,
    recovered,
    resource: {
      id: shown,
      type: type.type,
      name: own?.name ?? id.name,
      body,
      state: own?.state ?? {},
      secrets: { ...own?.secrets, ...secrets },
      provisioningState: 'Succeeded',
      etag: randomBytes(12).toString('hex'),
      system: systemOf(own, caller, deps.now()),
    },
  }
}

/** The soft-deleted resource that this write brings back. @throws SoftDeletedResourceExists where it may not */
async function recoverable(
  { deps }: ArmDeps,
  { id, type }: Write,
  request: WishRequest<unknown>,
): Promise<StoredResource | undefined> {
  const { deleted } = request
  if (!deleted) return undefined
  if (type.declaration.recovers?.(request)) return deleted
  // The declaration's own words come first, where it has any.
  await type.declaration.check?.(deps, request)
  throw fault('SoftDeletedResourceExists', { name: id.name, type: type.type })
}

async function demandFreeName({ deps }: ArmDeps, { id, type }: Write): Promise<void> {
  if (!type.declaration.globalName) return
  const holder = await deps.store.resources.byGlobalName(type.type, id.name)
  if (holder && parseResourceId(holder.id)?.key !== id.key) {
    throw type.declaration.nameTaken?.(id.name) ?? fault('ResourceNameTaken', { name: id.name, type: type.type })
  }
}

/** The id in the registry's spelling of types, below the parent's spelling of its creation. */
function spelledId(type: RegisteredType, id: ResourceId, { parent }: Surroundings): ResourceId {
  const above = parent && parseResourceId(parent.id)
  const last = type.path.slice(type.path.lastIndexOf('/') + 1)
  if (type.type === 'Microsoft.Resources/subscriptions') return id
  if (type.type === 'Microsoft.Resources/resourceGroups') {
    return parseResourceId(`${above?.text ?? id.parent?.text}/resourceGroups/${id.name}`) ?? id
  }
  if (type.parent) return childId(above ?? spelledParent(type, id), last, id.name)
  return id.parent ? providerId(above ?? id.parent, type.provider.namespace, last, id.name) : id
}

const spelledParent = (type: RegisteredType, id: ResourceId): ResourceId => {
  if (!id.parent) return id
  return type.parent
    ? spelledId(type.parent, id.parent, { parent: undefined, group: undefined, subscription: undefined })
    : id.parent
}

/** Who made a resource and who changed it last, after a change by this caller. */
export function systemOf(existing: StoredResource | undefined, caller: Caller, now: Date): SystemData {
  const by = caller.appId ?? caller.objectId
  const at = now.toISOString()
  return {
    createdBy: existing?.system.createdBy ?? by,
    createdByType: existing?.system.createdByType ?? caller.kind,
    createdAt: existing?.system.createdAt ?? at,
    lastModifiedBy: by,
    lastModifiedByType: caller.kind,
    lastModifiedAt: at,
  }
}

/** The container that a version's PUT makes along the way. */
function missingParent(
  { registry, deps }: ArmDeps,
  { id, type, caller }: Write,
  request: WishRequest<unknown>,
): StoredResource | undefined {
  const parentType = id.parent && registry.type(id.parent.type)
  if (!id.parent || !parentType || !type.declaration.makesParent) return undefined
  return {
    id: spelledParent(type, id).text,
    type: parentType.type,
    name: id.parent.name,
    body: type.declaration.makesParent(request),
    state: {},
    secrets: {},
    provisioningState: 'Succeeded',
    etag: randomBytes(12).toString('hex'),
    system: systemOf(undefined, caller, deps.now()),
  }
}

/** Whether the parent is still there when the write is made. */
async function parentStands(
  within: Repositories,
  arm: ArmDeps,
  { parent }: ResourceId,
  isMade: boolean,
): Promise<boolean> {
  if (!parent || parent.key === '') return true
  if (isMade && !(await parentStands(within, arm, parent, false))) return false
  const found = await getKept(within, arm.registry.type(parent.type), parent)
  return isMade ? found === undefined : found !== undefined && found.provisioningState !== 'Deleting'
}

/**
 * Takes the mark off everything that was soft-deleted with the resource. Its parts were marked one wave after the
 * other, and after a crash even later: only what can be deleted softly by itself is told apart by its time.
 */
async function bringBack(within: Repositories, registry: ArmDeps['registry'], root: StoredResource): Promise<void> {
  const rootType = registry.type(root.type)
  if (!rootType) return
  const types = registry.providers.flatMap(({ types }) => types).filter(({ type }) => type.startsWith(`${root.type}/`))
  for (const { type, declaration } of types) {
    const { items } = await within.resources.ofType(root.id, type, { includeDeleted: true })
    for (const { deletedAt, ...row } of items) {
      const went = declaration.softDelete ? deletedAt === root.deletedAt : deletedAt !== undefined
      if (went) await within.resources.put(row)
    }
  }
}

/** The refusal that names what is missing. */
export const absent = (id: ResourceId, type: RegisteredType): Fault =>
  type.declaration.missing?.(id.name) ??
  fault('ResourceNotFound', { type: type.type, name: namesOf(id), group: id.resourceGroup ?? '<null>' })

/** `workspace/compute`: the names below the provider. */
function namesOf(id: ResourceId): string {
  const names = [id.name]
  for (let up = id.parent; up && id.type.startsWith(`${up.type}/`) && up.type.includes('/'); up = up.parent) {
    if (up.type.startsWith('Microsoft.Resources/')) break
    names.unshift(up.name)
  }
  return names.join('/')
}

/**
 * The resource as a write would have it, every rule checked, and nothing written: what a what-if shows.
 *
 * @throws every refusal of a write
 */
export async function wishOnly(arm: ArmDeps, write: Write): Promise<StoredResource> {
  const { id, type } = write
  const around = await surroundingsOf(arm, arm.deps.store, {
    id,
    verb: 'write',
    path: type.path,
    parentMayMiss: type.declaration.makesParent !== undefined,
  })
  const { resource } = await wish(arm, write, around, await getKept(arm.deps.store, type, id))
  return resource
}
