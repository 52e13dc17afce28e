import { fault, isFault } from '../faults.ts'
import type { RequestContext, SurfaceHandler } from '../gateway/surface.ts'
import type { Store } from '../store/store.ts'
import type { ClientSecrets } from './client-secrets.ts'
import { answerFault, answerJson } from './login/answer.ts'
import { instanceDiscovery, keySet, openIdConfiguration } from './login/discovery.ts'
import { readForm } from './login/form.ts'
import { grantToken } from './login/grant-token.ts'
import type { SigningKeys } from './signing-keys.ts'

export interface LoginDeps {
  readonly store: Store
  readonly keys: SigningKeys
  readonly secrets: ClientSecrets
  readonly tenantId: string
  readonly now: () => Date
}

/** What a sign-in path means, below its tenant. */
type Page = (deps: LoginDeps, request: LoginRequest) => Promise<object>

export interface LoginRequest {
  readonly tenant: string
  readonly query: URLSearchParams
  readonly form: URLSearchParams
  readonly authorization: string | undefined
  readonly context: RequestContext
}

const pages: Readonly<Record<string, { readonly method: 'GET' | 'POST'; readonly page: Page }>> = {
  'oauth2/token': { method: 'POST', page: (deps, request) => grantToken(deps, request, 'v1') },
  'oauth2/v2.0/token': { method: 'POST', page: (deps, request) => grantToken(deps, request, 'v2') },
  'oauth2/devicecode': { method: 'POST', page: () => refuseGrant('device_code') },
  'oauth2/v2.0/devicecode': { method: 'POST', page: () => refuseGrant('device_code') },
  'oauth2/authorize': { method: 'GET', page: (_, request) => refuseResponse(request) },
  'oauth2/v2.0/authorize': { method: 'GET', page: (_, request) => refuseResponse(request) },
  '.well-known/openid-configuration': {
    method: 'GET',
    page: (deps, request) => openIdConfiguration(deps, request, 'v1'),
  },
  'v2.0/.well-known/openid-configuration': {
    method: 'GET',
    page: (deps, request) => openIdConfiguration(deps, request, 'v2'),
  },
  'discovery/instance': { method: 'GET', page: instanceDiscovery },
  'discovery/keys': { method: 'GET', page: keySet },
  'discovery/v2.0/keys': { method: 'GET', page: keySet },
}

/** The sign-in service: tokens, OpenID and instance discovery, the tenant's keys. */
export function loginSurface(deps: LoginDeps): SurfaceHandler {
  return async (request, response, context) => {
    const url = new URL(`http://login${context.url}`)
    try {
      const [, tenant = '', ...rest] = url.pathname.split('/')
      const found = pages[rest.join('/').toLowerCase()]
      if (!found) throw fault('LoginPageNotFound', { path: url.pathname })
      if (request.method !== found.method) {
        throw fault('AADSTS900561', { allowed: found.method, method: request.method ?? '' })
      }
      const asked = {
        tenant: tenant.toLowerCase(),
        query: url.searchParams,
        form: found.method === 'POST' ? await readForm(request) : new URLSearchParams(),
        authorization: request.headers.authorization,
        context,
      }
      answerJson(response, 200, await found.page(deps, asked), context)
    } catch (error) {
      if (!isFault(error)) throw error
      const correlation = request.headers['client-request-id'] ?? url.searchParams.get('client-request-id')
      answerFault(response, error, { context, now: deps.now(), correlation: correlation?.toString() })
    }
  }
}

const refuseGrant = async (grant: string): Promise<never> => {
  throw fault('AADSTS70003', { grant })
}

const refuseResponse = async ({ query }: LoginRequest): Promise<never> => {
  throw fault('AADSTS700051', { type: query.get('response_type') ?? '' })
}
