import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { finished } from 'node:stream'
import type { RequestTally } from '../../domain/endpoints/request-tally.ts'
import {
  chosenBy,
  type DeploymentRoute,
  type EndpointRoute,
  type ScoringRoutes,
} from '../../domain/endpoints/scoring-routes.ts'
import { type Fault, fault, isFault } from '../../faults.ts'
import type { RequestContext, SurfaceHandler } from '../../gateway/surface.ts'
import type { NoAnswer, ScoreRequest, ServingEngine } from '../../serving/engine.ts'
import { tell } from './answer.ts'
import type { Authorize } from './authorize.ts'
import { allowedOrigin, preflight } from './cors.ts'
import { forModel } from './headers.ts'
import { readBody } from './read-body.ts'

export interface ScoringDeps {
  readonly routes: ScoringRoutes
  readonly authorize: Authorize
  readonly serving: ServingEngine
  readonly tally: RequestTally
  /** What answers at hosts of endpoints that are not online ones. */
  readonly others: SurfaceHandler
  /** From 0 up to 1: which deployment gets a request, and whether it is mirrored. */
  readonly random: () => number
}

const PATHS: ReadonlySet<string> = new Set(['/score', '/swagger.json', '/'])

const refusals = {
  unavailable: 'ScoringUnavailable',
  overloaded: 'ScoringOverloaded',
  timeout: 'ScoringTimeout',
  crashed: 'ScoringCrashed',
} as const

/** A request whose deployment is known. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly context: RequestContext
  readonly route: EndpointRoute
  readonly deployment: DeploymentRoute
  readonly headers: readonly string[]
  readonly requestId: string
}

/**
 * Online endpoints at their own hosts: who may ask, which deployment is asked, and what the model says. Every request of
 * every model goes through here, so nothing of it is parsed, and all that can be is looked up beforehand.
 */
export function scoringSurface(deps: ScoringDeps): SurfaceHandler {
  return async (request, response, context) => {
    const found = deps.routes.find(context.name.toLowerCase())
    const route = found instanceof Promise ? await found : found
    if (!route) return deps.others(request, response, context)
    const requestId = idOf(request)
    const headers = headersOf(request, route, requestId)
    let deployment: DeploymentRoute | undefined
    const begun = performance.now()
    try {
      if (preflight(route, request, response)) return
      const allowed = deps.authorize(route, request, context)
      if (allowed) await allowed
      demandPath(context.url)
      deployment = deploymentOf(deps, route, request)
      headers.push('azureml-model-deployment', deployment.name)
      const exchange = { request, response, context, route, deployment, headers, requestId }
      const told = await score(deps, exchange)
      if (told) deps.tally.count(deployment.id, { ...told, ms: performance.now() - begun })
    } catch (error) {
      if (!isFault(error)) context.log.error({ err: error, endpoint: route.id }, 'a request for a score failed')
      const shown = isFault(error) ? error : fault('InternalServerError', { requestId })
      if (deployment) deps.tally.count(deployment.id, { status: shown.status, bytes: 0, ms: performance.now() - begun })
      refuse(request, response, shown, headers)
    }
  }
}

async function score(deps: ScoringDeps, exchange: Exchange): Promise<{ status: number; bytes: number } | undefined> {
  const { request, response, context, route, deployment, headers, requestId } = exchange
  const body = await readBody(request, response)
  if (!body) return undefined
  const leaving = new AbortController()
  const stopWatching = finished(response, () => {
    if (!response.writableFinished) leaving.abort()
  })
  const asked: ScoreRequest = {
    method: request.method ?? 'POST',
    target: context.url,
    rawHeaders: forModel(request.rawHeaders, body.unpacked),
    body: body.bytes,
    requestId,
    signal: leaving.signal,
  }
  if (route.mirror && request.headers['azureml-model-deployment'] === undefined) mirror(deps, route.mirror, asked)
  const answer = await deps.serving.score(deployment.id, asked)
  if ('refused' in answer) {
    stopWatching()
    if (answer.refused !== 'aborted') throw refusalOf(answer)
    response.destroy()
    return undefined
  }
  const told = await tell({ request, response, headers }, answer)
  stopWatching()
  return told
}

