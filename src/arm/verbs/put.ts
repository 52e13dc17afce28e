import { parseResourceId } from '../../resource-id.ts'
import type { Address } from '../address.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { readBody } from '../body.ts'
import { answer, etagHeader, present } from '../envelope.ts'
import { operationOn } from '../facts/operation-on.ts'
import { getKept } from '../kept.ts'
import { operationHeaders } from '../operations.ts'
import { preconditionsOf } from '../preconditions.ts'
import { demandVerb } from './demand-verb.ts'
import { type Exchange, readContext, warningOf } from './exchange.ts'
import { type Write, writeResource } from './write.ts'

/** How long a first `apply` is waited for, so that short work is answered as done: pollers wait 30 s otherwise. */
export const PATIENCE_MS = 200

/** PUT and PATCH of one resource. */
export async function putResource(
  arm: ArmDeps,
  exchange: Exchange,
  { id: asked, type }: Address & { at: 'resource' },
): Promise<void> {
  const { method, query, caller, response, context, request } = exchange
  const verb = method === 'PATCH' ? 'patch' : 'put'
  const version = arm.versions.resolve(query.get('api-version'), type.provider, type.path)
  await arm.access.demand(caller, `${type.right}/write`, asked.text)
  demandVerb(arm.facts, type, verb)
  const body = await readBody(request, true)
  const own = verb === 'put' ? type.declaration.keptAs?.(asked, body) : undefined
  const id = (own && parseResourceId(own)) || asked
  const preconditions = preconditionsOf(request.headers)
  const written = await writeResource(arm, {
    id,
    type,
    verb,
    body,
    version,
    caller,
    query,
    preconditions,
    demandsRights: true,
    activity: exchange.activity,
  })

  const ended = written.operation && (await arm.reconciler.settled(written.operation, PATIENCE_MS))
  const done = ended === undefined || ended.status === 'Succeeded'
  // A backing keeps a wish in its own way: it is shown as it is kept.
  const isKept = ended !== undefined || type.declaration.backing !== undefined
  const resource = (isKept && (await getKept(arm.deps.store, type, id))) || written.resource
  const status = statusOf(arm, { type, verb, version }, { made: written.made, done })
  const urls =
    written.operation &&
    operationHeaders(written.operation, context.origin, { location: written.location, apiVersion: version.asked })
  const follow = !done || status === 202 || type.declaration.statuses?.followed ? urls : undefined
  answer(response, context, {
    status,
    body: await present(arm, type, resource, {
      ...readContext(exchange, version),
      ...(urls && { operationUrl: urls['Azure-AsyncOperation'] }),
    }),
    headers: { ...etagHeader(resource), ...warningOf(version), ...follow },
  })
}

/** The status that the declaration wishes, or the nearest that the facts of the asked version have. */
function statusOf(
  { facts }: ArmDeps,
  { type, verb, version }: Pick<Write, 'type' | 'verb' | 'version'>,
  { made, done }: { readonly made: boolean; readonly done: boolean },
): number {
  const { declaration, provider, path } = type
  const { created = 201, createdDone = created, updated = 200 } = declaration.statuses ?? {}
  const wished = !made ? updated : done ? createdDone : created
  const known = version.facts === undefined ? undefined : facts.type(provider.namespace, path, version.facts)
  const responses = operationOn(known, verb.toUpperCase())?.responses
  if (!responses || String(wished) in responses) return wished
  // What is done is never 202: a poller would look for an operation.
  return (done ? [200, 201] : [201, 202]).find((status) => String(status) in responses) ?? wished
}
