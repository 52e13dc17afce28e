import { fault } from '../../../faults.ts'
import type { JsonObject } from '../../../json.ts'
import type { Vault } from '../vault.ts'
import type { VaultDeps } from '../vault-object.ts'

/** Whom a vault's certificates concern: kept with the vault. Nobody is written to from here. */
export async function contactsOf({ store }: Pick<VaultDeps, 'store'>, vault: Vault): Promise<readonly JsonObject[]> {
  const kept = (await store.resources.get(vault.id))?.state.certificateContacts
  if (!Array.isArray(kept) || kept.length === 0) throw fault('VaultContactsNotFound')
  return kept as readonly JsonObject[]
}

export async function setContacts(
  { store }: Pick<VaultDeps, 'store'>,
  vault: Vault,
  contacts: readonly JsonObject[],
): Promise<void> {
  await store.write(async ({ resources }) => {
    const kept = await resources.get(vault.id)
    if (kept) await resources.put({ ...kept, state: { ...kept.state, certificateContacts: contacts } })
  })
}
