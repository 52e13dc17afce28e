import { randomUUID } from 'node:crypto'
import { type Fault, fault } from '../faults.ts'
import type { Origin } from '../gateway/surface.ts'
import type { Caller } from '../identity/identity.ts'
import type { JsonObject } from '../json.ts'
import { parseResourceId } from '../resource-id.ts'
import type { ActivitySource, StoredOperation } from '../store/operations.ts'
import { errorOf } from './errors.ts'

export interface Begin {
  readonly resourceId: string
  readonly verb: StoredOperation['verb']
  readonly action?: string
  readonly apiVersion: string
  readonly caller: Caller
  readonly input?: JsonObject
  /** Set where its end is to be told in the activity log. */
  readonly activity?: ActivitySource | undefined
  readonly now: Date
}

export const newOperation = ({ caller, now, activity, ...rest }: Begin): StoredOperation => ({
  ...rest,
  id: randomUUID(),
  status: 'InProgress',
  caller: caller.objectId,
  startedAt: now.toISOString(),
  ...(activity && { activity }),
})

export const succeeded = (operation: StoredOperation, now: Date, result?: JsonObject): StoredOperation => ({
  ...operation,
  status: 'Succeeded',
  endedAt: now.toISOString(),
  ...(result && { result }),
})

/** Failed, with what a poller is told; the status is what `Location` answers with. */
export const failedWith = (operation: StoredOperation, problem: Fault, now: Date): StoredOperation => ({
  ...operation,
  status: 'Failed',
  endedAt: now.toISOString(),
  error: errorOf(problem),
  result: { status: problem.status },
})

export const canceled = (
  operation: StoredOperation,
  now: Date,
  why: Fault = fault('OperationCanceled'),
): StoredOperation => ({
  ...operation,
  status: 'Canceled',
  endedAt: now.toISOString(),
  error: errorOf(why),
  result: { status: 409 },
})

/** The headers that let a client follow an operation, on the origin that it asked. */
export function operationHeaders(
  operation: StoredOperation,
  origin: Origin,
  place: { readonly location: string; readonly apiVersion: string },
): Readonly<{ 'Azure-AsyncOperation': string; Location: string; 'Retry-After': number }> {
  const base = baseOf(operation, place.location)
  const query = `?api-version=${place.apiVersion}`
  return {
    'Azure-AsyncOperation': `${origin.arm()}${base}/operationStatuses/${operation.id}${query}`,
    Location: `${origin.arm()}${base}/operationResults/${operation.id}${query}`,
    'Retry-After': 1,
  }
}

/** Where an operation is polled. The location is part of the address and not looked at again. */
export function baseOf(operation: StoredOperation, location: string): string {
  const id = parseResourceId(operation.resourceId)
  const namespace = id?.type.split('/')[0] ?? 'Microsoft.Resources'
  // Azure polls a deployment below itself.
  if (id?.type.toLowerCase() === 'microsoft.resources/deployments') return id.text
  const scope = id?.subscriptionId === undefined ? '' : `/subscriptions/${id.subscriptionId}`
  if (namespace === 'Microsoft.Resources') return scope
  return `${scope}/providers/${namespace}/locations/${location}`
}
