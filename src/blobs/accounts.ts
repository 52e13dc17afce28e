import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { type JsonObject, objectAt, textAt } from '../json.ts'
import type { StoredResource } from '../store/resources.ts'
import { openSecret, type Sealing } from '../store/sealing.ts'
import type { Store } from '../store/store.ts'
import { type ServiceSettings, settingsOf } from './service-settings.ts'

/** A storage account as its services need it. */
export interface StorageAccount {
  readonly name: string
  /** The ARM id: where rights are asked at. */
  readonly id: string
  /** `key1` and `key2`, ready to sign with. */
  readonly keys: readonly KeyObject[]
  readonly allowsSharedKey: boolean
  readonly allowsPublicAccess: boolean
  /** As the resource manager keeps them. */
  readonly properties: JsonObject
  readonly isHierarchical: boolean
  readonly sku: string
  readonly kind: string
  readonly blob: ServiceSettings
  /** Keys of users that were given out before this time (milliseconds) are void. */
  readonly delegationKeysSince: number
}

/** Accounts by name. They are ARM's resources; here they are read, and their services' settings written. */
export interface StorageAccounts {
  get(name: string): Promise<StorageAccount | undefined>
  /** Changes properties of a service's settings; those that are not named stay. */
  changeSettings(account: StorageAccount, service: 'blobServices' | 'fileServices', change: JsonObject): Promise<void>
  /** What was set of a service, as ARM keeps it. */
  settings(account: StorageAccount, service: 'blobServices' | 'fileServices'): Promise<JsonObject>
  /** The key of a user delegation: the same for the same fields, and known to nobody who was not given it. */
  delegationKey(fields: readonly string[]): Promise<KeyObject>
}

const TYPE = 'Microsoft.Storage/storageAccounts'
/** How many accounts are kept. */
const KEPT = 1_000
const DELEGATION = 'storage-delegation'

/**
 * The contract with the account's declaration: `secrets.key1` and `secrets.key2` of the resource, sealed, each the
 * base64 of 64 random bytes. An account without keys is still being made.
 */
const KEYS = ['key1', 'key2'] as const

/** Kept until any account or its settings change: a regenerated key is the only one at once. */
export function storageAccounts({
  store,
  sealing,
  now,
}: {
  readonly store: Store
  readonly sealing: Sealing
  readonly now: () => Date
}): StorageAccounts {
  const known = new Map<string, StorageAccount>()
  let epoch = 0
  const forget = (): void => {
    epoch += 1
    known.clear()
  }
  store.onResourceChange(TYPE, forget)
  store.onResourceChange(`${TYPE}/blobServices`, forget)
  const secret = delegationSecret({ store, sealing })
  return {
    async get(name) {
      const kept = known.get(name)
      if (kept) return kept
      const asked = epoch
      const resource = await store.resources.byGlobalName(TYPE, name)
      if (!resource || resource.deletedAt !== undefined) return undefined
      const service = await store.resources.get(`${resource.id}/blobServices/default`)
      const account = accountOf(resource, service, sealing)
      if (known.size >= KEPT) known.clear()
      // What was read before a change must not be kept after it.
      if (asked === epoch) known.set(name, account)
      return account
    },
    async settings({ id }, service) {
      return objectAt((await store.resources.get(`${id}/${service}/default`))?.body.properties)
    },
    async changeSettings({ id }, service, change) {
      await store.write(async ({ resources }) => {
        const account = await resources.get(id)
        if (!account) return
        const before = await resources.get(`${id}/${service}/default`)
        const time = now().toISOString()
        await resources.put({
          id: `${id}/${service}/default`,
          type: `${TYPE}/${service}`,
          name: 'default',
          state: {},
          secrets: {},
          provisioningState: 'Succeeded',
          system: account.system,
          ...before,
          etag: time,
          body: { ...before?.body, properties: { ...objectAt(before?.body.properties), ...change } },
        })
      })
    },
    async delegationKey(fields) {
      const bytes = createHmac('sha256', await secret())
        .update(JSON.stringify(fields))
        .digest()
      return createSecretKey(bytes)
    },
  }
}

/** Made once per install and sealed: account keys come and go, and must not be able to make a user's. */
function delegationSecret({
  store,
  sealing,
}: {
  readonly store: Store
  readonly sealing: Sealing
}): () => Promise<Buffer> {
  let found: Promise<string> | undefined
  const find = async (): Promise<string> => {
    const kept = await store.identities.fact(DELEGATION)
    if (kept !== undefined) return kept
    return store.write(async ({ identities }) => {
      const other = await identities.fact(DELEGATION)
      if (other !== undefined) return other
      const made = sealing.seal(randomBytes(32).toString('base64'), DELEGATION)
      await identities.putFact(DELEGATION, made)
      return made
    })
  }
  return async () => {
    found ??= find()
    found.catch(() => {
      found = undefined
    })
    return Buffer.from(sealing.open(await found, DELEGATION), 'base64')
  }
}

function accountOf(resource: StoredResource, service: StoredResource | undefined, sealing: Sealing): StorageAccount {
  const properties = objectAt(resource.body.properties)
  const keys = KEYS.flatMap((path) => openSecret(sealing, resource, path) ?? [])
  const since = textAt(resource.state.delegationKeysSince)
  return {
    name: resource.name.toLowerCase(),
    id: resource.id,
    keys: keys.map((key) => createSecretKey(Buffer.from(key, 'base64'))),
    allowsSharedKey: properties.allowSharedKeyAccess !== false,
    allowsPublicAccess: properties.allowBlobPublicAccess === true,
    properties,
    isHierarchical: properties.isHnsEnabled === true,
    sku: textAt(objectAt(resource.body.sku).name) ?? 'Standard_LRS',
    kind: textAt(resource.body.kind) ?? 'StorageV2',
    blob: settingsOf(objectAt(service?.body.properties)),
    delegationKeysSince: since === undefined ? 0 : Date.parse(since),
  }
}
