import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, textAt } from '../../json.ts'
import type { ClientSecret } from '../../store/identities.ts'
import type { Repositories } from '../../store/store.ts'

interface PasswordProfile {
  readonly password: string
  /** Azure's default for what is not said. */
  readonly mustChange: boolean
}

/** @throws GraphBadRequest where it holds no password */
export function passwordProfileOf(sent: Json | undefined, isNew: boolean): PasswordProfile {
  const password = isObject(sent) ? textAt(sent.password) : undefined
  if (!isObject(sent) || password === undefined) {
    throw fault('GraphBadRequest', { reason: "A password must be specified in 'passwordProfile' to create a new user" })
  }
  const asked = sent.forceChangePasswordNextSignIn ?? sent.forceChangePasswordNextSignInWithMfa
  return { password, mustChange: asked === undefined || asked === null ? isNew : asked === true }
}

/**
 * A password that is good enough, with what is kept of it in clear: eight characters or more, of three kinds, unless the
 * user's `passwordPolicies` say that a weak one will do.
 *
 * @throws GraphBadRequest
 */
export function checkPassword(
  { password, mustChange }: PasswordProfile,
  { passwordPolicies }: JsonObject = {},
): {
  readonly text: string
  readonly details: JsonObject
} {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(password)).length
  const least = /DisableStrongPassword/.test(textAt(passwordPolicies) ?? '') ? 1 : 3
  if (password.length < 8 || password.length > 256 || kinds < least) {
    throw fault('GraphBadRequest', {
      reason:
        'The specified password does not comply with password complexity requirements: 8 to 256 characters, with three of lower case, upper case, digits and symbols',
    })
  }
  return { text: password, details: { mustChangePassword: mustChange } }
}

/** Takes a new password in the place of the old one; what the old one opened ends. */
export async function setPassword(within: Repositories, holder: string, kept: ClientSecret): Promise<void> {
  for (const { id } of await within.identities.secretsOf(holder)) await within.identities.removeSecret(id)
  await within.identities.putSecret(kept)
  await within.grants.removeOf(holder)
}
