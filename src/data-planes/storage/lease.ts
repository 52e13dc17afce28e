import { leaseBlob as askBlob, leaseContainer as askContainer } from '../../blobs/blob-leases.ts'
import type { LeaseAction, LeaseOutcome } from '../../blobs/leases.ts'
import { fault } from '../../faults.ts'
import { answer, stampHeaders } from './answers.ts'
import { blobOf, type Call, containerOf, header } from './call.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { missing } from './receive-body.ts'
import { demandGuid, readConditions, readCount } from './request-headers.ts'

/** Lease Blob. */
export async function leaseBlob({ core }: Plane, call: GrantedCall): Promise<void> {
  const asked = readAction(call)
  const outcome = await askBlob(core, blobOf(call), asked, conditionsOf(call))
  tell(call, asked, outcome, outcome.blob)
}

/** Lease Container. */
export async function leaseContainer({ core }: Plane, call: GrantedCall): Promise<void> {
  const asked = readAction(call)
  const outcome = await askContainer(core, containerOf(call), asked, conditionsOf(call))
  tell(call, asked, outcome, outcome.container)
}

/** Here the lease id is what is asked about, not a condition. */
function conditionsOf(call: Call) {
  const { lease: _lease, ...conditions } = readConditions(call)
  return conditions
}

function tell(
  call: Call,
  { action }: LeaseAction,
  { lease, left }: LeaseOutcome,
  stamp: { readonly etag: string; readonly modifiedAt: number },
): void {
  const status = { acquire: 201, renew: 200, change: 200, release: 200, break: 202 }[action]
  answer(call, status, {
    ...stampHeaders(stamp),
    ...(lease && action !== 'break' && { 'x-ms-lease-id': lease.id }),
    ...(left !== undefined && { 'x-ms-lease-time': left }),
  })
}

/** @throws MissingRequiredHeader, InvalidHeaderValue */
export function readAction(call: Call): LeaseAction {
  const action = header(call, 'x-ms-lease-action')?.toLowerCase()
  const id = header(call, 'x-ms-lease-id')
  const proposed = header(call, 'x-ms-proposed-lease-id')
  const proposedId = proposed === undefined ? undefined : demandGuid(proposed, 'x-ms-proposed-lease-id')
  if (action === undefined) throw missing('x-ms-lease-action')
  if (action === 'acquire') return { action, duration: readDuration(call), proposed: proposedId }
  if (action === 'break') {
    const period = readCount(call, 'x-ms-lease-break-period')
    if (period !== undefined && period > 60) throw fault('InvalidHeaderValue', { header: 'x-ms-lease-break-period' })
    return { action, period }
  }
  if (action !== 'renew' && action !== 'release' && action !== 'change') {
    throw fault('InvalidHeaderValue', { header: 'x-ms-lease-action' })
  }
  if (id === undefined) throw missing('x-ms-lease-id')
  const held = demandGuid(id, 'x-ms-lease-id')
  if (action !== 'change') return { action, id: held }
  if (proposedId === undefined) throw missing('x-ms-proposed-lease-id')
  return { action, id: held, proposed: proposedId }
}

/** Seconds, or -1 for a lease without an end. */
function readDuration(call: Call): number {
  const text = header(call, 'x-ms-lease-duration')
  if (text === undefined) throw missing('x-ms-lease-duration')
  const duration = Number(text)
  if (duration === -1 || (Number.isInteger(duration) && duration >= 15 && duration <= 60)) return duration
  throw fault('InvalidHeaderValue', { header: 'x-ms-lease-duration' })
}
