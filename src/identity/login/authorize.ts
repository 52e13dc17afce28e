import { randomUUID } from 'node:crypto'
import { fault, isFault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import type { Principal } from '../../store/identities.ts'
import { type Client, isPublic, namedClient, redirectUris } from './client.ts'
import { hashOf, newHeld } from './issue.ts'
import type { LoginAnswer, LoginDeps, LoginRequest } from './login-request.ts'
import { escaped, hidden, originOf, page } from './page.ts'
import { userResource, type Version } from './resources.ts'
import { signInPage } from './sign-in-page.ts'
import { tenantNamed } from './tenant.ts'

const CODE_SECONDS = 600
const MODES = ['query', 'fragment', 'form_post']
/** Where a program of Microsoft's on a person's machine may be told the code. */
const NATIVE = ['https://login.microsoftonline.com/common/oauth2/nativeclient', 'urn:ietf:wg:oauth:2.0:oob']

/**
 * The page to which a client sends a browser. What is wrong with client or address is told on the page itself: nobody
 * is sent to an address that the client has not registered.
 *
 * @throws AADSTS900144, AADSTS700016, AADSTS50011, and those of `checked`
 */
export async function authorize(deps: LoginDeps, request: LoginRequest, version: Version): Promise<LoginAnswer> {
  tenantNamed(deps, request.tenant)
  const { query } = request
  const given = (name: string): string => {
    const value = query.get(name)
    if (!value) throw fault('AADSTS900144', { parameter: name })
    return value
  }
  const client = await namedClient(deps, given('client_id'))
  const redirectUri = given('redirect_uri')
  if (!allows(client, redirectUri)) throw fault('AADSTS50011', { uri: redirectUri, client: client.appId })
  const asked: JsonObject = {
    kind: 'code',
    client: client.appId,
    redirectUri,
    scope: query.get('scope'),
    resource: query.get('resource'),
    state: query.get('state'),
    nonce: query.get('nonce'),
    mode: query.get('response_mode') ?? 'query',
    challenge: query.get('code_challenge'),
    method: query.get('code_challenge_method') ?? (query.has('code_challenge') ? 'plain' : null),
  }
  try {
    await checked(deps, request, { client, asked, version })
  } catch (error) {
    if (!isFault(error)) throw error
    return sendBack(asked, { error: error.code, error_description: error.message })
  }
  return signInPage(deps, request, {
    asked,
    clientName: client.principal.displayName,
    name: query.get('login_hint') ?? '',
  })
}

/** @throws AADSTS700051, AADSTS90023, AADSTS50058, AADSTS9002325, AADSTS70011, AADSTS500011 */
async function checked(
  deps: LoginDeps,
  request: LoginRequest,
  { client, asked, version }: { readonly client: Client; readonly asked: JsonObject; readonly version: Version },
): Promise<void> {
  const { query } = request
  const type = query.get('response_type') ?? ''
  if (type !== 'code') throw fault('AADSTS700051', { type })
  if (!MODES.includes(String(asked.mode)))
    throw fault('AADSTS90023', { value: String(asked.mode), parameter: 'response_mode' })
  if (asked.method !== null && asked.method !== 'S256' && asked.method !== 'plain') {
    throw fault('AADSTS90023', { value: String(asked.method), parameter: 'code_challenge_method' })
  }
  // Nobody stays signed in here, so there is nothing that could be answered without a page.
  if (query.get('prompt') === 'none') throw fault('AADSTS50058')
  const provesNothing = isPublic(client) || redirectUris(client.details, 'spa').includes(String(asked.redirectUri))
  if (asked.challenge === null && provesNothing) throw fault('AADSTS9002325')
  const resource = version === 'v1' ? (textAt(asked.resource) ?? '') : undefined
  await userResource(deps, request, { scope: textAt(asked.scope), resource })
}

/** Gives the browser a code for the client, once somebody has signed in. */
export async function completeCode(
  deps: LoginDeps,
  asked: JsonObject,
  { user, methods }: { readonly user: Principal; readonly methods: readonly string[] },
): Promise<LoginAnswer> {
  const held = newHeld()
  const { client, redirectUri, scope, resource, nonce, challenge, method } = asked
  const now = deps.now()
  await deps.store.write(async ({ grants }) => {
    await grants.removeExpired(now.toISOString())
    await grants.put({
      id: hashOf(held),
      kind: 'code',
      family: randomUUID(),
      subject: user.objectId,
      body: withoutNulls({ client, redirectUri, scope, resource, nonce, challenge, method, methods: [...methods] }),
      expiresAt: new Date(now.getTime() + CODE_SECONDS * 1000).toISOString(),
    })
  })
  return sendBack(asked, { code: held, session_state: randomUUID() })
}

/** Takes an answer to the client's address, as it wants it. A form needs a press of its button: there are no scripts. */
function sendBack({ redirectUri, mode, state }: JsonObject, values: Record<string, string>): LoginAnswer {
  const all = new URLSearchParams({ ...values, ...(typeof state === 'string' && { state }) })
  const address = String(redirectUri)
  if (mode === 'form_post') {
    const fields = [...all].map(([name, value]) => hidden(name, value)).join('\n')
    const main = `<p>You have signed in. One more step takes you back to the program.</p>
<form method="post" action="${escaped(address)}">
${fields}
<button autofocus>Continue</button>
</form>`
    return { html: page({ title: 'Go back to the program', main }), formsTo: [originOf(address)] }
  }
  const separator = mode === 'fragment' ? '#' : address.includes('?') ? '&' : '?'
  return { location: `${address}${separator}${all}` }
}

/** Registered addresses, and for programs on a person's machine any port of it (RFC 8252, 7.3). */
function allows(client: Client, uri: string): boolean {
  const { details } = client
  const registered = (['web', 'spa', 'publicClient'] as const).flatMap((kind) => redirectUris(details, kind))
  if (registered.includes(uri)) return true
  const url = URL.parse(uri)
  const isLocal = url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (!isLocal) return isPublic(client) && registered.length === 0 && NATIVE.includes(uri)
  if (isPublic(client) && registered.length === 0) return true
  return registered.some((one) => {
    const known = URL.parse(one)
    return known?.protocol === 'http:' && known.hostname === url.hostname && known.pathname === url.pathname
  })
}

const withoutNulls = (body: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== undefined))
