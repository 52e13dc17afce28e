import { hash } from 'node:crypto'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import { openSecret } from '../../store/sealing.ts'
import type { Deps } from '../deps.ts'
import { type AuthMode, authModeOf, ONLINE_DEPLOYMENTS, ONLINE_ENDPOINTS, sharesOf, TRAFFIC_GIVEN } from './endpoint.ts'
import { keyPaths } from './endpoint-keys.ts'
import { findEndpoint } from './endpoint-names.ts'
import { tokenName } from './endpoint-token.ts'

export interface DeploymentRoute {
  /** As the engine knows it. */
  readonly id: string
  readonly name: string
}

/** An endpoint as its requests need it: everything looked up and compiled. */
export interface EndpointRoute {
  readonly id: string
  readonly authMode: AuthMode
  /** Digests of the keys that open it: of one length, to be compared in constant time. */
  readonly keys: readonly Buffer[]
  /** What tokens of this endpoint say that they open. */
  readonly token: string
  readonly deployments: ReadonlyMap<string, DeploymentRoute>
  /** Deployments with a share of the traffic, each with where its share ends on the way from 0 to 100. */
  readonly shares: readonly { readonly upTo: number; readonly deployment: DeploymentRoute }[]
  readonly mirror?: { readonly share: number; readonly deployment: DeploymentRoute }
  /** Origins whose pages may ask, by what its deployments with traffic say in AML_CORS_ORIGINS. */
  readonly origins: ReadonlySet<string>
}

export interface ScoringRoutes {
  /** By `{endpoint}.{region}`, folded; undefined where no online endpoint has that name. */
  find(place: string): EndpointRoute | Promise<EndpointRoute | undefined>
}

const KEPT = 4_000

export const digest = (text: string): Buffer => hash('sha256', text, 'buffer')

/** Looks endpoints up once and keeps what came of it until an endpoint or a deployment changes. */
export function scoringRoutes(deps: Pick<Deps, 'store' | 'sealing'>): ScoringRoutes {
  const { store } = deps
  const kept = new Map<string, EndpointRoute>()
  let epoch = 0
  for (const type of [ONLINE_ENDPOINTS, ONLINE_DEPLOYMENTS]) {
    store.onResourceChange(type, () => {
      epoch++
      kept.clear()
    })
  }

  async function load(place: string): Promise<EndpointRoute | undefined> {
    const before = epoch
    const dot = place.indexOf('.')
    const endpoint = await findEndpoint(store.resources, place.slice(dot + 1), place.slice(0, dot))
    if (endpoint?.type !== ONLINE_ENDPOINTS || endpoint.closed || endpoint.provisioningState === 'Deleting') {
      return undefined
    }
    const { items } = await store.resources.children(endpoint.id, ONLINE_DEPLOYMENTS)
    const route = routeOf(deps, endpoint, items)
    // What was read before a change must not be kept after it.
    if (before === epoch && kept.size < KEPT) kept.set(place, route)
    return route
  }

  return { find: (place) => kept.get(place) ?? load(place) }
}

function routeOf(
  { sealing }: Pick<Deps, 'sealing'>,
  endpoint: StoredResource,
  items: readonly StoredResource[],
): EndpointRoute {
  const standing = items.filter((one) => one.provisioningState !== 'Deleting')
  const deployments = new Map(standing.map(({ id, name }) => [name.toLowerCase(), { id: foldId(id), name }] as const))
  const properties = objectAt(endpoint.body.properties)
  const [mirrored] = sharesOf(properties.mirrorTraffic)
  const mirror = mirrored && deployments.get(mirrored[0])
  const live = sharesOf(properties.traffic)
  return {
    id: endpoint.id,
    authMode: authModeOf(endpoint.body),
    keys: keyPaths.flatMap((path) => {
      const key = openSecret(sealing, endpoint, path)
      return key ? [digest(key)] : []
    }),
    token: tokenName(endpoint),
    deployments,
    shares: cumulated(givenOrOnly(endpoint, live, deployments), deployments),
    ...(mirrored && mirror && { mirror: { share: mirrored[1], deployment: mirror } }),
    origins: new Set(
      standing.filter(({ name }) => live.has(name.toLowerCase())).flatMap(({ body }) => originsOf(body)),
    ),
  }
}

/**
 * Before anybody has said who gets the traffic, an only deployment gets it all: Microsoft's REST sample asks its endpoint
 * without ever giving it any.
 */
function givenOrOnly(
  { state }: StoredResource,
  live: ReadonlyMap<string, number>,
  deployments: ReadonlyMap<string, DeploymentRoute>,
): ReadonlyMap<string, number> {
  const [only, ...others] = deployments.keys()
  return only === undefined || others.length > 0 || state[TRAFFIC_GIVEN] === true ? live : new Map([[only, 100]])
}

function cumulated(
  live: ReadonlyMap<string, number>,
  deployments: ReadonlyMap<string, DeploymentRoute>,
): EndpointRoute['shares'] {
  let upTo = 0
  return [...live].flatMap(([name, share]) => {
    const deployment = deployments.get(name)
    if (!deployment) return []
    upTo += share
    return [{ upTo, deployment }]
  })
}

/** Which deployment gets a request, by a number from 0 up to 1; undefined where none has a share. */
export function chosenBy(random: number, { shares }: EndpointRoute): DeploymentRoute | undefined {
  const at = random * (shares.at(-1)?.upTo ?? 0)
  return shares.find(({ upTo }) => at < upTo)?.deployment
}

function originsOf(body: JsonObject): readonly string[] {
  const variables = objectAt(objectAt(body.properties).environmentVariables)
  return (textAt(variables.AML_CORS_ORIGINS) ?? '').split(/[,\s]+/).filter((origin) => origin !== '')
}
