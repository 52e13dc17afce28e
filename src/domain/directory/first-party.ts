import { randomUUID } from 'node:crypto'
import type { Store } from '../../store/store.ts'
import { servicePrincipals } from '../customer-keys/service-principals.ts'
import { graphAppRoles, MICROSOFT_GRAPH } from './graph-roles.ts'

/** Microsoft's own tenant, which owns its applications. */
export const MICROSOFT = 'f8cdef31-a31e-4b4a-93e4-5f571e91255a'

/**
 * Microsoft's applications that stand in every tenant, with Azure's ids: those that scripts look up. None has a secret,
 * so nobody signs in as one.
 */
const services: Readonly<Record<string, string>> = {
  [MICROSOFT_GRAPH]: 'Microsoft Graph',
  '797f4846-ba00-4fd7-ba43-dac1f8f63013': 'Windows Azure Service Management API',
  'e406a681-f3d4-42a8-90b6-c2b029497af1': 'Azure Storage',
  'cfa8b339-82a2-471a-a3c9-0fc0be7a4093': 'Azure Key Vault',
  '18a66f5f-dbdf-4c17-9dd7-1634712a9cbe': 'Azure Machine Learning Services',
  // Made with their rights before these: `identity/service-principals.ts`.
  ...Object.fromEntries(Object.values(servicePrincipals).map(({ appId, displayName }) => [appId, displayName])),
}

/** Microsoft's programs that people sign in with: they hold no secret, and take codes on this machine. */
export const publicClients: Readonly<Record<string, string>> = {
  '04b07795-8ddb-461a-bbee-02f9e1bf7b46': 'Microsoft Azure CLI',
  '1950a258-227b-4e31-a9cf-717495945fc2': 'Microsoft Azure PowerShell',
  'aebc6443-996d-45c2-90f0-388ff96faa56': 'Visual Studio Code',
}

export const isFirstParty = (appId: string | undefined): boolean =>
  appId !== undefined && (Object.hasOwn(services, appId) || Object.hasOwn(publicClients, appId))

/** Microsoft Graph's roles; no other service here has any. */
export const firstPartyRoles = (appId: string | undefined) => (appId === MICROSOFT_GRAPH ? graphAppRoles : [])

/** Makes the service principals of Microsoft's applications that are not there yet. */
export async function seedFirstParty({ store, now }: { store: Store; now: () => Date }): Promise<void> {
  const wanted = Object.entries({ ...services, ...publicClients })
  const known = await Promise.all(wanted.map(([appId]) => store.identities.principalByApp(appId)))
  if (known.every((one) => one !== undefined)) return
  await store.write(async ({ identities }) => {
    for (const [appId, displayName] of wanted) {
      if (await identities.principalByApp(appId)) continue
      const createdAt = now().toISOString()
      await identities.putPrincipal({ objectId: randomUUID(), kind: 'Application', appId, displayName, createdAt })
    }
  })
}
