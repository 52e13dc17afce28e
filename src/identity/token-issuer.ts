import { decodeJwt, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { isEnabled } from '../domain/directory/directory-object.ts'
import { fault } from '../faults.ts'
import type { Store } from '../store/store.ts'
import { makeAccessToken } from './access-token.ts'
import { audienceOf } from './audiences.ts'
import type { TokenIssuer } from './identity.ts'
import type { SigningKeys } from './signing-keys.ts'

/** The audience of a run's secret: no plane takes it for a token. */
const RUN_SECRET = 'urn:lazuli:run-identity'
/** The audience of a token that opens an endpoint: no other plane takes it. */
const ENDPOINT = 'urn:lazuli:endpoint'
const LIFETIME_SECONDS = 3600
/** The application that acts for people inside their jobs. */
const MACHINE_LEARNING = { id: '18a66f5f-dbdf-4c17-9dd7-1634712a9cbe', name: 'Azure Machine Learning Services' }

/** Makes the tokens that runs carry, and those that they ask for. */
export function tokenIssuer(deps: { store: Store; keys: SigningKeys; tenantId: string; now: () => Date }): TokenIssuer {
  const { store, keys, tenantId, now } = deps

  /** What only this server reads: signed, for one purpose, for some time. */
  function sign(claims: JWTPayload, audience: string, lifetimeSeconds: number): Promise<string> {
    const { kid, key } = keys.signing()
    const at = Math.floor(now().getTime() / 1000)
    return new SignJWT({ ...claims, aud: audience, iat: at, exp: at + lifetimeSeconds })
      .setProtectedHeader({ alg: 'RS256', kid })
      .sign(key)
  }

  /** The claims of such a token; undefined for what is none, or over. */
  async function read(token: string, audience: string): Promise<JWTPayload | undefined> {
    const verified = await jwtVerify(
      token,
      ({ kid }) => {
        const key = keys.verifying(kid ?? '')
        if (!key) throw new errors.JWKSNoMatchingKey()
        return key
      },
      { algorithms: ['RS256'], audience, currentDate: now() },
    ).catch((error: unknown) => {
      if (error instanceof errors.JOSEError) return undefined
      throw error
    })
    return verified?.payload
  }

  return {
    async issueRunToken({ workspace, id, objectId }, lifetimeSeconds) {
      const principal = await store.identities.principal(objectId)
      if (!principal) throw fault('InvalidAuthenticationToken')
      const { token } = await makeAccessToken(keys, {
        tenantId,
        principal,
        audience: 'https://management.azure.com',
        lifetimeSeconds,
        now: now(),
        run: { workspace, id },
      })
      return token
    },
    async issueFor(objectId, resource) {
      const principal = await store.identities.principal(objectId)
      if (!principal || !isEnabled(principal)) throw fault('RunIdentityMissing', { reason: 'the principal has gone' })
      if (!audienceOf(resource)) throw fault('AADSTS500011', { resource, tenant: tenantId })
      const made = await makeAccessToken(keys, {
        tenantId,
        principal,
        audience: resource,
        lifetimeSeconds: LIFETIME_SECONDS,
        now: now(),
        proof: '2',
        ...(principal.kind === 'User' && {
          user: {
            clientId: MACHINE_LEARNING.id,
            clientName: MACHINE_LEARNING.name,
            confidential: true,
            scopes: ['user_impersonation'],
            methods: ['pwd'],
          },
        }),
      })
      return { ...made, clientId: principal.appId ?? MACHINE_LEARNING.id }
    },
    issueRunSecret: ({ workspace, id }, lifetimeSeconds) => sign({ workspace, run: id }, RUN_SECRET, lifetimeSeconds),
    async readRunSecret(secret) {
      const { workspace, run } = (await read(secret, RUN_SECRET)) ?? {}
      return typeof workspace === 'string' && typeof run === 'string' ? { workspace, id: run } : undefined
    },
    async issueEndpointToken({ endpoint, objectId }, lifetimeSeconds) {
      const token = await sign({ endpoint, oid: objectId }, ENDPOINT, lifetimeSeconds)
      return { token, expiresOn: decodeJwt(token).exp ?? 0 }
    },
    async readEndpointToken(token) {
      const { endpoint, oid, exp } = (await read(token, ENDPOINT)) ?? {}
      if (typeof endpoint !== 'string' || typeof oid !== 'string' || exp === undefined) return undefined
      return { endpoint, objectId: oid, until: exp * 1000 }
    },
  }
}
