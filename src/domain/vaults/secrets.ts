import { fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import { attributesOf, demandTags, isEnabled, type WishedAttributes } from './attributes.ts'
import {
  addVersion,
  demandName,
  type FoundVersion,
  findVersion,
  keyOf,
  type Named,
  openVersion,
  type VaultDeps,
  vaultContext,
} from './vault-object.ts'

/** What of an object describes it and can be changed while its value stays. */
export interface Described {
  readonly contentType?: string
  readonly attributes?: WishedAttributes
  readonly tags?: Readonly<Record<string, string>>
}

/** Azure's limit for a value, in bytes. */
const MOST_BYTES = 25_600
const MOST_TYPE = 255

/** Puts a secret's next version. @throws VaultBadParameter, VaultObjectIsManaged, VaultObjectIsDeletedButRecoverable */
export async function setSecret(
  deps: VaultDeps,
  named: Named,
  { value, ...wish }: Described & { readonly value: string },
): Promise<FoundVersion> {
  demandName(named)
  demandSecretValue(value)
  const now = deps.now()
  const sealed = deps.sealing.seal(value, vaultContext(keyOf(named)))
  const body = described({}, wish, now)
  return deps.store.write((within) => addVersion(within, { ...named, body, sealed }, now))
}

/** @throws VaultBadParameter for a value that is missing where one must be, or too long */
export function demandSecretValue(value: string | undefined, mayMiss = false): void {
  if (value === undefined && !mayMiss) throw fault('VaultBadParameter', { reason: 'A new secret needs a value' })
  if (Buffer.byteLength(value ?? '') > MOST_BYTES) {
    throw fault('VaultBadParameter', { reason: `A secret's value has ${MOST_BYTES} bytes at most` })
  }
}

/** A version with its value. @throws VaultSecretDisabled; as `findVersion` */
export async function getSecret(
  deps: VaultDeps,
  named: Named,
  version: string,
): Promise<FoundVersion & { readonly value: string }> {
  const found = await findVersion(deps.store, named, version)
  if (!isEnabled(found.version.body)) throw fault('VaultSecretDisabled')
  return { ...found, value: openVersion(deps, found.version) }
}

/** Changes what describes a version; its value stays. @throws VaultBadParameter; as `findVersion` */
export async function updateVersion(
  deps: VaultDeps,
  named: Named,
  version: string,
  change: Described & { readonly key_ops?: readonly string[] },
): Promise<FoundVersion> {
  const now = deps.now()
  return deps.store.write(async (within) => {
    const found = await findVersion(within, named, version)
    const { key_ops: operations, ...wish } = change
    const body = described(found.version.body, wish, now)
    const key = objectAt(body.key)
    const changed = {
      ...found.version,
      body: operations === undefined ? body : { ...body, key: { ...key, key_ops: operations } },
    }
    await within.vaults.putVersion(changed)
    return { ...found, version: changed }
  })
}

/** A version's body with what a client says of it; what it doesn't say stays. @throws VaultBadParameter */
export function described(before: JsonObject, { contentType, attributes, tags }: Described, now: Date): JsonObject {
  demandTags(tags)
  if (contentType !== undefined && contentType.length > MOST_TYPE) {
    throw fault('VaultBadParameter', { reason: `A contentType has ${MOST_TYPE} characters at most` })
  }
  return {
    ...before,
    attributes: attributesOf(objectAt(before.attributes), attributes, now),
    ...(contentType !== undefined && { contentType }),
    ...(tags !== undefined && { tags }),
  }
}
