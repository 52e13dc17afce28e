import type { Address } from '../address.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { getSeen } from '../borrowed.ts'
import { answer, etagHeader, present } from '../envelope.ts'
import { names } from '../preconditions.ts'
import { surroundingsOf } from '../surroundings.ts'
import { type Exchange, readContext, warningOf } from './exchange.ts'
import { absent } from './write.ts'

/** GET and HEAD of one resource: a right, one indexed read, and the answer. */
export async function getResource(
  arm: ArmDeps,
  exchange: Exchange,
  { id, type }: Address & { at: 'resource' },
): Promise<void> {
  const { method, query, caller, response, context, request } = exchange
  const version = arm.versions.resolve(query.get('api-version'), type.provider, type.path)
  const isOpen = type.declaration.openAtTenant && id.parent?.key === ''
  if (!isOpen) await arm.access.demand(caller, `${type.right}/read`, id.text)
  const { store } = arm.deps
  const resource = await getSeen(arm, type, id)
  // Only what is missing, or kept elsewhere, needs a look at what stands around it.
  if (!resource || type.declaration.backing) await surroundingsOf(arm, store, { id, verb: 'read', path: type.path })
  if (!resource) throw absent(id, type)
  const headers = { ...etagHeader(resource), ...warningOf(version) }
  if (method === 'HEAD') return answer(response, context, { status: 204, headers })
  const noneMatch = request.headers['if-none-match']
  if (noneMatch !== undefined && names(noneMatch, resource.etag)) {
    return answer(response, context, { status: 304, headers })
  }
  const body = await present(arm, type, resource, readContext(exchange, version))
  answer(response, context, { status: 200, body, headers })
}
