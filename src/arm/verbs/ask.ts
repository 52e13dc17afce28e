import { fault } from '../../faults.ts'
import { noteBegun } from '../activity.ts'
import type { Address } from '../address.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { readBody } from '../body.ts'
import { answer } from '../envelope.ts'
import { demandRegistration, demandSubscription, surroundingsOf } from '../surroundings.ts'
import { type Exchange, readContext, warningOf } from './exchange.ts'

/** An operation at a scope that no resource stands behind: `vmSizes`, `checkNameAvailability`, `/subscriptions/{s}/locations`. */
export async function askScope(
  arm: ArmDeps,
  exchange: Exchange,
  { scope, provider, choices }: Address & { at: 'operation' },
): Promise<void> {
  const { method, query, caller, response, context, request } = exchange
  const { access, deps, registry, inner } = arm
  const choice = choices.find(({ operation }) => operation.method === method)
  if (!choice) throw fault('MethodNotAllowed', { method })
  const { operation, params } = choice
  const version = arm.versions.resolve(query.get('api-version'), provider, pathOf(operation.path))
  const inGroup = scope.type === 'Microsoft.Resources/resourceGroups'
  const subscription = await demandSubscription(deps.store, { ...scope, type: '' })
  if (operation.right !== undefined) {
    await access.demand(caller, `${provider.namespace}/${operation.right}`, scope.text)
  }
  const atResource = operation.scope === 'any' && scope.type !== 'Microsoft.Resources/subscriptions' && !inGroup
  const around =
    inGroup || atResource
      ? await surroundingsOf({ registry }, deps.store, {
          id: { ...scope, parent: scope, type: '?' },
          verb: 'read',
          path: operation.path,
        })
      : { group: undefined, parent: undefined }
  if (method !== 'GET') demandRegistration(provider, subscription)
  const body = await readBody(request, false)
  const result = await operation.answer(deps, {
    resource: atResource ? around.parent : (around.group ?? subscription),
    scope,
    params,
    body,
    context: readContext(exchange, version),
    arm: inner,
    allows: (action, at) => access.allows(caller, action, at),
  })
  const { activity } = exchange
  if (activity) {
    await deps.store.write((within) =>
      noteBegun(within, activity, { goesOn: false, statusCode: 'OK', now: deps.now() }),
    )
  }
  answer(response, context, {
    status: result.status ?? (result.body ? 200 : 204),
    body: result.body,
    headers: warningOf(version),
  })
}

/** The type path that the facts know an operation by: its literal parts. */
const pathOf = (path: string): string =>
  path
    .replace(/^\//, '')
    .split('/')
    .filter((segment) => !segment.startsWith('{'))
    .join('/')
