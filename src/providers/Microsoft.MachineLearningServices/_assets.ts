import { type Static, Type } from 'typebox'
import {
  defineResource,
  type ListQuery,
  type ResourceDeclaration,
  type WishRequest,
} from '../../arm/define-resource.ts'
import {
  type AssetKind,
  type AssetOwner,
  assetKinds,
  containerType,
  ownerOf,
  versionType,
} from '../../domain/assets/asset-kinds.ts'
import { latestOf } from '../../domain/assets/asset-reference.ts'
import { containerVersions } from '../../domain/assets/container-versions.ts'
import { listAssets } from '../../domain/assets/list-assets.ts'
import { changedProperties, overExisting } from '../../domain/assets/unchanged.ts'
import type { Deps } from '../../domain/deps.ts'
import { BUILT_IN, demandWritable } from '../../domain/registries/built-in.ts'
import { withCopiedBytes, withOwnCopy } from '../../domain/registries/copied-bytes.ts'
import { REGISTRY_ASSETS, registryAssetId } from '../../domain/registries/registry-ids.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import { publish } from './_kinds/publish.ts'
import { linkedRegistries } from './_linked.ts'

const AssetBody = Type.Object({ properties: Type.Object({}) })

export type AssetWish = WishRequest<Static<typeof AssetBody>>

export interface AssetDeclaration {
  readonly kind: AssetKind
  /** What a new version has unless it says otherwise. */
  readonly defaults?: JsonObject
  /** Properties in the one spelling that is kept, whatever a client sent. */
  readonly normal?: (properties: JsonObject, owner: string, id: ResourceId) => JsonObject
  /** The property that names a version's bytes: those of a registry's asset are copied when it names one. */
  readonly bytes?: 'dataUri' | 'modelUri'
  /** Rules of this kind for a version's properties. @throws any Fault */
  readonly check?: (deps: Deps, properties: JsonObject, request: AssetWish) => Promise<void>
  /** A new version with what its bytes tell. @throws AssetInvalid where they are not what it says */
  readonly complete?: (deps: Deps, owner: string, properties: JsonObject) => Promise<JsonObject>
  /** What is sent for a version that stands, where it may say by another word what that has. */
  readonly over?: (properties: JsonObject, existing: StoredResource) => JsonObject
  /** What a container takes from its first version. */
  readonly container?: (properties: JsonObject) => JsonObject
  readonly view?: (version: StoredResource) => JsonObject
  /** The id of its own that a version has which a client puts under a word for what has no name. */
  readonly keptAs?: (id: ResourceId, properties: JsonObject) => string | undefined
  /** A name by which clients read the latest version. */
  readonly latestName?: string
  readonly list?: (query: URLSearchParams, parent: ResourceId) => ListQuery
  readonly actions?: ResourceDeclaration<typeof AssetBody>['actions']
}

const EMPTY = { tags: {}, properties: {}, isArchived: false }
const NAME = /^[a-zA-Z0-9][\w-]{0,254}$/
const VERSION = /^[a-zA-Z0-9][\w.+-]{0,254}$/

/** A named asset: it holds versions, and knows the latest and the next. */
export const assetContainer = (owner: AssetOwner, kind: AssetKind): ResourceDeclaration<typeof AssetBody> =>
  defineResource({
    type: containerType(kind, owner),
    ...ofOwner(owner, kind, ''),
    name: NAME,
    reads: AssetBody,
    defaults: () => ({ properties: EMPTY }),
    async check(_deps, { id, body, existing }) {
      demandWritable(id.text)
      return withoutNulls(existing ? overExisting(existing, body) : body)
    },
    checkRemove: async (_deps, { id }) => demandWritable(id.text),
    list: listAssets,
    view: async ({ store }, container) => ({
      properties: { ...(await containerVersions(store.resources, container, kind)) },
    }),
  })

