import type { ServerResponse } from 'node:http'
import type { RequestContext } from '../gateway/surface.ts'
import { isObject, type JsonObject, objectAt } from '../json.ts'
import type { StoredResource } from '../store/resources.ts'
import type { ArmDeps } from './arm-deps.ts'
import type { ReadContext } from './define-resource.ts'
import { inWordsOf } from './facts/words.ts'
import { mergeOver } from './merge.ts'
import type { RegisteredType } from './registry.ts'

export interface Answer {
  readonly status: number
  readonly body?: JsonObject | undefined
  readonly headers?: Readonly<Record<string, string | number>> | undefined
}

/** Writes an answer with the headers that every one of ARM's has. */
export function answer(
  response: ServerResponse,
  { requestId }: RequestContext,
  { status, body, headers }: Answer,
): void {
  const text = body === undefined ? '' : JSON.stringify(body)
  const asked = response.req.headers
  const clientId = asked['x-ms-client-request-id']
  const correlation = asked['x-ms-correlation-request-id']
  response.writeHead(status, {
    'Cache-Control': 'no-cache',
    Pragma: 'no-cache',
    ...(body !== undefined && { 'Content-Type': 'application/json; charset=utf-8' }),
    ...(status !== 204 && { 'Content-Length': Buffer.byteLength(text) }),
    'x-ms-request-id': requestId,
    'x-ms-correlation-request-id': typeof correlation === 'string' ? correlation : requestId,
    'x-ms-routing-request-id': `LAZULI:${requestId}`,
    ...(asked['x-ms-return-client-request-id'] === 'true' &&
      typeof clientId === 'string' && { 'x-ms-client-request-id': clientId }),
    'X-Content-Type-Options': 'nosniff',
    'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
    ...headers,
  })
  response.end(response.req.method === 'HEAD' ? undefined : text)
}

/** A resource as a client sees it: its body in the words of the asked version, what is only known now, the envelope. */
export async function present(
  { deps, facts, versions }: Pick<ArmDeps, 'deps' | 'facts' | 'versions'>,
  registered: RegisteredType,
  resource: StoredResource,
  context: ReadContext,
): Promise<JsonObject> {
  const { declaration, provider, path, type } = registered
  const view = declaration.view ? await declaration.view(deps, resource, context) : undefined
  const whole = view ? mergeOver(resource.body, view) : resource.body
  const body = inWordsOf(facts, registered, versions.factsAt(context.apiVersion, provider, path), whole)
  const hides = declaration.hides
  return {
    id: declaration.shownId?.(resource.id, context) ?? resource.id,
    name: resource.name,
    type,
    ...body,
    ...(!hides?.includes('provisioningState') && {
      properties: { provisioningState: resource.provisioningState, ...objectAt(body.properties) },
    }),
    ...(!hides?.includes('systemData') && { systemData: systemDataOf(resource) }),
  }
}

const systemDataOf = ({ system }: StoredResource): JsonObject => ({ ...system })

export const etagHeader = (resource: StoredResource): Readonly<Record<string, string>> => ({
  ETag: `"${resource.etag}"`,
})

/** A body from outside without what only the envelope says. */
export function withoutEnvelope(body: JsonObject): JsonObject {
  const { id: _id, name: _name, type: _type, systemData: _system, etag: _etag, ...rest } = body
  const properties = rest.properties
  if (!isObject(properties) || !('provisioningState' in properties)) return rest
  const { provisioningState: _state, ...own } = properties
  return { ...rest, properties: own }
}
