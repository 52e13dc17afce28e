import { createHash } from 'node:crypto'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'
import { normalRegion } from '../workspaces/region.ts'
import { workspaceGuid } from '../workspaces/workspace-guid.ts'

interface Arm {
  put(id: string, body: JsonObject): Promise<StoredResource>
}

const ACCOUNTS = 'Microsoft.Storage/storageAccounts'
const CONTAINER_REGISTRIES = 'Microsoft.ContainerRegistry/registries'

/** @throws RegistryInvalid where a registry's regions don't say where its assets are to lie */
export async function demandRegions(resources: Resources, name: string, body: JsonObject): Promise<void> {
  const refuse = (reason: string) => fault('RegistryInvalid', { registry: name, reason })
  const regions = regionsOf(body)
  if (regions.length === 0) throw refuse("It needs at least one entry in 'properties.regionDetails'.")
  const names = regions.map(({ location }) => normalRegion(textAt(location) ?? ''))
  if (!names.includes(normalRegion(textAt(body.location) ?? ''))) {
    throw refuse(`Its own region '${textAt(body.location) ?? ''}' is not among its 'regionDetails'.`)
  }
  if (new Set(names).size < names.length) throw refuse("A region stands twice in its 'regionDetails'.")
  for (const region of regions) {
    for (const [list, own, type] of [
      ['storageAccountDetails', 'userCreatedStorageAccount', ACCOUNTS],
      ['acrDetails', 'userCreatedAcrAccount', CONTAINER_REGISTRIES],
    ] as const) {
      for (const id of itemsOf(region[list]).flatMap((item) => textAt(resourceIdOf(item[own])) ?? [])) {
        const found = parseResourceId(id)?.type.toLowerCase() === type.toLowerCase() && (await resources.get(id))
        if (!found) throw refuse(`'${id}' is not there, or is no ${type}.`)
      }
    }
  }
}

/** What stands behind a registry, once it is made. */
export interface RegistryStorage {
  readonly registryId: string
  readonly managedResourceGroup: string
  /** Ids of its storage accounts, that of its first region first. */
  readonly accounts: readonly string[]
  /** The regions as a reader sees them, each account and container registry with its id. */
  readonly regionDetails: readonly JsonObject[]
}

/**
 * Makes what a registry's regions ask for, in a group of the registry's own as Azure does: storage accounts and container
 * registries under names that follow from its id, so that a creation that a crash broke off goes on with the same.
 */
export async function ensureRegistryStorage(arm: Arm, registry: StoredResource): Promise<RegistryStorage> {
  const guid = workspaceGuid(registry)
  const subscription = parseResourceId(registry.id)?.subscriptionId ?? ''
  const group = `/subscriptions/${subscription}/resourceGroups/azureml-rg-${registry.name}_${guid}`
  const location = textAt(registry.body.location) ?? ''
  await arm.put(group, { location, tags: objectAt(objectAt(registry.body.properties).managedResourceGroupTags) })
  const accounts: string[] = []
  const regionDetails: JsonObject[] = []
  for (const region of regionsOf(registry.body)) {
    const place = { group, location: textAt(region.location) ?? location, base: baseName(registry, region) }
    const storage: JsonObject[] = []
    const wished = itemsOf(region.storageAccountDetails)
    for (const item of wished.length > 0 ? wished : [{ systemCreatedStorageAccount: {} }]) {
      const made = await ensureAccount(arm, place, item)
      accounts.push(made.id)
      storage.push(made.shown)
    }
    const images: JsonObject[] = []
    for (const item of itemsOf(region.acrDetails)) images.push(await ensureImages(arm, place, item))
    regionDetails.push({ ...region, storageAccountDetails: storage, acrDetails: images })
  }
  return { registryId: guid, managedResourceGroup: group, accounts, regionDetails }
}

interface Place {
  readonly group: string
  readonly location: string
  readonly base: string
}

async function ensureAccount(
  arm: Arm,
  { group, location, base }: Place,
  item: JsonObject,
): Promise<{ id: string; shown: JsonObject }> {
  const own = textAt(resourceIdOf(item.userCreatedStorageAccount))
  if (own) return { id: own, shown: item }
  const wish = objectAt(item.systemCreatedStorageAccount)
  const name = textAt(wish.storageAccountName) || base
  const id = `${group}/providers/${ACCOUNTS}/${name}`
  const isHnsEnabled = wish.storageAccountHnsEnabled === true
  await arm.put(id, {
    location,
    kind: 'StorageV2',
    sku: { name: skuName(textAt(wish.storageAccountType) || 'Standard_LRS') },
    properties: { isHnsEnabled, allowBlobPublicAccess: wish.allowBlobPublicAccess === true },
  })
  const shown = { ...wish, storageAccountName: name, armResourceId: { resourceId: id } }
  return { id, shown: { systemCreatedStorageAccount: shown } }
}

/** `standard_lrs`, as azure-ai-ml writes it, in the spelling of storage. */
const skuName = (text: string): string =>
  text.replace(/^([a-z])(\w*?)_(\w+)$/i, (_all, first: string, rest: string, kind: string) =>
    [first.toUpperCase() + rest.toLowerCase(), kind.toUpperCase()].join('_'),
  )

async function ensureImages(arm: Arm, { group, location, base }: Place, item: JsonObject): Promise<JsonObject> {
  if (textAt(resourceIdOf(item.userCreatedAcrAccount))) return item
  const wish = objectAt(item.systemCreatedAcrAccount)
  const name = textAt(wish.acrAccountName) || base
  const id = `${group}/providers/${CONTAINER_REGISTRIES}/${name}`
  await arm.put(id, { location, sku: { name: textAt(wish.acrAccountSku) || 'Premium' }, properties: {} })
  return { systemCreatedAcrAccount: { ...wish, acrAccountName: name, armResourceId: { resourceId: id } } }
}

/** A name that is this registry's and region's alone, short enough for an account. */
function baseName(registry: StoredResource, region: JsonObject): string {
  const key = `${registry.id.toLowerCase()}|${normalRegion(textAt(region.location) ?? '')}`
  const own = createHash('sha256').update(key).digest('hex').slice(0, 12)
  return `${registry.name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 10)}${own}`
}

/** Ids of the storage accounts that a registry's body names as its user's own. */
export const userCreatedAccounts = (body: JsonObject): readonly string[] =>
  regionsOf(body)
    .flatMap((region) => itemsOf(region.storageAccountDetails))
    .flatMap((item) => textAt(resourceIdOf(item.userCreatedStorageAccount)) ?? [])

const regionsOf = (body: JsonObject): readonly JsonObject[] => itemsOf(objectAt(body.properties).regionDetails)
const itemsOf = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const resourceIdOf = (value: unknown) => objectAt(objectAt(objectAt(value).armResourceId)).resourceId
