import type { IncomingMessage } from 'node:http'
import type { DirectoryDeps } from '../../domain/directory/directory-deps.ts'
import type { DirectoryKind } from '../../domain/directory/directory-object.ts'
import type { Origin } from '../../gateway/surface.ts'
import type { Caller } from '../../identity/identity.ts'
import type { GraphAnswer } from './exchange.ts'

/** The collections of the directory, folded, and what is in each. */
export const collections = {
  applications: 'application',
  serviceprincipals: 'servicePrincipal',
  users: 'user',
  groups: 'group',
} as const satisfies Record<string, DirectoryKind>

export type Collection = keyof typeof collections

/** A request of Graph's, its address understood. */
export interface GraphAsk {
  readonly request: IncomingMessage
  readonly caller: Caller
  readonly query: URLSearchParams
  /** The request's own address without its query: what a next page is at. */
  readonly address: string
  readonly origin: Origin
  readonly params: {
    /** `v1.0` or `beta`. */
    readonly version: string
    readonly kind: DirectoryKind
    /** The object's id, or an alternate key that `keyedObject` reads. */
    readonly id: string
    /** The second id of an address: a member, a credential, an assignment. */
    readonly other: string
    /** The collection as it was spelt. */
    readonly collection: string
  }
}

export type GraphRoute = (deps: DirectoryDeps, ask: GraphAsk) => Promise<GraphAnswer>

/** A route's method and address, below the version: `{kind}` is one of the collections. */
export type GraphRoutes = Readonly<Record<`${'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT'} /${string}`, GraphRoute>>
