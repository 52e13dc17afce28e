import type { DirectoryDeps } from '../../domain/directory/directory-deps.ts'
import { findObject } from '../../domain/directory/directory-object.ts'
import { groupsOf } from '../../domain/directory/groups.ts'
import { fault } from '../../faults.ts'
import { contextOf, listAnswer, pageAnswer, selectable } from './answers.ts'
import { DOMAIN, directoryObject, shown } from './present.ts'
import { selectOf } from './query.ts'
import type { GraphAsk, GraphRoute, GraphRoutes } from './route.ts'

/** @throws GraphNotSignedIn for an application, which is nobody's `me` */
async function signedIn({ store }: DirectoryDeps, { caller }: GraphAsk) {
  const me = caller.kind === 'User' ? await findObject(store, caller.objectId, 'user') : undefined
  if (!me) throw fault('GraphNotSignedIn')
  return me
}

const me: GraphRoute = async (deps, ask) => {
  const whole = await directoryObject(deps, await signedIn(deps, ask))
  return {
    status: 200,
    body: {
      '@odata.context': contextOf(ask, 'users/$entity'),
      ...shown(whole, selectOf(ask.query, selectable(whole, ['user']))),
    },
  }
}

const mine =
  (ids: (deps: DirectoryDeps, id: string) => Promise<readonly string[]>): GraphRoute =>
  async (deps, ask) => {
    const { id } = await signedIn(deps, ask)
    const found = await Promise.all((await ids(deps, id)).map((one) => findObject(deps.store, one)))
    return listAnswer(
      deps,
      ask,
      found.filter((one) => one !== undefined),
    )
  }

const owned = mine(async ({ store }, id) => (await store.directory.linksTo(id, 'owners')).map(({ source }) => source))
const groups = mine(async ({ store }, id) => (await store.directory.linksTo(id, 'members')).map(({ source }) => source))

const organization: GraphRoute = async ({ tenantId }, ask) =>
  pageAnswer(ask, [{ id: tenantId, displayName: 'Lazuli', tenantType: 'AAD', verifiedDomains: [domain(false)] }], [], {
    entity: 'organization',
    own: ORGANIZATION,
  })

/** Of an organization's properties those that scripts select and that tell nothing here. */
const ORGANIZATION = [
  'assignedPlans',
  'city',
  'country',
  'countryLetterCode',
  'createdDateTime',
  'onPremisesSyncEnabled',
]

const domains: GraphRoute = async (_, ask) => pageAnswer(ask, [domain(true)], [], { entity: 'domains' })

const domain = (asResource: boolean) =>
  asResource
    ? {
        id: DOMAIN,
        authenticationType: 'Managed',
        isAdminManaged: true,
        isDefault: true,
        isInitial: true,
        isRoot: true,
        isVerified: true,
        supportedServices: [],
      }
    : { capabilities: 'None', isDefault: true, isInitial: true, name: DOMAIN, type: 'Managed' }

/** The tenant itself, and who is signed in. */
export const tenantRoutes: GraphRoutes = {
  'GET /me': me,
  'GET /me/ownedObjects': owned,
  'GET /me/memberOf': groups,
  'GET /me/transitiveMemberOf': mine(({ store }, id) => groupsOf(store, id)),
  'GET /organization': organization,
  'GET /domains': domains,
}
