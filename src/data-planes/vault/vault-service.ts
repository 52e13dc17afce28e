import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isClosed } from '../../domain/dependencies/open-network.ts'
import { findVault } from '../../domain/vaults/vault.ts'
import { demandInVault } from '../../domain/vaults/vault-access.ts'
import type { VaultDeps } from '../../domain/vaults/vault-object.ts'
import { Fault, fault, isFault } from '../../faults.ts'
import type { RequestContext, SurfaceHandler } from '../../gateway/surface.ts'
import type { AccessControl, Authenticator, Caller } from '../../identity/identity.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import { type ContextOf, fastifySurface, routePattern } from '../fastify-surface.ts'
import { demandVersion } from './api-versions.ts'
import { asVaultFault, BODY_LIMIT, refusalOf } from './errors.ts'
import type { VaultCall, VaultOperation } from './vault-operation.ts'
import { vaultOperations } from './vault-operations.ts'

export interface VaultService {
  readonly deps: VaultDeps
  readonly authenticator: Authenticator
  readonly access: AccessControl
  readonly tenantId: string
}

/** The refusals of a token, which this plane answers with its own challenge. */
const UNAUTHORIZED = 401

/**
 * Key Vault's data plane under a vault's host or `/_vault/{name}`. Every request goes one way: token, version, the
 * vault, the right in it, schema, the operation.
 */
export function vaultSurface(service: VaultService): SurfaceHandler {
  // Terraform's azurerm writes `https://{vault}.vault.azure.net//keys/…`.
  return fastifySurface({ bodyLimit: BODY_LIMIT, ignoreDuplicateSlashes: true }, (app, contextOf) => {
    for (const operation of vaultOperations) addRoute(app, { service, operation, contextOf })
    app.setNotFoundHandler(async (request, reply) => {
      const context = contextOf(request)
      const path = request.url.split('?', 1)[0] ?? ''
      await authenticated(service, request, context)
        .then(() => {
          throw fault('VaultPathUnknown', { method: request.method, path })
        })
        .catch((error: unknown) => refuse(reply, context, error))
      return reply
    })
  })
}

interface Route {
  readonly service: VaultService
  readonly operation: VaultOperation
  readonly contextOf: ContextOf
}

function addRoute(app: FastifyInstance, { service, operation, contextOf }: Route): void {
  const known = new WeakMap<FastifyRequest, Omit<VaultCall<string, unknown>, 'body'>>()
  app.route({
    method: operation.method,
    url: routePattern(operation.path),
    schema: { ...(operation.body && { body: operation.body }) },
    // Before the body is read: who may not ask makes no work. Clients send a first request without a body for this.
    onRequest: async (request) => {
      const context = contextOf(request)
      if (!context) throw new Error('A request to a vault without its context')
      known.set(request, await callOf(service, operation, request, context))
    },
    preValidation: async (request) => {
      request.body = withoutNulls(request.body)
    },
    handler: async (request, reply) => {
      const call = known.get(request)
      if (!call) throw new Error('A request to a vault that was not let through')
      const { status = 200, body } = await operation.answer(service.deps, { ...call, body: request.body })
      reply.code(status).headers(headersOf(contextOf(request)))
      return body === undefined
        ? reply.send()
        : reply.type('application/json; charset=utf-8').send(JSON.stringify(body))
    },
    errorHandler: (error, request, reply) => refuse(reply, contextOf(request), error),
  })
}

async function callOf(
  service: VaultService,
  operation: VaultOperation,
  request: FastifyRequest,
  context: RequestContext,
): Promise<Omit<VaultCall<string, unknown>, 'body'>> {
  const caller = await authenticated(service, request, context)
  const { pathname, searchParams } = new URL(context.url, 'http://vault')
  demandVersion(searchParams.get('api-version'))
  const vault = await findVault(service.deps.store.resources, context.name)
  if (isClosed(vault.properties)) throw fault('VaultForbiddenByConnection', { vault: vault.name })
  const params = request.params as Record<string, string>
  const { right } = operation
  await demandInVault(service.access, {
    caller,
    vault,
    right,
    ...(params.name !== undefined && { object: `${right.kind}/${params.name}` }),
  })
  const base = context.origin.vault(vault.name)
  const limit = searchParams.get('maxresults')
  const after = searchParams.get('$skiptoken')
  return {
    params,
    vault,
    caller,
    base,
    page: { ...(limit !== null && { limit: numberOf(limit) }), ...(after !== null && { after }) },
    nextLink(token) {
      searchParams.set('$skiptoken', token)
      return `${base}${pathname}?${searchParams}`
    },
  }
}

/** Some clients write null for what they leave out. */
const withoutNulls = (body: unknown): JsonObject =>
  Object.fromEntries(Object.entries(objectAt(body)).filter(([, value]) => value !== null))

function numberOf(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw fault('VaultBadParameter', { reason: 'maxresults is no number' })
  return Number(text)
}

/** @throws VaultUnauthorized with the challenge that the clients of vaults wait for */
async function authenticated(
  { authenticator, tenantId }: VaultService,
  { headers }: FastifyRequest,
  context: RequestContext | undefined,
): Promise<Caller> {
  try {
    return await authenticator.authenticate(headers.authorization, ['vault'], context?.origin)
  } catch (error) {
    if (!isFault(error) || error.status !== UNAUTHORIZED) throw error
    const reason = headers.authorization ? error.message : 'AKV10000: Request is missing a Bearer or PoP token.'
    const login = context?.origin.login() ?? 'https://login.microsoftonline.com'
    throw new Fault('VaultUnauthorized', reason, {
      headers: {
        'WWW-Authenticate': `Bearer authorization="${login}/${tenantId}", resource="https://vault.azure.net"`,
      },
    })
  }
}

function refuse(reply: FastifyReply, context: RequestContext | undefined, error: unknown): void {
  const known = asVaultFault(error)
  if (!known) context?.log.error({ err: error }, 'an operation of a vault failed')
  const shown = known ?? fault('VaultInternalError', { requestId: context?.requestId ?? '' })
  reply
    .code(shown.status)
    .headers({ ...shown.extra.headers, ...headersOf(context) })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(refusalOf(shown)))
}

const headersOf = (context: RequestContext | undefined) => ({
  'x-ms-request-id': context?.requestId ?? '',
  'x-ms-keyvault-service-version': 'Lazuli',
  'Cache-Control': 'no-cache',
})