/** A version of an asset. What makes it up never changes; what describes it may. Its container is made with it. */
export const assetVersion = (owner: AssetOwner, asset: AssetDeclaration): ResourceDeclaration<typeof AssetBody> =>
  defineResource({
    type: versionType(asset.kind, owner),
    ...ofOwner(owner, asset.kind, '/versions'),
    name: VERSION,
    reads: AssetBody,
    linked: linkedRegistries,
    defaults: () => ({ properties: { ...EMPTY, isAnonymous: false, ...asset.defaults } }),
    ...(asset.keptAs && { keptAs: (id, body) => asset.keptAs?.(id, objectAt(body.properties)) }),
    makesParent: ({ body }) => ({ properties: { ...EMPTY, ...asset.container?.(objectAt(body.properties)) } }),
    async check(deps, request) {
      const { id, existing } = request
      const sent = withoutNulls(request.body)
      demandWritable(id.text)
      const own = withOwnCopy(objectAt(sent.properties), existing, asset.bytes)
      const properties = asset.normal?.(own, ownerOf(id.text), id) ?? own
      const body = { ...sent, properties }
      if (!existing) {
        await asset.check?.(deps, properties, request)
        const copied = await withCopiedBytes(deps, ownerOf(id.text), properties, asset)
        return { ...body, properties: (await asset.complete?.(deps, ownerOf(id.text), copied)) ?? copied }
      }
      const again = asset.over ? { ...body, properties: asset.over(properties, existing) } : body
      const changed = changedProperties(existing, again)
      if (changed.length > 0) {
        throw fault('AssetVersionImmutable', {
          kind: assetKinds[asset.kind],
          asset: id.parent?.name ?? '',
          version: id.name,
          properties: changed.join(', '),
        })
      }
      return overExisting(existing, again)
    },
    // Clients of a registry ask for the versions of a name before there are any, and fail over a 404.
    list: (query, parent) => ({
      ...(owner === 'registries' && { below: parent.text }),
      ...(asset.list ?? listAssets)(query, parent),
    }),
    checkRemove: async (_deps, { id }) => demandWritable(id.text),
    ...(asset.latestName && {
      meant: async ({ store }, id) =>
        id.name.toLowerCase() === asset.latestName && id.parent
          ? await latestOf(store.resources, id.parent.text, asset.kind)
          : undefined,
    }),
    ...(asset.view && { view: async (_deps, version) => ({ properties: asset.view?.(version) ?? {} }) }),
    actions: { ...asset.actions, ...(owner === 'workspaces' && !asset.kind.startsWith('feature') && { publish }) },
  })

/** What differs by where an asset stands: a registry's rights are those of its assets, and its own clients know other ids. */
function ofOwner(
  owner: AssetOwner,
  kind: AssetKind,
  below: '' | '/versions',
): Partial<ResourceDeclaration<typeof AssetBody>> {
  if (owner === 'registries') return { right: REGISTRY_ASSETS, shownId: registryAssetId }
  if (kind !== 'environments') return {}
  return { borrows: curated(`${containerType(kind, 'registries')}${below}`) }
}

/** Curated environments are read in every workspace as if they were its own, and stand in none of its listings. */
const curated = (type: string): NonNullable<ResourceDeclaration['borrows']> => ({
  type,
  asOwn: true,
  ...(!type.endsWith('/versions') && { listed: false }),
  from: async (_deps, parent) => {
    const [, name = ''] = /\/environments\/([^/]+)$/i.exec(parent) ?? []
    return name === '' ? BUILT_IN : `${BUILT_IN}/environments/${name}`
  },
  shows: () => true,
})

/** Clients send null for maps that they leave out, and fail over one in an answer. */
function withoutNulls(body: JsonObject): JsonObject {
  const properties = objectAt(body.properties)
  const filled = Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      value === null && (name === 'tags' || name === 'properties' || name === 'flavors') ? {} : value,
    ]),
  )
  return { ...body, properties: filled }
}
