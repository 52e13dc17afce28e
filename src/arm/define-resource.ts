import type { Static, TSchema } from 'typebox'
import type { Deps } from '../domain/deps.ts'
import type { Fault } from '../faults.ts'
import type { Origin } from '../gateway/surface.ts'
import type { Caller } from '../identity/identity.ts'
import type { JsonObject } from '../json.ts'
import type { ResourceId } from '../resource-id.ts'
import type { ListResources, StoredResource } from '../store/resources.ts'
import type { Page, Repositories } from '../store/store.ts'
import type { DeploymentAround, DeploymentCalls } from './deployment-calls.ts'
import type { ActionCalls, InnerPut, MoveAsked, PolicyCalls, ProviderOperation, TagsAsked } from './manager-calls.ts'

export { DEPLOYMENT_SEALED } from './deployment-calls.ts'
export type { InnerPut, MoveAsked, PolicyCalls, ProviderOperation, TagsAsked } from './manager-calls.ts'

/** Values in clear that `apply` made (account keys, passwords), by path: the engine seals them with the resource's own. */
export type Secrets = Readonly<Record<string, string>>

/** What one call of `apply` or `remove` reached. It is called again until done; it never waits. */
export type Progress =
  | { readonly at: 'done'; readonly state?: JsonObject; readonly secrets?: Secrets }
  | { readonly at: 'going-on'; readonly state?: JsonObject; readonly againAfterMs?: number }
  | { readonly at: 'failed'; readonly fault: Fault; readonly state?: JsonObject }

export const done = (state?: JsonObject, secrets?: Secrets): Progress => ({
  at: 'done',
  ...(state && { state }),
  ...(secrets && { secrets }),
})
export const goingOn = (state?: JsonObject, againAfterMs = 200): Progress => ({
  at: 'going-on',
  againAfterMs,
  ...(state && { state }),
})
export const failed = (fault: Fault, state?: JsonObject): Progress => ({ at: 'failed', fault, ...(state && { state }) })

/**
 * Calls of the engine from inside: bootstrap, and declarations that need another resource (a registry that a
 * workspace makes when first needed). The same way as a client's verbs, without a client's rights.
 */
export interface InnerCalls extends ActionCalls {
  get(id: string): Promise<StoredResource | undefined>
  /** Resolves when the resource is true. @throws the Fault that a client would see, also the operation's */
  put(id: string, body: JsonObject, options?: InnerPut): Promise<StoredResource>
  /** Resolves when it is gone; nothing there is no error. */
  remove(id: string, query?: Readonly<Record<string, string>>): Promise<void>
  /** Removes a soft-deleted resource for good; nothing there is no error. */
  purge(id: string): Promise<void>
  /** The declared providers and types, for listings. */
  providers(): readonly ProviderListing[]
  regions(): readonly Region[]
  /** A resource as a client of this context would read it; in its type's newest words where no version is named. */
  present(resource: StoredResource, context: AnyVersion): Promise<JsonObject>
  readonly deployments: DeploymentCalls
  /** What can be done with a provider's types, computed from their declarations. Undefined for an unknown namespace. */
  operationsOf(namespace: string): readonly ProviderOperation[] | undefined
  /**
   * Changes the tags of a resource and nothing else of it; answers them as they then stand.
   *
   * @throws every refusal of a write, TagsNotSupported
   */
  changeTags(asked: TagsAsked): Promise<JsonObject>
  readonly policies: PolicyCalls
  /** Moves resources to another group, or only says whether they could be. @throws every refusal of a move */
  moveResources(asked: MoveAsked): Promise<void>
}

export interface Region {
  readonly name: string
  readonly displayName: string
  readonly geographyGroup: string
}

export interface ProviderListing {
  readonly namespace: string
  readonly types: readonly {
    readonly type: string
    readonly apiVersions: readonly string[]
    readonly at: readonly Scope[]
  }[]
}

/** Where a type's ids, or an operation, may stand. `resource`: an extension of any resource. */
export type Scope = 'tenant' | 'subscription' | 'resourceGroup' | 'resource'

/** A wish on its way in: checked by the facts, bent to the newest shape, defaults filled. */
export interface WishRequest<Wish> {
  readonly id: ResourceId
  readonly body: Wish & JsonObject
  readonly existing: StoredResource | undefined
  /** The soft-deleted resource that has this id, if there is one. */
  readonly deleted?: StoredResource
  readonly caller: Caller
  readonly verb: 'put' | 'patch'
  readonly apiVersion: string
  readonly query: URLSearchParams
  /** What the activity log calls this request by; undefined for what the server asks of itself. */
  readonly correlationId?: string | undefined
  /** Of a deployment that another one makes. */
  readonly around?: DeploymentAround | undefined
  readonly arm: InnerCalls
}

