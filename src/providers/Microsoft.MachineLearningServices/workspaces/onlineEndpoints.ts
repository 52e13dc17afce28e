import { Type } from 'typebox'
import { defineResource, done, failed } from '../../../arm/define-resource.ts'
import { demandOpenNetwork } from '../../../domain/dependencies/open-network.ts'
import { checkTraffic } from '../../../domain/endpoints/check-traffic.ts'
import {
  authModeOf,
  ENDPOINT_NAME,
  ONLINE_DEPLOYMENTS,
  ONLINE_ENDPOINTS,
  placedLike,
  regionOf,
  TRAFFIC_GIVEN,
  withOwnProperties,
} from '../../../domain/endpoints/endpoint.ts'
import {
  ensureEndpointIdentity,
  IDENTITY_PROOF,
  newIdentityProof,
  removeEndpointIdentity,
} from '../../../domain/endpoints/endpoint-identity.ts'
import { endpointKeys, keyPaths, missingKeys, regeneratedKey } from '../../../domain/endpoints/endpoint-keys.ts'
import { endpointNameFault } from '../../../domain/endpoints/endpoint-names.ts'
import { endpointToken } from '../../../domain/endpoints/endpoint-token.ts'
import { identityFault, identityView } from '../../../domain/workspaces/workspace-identity.ts'
import { fault } from '../../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../../json.ts'
import { linkedIdentities } from '../_linked.ts'

const EndpointBody = Type.Object({
  location: Type.Optional(Type.String()),
  kind: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  properties: Type.Object({ authMode: Type.String() }),
})

/** An online endpoint: a name in a region, ways to prove oneself, and which deployment gets how much of what is asked. */
export default defineResource({
  type: ONLINE_ENDPOINTS,
  name: ENDPOINT_NAME,
  reads: EndpointBody,
  secret: keyPaths,
  linked: linkedIdentities,
  statuses: { created: 201, createdDone: 201, updated: 200, followed: true },
  defaults: () => ({
    tags: {},
    identity: { type: 'SystemAssigned' },
    properties: { traffic: {}, mirrorTraffic: {}, properties: {}, publicNetworkAccess: 'Enabled' },
  }),
  async check({ store }, { id, body }) {
    const wish = await placedLike(store.resources, id.parent, whole(withOwnProperties(body)))
    const properties = objectAt(wish.properties)
    demandManaged(wish)
    demandOpenNetwork(id.name, properties)
    const problem =
      (await identityFault(store.resources, objectAt(wish.identity))) ??
      (await endpointNameFault(store.resources, { id: id.text, name: id.name, region: regionOf({ body: wish }) }))
    if (problem) throw problem
    checkTraffic(properties, (await store.resources.children(id.key, ONLINE_DEPLOYMENTS)).items)
    return wish
  },
  async apply(deps, { id, wish, state, secret }) {
    const { resources } = deps.store
    const problem =
      (await identityFault(resources, objectAt(wish.identity))) ??
      (await endpointNameFault(resources, { id: id.text, name: id.name, region: regionOf({ body: wish }) }))
    if (problem) return failed(problem)
    const applied = await ensureEndpointIdentity(deps, { id, wish, state })
    const proof = secret(IDENTITY_PROOF) === undefined && { [IDENTITY_PROOF]: newIdentityProof(id) }
    const given = Object.keys(objectAt(objectAt(wish.properties).traffic)).length > 0 && { [TRAFFIC_GIVEN]: true }
    return done({ ...applied, ...given }, { ...missingKeys(secret), ...proof })
  },
  async remove(deps, { id, state }) {
    await removeEndpointIdentity(deps, id, state)
    return done()
  },
  list(query) {
    const name = query.get('name')?.toLowerCase()
    const compute = query.get('computeType')?.toLowerCase()
    return {
      keep: (endpoint) =>
        (name === undefined || endpoint.name.toLowerCase() === name) &&
        (compute === undefined || compute === 'managed'),
    }
  },
  async view({ store }, { id, name, body, state }, { origin, operationUrl }) {
    const at = origin.scoring(name, regionOf({ body }))
    const identity = await identityView(store.resources, objectAt(body.identity), objectAt(state.identity))
    return {
      ...(identity && { identity }),
      properties: {
        scoringUri: `${at}/score`,
        swaggerUri: `${at}/swagger.json`,
        properties: {
          'azureml.onlineendpointid': id.toLowerCase(),
          ...(operationUrl !== undefined && { AzureAsyncOperationUri: operationUrl }),
        },
      },
    }
  },
  actions: {
    listKeys: {
      async answer(_deps, { resource, secret }) {
        demandMode(resource, 'keys', 'key')
        return endpointKeys(secret)
      },
    },
    regenerateKeys: {
      async run(_deps, { resource, state, body, secret }) {
        demandMode(resource, 'keys', 'key')
        return done(state, regeneratedKey(body, secret))
      },
    },
    token: {
      async answer(deps, { resource, context }) {
        demandMode(resource, 'tokens of Azure ML', 'amltoken')
        return endpointToken(deps, resource, context.caller)
      },
    },
  },
})

/** What is null is what it would be if it were left out: clients count on these being objects. */
function whole(body: JsonObject): JsonObject {
  const properties = objectAt(body.properties)
  return {
    ...body,
    identity: objectAt(body.identity).type === undefined ? { type: 'SystemAssigned' } : body.identity,
    tags: objectAt(body.tags),
    properties: {
      ...properties,
      traffic: objectAt(properties.traffic),
      mirrorTraffic: objectAt(properties.mirrorTraffic),
    },
  }
}

function demandManaged({ kind, properties }: JsonObject): void {
  const compute = textAt(objectAt(properties).compute)
  const named = compute || (textAt(kind) ?? '')
  if (named === '' || (!compute && named.toLowerCase() === 'managed')) return
  throw fault('EndpointKindUnsupported', { kind: named, why: 'no Kubernetes engine is set up on this server' })
}

function demandMode(endpoint: { readonly name: string; readonly body: JsonObject }, asked: string, mode: string): void {
  const own = authModeOf(endpoint.body)
  if (own === mode) return
  const words = { key: 'keys', amltoken: 'tokens of Azure ML', aadtoken: 'tokens of Microsoft Entra ID' }
  throw fault('EndpointAuthModeUnsupported', { endpoint: endpoint.name, mode: words[own], asked })
}
