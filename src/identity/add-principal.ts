import { randomUUID } from 'node:crypto'
import { fault } from '../faults.ts'
import type { Store } from '../store/store.ts'
import { makeClientSecret } from './client-secrets.ts'

export interface AddedPrincipal {
  readonly tenantId: string
  /** The client id. */
  readonly appId: string
  readonly objectId: string
  readonly displayName: string
  /** Shown this once: only its hash is kept. */
  readonly secret: string
}

/**
 * Makes an application with its service principal and a secret. It has no rights until a role is assigned to it.
 *
 * @throws PrincipalNameInvalid
 */
export async function addPrincipal(
  deps: { readonly store: Store; readonly tenantId: string; readonly now: () => Date },
  wish: { readonly name: string },
): Promise<AddedPrincipal> {
  const displayName = wish.name.trim()
  if (displayName === '' || displayName.length > 120) throw fault('PrincipalNameInvalid', { name: wish.name })
  const appId = randomUUID()
  const objectId = randomUUID()
  const secret = await makeClientSecret(appId)
  const createdAt = deps.now().toISOString()
  await deps.store.write(async ({ identities, directory }) => {
    await directory.putApplication({ objectId: randomUUID(), appId, displayName, details: {}, createdAt })
    await identities.putPrincipal({
      objectId,
      kind: 'Application',
      appId,
      displayName,
      createdAt,
    })
    await identities.putSecret({ ...secret.kept, startsAt: createdAt, hint: secret.text.slice(0, 3) })
  })
  return { tenantId: deps.tenantId, appId, objectId, displayName, secret: secret.text }
}
