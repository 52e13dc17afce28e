import type { Json, JsonObject } from '../json.ts'
import type { Page } from './store.ts'

/** Who made or changed a resource, as ARM's `systemData` tells it. Times are ISO 8601 in UTC. */
export interface SystemData {
  readonly createdBy: string
  readonly createdByType: string
  readonly createdAt: string
  readonly lastModifiedBy: string
  readonly lastModifiedByType: string
  readonly lastModifiedAt: string
}

/** A resource as it is kept: the wish in its newest shape, and where making it true stands. */
export interface StoredResource {
  /** The id in the spelling of its creation. */
  readonly id: string
  /** `Namespace/type/child` in the registry's spelling. */
  readonly type: string
  readonly name: string
  /** The body without id, name, type, systemData and etag: location, tags, properties, sku, identity, kind. Secrets are taken out. */
  readonly body: JsonObject
  /** What `apply` learned or made and the wish does not say (principal ids, generated keys' references, times). */
  readonly state: JsonObject
  /** Write-only values by their path, sealed; never answered, never in clear. */
  readonly secrets: Readonly<Record<string, string>>
  readonly provisioningState: 'Succeeded' | 'Failed' | 'Canceled' | 'Creating' | 'Updating' | 'Deleting'
  readonly etag: string
  readonly system: SystemData
  /** Set in listings for a resource whose customer-managed key is away: only what is kept in clear is told. */
  readonly closed?: true
  /** Set while a soft-deleted resource can still be recovered. */
  readonly deletedAt?: string
}

/** The mark of who made something at a time and has not changed it since. */
export const madeBy = (by: string, at: string, type = 'Application'): SystemData => ({
  createdBy: by,
  createdByType: type,
  createdAt: at,
  lastModifiedBy: by,
  lastModifiedByType: type,
  lastModifiedAt: at,
})

/** A resource that is true as it is written: nothing has to be made for it, and nothing of it is secret. */
export const standing = (
  resource: Pick<StoredResource, 'id' | 'type' | 'name' | 'body' | 'etag' | 'system'>,
): StoredResource => ({ ...resource, state: {}, secrets: {}, provisioningState: 'Succeeded' })

export interface ListResources {
  /** Only items after this key (a `next` of an earlier page). */
  readonly after?: string
  readonly limit?: number
  /** Newest first instead of by id. */
  readonly newestFirst?: boolean
  /** Equality on values in the body, by dotted path: `{ 'properties.hash_sha256': '…' }`. */
  readonly where?: Readonly<Record<string, Json>>
  readonly includeDeleted?: boolean
}

export interface ResourceMark {
  readonly provisioningState: StoredResource['provisioningState']
  /** Soft-deleted from now on. */
  readonly deletedAt?: string
}

/** Resources by id. Ids and types compare folded, whatever their spelling. */
export interface Resources {
  /** The resource, or undefined; a soft-deleted one only by `getDeleted`. */
  get(id: string): Promise<StoredResource | undefined>
  getDeleted(id: string): Promise<StoredResource | undefined>
  /** As `get` and `getDeleted`, but what is told of a resource whose key is away is what is kept in clear (`closed`). */
  peek(id: string, options?: { readonly deleted?: boolean }): Promise<StoredResource | undefined>
  /** Changes what is kept in clear and nothing else: whatever becomes of its key. */
  mark(id: string, change: ResourceMark): Promise<void>
  /** Inserts or replaces by id. */
  put(resource: StoredResource): Promise<void>
  /** Removes one resource, for good. */
  remove(id: string): Promise<void>
  /** Everything strictly below an id, deepest first: what a delete of it takes along. */
  below(id: string): Promise<readonly StoredResource[]>
  /** Direct children of `parent` of one type. */
  children(parent: string, type: string, options?: ListResources): Promise<Page<StoredResource>>
  /** Resources of one type anywhere below `scope` ('' is the tenant). */
  ofType(scope: string, type: string, options?: ListResources): Promise<Page<StoredResource>>
  /** Top-level resources of any type below `scope`, for `GET …/resources`. */
  under(scope: string, options?: ListResources): Promise<Page<StoredResource>>
  /** The resource of a type whose names are unique in all of Azure (storage accounts, vaults, registries), live or soft-deleted. */
  byGlobalName(type: string, name: string): Promise<StoredResource | undefined>
  /** Live resources of a type that have this name, wherever they are. */
  byName(type: string, name: string): Promise<readonly StoredResource[]>
}
