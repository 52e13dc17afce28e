import { checkPassword, setPassword } from '../../domain/directory/passwords.ts'
import { fault, isFault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import type { Principal } from '../../store/identities.ts'
import { makeClientSecret } from '../client-secrets.ts'
import { completeCode } from './authorize.ts'
import { approveDeviceCode, waitingClient } from './device-code.ts'
import { demandUser } from './issue.ts'
import type { LoginAnswer, LoginDeps, LoginRequest } from './login-request.ts'
import { escaped, page } from './page.ts'
import { openRequest, sealRequest } from './sealed-request.ts'
import { signIn, userNamed } from './sign-in.ts'
import { deviceCodePage, signInPage } from './sign-in-page.ts'

/** Refusals that a person can mend on the page. */
const MENDABLE = new Set(['AADSTS50126', 'AADSTS50053', 'AADSTS50057', 'AADSTS50055', 'GraphBadRequest'])

/** What a person sent from the page. */
export async function signInFromPage(deps: LoginDeps, request: LoginRequest): Promise<LoginAnswer> {
  const { form } = request
  const asked = await openRequest(deps, 'sign-in', form.get('request') ?? '')
  const [name, password, fresh] = ['login', 'passwd', 'newpasswd'].map((one) => form.get(one) ?? '') as [
    string,
    string,
    string,
  ]
  try {
    if (fresh !== '') await changePassword(deps, { name, password, fresh })
    return await complete(deps, request, asked, {
      user: await signIn(deps, { name, password: fresh || password }),
      methods: ['pwd'],
    })
  } catch (error) {
    if (!isFault(error) || !MENDABLE.has(error.key)) throw error
    const clientName = await nameOf(deps, asked)
    // The number is for those who look for it; people read the sentence.
    const problem = error.message.replace(/^AADSTS\d+: /, '')
    return signInPage(deps, request, {
      asked,
      clientName,
      name,
      problem,
      change: fresh !== '' || error.key === 'AADSTS50055',
    })
  }
}

/** Goes to where people of this install have their accounts. */
export async function signInOutside(deps: LoginDeps, request: LoginRequest): Promise<LoginAnswer> {
  const { outside } = deps
  if (!outside) throw fault('LoginPageNotFound', { path: 'login/outside' })
  const asked = await openRequest(deps, 'sign-in', request.query.get('request') ?? '')
  const back = `${deps.ownUrl()}/${deps.tenantId}/login/outside/callback`
  return { location: await outside.begin(back, (memo) => sealRequest(deps, 'outside', { asked, memo })) }
}

/** Comes back from there. */
export async function backFromOutside(deps: LoginDeps, request: LoginRequest): Promise<LoginAnswer> {
  const { outside } = deps
  if (!outside) throw fault('LoginPageNotFound', { path: 'login/outside/callback' })
  const { asked, memo } = await openRequest(deps, 'outside', request.query.get('state') ?? '')
  const code = request.query.get('code')
  if (!code)
    throw fault('AADSTS50020', {
      name: '',
      issuer: outside.name,
      reason: request.query.get('error') ?? 'it sent no code',
    })
  const { objectId } = await outside.finish(code, memo as JsonObject)
  const user = await demandUser(deps, objectId)
  return complete(deps, request, asked as JsonObject, { user, methods: ['fed'] })
}

/** A typed code leads to the sign-in page, which names the program that waits: nobody signs a stranger's program in unseen. */
export async function deviceCodeFromPage(deps: LoginDeps, request: LoginRequest): Promise<LoginAnswer> {
  const typed = request.form.get('otc') ?? ''
  deps.throttle.demand('device codes')
  const clientName = await waitingClient(deps, typed)
  if (clientName === undefined) {
    deps.throttle.failed('device codes')
    return deviceCodePage(
      deps,
      request,
      'That code is not one that a program waits for. Check it, or start again in the program.',
    )
  }
  return signInPage(deps, request, { asked: { kind: 'device', typed }, clientName, name: '' })
}

async function complete(
  deps: LoginDeps,
  request: LoginRequest,
  asked: JsonObject,
  who: { readonly user: Principal; readonly methods: readonly string[] },
): Promise<LoginAnswer> {
  if (asked.kind === 'code') return completeCode(deps, asked, who)
  const clientName = await nameOf(deps, asked)
  if (!(await approveDeviceCode(deps, textAt(asked.typed) ?? '', who))) {
    return deviceCodePage(deps, request, 'That code has been used, or was too old. Start again in the program.')
  }
  const main = `<p>You have signed in to <strong>${escaped(clientName)}</strong> on your device. You may close this window.</p>`
  return { html: page({ title: 'Signed in', main }) }
}

async function nameOf(deps: LoginDeps, asked: JsonObject): Promise<string> {
  if (asked.kind === 'device') return (await waitingClient(deps, textAt(asked.typed) ?? '')) ?? 'the program'
  return (await deps.store.identities.principalByApp(textAt(asked.client) ?? ''))?.displayName ?? ''
}

/** @throws AADSTS50126, AADSTS50053, GraphBadRequest for a new password that is not good enough, or the old one */
async function changePassword(
  deps: LoginDeps,
  { name, password, fresh }: { readonly name: string; readonly password: string; readonly fresh: string },
): Promise<void> {
  deps.throttle.demand(name)
  const user = await userNamed(deps.store, name)
  if (!(await deps.secrets.isPassword(user?.objectId, password)) || !user) {
    deps.throttle.failed(name)
    throw fault('AADSTS50126')
  }
  if (fresh === password) throw fault('GraphBadRequest', { reason: 'The new password is the old one' })
  const { text, details } = checkPassword({ password: fresh, mustChange: false })
  const { kept } = await makeClientSecret(user.objectId, text)
  await deps.store.write(async (within) => {
    await within.identities.putPrincipal({ ...user, details: { ...user.details, ...details } })
    await setPassword(within, user.objectId, kept)
  })
}