/** A resource on its way to being true. */
export interface ApplyRequest<Wish> {
  readonly id: ResourceId
  readonly wish: Wish & JsonObject
  /** What earlier calls reported. */
  readonly state: JsonObject
  readonly resource: StoredResource
  /** Opens a sealed write-only value by its path; undefined where none was given. */
  secret(path: string): string | undefined
  readonly arm: InnerCalls
}

export interface RemoveRequest<Wish> extends ApplyRequest<Wish> {
  readonly query: URLSearchParams
}

export interface ReadContext {
  readonly origin: Origin
  readonly apiVersion: string
  readonly query: URLSearchParams
  readonly caller: Caller
  /** Where the write that is answered can be followed: for types whose own body says so too. */
  readonly operationUrl?: string
}

/** A read whose version may be left to the type: listings of resources whatever their type. */
export type AnyVersion = Omit<ReadContext, 'apiVersion'> & { readonly apiVersion?: string }

export interface ActionRequest<Wish> extends ApplyRequest<Wish> {
  readonly body: JsonObject
  readonly context: ReadContext
  /** Whether the caller may do this there, for what an action touches elsewhere. */
  allows(action: string, scope: string): Promise<boolean>
}

/** A POST below a resource: `listKeys`, `start`. Its right is `{type}/{name}/action`. */
export interface ActionDeclaration<Wish> {
  /** `GET` for what Azure reads there without a resource of its own (its right is then `{type}/{name}/read`). Default `POST`. */
  readonly method?: 'GET' | 'POST'
  /** Answers at once with 200 and this body; `keep` seals new secrets (a regenerated key) before the answer. */
  readonly answer?: (
    deps: Deps,
    request: ActionRequest<Wish> & { readonly keep: (secrets: Secrets, state?: JsonObject) => Promise<void> },
  ) => Promise<JsonObject>
  /** Or goes on as an operation: 202 with `Location` and `Azure-AsyncOperation`; called until done, its state kept with the resource's. */
  readonly run?: (deps: Deps, request: Omit<ActionRequest<Wish>, 'context' | 'allows'>) => Promise<Progress>
  /** The status of the answer where it is not 200; 204 has no body. */
  readonly status?: 204
  /** True where the action changes nothing and may be asked of a resource that is not there (codes' startPendingUpload). */
  readonly withoutResource?: boolean
}

/** A collection-level or scope-level operation that no resource stands behind: `vmSizes`, `checkNameAvailability`. */
export interface ScopeOperation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /**
   * Below `{scope}/providers/{namespace}`: `locations/{location}/vmSizes`. Blanks arrive in `params`. One that starts
   * with a slash stands right below the scope (`/locations`), as only the resource manager's own do.
   */
  readonly path: string
  /** `any`: at a subscription, a group, a resource, or the tenant. */
  readonly scope: 'tenant' | 'subscription' | 'resourceGroup' | 'any'
  /**
   * The first part of `path`, where that is a resource the operation belongs to (`registries/{registry}`): it must be
   * there, arrives as `resource`, and the right is asked at it.
   */
  readonly at?: string
  /** The right, below the namespace: `locations/vmSizes/read`. Left out: any token of this tenant may ask. */
  readonly right?: string
  readonly answer: (
    deps: Deps,
    request: ScopeRequest,
    // `accepted`: done, and told as an operation, since clients poll it.
  ) => Promise<{ readonly status?: number; readonly body?: JsonObject; readonly accepted?: true }>
}

export interface ScopeRequest {
  /** The scope's own resource: the subscription or the group; undefined for the tenant. */
  readonly resource: StoredResource | undefined
  readonly scope: ResourceId
  readonly params: Readonly<Record<string, string>>
  readonly body: JsonObject
  readonly context: ReadContext
  readonly arm: InnerCalls
  /** The page of a listing that is asked, of at most so many items. @throws InvalidPaging */
  page(most: number): ScopePage
  /** Whether the caller may do this there: for listings that show only what may be seen. */
  allows(action: string, scope: string): Promise<boolean>
}

export interface ScopePage {
  readonly limit: number
  /** What the page before ended with. */
  readonly after: string | undefined
  /** The listing's answer; with the link of the page after this one where there is more. */
  answer(value: readonly JsonObject[], next: string | undefined): JsonObject
}

export interface ListQuery extends ListResources {
  readonly keep?: (resource: StoredResource) => boolean
  /**
   * List all of the type anywhere below this scope instead of the parent's children; the parent need not exist then
   * (the hash search of codes).
   */
  readonly below?: string
}

