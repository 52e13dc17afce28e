import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { assignRole } from '../domain/roles/assign-role.ts'
import type { Store } from '../store/store.ts'
import { makeClientSecret, newSecretText } from './client-secrets.ts'

/** What an install is, from its first start on. */
export interface Install {
  readonly tenantId: string
  readonly subscriptionId: string
  /** The bootstrap application, and its service principal's object id. */
  readonly clientId: string
  readonly objectId: string
}

/** Ids that a first start takes instead of new ones: for tests, and for configurations that name them. */
export type WishedInstall = Partial<Pick<Install, 'tenantId' | 'subscriptionId' | 'clientId'>>

const roles = [
  '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', // Owner
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', // Storage Blob Data Owner
  '69566ab7-960f-475b-8e7c-b3118f30c6bd', // Storage File Data Privileged Contributor
  '00482a5a-887f-4fb3-b363-3b7fe8e74483', // Key Vault Administrator
] as const

/** Where the bootstrap application's secret stands in clear. */
export const clientSecretFile = (directory: string): string => join(directory, 'client-secret')

/**
 * Makes the tenant, the subscription's id and the bootstrap application with its rights on the first start; answers
 * the same ever after.
 *
 * The secret's file is on disk before the database knows its hash: a start that dies in between goes on with it.
 */
export async function bootstrapIdentity(
  deps: { readonly store: Store; readonly directory: string; readonly now: () => Date },
  wished: WishedInstall = {},
): Promise<Install> {
  const known = await readInstall(deps.store)
  if (known) return known
  const install: Install = {
    tenantId: wished.tenantId?.toLowerCase() ?? randomUUID(),
    subscriptionId: wished.subscriptionId?.toLowerCase() ?? randomUUID(),
    clientId: wished.clientId?.toLowerCase() ?? randomUUID(),
    objectId: randomUUID(),
  }
  const secret = await makeClientSecret(install.clientId, await secretText(clientSecretFile(deps.directory)))
  const at = deps.now()
  await deps.store.write(async (within) => {
    await within.directory.putApplication({
      objectId: randomUUID(),
      appId: install.clientId,
      displayName: 'lazuli',
      details: {},
      createdAt: at.toISOString(),
    })
    await within.identities.putPrincipal({
      objectId: install.objectId,
      kind: 'Application',
      appId: install.clientId,
      displayName: 'lazuli',
      createdAt: at.toISOString(),
    })
    await within.identities.putSecret({ ...secret.kept, startsAt: at.toISOString(), hint: secret.text.slice(0, 3) })
    for (const role of roles) {
      await assignRole(within, {
        principalId: install.objectId,
        principalType: 'ServicePrincipal',
        role,
        scope: `/subscriptions/${install.subscriptionId}`,
        by: install.objectId,
        at,
      })
    }
    for (const [name, value] of Object.entries(install)) await within.identities.putFact(name, value)
  })
  return install
}

async function readInstall({ identities }: Store): Promise<Install | undefined> {
  const tenantId = await identities.fact('tenantId')
  const subscriptionId = await identities.fact('subscriptionId')
  const clientId = await identities.fact('clientId')
  const objectId = await identities.fact('objectId')
  return tenantId && subscriptionId && clientId && objectId
    ? { tenantId, subscriptionId, clientId, objectId }
    : undefined
}

async function secretText(path: string): Promise<string> {
  if (existsSync(path)) return readFileSync(path, 'utf8').trim()
  const text = newSecretText()
  const file = await open(`${path}.new`, 'w', 0o600)
  await file.writeFile(`${text}\n`)
  await file.sync()
  await file.close()
  renameSync(`${path}.new`, path)
  const folder = await open(join(path, '..'), 'r')
  await folder.sync()
  await folder.close()
  return text
}
