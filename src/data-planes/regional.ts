import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isClosed } from '../domain/dependencies/open-network.ts'
import type { Deps } from '../domain/deps.ts'
import { normalRegion } from '../domain/workspaces/region.ts'
import { type Fault, fault, isFault } from '../faults.ts'
import type { RequestContext, SurfaceHandler } from '../gateway/surface.ts'
import type { AccessControl, Audience, Authenticator, Caller } from '../identity/identity.ts'
import { isObject, objectAt, textAt } from '../json.ts'
import { foldId } from '../resource-id.ts'
import { faces } from './faces.ts'
import { type ContextOf, fastifySurface, routePattern } from './fastify-surface.ts'
import { whyLeftOut } from './left-out.ts'
import { operationNames } from './named-operations.ts'
import { Answer, type Face, type Operation, type ResourceWrites, type Workspace } from './operation.ts'
import { SchemaError } from './schema-compiler.ts'

export interface RegionalDeps {
  readonly deps: Deps
  readonly authenticator: Authenticator
  readonly access: AccessControl
  readonly writes: ResourceWrites
  /** Takes a name and a password too. */
  readonly basic: Authenticator
  /** The id of the workspace that is meant where a plain client names none. */
  readonly home: string
}

const ML = 'Microsoft.MachineLearningServices/workspaces'
const WORKSPACE = `/subscriptions/{subscription}/resourceGroups/{group}/providers/${ML}/{workspace}`
/** A region's services take the resource manager's tokens, which is what all clients send, and their own. */
const AUDIENCES: readonly Audience[] = ['arm', 'machine-learning', 'run']
const BODY_LIMIT = 64 * 1024 * 1024

/**
 * The services of a region: run history, MLflow, artifacts, models and the rest, one Fastify instance for all. Every
 * request goes one way: token, right at the workspace, the workspace, schema, the operation.
 */
export function regionalSurface(parts: RegionalDeps): SurfaceHandler {
  return fastifySurface({ bodyLimit: BODY_LIMIT }, (app, contextOf) => addRoutes(app, parts, contextOf))
}

function addRoutes(app: FastifyInstance, parts: RegionalDeps, contextOf: ContextOf): void {
  for (const face of faces) {
    for (const mount of mountsOf(face)) {
      for (const operation of face.operations) {
        for (const path of [operation.path, ...(face.alsoAt?.(operation.path) ?? [])]) {
          const route = { parts, face, mount, path, operation, contextOf }
          if (operation.streamed) app.register(async (within) => addRoute(unparsed(within), route))
          else addRoute(app, route)
        }
      }
    }
  }
  const names = operationNames()
  app.setNotFoundHandler(async (request, reply) => {
    const context = contextOf(request)
    const path = request.url.split('?', 1)[0] ?? ''
    const face = faceOf(path)
    await (face.plain === undefined ? parts.authenticator : parts.basic)
      .authenticate(request.headers.authorization, AUDIENCES, context?.origin)
      .then(() => {
        const named = names(request.method, path)
        const reason = named && whyLeftOut(request.method, path)
        if (reason) throw fault('OperationLeftOut', { operation: named, method: request.method, path, reason })
        throw named
          ? fault('OperationNotImplemented', { operation: named, method: request.method, path })
          : fault('PathNotFound', { method: request.method, path })
      })
      .catch((error: unknown) => refuse({ face, reply, context, error, now: parts.deps.now }))
    return reply
  })
}

/** Hands bodies over as they come. */
function unparsed(app: FastifyInstance): FastifyInstance {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  return app
}

