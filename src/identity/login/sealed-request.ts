import { errors, jwtVerify, SignJWT } from 'jose'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject } from '../../json.ts'
import type { LoginDeps } from './login-request.ts'

/** What a page carries from one request to the next is signed, and good for as long as a person may take. */
const MINUTES = 30

/** Audiences of their own: no plane takes such a text for a token, and no page another page's. */
type Purpose = 'sign-in' | 'outside'
const audienceOf = (purpose: Purpose): string => `urn:lazuli:login:${purpose}`

export function sealRequest({ keys, now }: LoginDeps, purpose: Purpose, request: JsonObject): Promise<string> {
  const { kid, key } = keys.signing()
  const at = Math.floor(now().getTime() / 1000)
  return new SignJWT({ request, aud: audienceOf(purpose), iat: at, exp: at + MINUTES * 60 })
    .setProtectedHeader({ alg: 'RS256', kid })
    .sign(key)
}

/** @throws AADSTS165000 for what is not of this page, or too old */
export async function openRequest({ keys, now }: LoginDeps, purpose: Purpose, sealed: string): Promise<JsonObject> {
  const { payload } = await jwtVerify(
    sealed,
    ({ kid }) => {
      const key = keys.verifying(kid ?? '')
      if (!key) throw new errors.JWKSNoMatchingKey()
      return key
    },
    { algorithms: ['RS256'], audience: audienceOf(purpose), currentDate: now() },
  ).catch((cause: unknown) => {
    throw cause instanceof errors.JOSEError ? fault('AADSTS165000', {}, { cause }) : cause
  })
  if (!isObject(payload.request)) throw fault('AADSTS165000')
  return payload.request
}
