import { randomBytes } from 'node:crypto'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { type Sealing, secretContext } from '../../store/sealing.ts'
import type { Repositories, Store } from '../../store/store.ts'
import type { VaultKind, VaultObject, VaultObjectKey, VaultVersion } from '../../store/vault-objects.ts'
import type { Vault } from './vault.ts'

/** What the rules of vaults stand on. */
export interface VaultDeps {
  readonly store: Store
  readonly sealing: Sealing
  readonly now: () => Date
}

/** An object that is named, in the vault that it is asked of. */
export interface Named {
  readonly vault: Vault
  readonly kind: VaultKind
  readonly name: string
}

export interface FoundVersion {
  readonly object: VaultObject
  readonly version: VaultVersion
}

const NAME = /^[0-9a-zA-Z-]{1,127}$/
const absent = {
  secrets: 'VaultSecretNotFound',
  keys: 'VaultKeyNotFound',
  certificates: 'VaultCertificateNotFound',
} as const
const nouns = { secrets: 'Secret', keys: 'Key', certificates: 'Certificate' } as const

export const keyOf = ({ vault, kind, name }: Named): VaultObjectKey => ({ vault: vault.key, kind, name })

/** Where the secret part of an object is sealed for: as the resource manager's types of secrets and keys have it. */
export const sealedPath = { secrets: 'properties.value', keys: 'properties.privateKey' } as const

/** What the sealed part of a secret or a key is bound to. All versions of an object share it. */
export const vaultContext = ({ vault, kind, name }: VaultObjectKey): string =>
  secretContext(`${vault}/${kind}/${name.toLowerCase()}`, kind === 'certificates' ? '' : sealedPath[kind])

/** A version's value or private key in clear. */
export function openVersion({ sealing }: Pick<VaultDeps, 'sealing'>, version: VaultVersion): string {
  if (version.sealed === undefined) throw new Error(`${version.kind}/${version.name} has nothing that is sealed`)
  return sealing.open(version.sealed, vaultContext(version))
}

/** 32 hexadecimal digits, as Azure's versions are. */
export const newVersionId = (): string => randomBytes(16).toString('hex')

/** @throws VaultBadParameter */
export function demandName({ kind, name }: Pick<Named, 'kind' | 'name'>): void {
  if (NAME.test(name)) return
  const noun = nouns[kind].toLowerCase()
  throw fault('VaultBadParameter', {
    reason: `The request URI contains an invalid name: a ${noun}'s name has 1 to 127 letters, digits and hyphens`,
  })
}

/** A live object. @throws VaultSecretNotFound, VaultKeyNotFound, VaultCertificateNotFound */
export async function findObject({ vaults }: Pick<Repositories, 'vaults'>, named: Named): Promise<VaultObject> {
  const object = await vaults.object(keyOf(named))
  if (!object || object.deleted) throw fault(absent[named.kind], { name: named.name })
  return object
}

/** A live object with one of its versions: the current one where none is named. @throws as `findObject` */
export async function findVersion(
  from: Pick<Repositories, 'vaults'>,
  named: Named,
  version = '',
): Promise<FoundVersion> {
  const object = await findObject(from, named)
  const found = await from.vaults.version(keyOf(named), version || object.version)
  if (!found) throw fault(absent[named.kind], { name: `${named.name}/${version}` })
  return { object, version: found }
}

export interface NewVersion extends Named {
  readonly body: JsonObject
  /** Sealed for the object's `vaultContext`. */
  readonly sealed?: string
  /** Made here unless a certificate says it for all of its parts. */
  readonly version?: string
  /** The object's own body; what it had, unless said. */
  readonly objectBody?: JsonObject
}

/**
 * Puts a further version, which becomes the current one.
 *
 * @throws VaultObjectIsDeletedButRecoverable where the name is that of a deleted object; VaultObjectIsManaged where it
 *   is that of a certificate's key or secret
 */
export async function addVersion(within: Repositories, wish: NewVersion, now: Date): Promise<FoundVersion> {
  const key = keyOf(wish)
  let known = await within.vaults.object(key)
  if (known?.deleted && known.deleted.purgeAt <= now.toISOString()) {
    await within.vaults.removeObject(key)
    known = undefined
  }
  if (known?.deleted) {
    throw fault('VaultObjectIsDeletedButRecoverable', { kind: nouns[wish.kind], name: known.name })
  }
  const current = known && (await within.vaults.version(key, known.version))
  if (current?.body.managed === true && wish.body.managed !== true) {
    throw fault('VaultObjectIsManaged', { name: wish.name })
  }
  const id = wish.version ?? newVersionId()
  const object: VaultObject = {
    ...key,
    name: known?.name ?? wish.name,
    version: id,
    body: wish.objectBody ?? known?.body ?? {},
  }
  const version: VaultVersion = {
    ...key,
    name: object.name,
    version: id,
    body: wish.body,
    ...(wish.sealed !== undefined && { sealed: wish.sealed }),
  }
  await within.vaults.putVersion(version)
  await within.vaults.putObject(object)
  return { object, version }
}