/** An id in the body that must exist: by dotted path (`*` for every key), with the type it must have. */
export interface Reference {
  readonly path: string
  readonly type: string
  readonly required?: boolean
  /** Checked when the operation runs instead of when the wish is sent, so that its poller tells what is wrong. */
  readonly late?: boolean
}

/** A right that a verb needs beside its own, at another scope. */
export interface LinkedRight {
  readonly action: string
  readonly scope: string
}

/** What a client's verb is about to do, for the rights that it needs elsewhere. */
export interface LinkedRequest {
  readonly verb: 'put' | 'patch' | 'delete'
  /** The body as it was sent, or as it is merged; empty for a delete. */
  readonly body: JsonObject
  readonly existing: StoredResource | undefined
}

/**
 * Where a type's resources are kept, for types that are a face of something else (a job is a run). Left out, the
 * resource table keeps them. Writes happen inside the engine's own transaction.
 */
export interface Backing {
  /** Set where what removes what it stands in takes it along: then it is not removed one by one. */
  readonly goesAlong?: boolean
  get(from: Repositories, id: ResourceId): Promise<StoredResource | undefined>
  put(into: Repositories, resource: StoredResource): Promise<void>
  remove(from: Repositories, id: ResourceId): Promise<void>
  list(
    from: Repositories,
    parent: ResourceId,
    options: ListResources,
    query: URLSearchParams,
  ): Promise<Page<StoredResource>>
}

