import { fault } from '../../faults.ts'
import { objectAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { StoredOperation } from '../../store/operations.ts'
import type { Address } from '../address.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { answer, etagHeader, present } from '../envelope.ts'
import { getKept } from '../kept.ts'
import { type Exchange, readContext } from './exchange.ts'

const RETRY = { 'Retry-After': 1 } as const

/** GET of an operation: by its status document, or by its `Location`. */
export async function pollOperation(
  arm: ArmDeps,
  exchange: Exchange,
  address: Address & { at: 'poll' },
): Promise<void> {
  const operation = await arm.deps.store.operations.get(address.operationId)
  if (!operation) throw fault('OperationNotFound', { operation: address.operationId })
  const id = parseResourceId(operation.resourceId)
  const type = id && arm.registry.type(id.type)
  if (operation.caller !== exchange.caller.objectId) {
    await arm.access.demand(exchange.caller, `${type?.right ?? id?.type}/read`, operation.resourceId)
  }
  if (address.kind === 'status') return answerStatus(exchange, operation)
  return answerResult(arm, exchange, operation)
}

function answerStatus({ response, context, path }: Exchange, operation: StoredOperation): void {
  const { status, error, result } = operation
  answer(response, context, {
    status: 200,
    body: {
      id: path,
      name: operation.id,
      resourceId: operation.resourceId,
      status,
      startTime: operation.startedAt,
      ...(operation.endedAt !== undefined && { endTime: operation.endedAt }),
      percentComplete: status === 'InProgress' ? 0 : 100,
      ...(status === 'Succeeded' && { properties: result ?? {} }),
      ...(error && { error }),
    },
    ...(status === 'InProgress' && { headers: RETRY }),
  })
}

async function answerResult(arm: ArmDeps, exchange: Exchange, operation: StoredOperation): Promise<void> {
  const { response, context, path, query } = exchange
  if (operation.status === 'InProgress') {
    const here = `${context.origin.arm()}${path}?${query.toString()}`
    return answer(response, context, { status: 202, headers: { ...RETRY, Location: here } })
  }
  if (operation.error) {
    const status = Number(objectAt(operation.result).status) || 409
    return answer(response, context, { status, body: { error: operation.error } })
  }
  if (operation.verb === 'delete') return answer(response, context, { status: isGroup(operation) ? 200 : 204 })
  const id = parseResourceId(operation.resourceId)
  const type = id && arm.registry.type(id.type)
  const resource = id && type && (await getKept(arm.deps.store, type, id))
  if (operation.verb === 'action') return answer(response, context, { status: 200, body: operation.result ?? {} })
  if (!resource) return answer(response, context, { status: 204 })
  const body = await present(arm, type, resource, readContext(exchange, { asked: operation.apiVersion }))
  answer(response, context, { status: 200, body, headers: etagHeader(resource) })
}

const isGroup = ({ resourceId }: StoredOperation): boolean =>
  parseResourceId(resourceId)?.type === 'Microsoft.Resources/resourceGroups'
