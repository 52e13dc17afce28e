import type { IncomingMessage, ServerResponse } from 'node:http'
import { IDENTITY_PATH, IMDS_PATH, ON_BEHALF_PATH } from '../../domain/runs/identity-variables.ts'
import { type Fault, fault, isFault } from '../../faults.ts'
import type { Origin, RequestContext, SurfaceHandler } from '../../gateway/surface.ts'
import type { JsonObject } from '../../json.ts'
import type { AccessDeps } from './access.ts'
import { endpoints } from './endpoints.ts'
import { type IdentityEndpointsDeps, identityToken, metadataToken, onBehalfToken } from './identity-endpoints.ts'
import type { JobsDeps } from './jobs.ts'
import type { PrincipalsDeps } from './principals.ts'
import type { SimulationDeps } from './simulation.ts'

export interface DirectDeps {
  readonly version: string
  /** What `lazuli status` shows. */
  readonly status: () => JsonObject
  readonly rootPem: string
  /** The cloud as a client of this origin is told of it. */
  readonly cloudOf: (origin: Origin) => JsonObject
  readonly principals: PrincipalsDeps
  readonly access: AccessDeps
  readonly jobs: JobsDeps
  readonly simulation: SimulationDeps
  readonly identity: IdentityEndpointsDeps
  /** Counters and gauges, as Prometheus scrapes them. */
  readonly metrics: () => Promise<string>
}

interface Answer {
  readonly status?: number
  /** Left out for an answer without one. */
  readonly body?: JsonObject | readonly JsonObject[] | string
  readonly type?: string
}

type Route = (request: IncomingMessage, context: RequestContext) => Promise<Answer> | Answer

/** Lazuli's own routes: status, health, its root certificate, principals, and the metadata of clouds. */
export function directSurface(deps: DirectDeps): SurfaceHandler {
  const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
    '/': { GET: () => ({ body: { name: 'lazuli', version: deps.version, status: '/lazuli/status' } }) },
    '/lazuli/health': { GET: () => ({ body: { status: 'ok' } }) },
    '/lazuli/status': { GET: () => ({ body: deps.status() }) },
    '/lazuli/ca.pem': { GET: () => ({ body: deps.rootPem, type: 'application/x-pem-file' }) },
    '/lazuli/principals': {
      POST: async (request) => {
        // Loaded when first asked: its schema checker takes longer to load than the rest of this plane.
        const { addPrincipal } = await import('./principals.ts')
        return { status: 201, body: await addPrincipal(deps.principals, request) }
      },
    },
    '/lazuli/users': {
      POST: async (request) => {
        const { addUser } = await import('./principals.ts')
        return { status: 201, body: await addUser(deps.principals, request) }
      },
    },
    '/lazuli/signing-keys': {
      POST: async (request) => {
        const { rotateSigningKey } = await import('./principals.ts')
        return { status: 201, body: await rotateSigningKey(deps.principals, request) }
      },
    },
    '/lazuli/sealing-key': {
      POST: async (request) => {
        const { rotateSealingKey } = await import('./principals.ts')
        return { status: 201, body: await rotateSealingKey(deps.principals, request) }
      },
    },
    '/lazuli/access': {
      GET: async (request, context) => {
        const { explain } = await import('./access.ts')
        const query = new URLSearchParams(queryOf(context.url))
        return { body: await explain({ ...deps.principals, ...deps.access }, request, query) }
      },
    },
    '/lazuli/jobs': {
      GET: async (request, { url }) => {
        const { explainJob } = await import('./jobs.ts')
        return {
          body: await explainJob({ ...deps.principals, ...deps.jobs }, request, new URLSearchParams(queryOf(url))),
        }
      },
    },
    '/lazuli/jobs/log': {
      GET: async (request, { url }) => {
        const { jobLog } = await import('./jobs.ts')
        return { body: await jobLog({ ...deps.principals, ...deps.jobs }, request, new URLSearchParams(queryOf(url))) }
      },
    },
    '/lazuli/simulation': Object.fromEntries(
      (['GET', 'PUT', 'PATCH', 'DELETE'] as const).map((method) => [
        method,
        async (request: IncomingMessage) => {
          const { simulate } = await import('./simulation.ts')
          return simulate({ ...deps.principals, ...deps.simulation }, request, method)
        },
      ]),
    ),
    '/metrics': {
      GET: async (request) => {
        const { demandOwner } = await import('./principals.ts')
        await demandOwner(deps.principals, request.headers.authorization)
        return { body: await deps.metrics(), type: 'text/plain; version=0.0.4; charset=utf-8' }
      },
    },
    [IDENTITY_PATH]: {
      GET: async (request, { url }) => ({
        body: await identityToken(deps.identity, request, new URLSearchParams(queryOf(url))),
      }),
    },
    [ON_BEHALF_PATH]: {
      GET: async (_, { url }) => ({ body: await onBehalfToken(deps.identity, new URLSearchParams(queryOf(url))) }),
    },
    '/metadata/endpoints': {
      GET: (_, context) => ({
        body: endpoints(deps.cloudOf(context.origin), new URLSearchParams(queryOf(context.url))),
      }),
    },
  }
  return async (request, response, context) => {
    const path = context.url.split('?', 1)[0] ?? '/'
    try {
      const [, secret] = IMDS.exec(path) ?? []
      const methods = secret === undefined ? routes[path.toLowerCase()] : metadataRoutes(deps, secret)
      if (!methods) throw fault('DirectNotFound', { path })
      const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '')
      const route = methods[method]
      if (!route) throw fault('DirectMethodNotAllowed', { path, method })
      send(request, response, context, await route(request, context))
    } catch (error) {
      if (!isFault(error)) throw error
      send(request, response, context, refusal(error), error.extra.headers)
    }
  }
}

/** The instance metadata service's path, below an address that holds the run's secret. */
const IMDS = new RegExp(`^${IMDS_PATH}/([\\w.-]+)/metadata/identity/oauth2/token$`, 'i')

const metadataRoutes = (deps: DirectDeps, secret: string): Readonly<Record<string, Route>> => ({
  GET: async (request, { url }) => ({
    body: await metadataToken(deps.identity, request, { secret, query: new URLSearchParams(queryOf(url)) }),
  }),
})

const queryOf = (url: string): string => (url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')

const refusal = (error: Fault): Answer => ({
  status: error.status,
  body: { error: { code: error.code, message: error.message } },
})

function send(
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
  answer: Answer,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = typeof answer.body === 'string' ? answer.body : answer.body && JSON.stringify(answer.body)
  response.writeHead(answer.status ?? 200, {
    ...(body !== undefined && {
      'content-type': answer.type ?? 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    }),
    'x-ms-request-id': context.requestId,
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
