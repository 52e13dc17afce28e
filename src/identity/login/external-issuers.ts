import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import { issuerFault } from '../../domain/directory/federated-credentials.ts'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject, textAt } from '../../json.ts'
import { issuerOf } from '../access-token.ts'
import type { SigningKeys } from '../signing-keys.ts'

/** Checks tokens of other issuers against the keys that these publish. */
export interface ExternalIssuers {
  /**
   * The claims of a token whose issuer somebody here trusts: signature and time are checked.
   *
   * @throws AADSTS50013 for a wrong signature or time, AADSTS50166 where the issuer's keys can't be had
   */
  verify(token: string, issuer: string): Promise<JWTPayload>
  /** An issuer's OpenID configuration. @throws AADSTS50166 */
  configuration(issuer: string): Promise<JsonObject>
}

const TIMEOUT_MS = 10_000
const LARGEST = 256 * 1024
/** Keys are fetched again after so long, and at once for a key that is not among them. */
const FRESH_MS = 3600_000
/** An issuer whose tokens name unknown keys is not asked more often than this. */
const AGAIN_MS = 5_000
const ISSUERS = 100

interface Fetched {
  readonly keys: JSONWebKeySet
  readonly at: number
}

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

/** This tenant is an issuer too: a managed identity's token may be another application's credential. */
export function externalIssuers(deps: { keys: SigningKeys; tenantId: string; now: () => Date }): ExternalIssuers {
  const { keys, tenantId, now } = deps
  const own = new Set([issuerOf(tenantId), `https://login.microsoftonline.com/${tenantId}/v2.0`])
  const known = new Map<string, Fetched>()

  async function keysOf(issuer: string, oldest: number): Promise<JSONWebKeySet> {
    if (own.has(issuer)) return { keys: [...keys.published()] }
    const kept = known.get(issuer)
    if (kept && kept.at >= oldest) return kept.keys
    const address = textAt((await configuration(issuer)).jwks_uri)
    if (address === undefined) throw unreachable(issuer, 'its configuration has no jwks_uri')
    const fetched = await fetchJson(address, issuer)
    const list = fetched.keys
    if (!Array.isArray(list) || !list.every(isObject)) throw unreachable(issuer, 'its key set holds no keys')
    if (known.size >= ISSUERS) known.clear()
    known.set(issuer, { keys: { keys: list as unknown as JSONWebKeySet['keys'] }, at: now().getTime() })
    return { keys: list as unknown as JSONWebKeySet['keys'] }
  }

  async function configuration(issuer: string): Promise<JsonObject> {
    const found = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, issuer)
    if (found.issuer !== issuer)
      throw unreachable(issuer, `its configuration names the issuer '${String(found.issuer)}'`)
    return found
  }

  const verified = async (token: string, issuer: string, oldest: number): Promise<JWTPayload> => {
    const set = createLocalJWKSet(await keysOf(issuer, oldest))
    const { payload } = await jwtVerify(token, set, {
      issuer,
      algorithms: ALGORITHMS,
      currentDate: now(),
      clockTolerance: 300,
    })
    return payload
  }

  return {
    configuration,
    async verify(token, issuer) {
      const time = now().getTime()
      try {
        return await verified(token, issuer, time - FRESH_MS)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw refused(error)
      }
      // The issuer may have a new key since its keys were fetched.
      return verified(token, issuer, time - AGAIN_MS).catch((error) => Promise.reject(refused(error)))
    },
  }
}

const refused = (error: unknown) =>
  error instanceof errors.JOSEError ? fault('AADSTS50013', { reason: error.message }, { cause: error }) : error

const unreachable = (issuer: string, reason: string, cause?: unknown) =>
  fault('AADSTS50166', { issuer, reason }, { cause })

/** @throws AADSTS50166 */
async function fetchJson(address: string, issuer: string): Promise<JsonObject> {
  const wrong = issuerFault(address)
  if (wrong) throw unreachable(issuer, wrong)
  let text: string
  try {
    const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!response.ok) throw new Error(`${address} answered ${response.status}`)
    text = await limited(response)
  } catch (error) {
    throw unreachable(issuer, error instanceof Error ? error.message : String(error), error)
  }
  try {
    const body: unknown = JSON.parse(text)
    if (isObject(body)) return body
  } catch (error) {
    throw unreachable(issuer, `${address} answered no JSON`, error)
  }
  throw unreachable(issuer, `${address} answered no JSON object`)
}

async function limited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > LARGEST) throw new Error('the answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
