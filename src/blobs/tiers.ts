import { fault } from '../faults.ts'
import type { BlobProperties } from '../store/blobs.ts'
import { containerFor } from './contents.ts'
import type { BlobAddress, Core } from './core.ts'

/** Gives a snapshot or version another tier. @throws ContainerNotFound, BlobNotFound */
export function changePastTier(core: Core, at: BlobAddress, tier: NonNullable<BlobProperties['tier']>): Promise<void> {
  const stamp = at.snapshot ?? at.version
  return core.rows.write(async (rows) => {
    const container = await containerFor(rows, at.account, at.container)
    const blob = await rows.blob(container.id, at.name)
    if (blob && at.version !== undefined && blob.state.version === at.version) {
      return rows.putBlob({ ...blob, properties: { ...blob.properties, tier } })
    }
    const past = (await rows.history(container.id, at.name)).find(
      (one) => one.stamp === stamp && one.deletedAt === undefined,
    )
    if (!past) throw fault('BlobNotFound')
    return rows.putPast({ ...past, properties: { ...past.properties, tier } })
  })
}
