import type { BlobRow, ContainerRow } from '../store/blobs.ts'
import { type Conditions, demandForRead } from './conditions.ts'
import { blobFor, containerFor } from './contents.ts'
import type { BlobAddress, Core } from './core.ts'
import { afterLeaseAction, type LeaseAction, type LeaseOutcome } from './leases.ts'

/**
 * Asks something of a blob's lease. The blob's entity tag and time stay as they are.
 *
 * @throws ContainerNotFound, BlobNotFound, ConditionNotMet, and as `afterLeaseAction`
 */
export function leaseBlob(
  core: Core,
  at: BlobAddress,
  asked: LeaseAction,
  conditions: Conditions,
): Promise<LeaseOutcome & { readonly blob: BlobRow }> {
  return core.rows.write(async (rows) => {
    const blob = await blobFor(rows, at)
    const now = core.now().getTime()
    demandForRead(blob, conditions, { now })
    const outcome = afterLeaseAction(blob.state.lease, asked, now)
    const { lease: _lease, ...state } = blob.state
    await rows.putBlob({ ...blob, state: { ...state, ...(outcome.lease && { lease: outcome.lease }) } })
    return { ...outcome, blob }
  })
}

/** Likewise of a container's lease. @throws ContainerNotFound, ConditionNotMet, and as `afterLeaseAction` */
export function leaseContainer(
  core: Core,
  at: { readonly account: string; readonly container: string },
  asked: LeaseAction,
  conditions: Conditions,
): Promise<LeaseOutcome & { readonly container: ContainerRow }> {
  return core.rows.write(async (rows) => {
    const container = await containerFor(rows, at.account, at.container)
    const now = core.now().getTime()
    demandForRead(container, conditions, { now, of: 'Container' })
    const outcome = afterLeaseAction(container.state.lease, asked, now)
    const { lease: _lease, ...state } = container.state
    await rows.putContainer({ ...container, state: { ...state, ...(outcome.lease && { lease: outcome.lease }) } })
    return { ...outcome, container }
  })
}
