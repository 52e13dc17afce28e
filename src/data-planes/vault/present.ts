import { recoverability, type Vault } from '../../domain/vaults/vault.ts'
import type { FoundVersion } from '../../domain/vaults/vault-object.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import type { VaultKind, VaultVersion } from '../../store/vault-objects.ts'

/** Where an object's answer is rendered. */
export interface Place {
  readonly vault: Vault
  readonly base: string
}

/** `https://{vault}/secrets/{name}/{version}`; without the version for an item of a listing. */
export const idOf = ({ base }: Place, { kind, name, version }: VaultVersion): string =>
  `${base}/${kind}/${name}/${version}`

export function attributesShown({ vault }: Place, { body }: VaultVersion): JsonObject {
  return { ...objectAt(body.attributes), ...recoverability(vault) }
}

/** What answers of all kinds share, beside the id: attributes, tags, and whether a certificate owns it. */
export const shared = (place: Place, version: VaultVersion): JsonObject => ({
  attributes: attributesShown(place, version),
  ...(version.body.tags !== undefined && { tags: version.body.tags }),
  ...(version.body.managed === true && { managed: true }),
})

/** What a deleted object's answer adds. Times are epoch seconds. */
export function deletionShown({ base }: Place, { object }: FoundVersion): JsonObject {
  if (!object.deleted) return {}
  return {
    recoveryId: `${base}/deleted${object.kind}/${object.name}`,
    deletedDate: epoch(object.deleted.at),
    scheduledPurgeDate: epoch(object.deleted.purgeAt),
  }
}

const epoch = (time: string): number => Math.floor(Date.parse(time) / 1000)

/** How a kind shows a version whole, and as an item of a listing. */
export interface Presenter {
  readonly kind: VaultKind
  readonly whole: (place: Place, found: FoundVersion) => JsonObject
  readonly item: (place: Place, version: VaultVersion) => JsonObject
}
