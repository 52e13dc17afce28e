import { fault } from '../../faults.ts'
import { parseResourceId, type ResourceId } from '../../resource-id.ts'
import { noteBegun } from '../activity.ts'
import type { Address } from '../address.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { readBody } from '../body.ts'
import type { ScopeOperation, ScopePage } from '../define-resource.ts'
import { answer } from '../envelope.ts'
import { demandLocation } from '../locations.ts'
import { newOperation, operationHeaders, succeeded } from '../operations.ts'
import { afterOf, nextLink, topOf } from '../paging.ts'
import type { RegisteredProvider } from '../registry.ts'
import { demandRegistration, demandSubscription, surroundingsOf } from '../surroundings.ts'
import { type Exchange, readContext, warningOf } from './exchange.ts'
import { absent } from './write.ts'

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
  demandLocation(params.location)
  const version = arm.versions.resolve(query.get('api-version'), provider, pathOf(operation.path))
  const inGroup = scope.type === 'Microsoft.Resources/resourceGroups'
  const subscription = await demandSubscription(deps.store, { ...scope, type: '' })
  const below = operation.at === undefined ? undefined : resourceOf(scope, provider, operation.at, params)
  if (operation.right !== undefined) {
    await access.demand(caller, `${provider.namespace}/${operation.right}`, (below ?? scope).text)
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
  const found = below && (await deps.store.resources.get(below.key))
  const type = below && registry.type(below.type)
  if (below && type && !found) throw absent(below, type)
  // What changes something at a scope is a write of it, whatever its verb.
  if (/\/(write|delete)$/.test(operation.right ?? '')) await arm.scopeLocks.demand(below ?? scope, 'write')
  const body = await readBody(request, false)
  const result = await operation.answer(deps, {
    resource: found ?? (atResource ? around.parent : (around.group ?? subscription)),
    scope,
    params,
    body,
    context: readContext(exchange, version),
    arm: inner,
    page: (most) => pageOf(exchange, most),
    allows: (action, at) => access.allows(caller, action, at),
  })
  if (result.accepted) return answerAccepted(arm, exchange, { scope, operation, params, version: version.asked })
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

interface Accepted {
  readonly scope: ResourceId
  readonly operation: ScopeOperation
  readonly params: Readonly<Record<string, string>>
  readonly version: string
}

/**
 * What clients follow as an operation although it is done: 202 with the addresses where they ask how it went.
 */
async function answerAccepted(
  { deps }: ArmDeps,
  { caller, response, context, activity }: Exchange,
  { scope, operation, params, version }: Accepted,
): Promise<void> {
  const now = deps.now()
  const begun = newOperation({
    resourceId: scope.text,
    verb: 'action',
    action: operation.path,
    apiVersion: version,
    caller,
    activity,
    now,
  })
  const done = succeeded(begun, now)
  await deps.store.write(async (within) => {
    await within.operations.put(done)
    if (activity) await noteBegun(within, activity, { goesOn: false, statusCode: 'Accepted', now })
  })
  const place = { location: params.location ?? 'global', apiVersion: version }
  answer(response, context, { status: 202, headers: operationHeaders(done, context.origin, place) })
}

/** `registries/{registry}` below the scope, with the blanks of the path filled in. */
function resourceOf(
  scope: ResourceId,
  { namespace }: RegisteredProvider,
  at: string,
  params: Readonly<Record<string, string>>,
): ResourceId | undefined {
  const filled = at.replace(/\{(\w+)\}/g, (_blank, name: string) => params[name] ?? '')
  return parseResourceId(`${scope.text}/providers/${namespace}/${filled}`)
}

function pageOf({ query, context, path }: Exchange, most: number): ScopePage {
  return {
    limit: Math.min(topOf(query) ?? most, most),
    after: afterOf(query),
    answer: (value, next) => ({
      value,
      ...(next !== undefined && { nextLink: nextLink(`${context.origin.arm()}${path}`, query, next) }),
    }),
  }
}

/** The type path that the facts know an operation by: its literal parts. */
const pathOf = (path: string): string =>
  path
    .replace(/^\//, '')
    .split('/')
    .filter((segment) => !segment.startsWith('{'))
    .join('/')
