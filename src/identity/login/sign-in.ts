import { isEnabled } from '../../domain/directory/directory-object.ts'
import { fault } from '../../faults.ts'
import { textAt } from '../../json.ts'
import type { Principal } from '../../store/identities.ts'
import type { Store } from '../../store/store.ts'
import type { LoginDeps } from './login-request.ts'

/** The user with a sign-in name, or with its domain left out where that names one user alone. */
export async function userNamed(
  { identities }: Pick<Store, 'identities'>,
  name: string,
): Promise<Principal | undefined> {
  const folded = name.trim().toLowerCase()
  if (folded === '') return undefined
  const users = (await identities.principals()).filter(({ kind }) => kind === 'User')
  const nameOf = ({ details }: Principal) => textAt(details?.userPrincipalName)?.toLowerCase() ?? ''
  const whole = users.find((user) => nameOf(user) === folded)
  if (whole || folded.includes('@')) return whole
  const [only, ...more] = users.filter((user) => nameOf(user).startsWith(`${folded}@`))
  return more.length === 0 ? only : undefined
}

/**
 * The user with a name and a password.
 *
 * @throws AADSTS50126 alike for a wrong password and a name that there is not, AADSTS50053 after too many of them,
 *   AADSTS50057 for an account that is switched off, AADSTS50055 for a password that must be changed first
 */
export async function signIn(
  deps: Pick<LoginDeps, 'store' | 'secrets' | 'throttle'>,
  { name, password }: { readonly name: string; readonly password: string },
): Promise<Principal> {
  deps.throttle.demand(name)
  const user = await userNamed(deps.store, name)
  if (!(await deps.secrets.isPassword(user?.objectId, password)) || !user) {
    deps.throttle.failed(name)
    throw fault('AADSTS50126')
  }
  deps.throttle.succeeded(name)
  if (!isEnabled(user)) throw fault('AADSTS50057')
  if (user.details?.mustChangePassword === true) throw fault('AADSTS50055')
  return user
}
