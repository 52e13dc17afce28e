import { fault } from '../faults.ts'
import type { Store } from '../store/store.ts'
import { makeAccessToken } from './access-token.ts'
import type { TokenIssuer } from './identity.ts'
import type { SigningKeys } from './signing-keys.ts'

/** Makes the tokens that runs carry. */
export function tokenIssuer(deps: { store: Store; keys: SigningKeys; tenantId: string; now: () => Date }): TokenIssuer {
  return {
    async issueRunToken({ workspace, id, objectId }, lifetimeSeconds) {
      const principal = await deps.store.identities.principal(objectId)
      if (!principal) throw fault('InvalidAuthenticationToken')
      const { token } = await makeAccessToken(deps.keys, {
        tenantId: deps.tenantId,
        principal,
        audience: 'https://management.azure.com',
        lifetimeSeconds,
        now: deps.now(),
        run: { workspace, id },
      })
      return token
    },
  }
}
