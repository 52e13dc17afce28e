import { change } from '../../blobs/blob-writes.ts'
import { takeSnapshot } from '../../blobs/snapshots.ts'
import { changePastTier } from '../../blobs/tiers.ts'
import { fault } from '../../faults.ts'
import { answer, stampHeaders } from './answers.ts'
import { blobOf, header } from './call.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { missing } from './receive-body.ts'
import { demandTier, hasMetadata, readConditions, readMetadata } from './request-headers.ts'

/** Snapshot Blob. */
export async function snapshotBlob({ core }: Plane, call: GrantedCall): Promise<void> {
  const { blob, stamp, version } = await takeSnapshot(core, blobOf(call), {
    ...(hasMetadata(call) && { metadata: readMetadata(call) }),
    conditions: readConditions(call),
  })
  answer(call, 201, {
    ...stampHeaders(blob),
    'x-ms-snapshot': stamp,
    ...(version !== undefined && { 'x-ms-version-id': version }),
    'x-ms-request-server-encrypted': 'false',
  })
}

/** Set Blob Tier. What comes out of the archive is there at once: 200 where Azure takes hours and answers 202. */
export async function setTier({ core }: Plane, call: GrantedCall): Promise<void> {
  const asked = header(call, 'x-ms-access-tier')
  if (asked === undefined) throw missing('x-ms-access-tier')
  const tier = demandTier(asked)
  const at = blobOf(call)
  const { lease, ifTags } = readConditions(call)
  if (at.snapshot !== undefined || at.version !== undefined) await changePastTier(core, at, tier)
  else {
    await change(
      core,
      at,
      { ...(lease !== undefined && { lease }), ...(ifTags && { ifTags }) },
      (blob, time) => {
        if (blob.kind !== 'BlockBlob') throw fault('InvalidBlobType')
        return { ...blob, properties: { ...blob.properties, tier }, state: { ...blob.state, tierChangedAt: time } }
      },
      { keepsEtag: true },
    )
  }
  answer(call, 200)
}

/** Append Blob Seal. */
export async function sealBlob({ core }: Plane, call: GrantedCall): Promise<void> {
  const position = header(call, 'x-ms-blob-condition-appendpos')
  const sealed = await change(core, blobOf(call), readConditions(call), (blob) => {
    if (blob.kind !== 'AppendBlob') throw fault('InvalidBlobType')
    if (position !== undefined && Number(position) !== blob.size) throw fault('AppendPositionConditionNotMet')
    return { ...blob, state: { ...blob.state, sealed: true } }
  })
  answer(call, 200, { ...stampHeaders(sealed), 'x-ms-blob-sealed': 'true' })
}
