import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto'
import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type ProtectedHeaderParameters,
} from 'jose'
import { type FederatedCredential, federatedOf } from '../../domain/directory/federated-credentials.ts'
import { type KeyCredential, keysOf } from '../../domain/directory/key-credentials.ts'
import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'
import type { Principal } from '../../store/identities.ts'
import type { LoginDeps, LoginRequest } from './login-request.ts'

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const FEDERATED = 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials'
const TOLERANCE_SECONDS = 300

/**
 * Checks a client's assertion: signed with a certificate of the application's, or a token of an issuer that a federated
 * credential of its names.
 *
 * @throws AADSTS700023, AADSTS700024, AADSTS700027, AADSTS50027, and the faults of federated credentials
 */
export async function checkAssertion(deps: LoginDeps, request: LoginRequest, client: Principal): Promise<void> {
  const { form } = request
  const assertion = form.get('client_assertion') ?? ''
  const type = form.get('client_assertion_type')
  if (type !== TYPE) throw fault('AADSTS900144', { parameter: 'client_assertion_type' })
  const { header, claims } = decoded(assertion)
  const appId = client.appId ?? ''
  if (claims.iss?.toLowerCase() === appId) return checkCertificate(deps, request, { client, assertion, header, claims })
  return checkFederated(deps, { client, assertion, claims })
}

interface Asserted {
  readonly client: Principal
  readonly assertion: string
  readonly claims: JWTPayload
}

async function checkCertificate(
  deps: LoginDeps,
  { context, tenant }: LoginRequest,
  { client, assertion, header, claims }: Asserted & { readonly header: ProtectedHeaderParameters },
): Promise<void> {
  const appId = client.appId ?? ''
  const application = await deps.store.directory.applicationByApp(appId)
  const known = [...keysOf(application?.details ?? {}), ...keysOf(client.details ?? {})]
  const key = known.find((one) => isNamed(one, header))
  if (!key) throw fault('AADSTS700027', { client: appId, reason: 'The key was not found' })
  const now = deps.now()
  if (Date.parse(key.endDateTime) <= now.getTime())
    throw fault('AADSTS700027', { client: appId, reason: 'The key has expired' })
  if (Date.parse(key.startDateTime) > now.getTime() + TOLERANCE_SECONDS * 1000) {
    throw fault('AADSTS700027', { client: appId, reason: 'The key is not valid yet' })
  }
  try {
    await jwtVerify(assertion, new X509Certificate(Buffer.from(key.key, 'base64')).publicKey, {
      algorithms: ['RS256', 'PS256'],
      currentDate: now,
      clockTolerance: TOLERANCE_SECONDS,
      requiredClaims: ['exp', 'aud'],
    })
  } catch (error) {
    if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) {
      throw fault('AADSTS700024', { reason: error.message }, { cause: error })
    }
    if (!(error instanceof errors.JOSEError)) throw error
    throw fault('AADSTS700027', { client: appId, reason: 'The key was used with a wrong signature' }, { cause: error })
  }
  if (claims.sub?.toLowerCase() !== appId) throw fault('AADSTS700021', { client: appId })
  const audiences = [claims.aud ?? []].flat()
  const bases = [context.origin.login(), 'https://login.microsoftonline.com', deps.ownUrl()]
  const ours = bases.flatMap((base) =>
    [tenant, deps.tenantId].flatMap((name) => [
      `${base}/${name}/oauth2/v2.0/token`,
      `${base}/${name}/oauth2/token`,
      `${base}/${name}/v2.0`,
      `${base}/${name}`,
    ]),
  )
  if (!audiences.some((one) => ours.includes(one.replace(/\/$/, '').toLowerCase()))) {
    throw fault('AADSTS700023', { audience: audiences.join(', ') })
  }
}

/** By SHA-1 (`x5t`, `kid`) or SHA-256 (`x5t#S256`) of the certificate. */
function isNamed({ key, customKeyIdentifier }: KeyCredential, header: ProtectedHeaderParameters): boolean {
  const sha1 = Buffer.from(customKeyIdentifier, 'hex')
  const named = (text: unknown, expected: Buffer): boolean => {
    const bytes = Buffer.from(String(text), 'base64url')
    return bytes.length === expected.length && timingSafeEqual(bytes, expected)
  }
  const { x5t, 'x5t#S256': x5t256, kid } = header
  if (x5t256 !== undefined) return named(x5t256, createHash('sha256').update(Buffer.from(key, 'base64')).digest())
  if (x5t !== undefined) return named(x5t, sha1)
  return kid !== undefined && (kid.toUpperCase() === customKeyIdentifier || named(kid, sha1))
}

/**
 * @throws AADSTS700211, AADSTS700213, AADSTS700212 where issuer, subject or audience are those of no credential;
 *   AADSTS50013, AADSTS50166
 */
async function checkFederated(deps: LoginDeps, { client, assertion, claims }: Asserted): Promise<void> {
  const known = await credentialsOf(deps, client)
  const { iss: issuer = '', sub: subject = '' } = claims
  const ofIssuer = known.filter((one) => one.issuer === issuer)
  if (ofIssuer.length === 0) throw fault('AADSTS700211', { issuer })
  const credential = ofIssuer.find((one) => one.subject === subject)
  if (!credential) throw fault('AADSTS700213', { subject })
  const audiences = [claims.aud ?? []].flat()
  if (!audiences.some((one) => credential.audiences.includes(one))) {
    throw fault('AADSTS700212', { audience: audiences.join(', ') })
  }
  await deps.issuers.verify(assertion, issuer)
}

/** An application's federated credentials; a user-assigned identity's are resources below it. */
async function credentialsOf(
  { store }: LoginDeps,
  client: Principal,
): Promise<readonly Omit<FederatedCredential, 'id'>[]> {
  if (client.resourceId === undefined) {
    const application = await store.directory.applicationByApp(client.appId ?? '')
    return federatedOf(application?.details ?? {})
  }
  const { items } = await store.resources.children(client.resourceId, FEDERATED)
  return items.map(({ name, body }) => {
    const { issuer, subject, audiences } = objectAt(body.properties)
    return {
      name,
      issuer: textAt(issuer) ?? '',
      subject: textAt(subject) ?? '',
      audiences: Array.isArray(audiences) ? audiences.map(String) : [],
      description: null,
    }
  })
}

/** @throws AADSTS50027 for what is no JWT */
function decoded(assertion: string): { readonly header: ProtectedHeaderParameters; readonly claims: JWTPayload } {
  try {
    const [header, claims] = [decodeProtectedHeader(assertion), decodeJwt(assertion)]
    const texts = [claims.iss, claims.sub, header.kid]
    if (texts.every((one) => one === undefined || typeof one === 'string')) return { header, claims }
  } catch (cause) {
    throw fault('AADSTS50027', {}, { cause })
  }
  throw fault('AADSTS50027')
}