const refusalOf = ({ refused, message }: NoAnswer & { readonly refused: keyof typeof refusals | 'aborted' }): Fault =>
  refused === 'aborted'
    ? fault('ScoringUnavailable', { reason: message })
    : fault(
        refusals[refused],
        { reason: message },
        refused === 'overloaded' || refused === 'unavailable' ? { headers: { 'retry-after': '1' } } : {},
      )

/** Asks a second deployment the same, some of the time. Nobody waits for it, and what it says goes nowhere. */
function mirror(
  { serving, random, tally }: ScoringDeps,
  { share, deployment }: NonNullable<EndpointRoute['mirror']>,
  { signal: _signal, ...asked }: ScoreRequest,
): void {
  if (random() * 100 >= share) return
  const begun = performance.now()
  serving
    .score(deployment.id, asked)
    .then((answer) => {
      const ms = performance.now() - begun
      if ('refused' in answer) return tally.count(deployment.id, { status: refusalOf(answer).status, bytes: 0, ms })
      if (!(answer.body instanceof Uint8Array)) answer.body.on('error', () => undefined).resume()
      tally.count(deployment.id, { status: answer.status, bytes: 0, ms })
    })
    // An engine that rejects says so in its own log; the request that was mirrored is none the worse.
    .catch(() => undefined)
}

/** The one that the request names, or one by the shares of the traffic. @throws ScoringDeploymentNotFound, ScoringNoTraffic */
function deploymentOf({ random }: ScoringDeps, route: EndpointRoute, { headers }: IncomingMessage): DeploymentRoute {
  const named = headers['azureml-model-deployment']
  const endpoint = route.id.slice(route.id.lastIndexOf('/') + 1)
  if (typeof named === 'string') {
    const found = route.deployments.get(named.toLowerCase())
    if (!found) throw fault('ScoringDeploymentNotFound', { endpoint, deployment: named.slice(0, 64) })
    return found
  }
  const found = chosenBy(random(), route)
  if (!found) throw fault('ScoringNoTraffic', { endpoint })
  return found
}

/** @throws ScoringPathNotFound */
function demandPath(url: string): void {
  const query = url.indexOf('?')
  const path = query < 0 ? url : url.slice(0, query)
  if (!PATHS.has(path)) throw fault('ScoringPathNotFound', { path: path.slice(0, 256) })
}

/** The caller's own id where it sent one that may stand in a log, else a new one. */
function idOf({ headers }: IncomingMessage): string {
  const sent = headers['x-request-id']
  return typeof sent === 'string' && /^[\x21-\x7e]{1,128}$/.test(sent) ? sent : randomUUID()
}

function headersOf(request: IncomingMessage, route: EndpointRoute, requestId: string): string[] {
  const headers = ['x-request-id', requestId, 'x-ms-request-id', requestId]
  const client = request.headers['x-ms-client-request-id']
  if (typeof client === 'string') headers.push('x-ms-client-request-id', client)
  const origin = allowedOrigin(route, request)
  if (origin !== undefined) headers.push('access-control-allow-origin', origin, 'vary', 'Origin')
  return headers
}

/** Tells a refusal, in Azure's envelope. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  shown: Fault,
  headers: readonly string[],
): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = JSON.stringify({ error: { code: shown.code, message: shown.message } })
  const own = Object.entries(shown.extra.headers ?? {}).flat()
  response.writeHead(shown.status, [
    ...headers,
    ...own,
    'content-type',
    'application/json; charset=utf-8',
    'content-length',
    String(Buffer.byteLength(body)),
    // A body that was not read would be taken for the next request.
    ...(request.complete ? [] : ['connection', 'close']),
  ])
  response.end(request.method === 'HEAD' ? undefined : body)
}
