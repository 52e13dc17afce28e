import { findObject } from '../../domain/directory/directory-object.ts'
import { managerOf, reportsOf, setManager } from '../../domain/directory/managers.ts'
import { fault } from '../../faults.ts'
import { textAt } from '../../json.ts'
import { contextOf, listAnswer, namedObject, selectable } from './answers.ts'
import { readObject } from './exchange.ts'
import { directoryObject, shown } from './present.ts'
import { selectOf } from './query.ts'
import type { GraphAsk, GraphRoute, GraphRoutes } from './route.ts'

const user = (ask: GraphAsk): GraphAsk => ({ ...ask, params: { ...ask.params, kind: 'user' } })

const read: GraphRoute = async (deps, ask) => {
  const { id } = await namedObject(deps, user(ask))
  const manager = await managerOf(deps, id)
  if (!manager) throw fault('GraphResourceNotFound', { id: 'manager' })
  const whole = await directoryObject(deps, manager)
  const body = shown(whole, selectOf(ask.query, selectable(whole)))
  return { status: 200, body: { '@odata.context': contextOf(ask, 'directoryObjects/$entity'), ...body } }
}

const set: GraphRoute = async (deps, ask) => {
  const { id } = await namedObject(deps, user(ask))
  const manager = textAt((await readObject(ask.request))['@odata.id'])
  if (manager === undefined) throw fault('GraphBadRequest', { reason: "A value is required for property '@odata.id'" })
  await setManager(deps, { caller: ask.caller, user: id, manager })
  return { status: 204 }
}

const remove: GraphRoute = async (deps, ask) => {
  const { id } = await namedObject(deps, user(ask))
  await setManager(deps, { caller: ask.caller, user: id, manager: undefined })
  return { status: 204 }
}

const reports: GraphRoute = async (deps, ask) => {
  const { id } = await namedObject(deps, user(ask))
  const found = await Promise.all((await reportsOf(deps, id)).map((one) => findObject(deps.store, one)))
  return listAnswer(
    deps,
    ask,
    found.filter((one) => one !== undefined),
  )
}

/** Who is whose manager. */
export const managerRoutes: GraphRoutes = {
  'GET /users/{id}/manager': read,
  'PUT /users/{id}/manager/$ref': set,
  'DELETE /users/{id}/manager/$ref': remove,
  'GET /users/{id}/directReports': reports,
}