export interface ResourceDeclaration<Reads extends TSchema = TSchema> {
  /** Must equal the file's path below `providers`, or the start fails. */
  readonly type: string
  /** Where a top-level type may stand; `['resourceGroup']` unless said. Children stand below their parent. */
  readonly at?: readonly Scope[]
  /** The base of its rights where Azure's differs from the type (`Microsoft.Resources/subscriptions/resourceGroups`). */
  readonly right?: string
  /** Its last step, where older clients leave the provider out of its paths below a subscription or a group. */
  readonly alsoBare?: string
  /** False for what stands in a resource group and is nowhere: it needs no location there. */
  readonly tracked?: false
  /** Parts of the envelope that this type does not have. */
  readonly hides?: readonly ('provisioningState' | 'systemData')[]
  /** The rule for names; Azure's sentence is made from the facts. */
  readonly name: RegExp
  /** Names are unique in all of Azure, not just in their parent. */
  readonly globalName?: boolean
  /** Azure's own refusal of a global name that somebody else has. */
  readonly nameTaken?: (name: string) => Fault
  /** The parts of the body that `apply` uses; the facts check the wire. */
  readonly reads: Reads
  /** Paths whose values are sealed and never answered: dotted, `**` for any depth. */
  readonly secret?: readonly string[]
  /** A body as the facts take it, where Azure's service takes what its own facts refuse. */
  readonly tolerates?: (body: JsonObject) => JsonObject
  /** The checked body with what `tolerates` took out of the facts' sight. */
  readonly putsBack?: (checked: JsonObject, sent: JsonObject) => JsonObject
  /** Values that every new resource has unless its body says otherwise; merged below what was sent. */
  readonly defaults?: (request: WishRequest<Static<Reads>>) => JsonObject
  /** Ids in the body that must exist: by path, with the type each must have. */
  readonly references?: readonly Reference[]
  /**
   * Rights that a client needs at scopes that the body names, beside the verb's own at the resource. Those of
   * `references` need no mention: who refers to a resource must be allowed to read it.
   */
  readonly linked?: (request: LinkedRequest, deps: Deps) => readonly LinkedRight[] | Promise<readonly LinkedRight[]>
  /** True where this PUT brings the soft-deleted resource of its id back; otherwise it is refused with 409. */
  readonly recovers?: (request: WishRequest<Static<Reads>>) => boolean
  /** Rules that a schema can't say. Runs before anything is written. May answer a changed body. @throws any Fault */
  readonly check?: (deps: Deps, request: WishRequest<Static<Reads>>) => Promise<JsonObject | undefined>
  /** Makes the wish true. Idempotent, returns soon, is called until done. Left out: a wish that is true once stored. */
  readonly apply?: (deps: Deps, request: ApplyRequest<Static<Reads>>) => Promise<Progress>
  /** Undoes it; children are gone already. Left out: the row is all there is. */
  readonly remove?: (deps: Deps, request: RemoveRequest<Static<Reads>>) => Promise<Progress>
  /** This type's own refusal where there is none of a name. */
  readonly missing?: (name: string) => Fault
  /** This type's own refusal of a write while another is under way. */
  readonly busy?: (resource: StoredResource) => Fault
  /** Refuses a delete, before anything is removed. @throws any Fault */
  readonly checkRemove?: (deps: Deps, request: RemoveRequest<Static<Reads>>) => Promise<void>
  /** Properties that are only known when asked (node counts, URLs of the asked origin); merged over the stored body. */
  readonly view?: (deps: Deps, resource: StoredResource, context: ReadContext) => Promise<JsonObject>
  /** The id that this reader knows the resource by, where it is another than its own (a registry's data plane has its own). */
  readonly shownId?: (id: string, context: ReadContext) => string | undefined
  /** Changes a list request by the query it came with, beyond `$top` and `$skipToken`: filters, ordering. */
  readonly list?: (query: URLSearchParams, parent: ResourceId, deps: Deps) => ListQuery | Promise<ListQuery>
  /**
   * Resources of another parent that are read, listed and asked through this one too: a hub's shared connections in its
   * projects. What a parent has itself comes first; writes and deletes never reach a borrowed one.
   */
  readonly borrows?: {
    /** False where they are read but stand in no listing. */
    readonly listed?: false
    /** The type of what is lent, where it is another than this one. */
    readonly type?: string
    /** True where a reader sees them as this parent's own, by its ids: nothing but their content tells. */
    readonly asOwn?: true
    readonly from: (deps: Deps, parent: string) => Promise<string | undefined>
    readonly shows: (resource: StoredResource) => boolean
  }
  /**
   * The id under which a PUT is kept whose own is a client's word for what has no name: each such wish is a resource of
   * its own. Undefined for every other wish.
   */
  readonly keptAs?: (id: ResourceId, body: JsonObject) => string | undefined
  /** What a name stands for that nothing is called by: it is read under it, and never written. */
  readonly meant?: (deps: Deps, id: ResourceId) => Promise<StoredResource | undefined>
  /** What stands at the tenant may be read with any token of it: the definitions that are built in. */
  readonly openAtTenant?: true
  /** A listing shows the items that the caller may read, or has a role below, instead of refusing who may not read all. */
  readonly listsWhatMayBeRead?: boolean | 'fromBelow'
  /**
   * The body of the parent that a PUT makes where it is missing: a version's container. Left out, a missing parent is a
   * refusal. Written in the same transaction.
   */
  readonly makesParent?: (request: WishRequest<Static<Reads>>) => JsonObject
  readonly actions?: Readonly<Record<string, ActionDeclaration<Static<Reads>>>>
  /** The status of a PUT that makes (201 unless said) and of one that changes (200), while it goes on and when done. */
  readonly statuses?: {
    readonly created?: 200 | 201 | 202
    readonly createdDone?: 200 | 201 | 202
    readonly updated?: 200 | 201 | 202
    /** A write that is done at once has the headers of its operation all the same. */
    readonly followed?: true
    /** 202 where Azure never answers a delete at once (resource groups). */
    readonly deleted?: 202
  }
  /** True where a DELETE answers with what it removed: az reads it. */
  readonly showsDeleted?: boolean
  /** True where a resource can move to another group: nothing outside of its rows is kept by its id. */
  readonly moves?: true
  /** Deleted ones stay recoverable for as long as the answer says; 0 is at once. */
  readonly softDelete?: (
    resource: StoredResource,
    query: URLSearchParams,
  ) => { readonly days: number; readonly keepsName: boolean }
  /** PATCH is Azure's for this type unless the facts lack it; this refuses or allows it whatever they say. */
  readonly patch?: boolean
  /**
   * The value that a deployment's parameter gets which refers to a resource of this type by its parent and its name.
   *
   * @throws any Fault, whose sentence tells why
   */
  readonly forDeployments?: (
    deps: Deps,
    asked: { readonly parent: StoredResource; readonly name: string; readonly version?: string },
  ) => Promise<string>
  /** Which verbs of a client there are beside GET; all unless said. */
  readonly verbs?: readonly ('put' | 'delete')[]
  readonly backing?: Backing
}

/** Declares a resource type: everything that is particular to it. Verbs, operations, paging, rights and docs follow. */
export const defineResource = <Reads extends TSchema>(
  declaration: ResourceDeclaration<Reads>,
): ResourceDeclaration<Reads> => declaration

/** A provider's own facts: `providers/<Namespace>/_provider.ts` holds one as its default export. */
export interface ProviderDeclaration {
  readonly namespace: string
  /** Versions known to exist, beyond those with facts. */
  readonly knownVersions: readonly string[]
  /** Versions of a data plane that serves these types too, each with the version whose facts it is checked by. */
  readonly servedAs?: Readonly<Record<string, string>>
  /** Registered on every subscription from the start. */
  readonly alwaysRegistered?: boolean
  /** Rights on its data, which its data planes ask for, below the namespace: `…/containers/blobs/read`. */
  readonly dataActions?: readonly string[]
  readonly operations?: readonly ScopeOperation[]
}

export const defineProvider = (declaration: ProviderDeclaration): ProviderDeclaration => declaration
