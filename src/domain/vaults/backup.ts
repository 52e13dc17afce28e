import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { VaultKind } from '../../store/vault-objects.ts'
import type { Vault } from './vault.ts'
import {
  type FoundVersion,
  findObject,
  keyOf,
  type Named,
  openVersion,
  type VaultDeps,
  vaultContext,
} from './vault-object.ts'

/** Backups are bound to the kind of what they hold, and to the subscription and region, as Azure's are. */
const contextOf = ({ id, location }: Vault, kind: VaultKind): string =>
  `backup:${kind}:${id.split('/')[2]?.toLowerCase()}:${location.toLowerCase().replaceAll(/[^a-z0-9]/g, '')}`

/** A certificate is backed up with its key and its secret. */
const partsOf = (kind: VaultKind): readonly VaultKind[] =>
  kind === 'certificates' ? ['certificates', 'keys', 'secrets'] : [kind]

/** All versions of an object as a text that only this install can restore, and only in the same subscription and region. */
export async function backupObject(deps: VaultDeps, named: Named): Promise<Buffer> {
  await findObject(deps.store, named)
  const parts: JsonObject[] = []
  for (const kind of partsOf(named.kind)) {
    const key = keyOf({ ...named, kind })
    const object = await deps.store.vaults.object(key)
    if (!object) continue
    const { items } = await deps.store.vaults.versions(key)
    parts.push({
      kind,
      name: object.name,
      version: object.version,
      body: object.body,
      versions: items.map((version) => ({
        version: version.version,
        body: version.body,
        ...(version.sealed !== undefined && { clear: openVersion(deps, version) }),
      })),
    })
  }
  return Buffer.from(deps.sealing.seal(JSON.stringify(parts), contextOf(named.vault, named.kind)))
}

/**
 * Puts back what a backup holds, every version as it was.
 *
 * @throws VaultBadParameter where the text is no backup of this kind, subscription and region; VaultObjectExists
 */
export async function restoreObject(
  deps: VaultDeps,
  { vault, kind }: Pick<Named, 'vault' | 'kind'>,
  backup: Buffer,
): Promise<FoundVersion> {
  const parts = readBackup(deps, vault, kind, backup)
  const name = textAt(parts[0]?.name) ?? ''
  await deps.store.write(async ({ vaults }) => {
    for (const part of parts) {
      const own = { vault: vault.key, kind: part.kind as VaultKind, name: textAt(part.name) ?? '' }
      if (await vaults.object(own)) throw fault('VaultObjectExists', { name: own.name })
      for (const one of Array.isArray(part.versions) ? part.versions.filter(isObject) : []) {
        await vaults.putVersion({
          ...own,
          version: textAt(one.version) ?? '',
          body: objectAt(one.body),
          ...(typeof one.clear === 'string' && { sealed: deps.sealing.seal(one.clear, vaultContext(own)) }),
        })
      }
      await vaults.putObject({ ...own, version: textAt(part.version) ?? '', body: objectAt(part.body) })
    }
  })
  const key = keyOf({ vault, kind, name })
  const object = await deps.store.vaults.object(key)
  const version = object && (await deps.store.vaults.version(key, object.version))
  if (!object || !version) throw new Error('What was restored is not there')
  return { object, version }
}

function readBackup(deps: VaultDeps, vault: Vault, kind: VaultKind, backup: Buffer): readonly JsonObject[] {
  try {
    // Sealed by this install: what opens is what was written above.
    return JSON.parse(deps.sealing.open(backup.toString('utf8'), contextOf(vault, kind))) as readonly JsonObject[]
  } catch (cause) {
    const reason = `The backup is none of ${kind} of this subscription and region, or it was changed`
    throw fault('VaultBadParameter', { reason }, { cause })
  }
}
