import { fault } from '../faults.ts'
import type { AccessPolicy, ContainerRow } from '../store/blobs.ts'
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
}

/** @throws InvalidResourceName, ContainerAlreadyExists */
export function createContainer(
  { rows: store, now, nextEtag }: Core,
  { account, container }: ContainerAddress,
  { metadata = {}, publicAccess }: ContainerOptions = {},
): Promise<ContainerRow> {
  demandContainerName(container)
  return store.write(async (rows) => {
    if (await rows.container(account, container)) throw fault('ContainerAlreadyExists')
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
    }
    return { ...made, id: await rows.addContainer(made) }
  })
}

/**
 * Takes a container away at once, with all that it holds; the bytes go a little later.
 *
 * @throws ContainerNotFound, ConditionNotMet
 */
export function removeContainer(core: Core, at: ContainerAddress, conditions: Conditions = {}): Promise<void> {
  return core.rows.write(async (rows) => {
    const found = await containerFor(rows, at.account, at.container)
    demandForWrite(found, conditions)
    await rows.hideContainer(found.id)
  })
}

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

function change(
  { rows: store, now, nextEtag }: Core,
  at: ContainerAddress,
  conditions: Conditions,
  to: (container: ContainerRow) => ContainerRow,
): Promise<ContainerRow> {
  return store.write(async (rows) => {
    const found = await containerFor(rows, at.account, at.container)
    demandForWrite(found, conditions)
    const changed = { ...to(found), etag: nextEtag(), modifiedAt: now().getTime() }
    await rows.putContainer(changed)
    return changed
  })
}
