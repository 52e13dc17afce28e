import { fault } from '../../faults.ts'
import type { VaultKind, VaultVersion } from '../../store/vault-objects.ts'
import type { Vault } from './vault.ts'
import { type FoundVersion, findObject, keyOf, type Named, type VaultDeps } from './vault-object.ts'

/** Azure answers 25 at most. */
const MOST = 25

/** Which page: at most how many, and what an earlier page's `next` said. */
export interface PageAsked {
  readonly limit?: number
  readonly after?: string
}

export interface Found<Item> {
  readonly items: readonly Item[]
  readonly next?: string
}

/** A page of a vault's objects of a kind, by name. @throws VaultBadParameter */
export async function listObjects(
  { store }: Pick<VaultDeps, 'store'>,
  about: { readonly vault: Vault; readonly kind: VaultKind; readonly deleted: boolean },
  page: PageAsked,
): Promise<Found<FoundVersion>> {
  const { vault, kind, deleted } = about
  const found = await store.vaults.objects(vault.key, kind, { deleted, ...bounded(page) })
  // A certificate's parts are deleted and recovered with it alone.
  const items = found.items.filter(({ current }) => !deleted || current.body.managed !== true)
  return {
    items: items.map(({ object, current }) => ({ object, version: current })),
    ...(found.next !== undefined && { next: found.next }),
  }
}

/** A page of an object's versions, oldest first. @throws VaultBadParameter; as `findObject` */
export async function listVersions(
  { store }: Pick<VaultDeps, 'store'>,
  named: Named,
  page: PageAsked,
): Promise<Found<VaultVersion>> {
  await findObject(store, named)
  if (page.after !== undefined && !/^\d{1,15}$/.test(page.after)) throw badToken()
  return store.vaults.versions(keyOf(named), bounded(page))
}

function bounded({ limit, after }: PageAsked): { readonly limit: number; readonly after?: string } {
  if (limit !== undefined && (limit < 1 || limit > MOST)) {
    throw fault('VaultBadParameter', { reason: `maxresults must be between 1 and ${MOST}` })
  }
  if (after !== undefined && !/^[0-9a-z-]{1,127}$/.test(after)) throw badToken()
  return { limit: limit ?? MOST, ...(after !== undefined && { after }) }
}

const badToken = () => fault('VaultBadParameter', { reason: 'The $skiptoken is none that this vault gave' })
