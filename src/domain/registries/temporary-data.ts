import { fault } from '../../faults.ts'
import type { Origin } from '../../gateway/surface.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { pendingUpload } from '../assets/pending-upload.ts'
import { resolveUri } from '../datastores/resolve-uri.ts'
import type { Deps } from '../deps.ts'
import { parseRegistryAsset, type RegistryAsset } from './registry-ids.ts'

/** How long a download may take. */
const LIFETIME_SECONDS = 24 * 3600
/** What of a version names its bytes, by kind. */
const URI = { codes: 'codeUri', data: 'dataUri', models: 'modelUri' } as const

type Needs = Pick<Deps, 'store' | 'blobs'>

/**
 * Where a client may put the bytes of a version that it is about to make.
 *
 * @throws AssetExistsInRegistry, which tells the client that there is nothing to upload
 */
export async function temporaryUpload(
  deps: Needs,
  registry: StoredResource,
  { body, origin }: { readonly body: JsonObject; readonly origin: Origin },
): Promise<JsonObject> {
  const asset = assetIn(registry, body)
  if (await deps.store.resources.get(idOf(registry, asset))) {
    throw fault('AssetExistsInRegistry', {
      registry: registry.name,
      kind: asset.kind,
      name: asset.name,
      version: asset.version,
    })
  }
  const { blobReferenceForConsumption, pendingUploadId } = await pendingUpload(deps, registry.id, origin)
  return {
    blobReferenceForConsumption,
    temporaryDataReferenceId: pendingUploadId,
    temporaryDataReferenceType: 'TemporaryBlobReference',
  }
}

/**
 * A SAS to read the bytes of a version: for the container that they alone are in.
 *
 * @throws AssetReferenceInvalid, AssetReferenceNotFound
 */
export async function readReference(
  { store, blobs }: Needs,
  registry: StoredResource,
  { body, origin }: { readonly body: JsonObject; readonly origin: Origin },
): Promise<JsonObject> {
  const asset = assetIn(registry, body)
  const version = await store.resources.get(idOf(registry, asset))
  const property = Object.entries(URI).find(([kind]) => kind === asset.kind.toLowerCase())?.[1]
  const uri = version && property && textAt(objectAt(version.body.properties)[property])
  const place = uri ? await resolveUri(store, registry.id, uri) : undefined
  if (!place) {
    throw fault('AssetReferenceNotFound', {
      kind: asset.kind,
      reference: textAt(body.assetId) ?? '',
      workspace: registry.name,
    })
  }
  const sas = await blobs.sas(
    { ...place, path: '' },
    { permissions: 'rl', lifetimeSeconds: LIFETIME_SECONDS, container: true },
  )
  const account = await store.resources.byGlobalName('Microsoft.Storage/storageAccounts', place.account)
  const blobUri = `${origin.blob(place.account)}/${place.container}`
  return {
    blobReferenceForConsumption: {
      blobUri,
      storageAccountArmId: account?.id ?? null,
      credential: { credentialType: 'SAS', sasUri: `${blobUri}?${sas.replace(/^\?/, '')}` },
    },
  }
}

function assetIn(registry: StoredResource, { assetId }: JsonObject): RegistryAsset {
  const text = textAt(assetId) ?? ''
  const asset = parseRegistryAsset(text)
  const why =
    "give the id of a version in this registry: 'azureml://registries/{registry}/{kind}/{name}/versions/{version}'"
  if (!asset || asset.registry.toLowerCase() !== registry.name.toLowerCase() || asset.labelled) {
    throw fault('AssetReferenceInvalid', { reference: text, kind: 'an asset', why })
  }
  return asset
}

const idOf = (registry: StoredResource, { kind, name, version }: RegistryAsset): string =>
  `${registry.id}/${kind}/${name}/versions/${version}`
