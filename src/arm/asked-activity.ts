import type { IncomingMessage } from 'node:http'
import type { RequestContext } from '../gateway/surface.ts'
import type { Caller } from '../identity/identity.ts'
import type { ActivitySource } from '../store/operations.ts'
import { activitySource } from './activity.ts'
import type { Address } from './address.ts'

interface Request {
  readonly request: IncomingMessage
  readonly context: RequestContext
  readonly caller: Caller
  readonly method: string
}

/** What the activity log tells of a client's request: of a write, a delete or an action; undefined for a read. */
export function activityOf(address: Address | undefined, asked: Request): ActivitySource | undefined {
  const named = address && actionOf(address, asked.method)
  if (!named) return undefined
  const { request, context, caller, method } = asked
  const header = (name: string): string | undefined => {
    const value = request.headers[name]
    return typeof value === 'string' ? value : undefined
  }
  const correlationId = header('x-ms-correlation-request-id')
  const clientRequestId = header('x-ms-client-request-id')
  const { remoteAddress } = request.socket
  return activitySource({
    ...named,
    caller,
    method,
    requestId: context.requestId,
    ...(correlationId !== undefined && { correlationId }),
    ...(clientRequestId !== undefined && { clientRequestId }),
    ...(remoteAddress !== undefined && { clientAddress: remoteAddress }),
  })
}

const WRITES: Readonly<Record<string, string>> = { PUT: 'write', PATCH: 'write', DELETE: 'delete' }

/** The right that a request needs, and of what; undefined where it changes nothing. */
function actionOf(
  address: Address,
  method: string,
): { readonly action: string; readonly resourceId: string } | undefined {
  if (address.at === 'resource') {
    const verb = WRITES[method]
    return verb === undefined ? undefined : { action: `${address.type.right}/${verb}`, resourceId: address.id.text }
  }
  if (address.at === 'action' && method === 'POST') {
    const folded = address.action.toLowerCase()
    const known = Object.keys(address.type.declaration.actions ?? {}).find((name) => name.toLowerCase() === folded)
    return { action: `${address.type.right}/${known ?? address.action}/action`, resourceId: address.id.text }
  }
  if (address.at !== 'operation' || method === 'GET' || address.scope.key === '') return undefined
  const right = address.choices.find(({ operation }) => operation.method === method)?.operation.right
  if (right === undefined || right.endsWith('/read')) return undefined
  return { action: `${address.provider.namespace}/${right}`, resourceId: address.scope.text }
}