/** The face whose path this is under; errors of others are rendered as run history's, which most of them share. */
function faceOf(path: string): Face {
  const lower = path.toLowerCase()
  const found = faces.find(({ prefixes }) => prefixes.some((prefix) => lower.startsWith(`${prefix.toLowerCase()}/`)))
  return found ?? faces.find(({ plain }) => plain !== undefined && /^\/(ajax-)?api\//.test(lower)) ?? fallback()
}

/** Where a face's operations are: the path before them, and how it is asked there. */
interface Mount {
  readonly path: string
  readonly plain: boolean
}

const mountsOf = ({ prefixes, plain }: Face): readonly Mount[] => [
  ...prefixes.map((prefix) => ({ path: `${prefix}${WORKSPACE}`, plain: false })),
  ...(plain === undefined ? [] : [`${plain}${WORKSPACE}`, '']).map((path) => ({ path, plain: true })),
]

function fallback(): Face {
  const [first] = faces
  if (!first) throw new Error('No regional service is declared')
  return first
}

interface Route {
  readonly parts: RegionalDeps
  readonly face: Face
  readonly mount: Mount
  readonly path: string
  readonly operation: Operation
  readonly contextOf: ContextOf
}

function addRoute(app: FastifyInstance, { parts, face, mount, path, operation, contextOf }: Route): void {
  const { deps, access, writes } = parts
  const authenticator = face.plain === undefined ? parts.authenticator : parts.basic
  const known = new WeakMap<FastifyRequest, Parameters<Operation['answer']>[1]>()
  app.route({
    method: operation.method,
    url: routePattern(`${mount.path}${path}`, operation.deep),
    schema: {
      ...(operation.query && { querystring: operation.query }),
      ...(operation.body && { body: operation.body }),
    },
    // Before the body is read: who may not ask makes no work.
    onRequest: async (request) => {
      const context = contextOf(request)
      if (!context) throw new Error('A regional request without its context')
      // A region's own host has nothing without a workspace in its path.
      if (mount.plain && context.name !== '') {
        throw fault('PathNotFound', { method: request.method, path: request.url.split('?', 1)[0] ?? '' })
      }
      const caller = await authenticator.authenticate(request.headers.authorization, AUDIENCES, context.origin)
      const params = paramsOf(request, operation)
      const id = params.workspace === undefined ? parts.home : workspaceId(params)
      await access.demand(caller, `${ML}/${operation.right}`, id)
      const workspace = await workspaceAt(deps, id, caller)
      const { origin, log, url } = context
      const { plain } = mount
      const { headers } = request
      known.set(request, {
        ...{ params, caller, workspace, writes, origin, log, url, plain, headers },
        query: undefined,
        body: undefined,
      })
    },
    preValidation: async (request) => {
      request.body ??= {}
      if (face.nullIsAbsent && !operation.streamed && isObject(request.body)) {
        request.body = Object.fromEntries(Object.entries(request.body).filter(([, value]) => value !== null))
      }
    },
    handler: async (request, reply) => {
      const about = known.get(request)
      if (!about) throw new Error('A regional request that was not let through')
      const answer = await operation.answer(deps, { ...about, query: request.query, body: request.body })
      reply.header('x-ms-request-id', contextOf(request)?.requestId ?? '')
      if (answer instanceof Answer) {
        return reply.code(answer.status).headers(answer.headers).type(answer.contentType).send(answer.body)
      }
      return reply
        .code(200)
        .type('application/json; charset=utf-8')
        .send(answer === undefined ? '' : JSON.stringify(answer))
    },
    errorHandler: (error, request, reply) => {
      refuse({ face, reply, context: contextOf(request), error, now: deps.now })
    },
  })
}

const workspaceId = ({ subscription, group, workspace }: Record<string, string>): string =>
  `/subscriptions/${subscription}/resourceGroups/${group}/providers/${ML}/${workspace}`

/** The blanks of the path; what a deep one took has its name. */
function paramsOf(request: FastifyRequest, { deep, path }: Operation): Record<string, string> {
  const params = request.params as Record<string, string>
  const [, last] = /\{(\w+)\}$/.exec(path) ?? []
  return deep && last !== undefined ? { ...params, [last]: params['*'] ?? '' } : params
}

async function workspaceAt(deps: Deps, id: string, caller: Caller): Promise<Workspace> {
  const key = foldId(id)
  const found = await deps.store.resources.get(key)
  if (!found) throw fault('WorkspaceNotFound', { workspace: id.slice(id.lastIndexOf('/') + 1) })
  // A run of the workspace's own asks from inside.
  if (caller.run === undefined && isClosed(objectAt(found.body.properties)))
    throw fault('WorkspaceNetworkClosed', { workspace: found.name })
  return { key, id: found.id, name: found.name, region: normalRegion(textAt(found.body.location) ?? '') }
}

interface Refusal {
  readonly face: Face
  readonly reply: FastifyReply
  readonly context: RequestContext | undefined
  readonly error: unknown
  readonly now: () => Date
}

function refuse({ face, reply, context, error, now }: Refusal): void {
  const known = asFault(face, error)
  if (!known) context?.log.error({ err: error }, `an operation of ${face.name} failed`)
  const shown = known ?? fault('InternalServerError', { requestId: context?.requestId ?? '' })
  const { status, body } = face.refuse(shown, {
    requestId: context?.requestId ?? '',
    region: context?.name ?? '',
    time: now().toISOString(),
  })
  reply
    .code(status)
    .headers({ ...shown.extra.headers, 'x-ms-request-id': context?.requestId ?? '' })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(body))
}

/** What a caller may see of an error: faults, and what Fastify itself found wrong with a request. */
function asFault(face: Face, error: unknown): Fault | undefined {
  if (isFault(error)) return error
  const [problem] = error instanceof SchemaError ? error.problems : []
  if (problem && face.invalid) return face.invalid(problem)
  const { statusCode, message, validation } = error as { statusCode?: number; message?: string; validation?: unknown }
  const theirs = validation !== undefined || (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
  return theirs ? fault('BodyInvalid', { reason: message ?? '' }) : undefined
}
