import { fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import type { ActivitySource } from '../../store/operations.ts'
import type { StoredResource } from '../../store/resources.ts'
import { openSecret } from '../../store/sealing.ts'
import { noteBegun } from '../activity.ts'
import type { Address } from '../address.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { readBody } from '../body.ts'
import { getSeen } from '../borrowed.ts'
import type { ActionDeclaration, ActionRequest } from '../define-resource.ts'
import { answer } from '../envelope.ts'
import { checkActionBody } from '../facts/check-body.ts'
import { knowsAction } from '../facts/known.ts'
import { getKept, putKept } from '../kept.ts'
import { locationOf } from '../locations.ts'
import { newOperation, operationHeaders } from '../operations.ts'
import type { RegisteredType } from '../registry.ts'
import { sealAll } from '../secrets.ts'
import { demandRegistration, surroundingsOf } from '../surroundings.ts'
import { type Exchange, readContext, warningOf } from './exchange.ts'
import { PATIENCE_MS } from './put.ts'
import { absent } from './write.ts'

interface Declared {
  readonly name: string
  readonly action: ActionDeclaration<unknown>
}

/** What a resource can be asked to do: `POST {id}/{action}`, or a GET where Azure reads without a resource. */
export async function actOnResource(
  arm: ArmDeps,
  exchange: Exchange,
  address: Address & { at: 'action' },
): Promise<void> {
  const { method, query, caller, response, context, request } = exchange
  const { deps, reconciler } = arm
  const { id, type } = address
  const version = arm.versions.resolve(query.get('api-version'), type.provider, type.path)
  const { name, action } = declared(arm, address, method)
  await arm.access.demand(caller, `${type.right}/${name}/${method === 'GET' ? 'read' : 'action'}`, id.text)
  const sent = await readBody(request, false)
  const body = checkActionBody(arm.facts, type, version, { action: name, body: sent })
  const around = await surroundingsOf(arm, deps.store, {
    id,
    verb: 'action',
    path: type.path,
    parentMayMiss: action.withoutResource === true,
  })
  demandRegistration(type.provider, around.subscription)
  if (method !== 'GET') await arm.scopeLocks.demand(id, 'action')
  const found = await (action.answer ? getSeen(arm, type, id) : getKept(deps.store, type, id))
  if (!found && !action.withoutResource) throw absent(id, type)
  const resource = found ?? nothing(id, type)
  const asked: ActionRequest<unknown> = {
    id,
    wish: resource.body,
    state: resource.state,
    resource,
    secret: (path) => openSecret(deps.sealing, resource, path),
    arm: arm.inner,
    body,
    context: readContext(exchange, version),
    allows: (right, scope) => arm.access.allows(caller, right, scope),
  }

  if (action.answer) {
    const keep = async (secrets: Readonly<Record<string, string>>, state?: JsonObject): Promise<void> =>
      deps.store.write(async (within) => {
        const kept = await getKept(within, type, id)
        if (!kept) throw absent(id, type)
        const sealed = { ...kept.secrets, ...sealAll(deps.sealing, kept.id, secrets) }
        await putKept(within, type, { ...kept, secrets: sealed, state: state ?? kept.state })
      })
    const result = await action.answer(deps, { ...asked, keep })
    const { status = 200 } = action
    await noteDone(arm, exchange.activity)
    return answer(response, context, { status, body: status === 204 ? undefined : result, headers: warningOf(version) })
  }
  const operation = newOperation({
    resourceId: resource.id,
    verb: 'action',
    action: name,
    apiVersion: version.asked,
    caller,
    input: body,
    activity: exchange.activity,
    now: deps.now(),
  })
  await deps.store.write(async (within) => {
    await within.operations.put(operation)
    await noteBegun(within, exchange.activity, { goesOn: true, statusCode: 'Accepted', now: deps.now() })
  })
  reconciler.begin(operation)
  // What can't be done at all is refused at once; what is under way is always 202, as Azure's pollers expect.
  const ended = await reconciler.settled(operation, PATIENCE_MS)
  if (ended.status === 'Failed') {
    const status = Number(objectAt(ended.result).status) || 409
    return answer(response, context, { status, body: { error: ended.error }, headers: warningOf(version) })
  }
  const place = { location: locationOf(resource.body, around), apiVersion: version.asked }
  answer(response, context, {
    status: 202,
    headers: { ...warningOf(version), ...operationHeaders(operation, context.origin, place) },
  })
}

/** What was answered at once is told once it is done. */
async function noteDone({ deps }: ArmDeps, activity: ActivitySource | undefined): Promise<void> {
  if (!activity) return
  await deps.store.write((within) => noteBegun(within, activity, { goesOn: false, statusCode: 'OK', now: deps.now() }))
}

/** @throws NotImplementedByLazuli, ActionNotFound, MethodNotAllowed */
function declared({ facts }: ArmDeps, { type, action }: Address & { at: 'action' }, method: string): Declared {
  const folded = action.toLowerCase()
  const [name, found] =
    Object.entries(type.declaration.actions ?? {}).find(([key]) => key.toLowerCase() === folded) ?? []
  if (name !== undefined && found) {
    if ((found.method ?? 'POST') === method) return { name, action: found }
    throw fault('MethodNotAllowed', { method })
  }
  if (knowsAction(facts, type, folded)) {
    throw fault('NotImplementedByLazuli', { operation: `${method} ${type.type}/${action}` })
  }
  throw fault('ActionNotFound', { type: type.type, action })
}

/** What an action sees of a resource that is not there and need not be. */
const nothing = (id: ResourceId, type: RegisteredType): StoredResource => ({
  id: id.text,
  type: type.type,
  name: id.name,
  body: {},
  state: {},
  secrets: {},
  provisioningState: 'Succeeded',
  etag: '',
  system: {
    createdBy: '',
    createdByType: '',
    createdAt: '',
    lastModifiedBy: '',
    lastModifiedByType: '',
    lastModifiedAt: '',
  },
})
