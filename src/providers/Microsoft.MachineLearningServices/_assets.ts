import { type Static, Type } from 'typebox'
import {
  defineResource,
  type ListQuery,
  type ResourceDeclaration,
  type WishRequest,
} from '../../arm/define-resource.ts'
import { type AssetKind, assetKinds, containerType, versionType } from '../../domain/assets/asset-kinds.ts'
import { containerVersions } from '../../domain/assets/container-versions.ts'
import { listAssets } from '../../domain/assets/list-assets.ts'
import { changedProperties, overExisting } from '../../domain/assets/unchanged.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'

const AssetBody = Type.Object({ properties: Type.Object({}) })

export type AssetWish = WishRequest<Static<typeof AssetBody>>

export interface AssetDeclaration {
  readonly kind: AssetKind
  /** What a new version has unless it says otherwise. */
  readonly defaults?: JsonObject
  /** Properties in the one spelling that is kept, whatever a client sent. */
  readonly normal?: (properties: JsonObject, workspace: string) => JsonObject
  /** Rules of this kind for a version's properties. @throws any Fault */
  readonly check?: (deps: Deps, properties: JsonObject, request: AssetWish) => Promise<void>
  /** What a container takes from its first version. */
  readonly container?: (properties: JsonObject) => JsonObject
  readonly view?: JsonObject
  readonly list?: (query: URLSearchParams, parent: ResourceId) => ListQuery
  readonly actions?: ResourceDeclaration<typeof AssetBody>['actions']
}

const EMPTY = { tags: {}, properties: {}, isArchived: false }
const NAME = /^[a-zA-Z0-9][\w-]{0,254}$/
const VERSION = /^[a-zA-Z0-9][\w.+-]{0,254}$/

/** A named asset: it holds versions, and knows the latest and the next. */
export const assetContainer = (kind: AssetKind): ResourceDeclaration<typeof AssetBody> =>
  defineResource({
    type: containerType(kind),
    name: NAME,
    reads: AssetBody,
    defaults: () => ({ properties: EMPTY }),
    check: async (_deps, { body, existing }) => withoutNulls(existing ? overExisting(existing, body) : body),
    list: listAssets,
    view: async ({ store }, container) => ({
      properties: { ...(await containerVersions(store.resources, container, kind)) },
    }),
  })

/** A version of an asset. What makes it up never changes; what describes it may. Its container is made with it. */
export const assetVersion = (asset: AssetDeclaration): ResourceDeclaration<typeof AssetBody> =>
  defineResource({
    type: versionType(asset.kind),
    name: VERSION,
    reads: AssetBody,
    defaults: () => ({ properties: { ...EMPTY, isAnonymous: false, ...asset.defaults } }),
    makesParent: ({ body }) => ({ properties: { ...EMPTY, ...asset.container?.(objectAt(body.properties)) } }),
    async check(deps, request) {
      const { id, existing } = request
      const sent = withoutNulls(request.body)
      const workspace = id.parent?.parent?.text ?? ''
      const body = asset.normal ? { ...sent, properties: asset.normal(objectAt(sent.properties), workspace) } : sent
      if (!existing) {
        await asset.check?.(deps, objectAt(body.properties), request)
        return body
      }
      const changed = changedProperties(existing, body)
      if (changed.length > 0) {
        throw fault('AssetVersionImmutable', {
          kind: assetKinds[asset.kind],
          asset: id.parent?.name ?? '',
          version: id.name,
          properties: changed.join(', '),
        })
      }
      return overExisting(existing, body)
    },
    list: asset.list ?? listAssets,
    ...(asset.view && { view: async () => ({ properties: asset.view ?? {} }) }),
    ...(asset.actions && { actions: asset.actions }),
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
