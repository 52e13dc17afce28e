import { randomUUID } from 'node:crypto'
import type { Fault } from '../faults.ts'
import type { Caller } from '../identity/identity.ts'
import type { JsonObject } from '../json.ts'
import { parseResourceId } from '../resource-id.ts'
import type { Activities } from '../store/activities.ts'
import type { ActivitySource, StoredOperation } from '../store/operations.ts'
import type { Repositories } from '../store/store.ts'

/** The activity log: who asked what of which resource, and how it ended. Only of what clients ask; reads are none. */

export interface Asked {
  readonly caller: Caller
  /** The right that it needs: `Microsoft.Storage/storageAccounts/write`. */
  readonly action: string
  readonly resourceId: string
  readonly method: string
  readonly correlationId?: string
  readonly requestId?: string
  readonly clientRequestId?: string
  readonly clientAddress?: string
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** What all events of one request have in common. A correlation id of the client's counts where it is a GUID. */
export function activitySource({ caller, correlationId, requestId = randomUUID(), ...asked }: Asked): ActivitySource {
  const { action, resourceId, method, clientRequestId, clientAddress } = asked
  return {
    action,
    resourceId,
    method,
    correlationId: correlationId && GUID.test(correlationId) ? correlationId : requestId,
    operationId: requestId,
    caller: caller.appId ?? caller.objectId,
    claims: claimsOf(caller),
    ...(clientRequestId !== undefined && { clientRequestId: clientRequestId.slice(0, 128) }),
    ...(clientAddress !== undefined && { clientAddress }),
  }
}

/** What is done as a part of something larger: its events are found under the whole's correlation id. */
export const partOf = (
  whole: { readonly caller: Caller; readonly correlationId?: string | undefined },
  part: Pick<Asked, 'action' | 'resourceId' | 'method'>,
): ActivitySource =>
  activitySource({
    caller: whole.caller,
    ...(whole.correlationId !== undefined && { correlationId: whole.correlationId }),
    ...part,
  })

/** What a token says of its bearer; nothing of it lets anybody in. */
const claimsOf = ({ tenantId, objectId, appId, kind, displayName }: Caller): JsonObject => ({
  'http://schemas.microsoft.com/identity/claims/tenantid': tenantId,
  'http://schemas.microsoft.com/identity/claims/objectidentifier': objectId,
  ...(appId !== undefined && { appid: appId }),
  idtyp: kind === 'User' ? 'user' : 'app',
  name: displayName,
})

type Status = 'Started' | 'Accepted' | 'Succeeded' | 'Failed' | 'Canceled'

/** A request that is let in: begun, and over at once unless an operation goes on with it. */
export async function noteBegun(
  within: Repositories,
  source: ActivitySource | undefined,
  { goesOn, statusCode, now }: { readonly goesOn: boolean; readonly statusCode: string; readonly now: Date },
): Promise<void> {
  if (!source) return
  await add(within.activities, source, { status: 'Started', now })
  await add(within.activities, source, { status: goesOn ? 'Accepted' : 'Succeeded', statusCode, now })
}

/** A request that is refused: begun, and failed. */
export async function noteRefused(
  within: Repositories,
  source: ActivitySource,
  { problem, now }: { readonly problem: Fault; readonly now: Date },
): Promise<void> {
  await add(within.activities, source, { status: 'Started', now })
  const message = JSON.stringify({ error: { code: problem.code, message: problem.message } })
  await add(within.activities, source, { status: 'Failed', statusCode: nameOf(problem.status), message, now })
}

/** Keeps an operation at its end, and tells of it where somebody asked for it. */
export async function putEnded(within: Repositories, operation: StoredOperation, now: Date): Promise<void> {
  await within.operations.put(operation)
  const { activity, status, error } = operation
  if (!activity || status === 'InProgress') return
  const message = error && JSON.stringify({ status, error })
  await add(within.activities, activity, {
    status,
    now,
    ...(status === 'Succeeded' && { statusCode: 'OK' }),
    ...(message !== undefined && { message }),
  })
}

interface Happened {
  readonly status: Status
  readonly statusCode?: string
  readonly message?: string
  readonly now: Date
}

const add = (activities: Activities, source: ActivitySource, happened: Happened): Promise<void> => {
  const event = eventOf(source, happened)
  const { resourceId, correlationId, caller } = source
  const at = happened.now.toISOString()
  return activities.add({
    id: event.eventDataId,
    at,
    resourceId,
    correlationId,
    caller,
    status: happened.status,
    event,
  })
}

const named = (value: string, localizedValue = value) => ({ value, localizedValue })

/** Milliseconds between year 1 and 1970, for .NET's ticks. */
const TICKS_EPOCH_MS = 62_135_596_800_000n

function eventOf(source: ActivitySource, { status, statusCode = '', message, now }: Happened) {
  const { action, resourceId, correlationId } = source
  const id = parseResourceId(resourceId)
  const eventDataId = randomUUID()
  const at = now.toISOString()
  const ticks = (BigInt(now.getTime()) + TICKS_EPOCH_MS) * 10_000n
  const namespace = action.slice(0, action.indexOf('/'))
  return {
    authorization: { action, scope: resourceId },
    caller: source.caller,
    channels: 'Operation',
    claims: source.claims,
    correlationId,
    description: '',
    eventDataId,
    eventName: status === 'Started' ? named('BeginRequest', 'Begin request') : named('EndRequest', 'End request'),
    category: named('Administrative'),
    httpRequest: {
      clientRequestId: source.clientRequestId ?? source.operationId,
      clientIpAddress: source.clientAddress ?? '',
      method: source.method,
    },
    id: `${resourceId}/events/${eventDataId}/ticks/${ticks}`,
    level: status === 'Failed' ? 'Error' : 'Informational',
    resourceGroupName: id?.resourceGroup ?? '',
    resourceProviderName: named(namespace),
    resourceId,
    resourceType: named(id?.type ?? ''),
    operationId: source.operationId,
    operationName: named(action),
    properties: {
      ...(statusCode !== '' && { statusCode }),
      ...(message !== undefined && { statusMessage: message }),
      eventCategory: 'Administrative',
      entity: resourceId,
      message: action,
      hierarchy: id?.subscriptionId ?? '',
    },
    status: named(status),
    subStatus:
      statusCode === '' ? named('') : named(statusCode, `${statusCode} (HTTP Status Code: ${CODES[statusCode] ?? ''})`),
    eventTimestamp: at,
    submissionTimestamp: at,
    subscriptionId: id?.subscriptionId ?? '',
  }
}

/** The names of .NET's HttpStatusCode, as Azure's logs show them. */
const CODES: Readonly<Record<string, number>> = {
  OK: 200,
  Created: 201,
  Accepted: 202,
  NoContent: 204,
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  Conflict: 409,
  PreconditionFailed: 412,
  RequestEntityTooLarge: 413,
  TooManyRequests: 429,
  InternalServerError: 500,
  NotImplemented: 501,
  ServiceUnavailable: 503,
}
const nameOf = (status: number): string =>
  Object.entries(CODES).find(([, code]) => code === status)?.[0] ?? String(status)
