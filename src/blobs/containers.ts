import { fault } from '../faults.ts'
import type { AccessPolicy, ContainerRow, ContainerState } from '../store/blobs.ts'
import { type Conditions, demandForWrite } from './conditions.ts'
import { containerFor } from './contents.ts'
import type { Core } from './core.ts'
import { demandContainerName } from './names.ts'

export interface ContainerAddress {
  readonly account: string
  readonly container: string
}

export interface ContainerOptions {
  readonly metadata?: Readonly<Record<string, string>>
  readonly publicAccess?: 'container' | 'blob' | undefined
  readonly state?: ContainerState
}

const DAY_MS = 24 * 60 * 60 * 1000

/** @throws InvalidResourceName, ContainerAlreadyExists, ContainerBeingDeleted */
export function createContainer(
  { rows: store, now, nextEtag, heldNames }: Core,
  { account, container }: ContainerAddress,
  { metadata = {}, publicAccess, state = {} }: ContainerOptions = {},
): Promise<ContainerRow> {
  demandContainerName(container)
  return store.write(async (rows) => {
    if (await rows.container(account, container)) throw fault('ContainerAlreadyExists')
    heldNames.demandFree(account, container)
    const time = now().getTime()
    const made = {
      account,
      name: container,
      etag: nextEtag(),
      createdAt: time,
      modifiedAt: time,
      publicAccess,
      metadata,
      policies: [],
      state,
    }
    return { ...made, id: await rows.addContainer(made) }
  })
}

/**
 * Takes a container away at once, with all that it holds; the bytes go a little later.
 *
 * @throws ContainerNotFound, ConditionNotMet
 */
export async function removeContainer(
  core: Core,
  at: ContainerAddress,
  conditions: Conditions = {},
  { forGood = false }: { readonly forGood?: boolean } = {},
): Promise<void> {
  const containerDays = forGood ? undefined : (await core.protection(at.account)).containerDays
  await core.rows.write(async (rows) => {
    const found = await containerFor(rows, at.account, at.container)
    const time = core.now().getTime()
    demandForWrite(found, conditions, { now: time, of: 'Container', deletes: true })
    if (containerDays === undefined) return rows.hideContainer(found.id)
    const { lease: _lease, ...state } = found.state
    await rows.putContainer({ ...found, state })
    await rows.softDeleteContainer(found, time, time + containerDays * DAY_MS)
  })
  if (!forGood) core.heldNames.hold(at.account, at.container)
}

/**
 * Gives a deleted container its name back, or another one. `version` is the one of the listing.
 *
 * @throws ContainerNotFound, ContainerAlreadyExists
 */
export function restoreContainer(
  core: Core,
  at: ContainerAddress,
  deleted: { readonly name: string; readonly version: string },
): Promise<void> {
  demandContainerName(at.container)
  return core.rows.write(async (rows) => {
    const found = (await rows.deletedContainers(at.account, { prefix: deleted.name, limit: 1000 })).find(
      (one) => one.name === deleted.name && containerVersion(one) === deleted.version,
    )
    if (!found) throw fault('ContainerNotFound')
    if (await rows.container(at.account, at.container)) throw fault('ContainerAlreadyExists')
    const { deletedAt: _deletedAt, purgeAt: _purgeAt, ...row } = found
    await rows.putContainer({ ...row, name: at.container })
  })
}

/** What tells containers of the same name apart that were deleted: digits as Azure's. */
export const containerVersion = ({ id }: Pick<ContainerRow, 'id'>): string =>
  `01D${id.toString(16).toUpperCase().padStart(13, '0')}`

/** @throws ContainerNotFound, ConditionNotMet */
export function setContainerMetadata(
  core: Core,
  at: ContainerAddress,
  metadata: Readonly<Record<string, string>>,
  conditions: Conditions,
): Promise<ContainerRow> {
  return change(core, at, conditions, (container) => ({ ...container, metadata }))
}

/** @throws ContainerNotFound, ConditionNotMet */
export function setContainerAccess(
  core: Core,
  at: ContainerAddress,
  access: { readonly publicAccess: 'container' | 'blob' | undefined; readonly policies: readonly AccessPolicy[] },
  conditions: Conditions,
): Promise<ContainerRow> {
  return change(core, at, conditions, (container) => ({ ...container, ...access }))
}

/** @throws ContainerNotFound, ConditionNotMet */
export function setContainerState(
  core: Core,
  at: ContainerAddress,
  to: (state: ContainerState) => ContainerState,
  conditions: Conditions,
): Promise<ContainerRow> {
  return change(core, at, conditions, (container) => ({ ...container, state: to(container.state) }))
}

function change(
  { rows: store, now, nextEtag }: Core,
  at: ContainerAddress,
  conditions: Conditions,
  to: (container: ContainerRow) => ContainerRow,
): Promise<ContainerRow> {
  return store.write(async (rows) => {
    const found = await containerFor(rows, at.account, at.container)
    demandForWrite(found, conditions, { now: now().getTime(), of: 'Container' })
    const changed = { ...to(found), etag: nextEtag(), modifiedAt: now().getTime() }
    await rows.putContainer(changed)
    return changed
  })
}
