import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ONLINE_ENDPOINTS } from '../../domain/endpoints/endpoint.ts'
import { digest, type EndpointRoute } from '../../domain/endpoints/scoring-routes.ts'
import { fault } from '../../faults.ts'
import type { RequestContext } from '../../gateway/surface.ts'
import type { AccessControl, Authenticator, TokenIssuer } from '../../identity/identity.ts'

export interface AuthorizeDeps {
  readonly authenticator: Authenticator
  readonly access: AccessControl
  readonly tokens: TokenIssuer
  readonly now: () => Date
}

/** Azure's right to ask an endpoint for scores. */
const SCORE = `${ONLINE_ENDPOINTS}/score/action`
/** How many tokens of endpoints are kept with what they say, by their digest. */
const KEPT = 10_000

export type Authorize = (
  route: EndpointRoute,
  request: IncomingMessage,
  context: RequestContext,
) => Promise<void> | void

/**
 * Lets through who holds what the endpoint asks for: one of its keys, a token of its own, or a token of Microsoft Entra
 * ID whose bearer may score.
 *
 * Throws ScoringHeaderMissing, ScoringKeyWrong, ScoringTokenWrong, AuthorizationFailed, or what a token is refused with.
 */
export function authorizer({ authenticator, access, tokens, now }: AuthorizeDeps): Authorize {
  const seen = new Map<string, { readonly endpoint: string; readonly until: number }>()

  async function byToken(route: EndpointRoute, token: string): Promise<void> {
    const key = digest(token).toString('base64')
    const found = seen.get(key) ?? (await tokens.readEndpointToken(token))
    if (!found || found.endpoint !== route.token || found.until <= now().getTime()) throw fault('ScoringTokenWrong')
    if (seen.size >= KEPT) seen.clear()
    seen.set(key, found)
  }

  async function byPrincipal(route: EndpointRoute, authorization: string, { origin }: RequestContext): Promise<void> {
    const caller = await authenticator.authenticate(authorization, ['machine-learning'], origin)
    // A role may give it as a right on data, too.
    if (await access.allows(caller, SCORE, route.id, 'dataActions')) return
    await access.demand(caller, SCORE, route.id)
  }

  return (route, request, context) => {
    const { authorization } = request.headers
    const given = bearer(authorization)
    if (authorization === undefined || given === undefined) {
      throw fault('ScoringHeaderMissing', { what: route.authMode === 'key' ? 'a key' : 'a token' })
    }
    if (route.authMode === 'key') return byKey(route, given)
    return route.authMode === 'amltoken' ? byToken(route, given) : byPrincipal(route, authorization, context)
  }
}

/** Every key is compared, whichever fits: how long it takes tells nothing. */
function byKey({ keys }: EndpointRoute, given: string): void {
  const shown = digest(given)
  let fits = false
  for (const key of keys) fits = timingSafeEqual(key, shown) || fits
  if (!fits) throw fault('ScoringKeyWrong')
}

function bearer(authorization = ''): string | undefined {
  if (authorization.slice(0, 7).toLowerCase() !== 'bearer ') return undefined
  const given = authorization.slice(7).trim()
  return given === '' ? undefined : given
}
