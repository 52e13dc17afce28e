import { isEnabled } from '../../domain/directory/directory-object.ts'
import { publicClients } from '../../domain/directory/first-party.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import type { Principal } from '../../store/identities.ts'
import { checkAssertion } from './client-assertion.ts'
import type { LoginDeps, LoginRequest } from './login-request.ts'

/** The program that asks for tokens. */
export interface Client {
  readonly appId: string
  readonly principal: Principal
  /** Its registration's details; those of a program of Microsoft's are empty. */
  readonly details: JsonObject
  /** How it proved who it is: `0` not at all, as a program on a person's machine. */
  readonly proof: '0' | '1' | '2'
  /** The id of its secret. */
  readonly credential?: string
}

/**
 * The client of a request, proven where it sends a proof.
 *
 * @throws AADSTS700016, AADSTS7000229, AADSTS7000112, AADSTS7000215, AADSTS7000222, and those of assertions
 */
export async function clientOf(deps: LoginDeps, request: LoginRequest): Promise<Client> {
  const { form, authorization } = request
  const basic = basicCredentials(authorization)
  const named = await namedClient(deps, basic?.client ?? required(form, 'client_id'))
  const { appId, principal } = named
  const secret = basic?.secret ?? form.get('client_secret')
  // A managed identity has a client id, and signs in from outside by federated credentials alone.
  if (secret && principal.kind === 'Application') {
    const { id } = await deps.secrets.check([appId, principal.objectId], secret)
    return { ...named, proof: '1', credential: id }
  }
  if (principal.kind === 'ManagedIdentity' && !form.has('client_assertion')) {
    throw fault('AADSTS700016', { client: appId, tenant: deps.tenantId })
  }
  if (form.has('client_assertion')) {
    await checkAssertion(deps, request, principal)
    return { ...named, proof: '2' }
  }
  return named
}

/** As `clientOf`, refusing who brought no proof. @throws AADSTS7000218 */
export async function confidentialClientOf(deps: LoginDeps, request: LoginRequest): Promise<Client> {
  const client = await clientOf(deps, request)
  if (client.proof === '0') throw fault('AADSTS7000218')
  return client
}

/**
 * A client by its id alone, for pages where it has no proof yet.
 *
 * @throws AADSTS700016, AADSTS7000229, AADSTS7000112
 */
export async function namedClient(deps: LoginDeps, id: string): Promise<Client> {
  const { store, tenantId } = deps
  const principal = await store.identities.principalByApp(id)
  const application = await store.directory.applicationByApp(id)
  if (!principal && application) throw fault('AADSTS7000229', { client: id, tenant: tenantId })
  if (!principal || (principal.kind === 'ManagedIdentity' && principal.resourceId === undefined)) {
    throw fault('AADSTS700016', { client: id, tenant: tenantId })
  }
  if (!isEnabled(principal)) throw fault('AADSTS7000112', { client: id, name: principal.displayName })
  return { appId: id.toLowerCase(), principal, details: application?.details ?? {}, proof: '0' }
}

/** Whether people may use the client without its proving anything: a program on their own machine. */
export const isPublic = ({ appId, details }: Client): boolean =>
  Object.hasOwn(publicClients, appId) ||
  details.isFallbackPublicClient === true ||
  redirectUris(details, 'publicClient').length > 0

export function redirectUris(details: JsonObject, kind: 'web' | 'spa' | 'publicClient'): readonly string[] {
  const uris = objectAt(details[kind]).redirectUris
  return Array.isArray(uris) ? uris.map(String) : []
}

/** @throws AADSTS900144 */
export function required(form: URLSearchParams, parameter: string): string {
  const value = form.get(parameter)
  if (!value) throw fault('AADSTS900144', { parameter })
  return value
}

function basicCredentials(authorization: string | undefined): { client: string; secret: string } | undefined {
  const [, encoded] = /^basic +([a-z0-9+/=_-]+) *$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const [client = '', ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  return { client: formDecoded(client), secret: formDecoded(secret.join(':')) }
}

/** Both parts are form-encoded before they are put together (RFC 6749, 2.3.1); curl -u does not do that. */
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
