import type { DirectoryDeps } from '../../domain/directory/directory-deps.ts'
import {
  type DirectoryKind,
  type DirectoryObject,
  findObject,
  ofApplication,
  ofPrincipal,
} from '../../domain/directory/directory-object.ts'
import { propertyNames } from '../../domain/directory/properties.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import type { GraphAnswer } from './exchange.ts'
import { knownElsewhere } from './known-properties.ts'
import { directoryObject, shown } from './present.ts'
import { graphQuery, pageOf } from './query.ts'
import type { GraphAsk } from './route.ts'

const KINDS: readonly DirectoryKind[] = ['application', 'servicePrincipal', 'user', 'group']

/** `https://graph.microsoft.com/v1.0/$metadata#users`: what an answer calls itself. */
export const contextOf = ({ origin, params }: GraphAsk, entity: string): string =>
  `${origin.graph()}/${params.version}/$metadata#${entity}`

/** A page of objects by the request's query. */
export async function listAnswer(
  deps: DirectoryDeps,
  ask: GraphAsk,
  found: readonly DirectoryObject[],
  kinds: readonly DirectoryKind[] = KINDS,
): Promise<GraphAnswer> {
  const whole = await Promise.all(found.map((one) => directoryObject(deps, one)))
  return pageAnswer(ask, whole, kinds)
}

/** As `listAnswer`, of what is presented already; `own` are names of properties that are no kind's. */
export function pageAnswer(
  ask: GraphAsk,
  whole: readonly JsonObject[],
  kinds: readonly DirectoryKind[] = KINDS,
  {
    entity = kinds.length === 1 ? ask.params.collection : 'directoryObjects',
    own = [],
  }: { readonly entity?: string; readonly own?: readonly string[] } = {},
): GraphAnswer {
  const names = new Set([...namesOf(whole, kinds), ...own.map((name) => name.toLowerCase())])
  const asked = graphQuery(ask.query, names, new Set([...names, ...knownElsewhere(kinds)]))
  const { page, count, next } = pageOf(whole, asked, ask)
  return {
    status: 200,
    body: {
      '@odata.context': contextOf(ask, entity),
      ...(asked.counts && { '@odata.count': count }),
      ...(next !== undefined && { '@odata.nextLink': next }),
      value: page.map((one) => shown(one, asked.select)),
    },
  }
}

/** Names that may be selected of one object. */
export const selectable = (one: JsonObject, kinds: readonly DirectoryKind[] = KINDS): ReadonlySet<string> =>
  new Set([...namesOf([one], kinds), ...knownElsewhere(kinds)])

/** Names by which a list can be filtered: those of its kinds, and whatever else its objects show. */
function namesOf(whole: readonly JsonObject[], kinds: readonly DirectoryKind[]): ReadonlySet<string> {
  return new Set([
    ...propertyNames(kinds),
    ...whole.flatMap((one) => Object.keys(one).map((name) => name.toLowerCase())),
  ])
}

/**
 * The object that an address names: by its id; a user by the sign-in name too; `appId='…'` and `uniqueName='…'` by these.
 *
 * @throws GraphResourceNotFound
 */
export async function namedObject({ store }: DirectoryDeps, { params }: GraphAsk): Promise<DirectoryObject> {
  const { id, kind } = params
  const found = (await findObject(store, id.toLowerCase(), kind)) ?? (await byKey(store, kind, id))
  if (!found) throw fault('GraphResourceNotFound', { id })
  return found
}

async function byKey(
  store: DirectoryDeps['store'],
  kind: DirectoryKind,
  id: string,
): Promise<DirectoryObject | undefined> {
  const [, appId] = /^appId='([^']*)'$/i.exec(id) ?? []
  if (appId !== undefined && kind === 'application') {
    const application = await store.directory.applicationByApp(appId)
    return application && ofApplication(application)
  }
  if (appId !== undefined && kind === 'servicePrincipal') {
    const principal = await store.identities.principalByApp(appId)
    return principal && ofPrincipal(principal)
  }
  if (kind !== 'user') return undefined
  const principals = await store.identities.principals()
  const user = principals.find((one) => {
    return one.kind === 'User' && textAt(one.details?.userPrincipalName)?.toLowerCase() === id.toLowerCase()
  })
  return user && ofPrincipal(user)
}
