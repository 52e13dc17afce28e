import type { DirectoryDeps } from '../domain/directory/directory-deps.ts'
import { createObject } from '../domain/directory/objects.ts'
import { newSecretText } from './client-secrets.ts'

export interface AddedUser {
  readonly tenantId: string
  readonly objectId: string
  readonly userPrincipalName: string
  readonly displayName: string
  /** Shown this once; it has to be changed at the first sign-in. */
  readonly password: string
}

/** The domain of names that are given without one. */
const DOMAIN = 'lazuli.onmicrosoft.com'

/**
 * Makes a user. It has no rights until a role is assigned to it.
 *
 * @throws GraphBadRequest for a name that is none, GraphConflict for one that is taken
 */
export async function addUser(
  deps: DirectoryDeps,
  wish: { readonly name: string; readonly displayName?: string },
): Promise<AddedUser> {
  const userPrincipalName = wish.name.includes('@') ? wish.name : `${wish.name}@${DOMAIN}`
  const password = newSecretText()
  const { id, displayName } = await createObject(deps, 'user', {
    caller: { objectId: deps.administrator, kind: 'Application' },
    body: {
      accountEnabled: true,
      displayName: wish.displayName ?? wish.name,
      mailNickname: (userPrincipalName.split('@')[0] ?? '').slice(0, 64),
      userPrincipalName,
      passwordProfile: { password, forceChangePasswordNextSignIn: true },
    },
  })
  return { tenantId: deps.tenantId, objectId: id, userPrincipalName, displayName, password }
}
