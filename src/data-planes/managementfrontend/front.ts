import { BUILT_IN } from '../../domain/registries/built-in.ts'
import { findRegistry } from '../../domain/registries/find-registry.ts'
import { fault, isFault } from '../../faults.ts'
import type { RequestContext, SurfaceHandler } from '../../gateway/surface.ts'
import type { AccessControl, Authenticator } from '../../identity/identity.ts'
import { textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Store } from '../../store/store.ts'
import { historyRefusal } from '../history-errors.ts'

const PREFIX = '/mferp/managementfrontend'
const DISCOVERY = /^\/registrymanagement\/v1\.0\/registries\/([^/?]+)\/discovery\/?(?:\?.*)?$/i
/** What is answered here of what clients know: the rest of `mferp` is the resource manager's own. */
export const frontOperations = [['GET', '/registrymanagement/v1.0/registries/{registryName}/discovery']] as const
const REGISTRY =
  /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/microsoft\.machinelearningservices\/registries\/([^/?]+)(.*)$/i

export interface FrontDeps {
  readonly store: Store
  readonly authenticator: Authenticator
  readonly access: AccessControl
  readonly tenantId: string
  /** The resource manager, which everything below `mferp` is handed to. */
  readonly arm: SurfaceHandler
  /** The jobs of batch endpoints, which the resource manager does not have; undefined for any other path. */
  readonly batchJobs: (url: string) => SurfaceHandler | undefined
}

/**
 * The way into registries: discovery tells a client where one is, and below `/mferp/managementfrontend` the resource
 * manager answers on a region's host. A registry is found by its name: the subscription and group before it are not
 * asked, since clients of Azure's own registry name ones that are not theirs.
 *
 * Answers undefined for any other path.
 */
export function managementFront(deps: FrontDeps) {
  return (url: string): SurfaceHandler | undefined => {
    if (url.toLowerCase().startsWith(`${PREFIX}/`))
      return deps.batchJobs(url) ?? ((...exchange) => handOver(deps, ...exchange))
    const name = DISCOVERY.exec(url)?.[1]
    return name === undefined ? undefined : (...exchange) => discover(deps, decodeURIComponent(name), ...exchange)
  }
}

async function handOver({ store, arm }: FrontDeps, ...[request, response, context]: Parameters<SurfaceHandler>) {
  const { origin } = context
  const rest = context.url.slice(PREFIX.length)
  const [, name, below = ''] = REGISTRY.exec(rest) ?? []
  const registry = name && (await store.resources.byGlobalName('Microsoft.MachineLearningServices/registries', name))
  const { surface, host, requestId, log } = context
  await arm(request, response, {
    ...{ surface, name: context.name, host, requestId, log },
    url: registry ? `${registry.id}${below}` : rest,
    // Links and operations stay on the host that was asked.
    origin: { ...origin, arm: () => `${origin.regional(context.name)}${PREFIX}` },
  })
}

async function discover(
  { store, authenticator, access, tenantId }: FrontDeps,
  name: string,
  ...[request, response, context]: Parameters<SurfaceHandler>
): Promise<void> {
  const answer = (status: number, body: unknown): void => {
    const text = JSON.stringify(body)
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      'x-ms-request-id': context.requestId,
    })
    response.end(request.method === 'HEAD' ? undefined : text)
  }
  try {
    const { authorization } = request.headers
    const caller = await authenticator.authenticate(authorization, ['arm', 'machine-learning'], context.origin)
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw fault('MethodNotAllowed', { method: request.method ?? '' })
    const registry = await findRegistry(store.resources, name)
    await access.demand(caller, 'Microsoft.MachineLearningServices/registries/read', registry.id)
    answer(200, present(registry, context, tenantId))
  } catch (error) {
    if (!isFault(error)) context.log.error({ err: error }, 'registry discovery failed')
    const shown = isFault(error) ? error : fault('InternalServerError', { requestId: context.requestId })
    const { requestId, name: region } = context
    const { status, body } = historyRefusal(shown, { requestId, region, time: new Date().toISOString() })
    for (const [header, value] of Object.entries(shown.extra.headers ?? {})) response.setHeader(header, value)
    answer(status, body)
  }
}

function present(registry: StoredResource, { origin }: RequestContext, tenantId: string) {
  const region = textAt(registry.body.location) ?? ''
  const uri = `${origin.regional(region)}/`
  const [, , subscriptionId, , resourceGroup] = registry.id.split('/')
  const builtIn = registry.id === BUILT_IN
  return {
    registryName: registry.name,
    registryId: textAt(registry.state.registryId) ?? null,
    tenantId,
    // The built-in one stands in none; clients need some text for the paths that they make.
    subscriptionId: builtIn ? '00000000-0000-0000-0000-000000000000' : subscriptionId,
    resourceGroup: builtIn ? 'azureml' : resourceGroup,
    primaryRegion: region,
    regions: [region],
    primaryRegionResourceProviderUri: uri,
    registryFqdns: { [region]: { uri } },
    workspaceRegistry: false,
    resourceManagementUri: `${origin.arm()}/`,
  }
}
