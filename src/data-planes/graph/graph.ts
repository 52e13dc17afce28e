import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Fault, fault, isFault } from '../../faults.ts'
import type { RequestContext, SurfaceHandler } from '../../gateway/surface.ts'
import type { Authenticator } from '../../identity/identity.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import type { Store } from '../../store/store.ts'
import { filterOf } from './filter.ts'
import { directoryObject, kindOf } from './present.ts'

export interface GraphDeps {
  readonly store: Store
  readonly authenticator: Authenticator
  readonly tenantId: string
}

const LIMIT = 256 * 1024
const MOST_IDS = 1_000
const COLLECTIONS = { serviceprincipals: 'servicePrincipal', users: 'user', groups: 'group' } as const

/**
 * What of Microsoft Graph `az role assignment` reads: principals by filter, by id, and many ids at once. Everything
 * else is refused by name. As in Azure, every principal of the tenant may read the directory.
 */
export function graphSurface(deps: GraphDeps): SurfaceHandler {
  return async (request, response, context) => {
    try {
      const caller = await deps.authenticator.authenticate(request.headers.authorization, ['graph'], context.origin)
      if (caller.run) throw fault('GraphAccessDenied')
      send(request, response, context, { status: 200, body: await route(deps, request, context) })
    } catch (error) {
      if (!isFault(error)) throw error
      send(request, response, context, refusal(error, context), error.extra.headers)
      request.resume()
    }
  }
}

async function route(deps: GraphDeps, request: IncomingMessage, { url }: RequestContext): Promise<JsonObject> {
  const [path = '', query = ''] = url.split('?', 2)
  const method = request.method ?? 'GET'
  const [, version, noun = '', id, ...more] = path.replace(/\/+$/, '').split('/')
  const folded = noun.toLowerCase()
  const known = /^(v1\.0|beta)$/i.test(version ?? '') && more.length === 0
  const context = (entity: string) => `https://graph.microsoft.com/${version}/$metadata#${entity}`
  if (known && method === 'POST' && folded === 'directoryobjects' && id?.toLowerCase() === 'getbyids') {
    return { '@odata.context': context('directoryObjects'), value: await byIds(deps, await read(request)) }
  }
  const wanted = isCollection(folded) ? COLLECTIONS[folded] : undefined
  if (!known || method !== 'GET' || (!wanted && folded !== 'directoryobjects') || (!wanted && id === undefined)) {
    throw fault('GraphNotImplemented', { method, path })
  }
  if (id !== undefined) return byId(deps, { id, wanted, context: context(`${noun}/$entity`) })
  const keep = filterOf(new URLSearchParams(query).get('$filter') ?? '')
  const all = await deps.store.identities.principals()
  const found = all.filter((one) => kindOf(one) === wanted && keep(one))
  return { '@odata.context': context(noun), value: found.map((one) => directoryObject(one, deps.tenantId)) }
}

const isCollection = (noun: string): noun is keyof typeof COLLECTIONS => Object.hasOwn(COLLECTIONS, noun)

async function byId(
  { store, tenantId }: GraphDeps,
  { id, wanted, context }: { readonly id: string; readonly wanted: string | undefined; readonly context: string },
): Promise<JsonObject> {
  const found = await store.identities.principal(decoded(id).toLowerCase())
  if (!found || (wanted !== undefined && kindOf(found) !== wanted)) throw fault('GraphResourceNotFound', { id })
  return { '@odata.context': context, ...directoryObject(found, tenantId) }
}

async function byIds({ store, tenantId }: GraphDeps, body: JsonObject): Promise<JsonObject[]> {
  const { ids, types } = body
  if (!Array.isArray(ids) || ids.length > MOST_IDS || !ids.every((id) => typeof id === 'string')) {
    throw fault('GraphBadRequest', { reason: `'ids' must be a list of at most ${MOST_IDS} ids` })
  }
  const kinds = Array.isArray(types) ? types.map((type) => String(type).toLowerCase()) : []
  const found = await Promise.all(ids.map((id: string) => store.identities.principal(id.toLowerCase())))
  return found
    .filter((one) => one !== undefined)
    .filter((one) => kinds.length === 0 || kinds.includes(kindOf(one).toLowerCase()))
    .map((one) => directoryObject(one, tenantId))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

async function read(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LIMIT) throw fault('GraphBadRequest', { reason: `the body is larger than ${LIMIT} bytes` })
    chunks.push(chunk)
  }
  try {
    return objectAt(JSON.parse(Buffer.concat(chunks).toString('utf8')))
  } catch (cause) {
    throw fault('GraphBadRequest', { reason: 'the body is no JSON' }, { cause })
  }
}

/** A refusal as Graph's `error` object shows it. */
const refusal = ({ status, code, message }: Fault, { requestId }: RequestContext) => ({
  status,
  body: { error: { code, message, innerError: { 'request-id': requestId, 'client-request-id': requestId } } },
})

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { requestId }: RequestContext,
  answer: { readonly status: number; readonly body: JsonObject },
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(answer.body)
  response.writeHead(answer.status, {
    'Content-Type':
      'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'request-id': requestId,
    'OData-Version': '4.0',
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : text)
}
