import {
  addPermissionGrant,
  changePermissionGrant,
  permissionGrant,
  permissionGrants,
  removePermissionGrant,
} from '../../domain/directory/permission-grants.ts'
import { contextOf, namedObject, pageAnswer, selectable } from './answers.ts'
import { readObject } from './exchange.ts'
import { shown } from './present.ts'
import { selectOf } from './query.ts'
import type { GraphRoute, GraphRoutes } from './route.ts'

const ENTITY = 'oauth2PermissionGrants'
const PAGE = { entity: ENTITY, own: ['clientId', 'resourceId', 'consentType', 'principalId', 'scope'] }

const list: GraphRoute = async (deps, ask) => pageAnswer(ask, await permissionGrants(deps), [], PAGE)

const ofClient: GraphRoute = async (deps, ask) => {
  const { id } = await namedObject(deps, { ...ask, params: { ...ask.params, kind: 'servicePrincipal' } })
  return pageAnswer(ask, await permissionGrants(deps, [id]), [], PAGE)
}

const ofUser: GraphRoute = async (deps, ask) => {
  const { id } = await namedObject(deps, { ...ask, params: { ...ask.params, kind: 'user' } })
  const own = (await permissionGrants(deps)).filter(({ principalId }) => principalId === id)
  return pageAnswer(ask, own, [], PAGE)
}

const read: GraphRoute = async (deps, ask) => {
  const found = await permissionGrant(deps, ask.params.id)
  return {
    status: 200,
    body: {
      '@odata.context': contextOf(ask, `${ENTITY}/$entity`),
      ...shown(found, selectOf(ask.query, selectable(found, []))),
    },
  }
}

const add: GraphRoute = async (deps, ask) => {
  const made = await addPermissionGrant(deps, { caller: ask.caller, body: await readObject(ask.request) })
  return {
    status: 201,
    body: { '@odata.context': contextOf(ask, `${ENTITY}/$entity`), ...made },
    headers: { Location: `${ask.address}/${made.id}` },
  }
}

const change: GraphRoute = async (deps, ask) => {
  await changePermissionGrant(deps, ask.params.id, { caller: ask.caller, body: await readObject(ask.request) })
  return { status: 204 }
}

const remove: GraphRoute = async (deps, ask) => {
  await removePermissionGrant(deps, ask.params.id, ask.caller)
  return { status: 204 }
}

/** What clients were granted in the name of users. */
export const grantRoutes: GraphRoutes = {
  'GET /oauth2PermissionGrants': list,
  'POST /oauth2PermissionGrants': add,
  'GET /oauth2PermissionGrants/{id}': read,
  'PATCH /oauth2PermissionGrants/{id}': change,
  'DELETE /oauth2PermissionGrants/{id}': remove,
  'GET /servicePrincipals/{id}/oauth2PermissionGrants': ofClient,
  'GET /users/{id}/oauth2PermissionGrants': ofUser,
}
