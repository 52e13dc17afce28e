import { randomInt, randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import { textAt } from '../../json.ts'
import type { Principal } from '../../store/identities.ts'
import { clientOf, isPublic, namedClient, required } from './client.ts'
import { demandUser, hashOf, methodsOf, newHeld, userAnswer } from './issue.ts'
import type { LoginDeps, LoginRequest } from './login-request.ts'
import { userResource, type Version } from './resources.ts'
import { tenantNamed } from './tenant.ts'

const LIFETIME_SECONDS = 900
const INTERVAL_SECONDS = 5
/** Without vowels, so that no words come out, and without what is easily read as something else. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ23456789'
const LENGTH = 9

/** Begins a sign-in on another device: a code for the program, and one for the person to type. */
export async function beginDeviceCode(deps: LoginDeps, request: LoginRequest, version: Version): Promise<object> {
  tenantNamed(deps, request.tenant)
  const { form } = request
  const client = await namedClient(deps, required(form, 'client_id'))
  if (!isPublic(client)) throw fault('AADSTS7000218')
  const scope = form.get('scope') ?? undefined
  const resource = form.get('resource') ?? undefined
  // What is asked for wrongly is refused before anybody is sent to a page.
  await userResource(deps, request, { scope, resource })
  const [held, typed] = [newHeld(), newUserCode()]
  const now = deps.now()
  await deps.store.write(async ({ grants }) => {
    await grants.removeExpired(now.toISOString())
    await grants.put({
      id: hashOf(held),
      kind: 'device',
      family: randomUUID(),
      userCode: hashOf(typed),
      body: { client: client.appId, scope: scope ?? null, resource: resource ?? null },
      expiresAt: new Date(now.getTime() + LIFETIME_SECONDS * 1000).toISOString(),
    })
  })
  const address = `${deps.ownUrl()}/${request.tenant}/oauth2/deviceauth`
  const message = `To sign in, use a web browser to open the page ${address} and enter the code ${typed} to authenticate.`
  const times = { expires_in: LIFETIME_SECONDS, interval: INTERVAL_SECONDS }
  const asTexts = { expires_in: String(LIFETIME_SECONDS), interval: String(INTERVAL_SECONDS) }
  return {
    user_code: typed,
    device_code: held,
    ...(version === 'v1' ? { verification_url: address, ...asTexts } : { verification_uri: address, ...times }),
    message,
  }
}

/** The program asks whether somebody has signed in with its code yet. */
export async function deviceCode(deps: LoginDeps, request: LoginRequest, version: Version): Promise<object> {
  const { form } = request
  const held = form.get('device_code') ?? required(form, 'code')
  const client = await clientOf(deps, request)
  const grant = await deps.store.grants.get(hashOf(held))
  if (grant?.kind !== 'device' || grant.body.client !== client.appId)
    throw fault('AADSTS70000', { reason: 'The device code is unknown' })
  if (grant.expiresAt <= deps.now().toISOString()) throw fault('AADSTS70020')
  if (grant.body.declined === true) throw fault('AADSTS70018')
  if (grant.subject === undefined) throw fault('AADSTS70016')
  const user = await demandUser(deps, grant.subject)
  const scope = textAt(grant.body.scope)
  const resource = await userResource(deps, request, {
    scope,
    resource: form.get('resource') ?? textAt(grant.body.resource),
  })
  // Two polls may come together; the code is good for one of them.
  const mine = await deps.store.write(async ({ grants }) => {
    const known = await grants.get(grant.id)
    if (!known || known.usedAt !== undefined) return false
    await grants.put({ ...known, usedAt: deps.now().toISOString() })
    return true
  })
  if (!mine) throw fault('AADSTS70000', { reason: 'The device code was used before' })
  const signedIn = { user, methods: methodsOf(grant.body), family: grant.family, scope }
  return userAnswer(deps, request, { client, resource, version, signedIn })
}

/** The program's name that waits for a code; undefined where no code like it waits. */
export async function waitingClient(deps: LoginDeps, typed: string): Promise<string | undefined> {
  const grant = await deps.store.grants.byUserCode(hashOf(plain(typed)))
  const waits = grant?.subject === undefined && (grant?.expiresAt ?? '') > deps.now().toISOString()
  if (!grant || !waits) return undefined
  return (await deps.store.identities.principalByApp(textAt(grant.body.client) ?? ''))?.displayName
}

/** Says who has signed in with a code. Answers whether one like it was waiting. */
export function approveDeviceCode(
  deps: LoginDeps,
  typed: string,
  { user, methods }: { readonly user: Principal; readonly methods: readonly string[] },
): Promise<boolean> {
  return deps.store.write(async ({ grants }) => {
    const known = await grants.byUserCode(hashOf(plain(typed)))
    if (!known || known.subject !== undefined || known.expiresAt <= deps.now().toISOString()) return false
    await grants.put({ ...known, subject: user.objectId, body: { ...known.body, methods: [...methods] } })
    return true
  })
}

/** As it was shown, however it was typed. */
const plain = (typed: string): string => typed.toUpperCase().replaceAll(/[\s-]/g, '')

const newUserCode = (): string => Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('')
