import {
  addFederated,
  changeFederated,
  federatedOf,
  findFederated,
  removeFederated,
} from '../../domain/directory/federated-credentials.ts'
import { addSecret, removeSecret } from '../../domain/directory/secrets.ts'
import { fault } from '../../faults.ts'
import { contextOf, namedObject, pageAnswer } from './answers.ts'
import { readObject } from './exchange.ts'
import { passwordOf } from './present.ts'
import type { GraphAsk, GraphRoute, GraphRoutes } from './route.ts'

/** @throws GraphNotImplemented for users and groups, which have no such credentials */
function holder({ params, request, address }: GraphAsk): 'application' | 'servicePrincipal' {
  const { kind } = params
  if (kind === 'application' || kind === 'servicePrincipal') return kind
  throw fault('GraphNotImplemented', { method: request.method ?? '', path: new URL(address).pathname })
}

const addPassword: GraphRoute = async (deps, ask) => {
  const kind = holder(ask)
  const { id } = await namedObject(deps, ask)
  const { text, ...kept } = await addSecret(deps, kind, { caller: ask.caller, id, body: await readObject(ask.request) })
  const context = contextOf(ask, 'microsoft.graph.passwordCredential')
  return { status: 200, body: { '@odata.context': context, ...passwordOf(kept), secretText: text } }
}

const removePassword: GraphRoute = async (deps, ask) => {
  const kind = holder(ask)
  const { id } = await namedObject(deps, ask)
  await removeSecret(deps, kind, { caller: ask.caller, id, body: await readObject(ask.request) })
  return { status: 204 }
}

const application = (ask: GraphAsk): GraphAsk => ({ ...ask, params: { ...ask.params, kind: 'application' } })
const ENTITY = 'federatedIdentityCredentials'

const listFederated: GraphRoute = async (deps, ask) => {
  const { details } = await namedObject(deps, application(ask))
  return pageAnswer(
    ask,
    federatedOf(details).map((one) => ({ ...one })),
    [],
    { entity: ENTITY, own: ['name', 'issuer', 'subject', 'description', 'audiences'] },
  )
}

const readFederated: GraphRoute = async (deps, ask) => {
  const { details } = await namedObject(deps, application(ask))
  const found = findFederated(federatedOf(details), ask.params.other)
  return { status: 200, body: { '@odata.context': contextOf(ask, `${ENTITY}/$entity`), ...found } }
}

const createFederated: GraphRoute = async (deps, ask) => {
  const { id } = await namedObject(deps, application(ask))
  const made = await addFederated(deps, { caller: ask.caller, id, body: await readObject(ask.request) })
  return { status: 201, body: { '@odata.context': contextOf(ask, `${ENTITY}/$entity`), ...made } }
}

const patchFederated: GraphRoute = async (deps, ask) => {
  const { id } = await namedObject(deps, application(ask))
  const body = await readObject(ask.request)
  await changeFederated(deps, { caller: ask.caller, id, body, credential: ask.params.other })
  return { status: 204 }
}

const deleteFederated: GraphRoute = async (deps, ask) => {
  const { id } = await namedObject(deps, application(ask))
  await removeFederated(deps, { caller: ask.caller, id, credential: ask.params.other })
  return { status: 204 }
}

/** What applications sign in with: secrets and tokens of other issuers. Certificates are a property, changed by PATCH. */
export const credentialRoutes: GraphRoutes = {
  'POST /{kind}/{id}/addPassword': addPassword,
  'POST /{kind}/{id}/removePassword': removePassword,
  'GET /applications/{id}/federatedIdentityCredentials': listFederated,
  'POST /applications/{id}/federatedIdentityCredentials': createFederated,
  'GET /applications/{id}/federatedIdentityCredentials/{other}': readFederated,
  'PATCH /applications/{id}/federatedIdentityCredentials/{other}': patchFederated,
  'DELETE /applications/{id}/federatedIdentityCredentials/{other}': deleteFederated,
}
