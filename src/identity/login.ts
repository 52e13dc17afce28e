import { fault, isFault } from '../faults.ts'
import type { SurfaceHandler } from '../gateway/surface.ts'
import { answerFault, answerFaultPage, answerJson, answerPage } from './login/answer.ts'
import { authorize } from './login/authorize.ts'
import { beginDeviceCode } from './login/device-code.ts'
import { instanceDiscovery, keySet, openIdConfiguration, userRealm } from './login/discovery.ts'
import { readForm } from './login/form.ts'
import { backFromOutside, deviceCodeFromPage, signInFromPage, signInOutside } from './login/from-page.ts'
import { grantToken } from './login/grant-token.ts'
import type { LoginAnswer, LoginDeps, LoginRequest } from './login/login-request.ts'
import { deviceCodePage } from './login/sign-in-page.ts'
import { signedOut } from './login/signed-out.ts'
import { tenantNamed } from './login/tenant.ts'

/** What a sign-in path means, below its tenant: an answer for a program, or a page for people. */
type Page = (deps: LoginDeps, request: LoginRequest) => Promise<LoginAnswer> | LoginAnswer
interface Path {
  readonly GET?: Page
  readonly POST?: Page
  /** Refusals are pages too. */
  readonly forPeople?: true
}

const program =
  (work: (deps: LoginDeps, request: LoginRequest) => Promise<object>): Page =>
  async (deps, request) => ({ json: await work(deps, request) })

const pages: Readonly<Record<string, Path>> = {
  'oauth2/token': { POST: program((deps, request) => grantToken(deps, request, 'v1')) },
  'oauth2/v2.0/token': { POST: program((deps, request) => grantToken(deps, request, 'v2')) },
  'oauth2/devicecode': { POST: program((deps, request) => beginDeviceCode(deps, request, 'v1')) },
  'oauth2/v2.0/devicecode': { POST: program((deps, request) => beginDeviceCode(deps, request, 'v2')) },
  'oauth2/deviceauth': { GET: deviceCodePage, POST: deviceCodeFromPage, forPeople: true },
  'oauth2/authorize': { GET: (deps, request) => authorize(deps, request, 'v1'), forPeople: true },
  'oauth2/v2.0/authorize': { GET: (deps, request) => authorize(deps, request, 'v2'), forPeople: true },
  'oauth2/logout': { GET: signedOut, forPeople: true },
  'oauth2/v2.0/logout': { GET: signedOut, forPeople: true },
  login: { POST: signInFromPage, forPeople: true },
  'login/outside': { GET: signInOutside, forPeople: true },
  'login/outside/callback': { GET: backFromOutside, forPeople: true },
  '.well-known/openid-configuration': { GET: program((deps, request) => openIdConfiguration(deps, request, 'v1')) },
  'v2.0/.well-known/openid-configuration': {
    GET: program((deps, request) => openIdConfiguration(deps, request, 'v2')),
  },
  'userrealm/*': { GET: program(async (_, request) => userRealm(request)) },
  'discovery/instance': { GET: program(instanceDiscovery) },
  'discovery/keys': { GET: program(keySet) },
  'discovery/v2.0/keys': { GET: program(keySet) },
}

/** The sign-in service: tokens, pages for people, OpenID and instance discovery, the tenant's keys. */
export function loginSurface(deps: LoginDeps): SurfaceHandler {
  return async (request, response, context) => {
    const url = new URL(`http://login${context.url}`)
    const [, tenant = '', ...rest] = url.pathname.split('/')
    const [first = ''] = rest
    // The one address whose end is a name that somebody chose.
    const path = first.toLowerCase() === 'userrealm' && rest.length === 2 ? 'userrealm/*' : rest.join('/').toLowerCase()
    const found = Object.hasOwn(pages, path) ? pages[path] : undefined
    try {
      if (!found) throw fault('LoginPageNotFound', { path: url.pathname })
      const method = request.method === 'POST' ? 'POST' : 'GET'
      const work = request.method === method ? found[method] : undefined
      if (!work) {
        const allowed = (['GET', 'POST'] as const).filter((one) => found[one]).join(', ')
        throw fault('AADSTS900561', { allowed, method: request.method ?? '' })
      }
      if (found.forPeople) tenantNamed(deps, tenant.toLowerCase())
      const answer = await work(deps, {
        tenant: tenant.toLowerCase(),
        query: url.searchParams,
        last: rest.at(-1) ?? '',
        form: method === 'POST' ? await readForm(request) : new URLSearchParams(),
        authorization: request.headers.authorization,
        context,
      })
      if ('json' in answer) answerJson(response, 200, answer.json, context)
      else answerPage(response, answer, context)
    } catch (error) {
      if (!isFault(error)) throw error
      const correlation = request.headers['client-request-id'] ?? url.searchParams.get('client-request-id')
      const about = { context, now: deps.now(), correlation: correlation?.toString() }
      if (found?.forPeople) answerFaultPage(response, error, about)
      else answerFault(response, error, about)
    }
  }
}
