import { type Fault, fault, isFault } from '../faults.ts'
import type { RequestContext, SurfaceHandler } from '../gateway/surface.ts'
import type { Audience } from '../identity/identity.ts'
import { subscriptionId } from '../resource-id.ts'
import type { ActivitySource } from '../store/operations.ts'
import { noteRefused } from './activity.ts'
import { type Address, addressReader } from './address.ts'
import type { ArmDeps } from './arm-deps.ts'
import { activityOf } from './asked-activity.ts'
import { answerError } from './errors.ts'
import { knowsType } from './facts/known.ts'
import { simulatedFate } from './simulated.ts'
import { actOnResource } from './verbs/action.ts'
import { askScope } from './verbs/ask.ts'
import type { Exchange } from './verbs/exchange.ts'
import { getResource } from './verbs/get.ts'
import { listResources } from './verbs/list.ts'
import { pollOperation } from './verbs/poll.ts'
import { putResource } from './verbs/put.ts'
import { deleteResource } from './verbs/remove.ts'

const AUDIENCES: readonly Audience[] = ['arm']
/** A region's hosts hand over what is below `mferp`, and take the tokens of their own services too. */
const REGIONAL_AUDIENCES: readonly Audience[] = ['arm', 'machine-learning']

/** The way in: reads the path, asks who it is, and hands over to a verb. Every refusal is answered here. */
export function armRouter(arm: ArmDeps): SurfaceHandler {
  const addressOf = addressReader(arm.registry)

  return async (request, response, context) => {
    let activity: ActivitySource | undefined
    try {
      const caller = await arm.authenticator.authenticate(
        request.headers.authorization,
        context.surface === 'regional' ? REGIONAL_AUDIENCES : AUDIENCES,
        context.origin,
      )
      const at = context.url.indexOf('?')
      const method = request.method ?? 'GET'
      response.setHeader(...arm.rateLimits.take(caller, method, subscriptionOf(context.url)))
      await simulatedFate(arm.deps.simulation, method)
      const path = at < 0 ? context.url : context.url.slice(0, at)
      const address = addressOf(path)
      activity = activityOf(address, { request, context, caller, method })
      await route(address, {
        request,
        response,
        context,
        caller,
        method,
        path,
        query: queryOf(context, at),
        activity,
      })
    } catch (error) {
      if (activity && isFault(error)) await noteFailed(arm, activity, error)
      answerError(response, context, error)
      // What was not read of a refused body would be taken for the next request.
      request.resume()
    }
  }

  function route(address: Address | undefined, exchange: Exchange): Promise<void> {
    const { method, path } = exchange
    const refuse = (): never => {
      throw fault('MethodNotAllowed', { method })
    }
    const reads = method === 'GET' || method === 'HEAD'
    switch (address?.at) {
      case 'resource':
        if (reads) return getResource(arm, exchange, address)
        if (method === 'PUT' || method === 'PATCH') return putResource(arm, exchange, address)
        if (method === 'DELETE') return deleteResource(arm, exchange, address)
        return refuse()
      case 'collection':
        return reads ? listResources(arm, exchange, address) : refuse()
      case 'action':
        return method === 'POST' || method === 'GET' ? actOnResource(arm, exchange, address) : refuse()
      case 'operation':
        return askScope(arm, exchange, address)
      case 'poll':
        return reads ? pollOperation(arm, exchange, address) : refuse()
      case 'nothing':
        throw unknownType(address.namespace ?? '', address.type, exchange)
      default:
        throw fault('InvalidScope', { path })
    }
  }

  function unknownType(namespace: string, type: string, { method, query }: Exchange): Error {
    const provider = arm.registry.provider(namespace)
    if (!provider) return fault('InvalidResourceNamespace', { namespace })
    if (knowsType(arm.facts, namespace, type)) {
      return fault('NotImplementedByLazuli', { operation: `${method} ${provider.namespace}/${type}` })
    }
    return fault('InvalidResourceType', { namespace, type, version: query.get('api-version') ?? '' })
  }
}

/** Tells of a refusal where there is a subscription to tell it of. It is answered whether or not this succeeds. */
async function noteFailed({ deps }: ArmDeps, activity: ActivitySource, problem: Fault): Promise<void> {
  try {
    const subscription = subscriptionOf(activity.resourceId)
    if (!subscription || !(await deps.store.resources.get(subscriptionId(subscription).key))) return
    await deps.store.write((within) => noteRefused(within, activity, { problem, now: deps.now() }))
  } catch (error) {
    deps.log.error({ err: error }, 'A refusal is missing in the activity log')
  }
}

const SUBSCRIPTION = /^\/subscriptions\/([^/?]+)/i
const subscriptionOf = (url: string): string | undefined => SUBSCRIPTION.exec(url)?.[1]

/** Names of parameters fold case, as ARM's do (`API-Version`). */
function queryOf({ url }: RequestContext, at: number): URLSearchParams {
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
  if (!query.has('api-version')) {
    for (const [name, value] of query) {
      if (name.toLowerCase() === 'api-version') {
        query.set('api-version', value)
        break
      }
    }
  }
  return query
}
