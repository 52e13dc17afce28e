import { findObject, objectsOf } from '../../domain/directory/directory-object.ts'
import { changeObject, createObject, type MadeObject, removeObject } from '../../domain/directory/objects.ts'
import { propertyNames } from '../../domain/directory/properties.ts'
import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, plainText } from '../../json.ts'
import { contextOf, listAnswer, namedObject, selectable } from './answers.ts'
import { readObject } from './exchange.ts'
import { directoryObject, shown } from './present.ts'
import { graphQuery, selectOf } from './query.ts'
import type { GraphRoute, GraphRoutes } from './route.ts'

const MOST_IDS = 1_000

const list: GraphRoute = async (deps, ask) =>
  listAnswer(deps, ask, await objectsOf(deps.store, ask.params.kind), [ask.params.kind])

const count: GraphRoute = async (deps, { params, query, request }) => {
  if (String(request.headers.consistencylevel).toLowerCase() !== 'eventual') {
    throw fault('GraphBadRequest', {
      reason: "$count is not currently supported without the header 'ConsistencyLevel: eventual'",
    })
  }
  const { keep } = graphQuery(query, propertyNames([params.kind]))
  const objects = await Promise.all((await objectsOf(deps.store, params.kind)).map((one) => directoryObject(deps, one)))
  return { status: 200, body: String(objects.filter(keep).length) }
}

const read: GraphRoute = async (deps, ask) => {
  const found = await directoryObject(deps, await namedObject(deps, ask))
  const context = contextOf(ask, `${ask.params.collection.replace(/\(.*$/, '')}/$entity`)
  return {
    status: 200,
    body: { '@odata.context': context, ...shown(found, selectOf(ask.query, selectable(found, [ask.params.kind]))) },
  }
}

const create: GraphRoute = async (deps, ask) => {
  const { caller, params, request } = ask
  const made = await createObject(deps, params.kind, { caller, body: await readObject(request) })
  const body = shown(await directoryObject(deps, made), undefined)
  return {
    status: 201,
    body: { '@odata.context': contextOf(ask, `${params.collection}/$entity`), ...withSecrets(body, made) },
    headers: { Location: `${ask.address}/${made.id}` },
  }
}

/** What was made with the texts of its secrets, which nothing tells later. */
function withSecrets(body: JsonObject, { secretTexts }: MadeObject): JsonObject {
  const { passwordCredentials } = body
  if (secretTexts.size === 0 || !Array.isArray(passwordCredentials)) return body
  const told = passwordCredentials.map((one: Json) =>
    isObject(one) ? { ...one, secretText: secretTexts.get(String(one.keyId)) ?? null } : one,
  )
  return { ...body, passwordCredentials: told }
}

const change: GraphRoute = async (deps, ask) => {
  const { id } = await namedObject(deps, ask)
  await changeObject(deps, ask.params.kind, { caller: ask.caller, id, body: await readObject(ask.request) })
  return { status: 204 }
}

const remove: GraphRoute = async (deps, ask) => {
  const { id } = await namedObject(deps, ask)
  await removeObject(deps, ask.params.kind, { caller: ask.caller, id })
  return { status: 204 }
}

/** Many objects by id, of some types or of any; what is not there is left out. */
const byIds: GraphRoute = async (deps, ask) => {
  const { ids, types } = await readObject(ask.request)
  if (!Array.isArray(ids) || ids.length > MOST_IDS || !ids.every((id) => typeof id === 'string')) {
    throw fault('GraphBadRequest', { reason: `'ids' must be a list of at most ${MOST_IDS} ids` })
  }
  const kinds = Array.isArray(types) ? types.map((type) => plainText(type).toLowerCase()) : []
  const found = await Promise.all(ids.map((id: string) => findObject(deps.store, id.toLowerCase())))
  const wanted = found
    .filter((one) => one !== undefined)
    .filter(({ kind }) => kinds.length === 0 || kinds.includes('directoryobject') || kinds.includes(kind.toLowerCase()))
  const value = await Promise.all(wanted.map(async (one) => shown(await directoryObject(deps, one), undefined)))
  return { status: 200, body: { '@odata.context': contextOf(ask, 'directoryObjects'), value } }
}

const anyObject: GraphRoute = async (deps, ask) => {
  const found = await findObject(deps.store, ask.params.id.toLowerCase())
  if (!found) throw fault('GraphResourceNotFound', { id: ask.params.id })
  const whole = await directoryObject(deps, found)
  const body = shown(whole, selectOf(ask.query, selectable(whole)))
  return { status: 200, body: { '@odata.context': contextOf(ask, 'directoryObjects/$entity'), ...body } }
}

/** Reading and changing the objects themselves. */
export const objectRoutes: GraphRoutes = {
  'GET /{kind}': list,
  'GET /{kind}/$count': count,
  'POST /{kind}': create,
  'GET /{kind}/{id}': read,
  'PATCH /{kind}/{id}': change,
  'DELETE /{kind}/{id}': remove,
  'POST /directoryObjects/getByIds': byIds,
  'GET /directoryObjects/{id}': anyObject,
}
