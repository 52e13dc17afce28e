import { createContainer, removeContainer, setContainerState } from '../../../blobs/containers.ts'
import { containerFor } from '../../../blobs/contents.ts'
import { listContainers } from '../../../blobs/listing.ts'
import { fault } from '../../../faults.ts'
import type { ContainerRow, ContainerState } from '../../../store/blobs.ts'
import { answer, answerXml, httpDate, leaseHeaders, metadataHeaders, stampHeaders } from '../answers.ts'
import { type Call, containerOf, header, keptUnder } from '../call.ts'
import { readLimit } from '../list.ts'
import type { GrantedCall, Plane } from '../plane.ts'
import { readConditions, readCount, readMetadata } from '../request-headers.ts'
import { element, escaped, XML } from '../xml.ts'

const QUOTA_GIB = 102_400
const TIERS = new Set(['TransactionOptimized', 'Hot', 'Cool', 'Premium'])

/** @throws InvalidHeaderValue, NotImplementedHere */
function readShare(call: Call): NonNullable<ContainerState['share']> {
  const quota = readCount(call, 'x-ms-share-quota')
  const tier = header(call, 'x-ms-access-tier')
  const protocols = header(call, 'x-ms-enabled-protocols')
  if (protocols !== undefined && protocols !== 'SMB')
    throw fault('NotImplementedHere', { operation: 'A share for NFS' })
  if (quota !== undefined && (quota < 1 || quota > QUOTA_GIB))
    throw fault('InvalidHeaderValue', { header: 'x-ms-share-quota' })
  if (tier !== undefined && !TIERS.has(tier)) throw fault('InvalidHeaderValue', { header: 'x-ms-access-tier' })
  return { ...(quota !== undefined && { quota: String(quota) }), ...(tier !== undefined && { tier }) }
}

const quotaOf = ({ state }: ContainerRow): number => Number(state.share?.quota ?? QUOTA_GIB / 20)
const tierOf = ({ state }: ContainerRow): string => state.share?.tier ?? 'TransactionOptimized'

/** Create Share. */
export async function createShare({ core }: Plane, call: GrantedCall): Promise<void> {
  const state = { share: readShare(call) }
  const made = await createContainer(core, containerOf(call), { metadata: readMetadata(call), state })
  answer(call, 201, stampHeaders(made))
}

/** Get Share Properties, and Get Share Metadata. */
export async function getShare({ core }: Plane, call: GrantedCall): Promise<void> {
  const { account, container } = containerOf(call)
  const share = await containerFor(core.rows, account, container)
  answer(call, 200, {
    ...stampHeaders(share),
    ...metadataHeaders(share.metadata),
    ...leaseHeaders(share.state.lease),
    'x-ms-share-quota': quotaOf(share),
    'x-ms-access-tier': tierOf(share),
    'x-ms-enabled-protocols': 'SMB',
  })
}

/** Set Share Properties. */
export async function setShareProperties({ core }: Plane, call: GrantedCall): Promise<void> {
  const said = readShare(call)
  const changed = await setContainerState(
    core,
    containerOf(call),
    (state) => ({ ...state, share: { ...state.share, ...said } }),
    readConditions(call),
  )
  answer(call, 200, stampHeaders(changed))
}

/** Delete Share. */
export async function deleteShare({ core }: Plane, call: GrantedCall): Promise<void> {
  await removeContainer(core, containerOf(call), readConditions(call))
  answer(call, 202)
}

/** Get Share Stats: what its files hold, rounded by nobody. */
export async function getShareStats({ core }: Plane, call: GrantedCall): Promise<void> {
  const { account, container } = containerOf(call)
  const share = await containerFor(core.rows, account, container)
  let bytes = 0
  for (let from: string | undefined; ; ) {
    const page = await core.rows.blobs(share.id, { limit: 1000, ...(from !== undefined && { from, exclusive: true }) })
    for (const { size } of page) bytes += size
    from = page.at(-1)?.name
    if (page.length < 1000) break
  }
  answerXml(call, `${XML}<ShareStats>${element('ShareUsageBytes', bytes)}</ShareStats>`, stampHeaders(share))
}

/** List Shares. */
export async function listShares({ core }: Plane, call: GrantedCall): Promise<void> {
  const include = (call.query.get('include') ?? '').toLowerCase().split(',')
  const page = await listContainers(core, keptUnder(call), {
    prefix: call.query.get('prefix') ?? '',
    marker: call.query.get('marker') ?? '',
    limit: readLimit(call),
  })
  const shares = page.items.map((share) => {
    const properties = [
      element('Last-Modified', httpDate(share.modifiedAt)),
      element('Etag', `"${share.etag}"`),
      element('Quota', quotaOf(share)),
      element('AccessTier', tierOf(share)),
      element('LeaseStatus', String(leaseHeaders(share.state.lease)['x-ms-lease-status'])),
      element('LeaseState', String(leaseHeaders(share.state.lease)['x-ms-lease-state'])),
    ]
    const metadata = include.includes('metadata')
      ? `<Metadata>${Object.entries(share.metadata)
          .map(([name, value]) => element(name, value))
          .join('')}</Metadata>`
      : ''
    return `<Share>${element('Name', share.name)}<Properties>${properties.join('')}</Properties>${metadata}</Share>`
  })
  answerXml(
    call,
    `${XML}<EnumerationResults ServiceEndpoint="${escaped(call.context.origin.storage(call.account.name, 'file'))}/"><Shares>${shares.join('')}</Shares>${element('NextMarker', page.next)}</EnumerationResults>`,
  )
}
