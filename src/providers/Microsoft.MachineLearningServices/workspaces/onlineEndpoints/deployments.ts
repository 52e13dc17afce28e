import { Type } from 'typebox'
import { defineResource, done, failed, goingOn } from '../../../../arm/define-resource.ts'
import { checkDeployment } from '../../../../domain/endpoints/check-deployment.ts'
import { demandDeploymentQuota } from '../../../../domain/endpoints/demand-deployment-quota.ts'
import { deploy, deploymentFault, isUp } from '../../../../domain/endpoints/deploy.ts'
import { deploymentLogs } from '../../../../domain/endpoints/deployment-logs.ts'
import { requestDefaults, scaleOf } from '../../../../domain/endpoints/deployment-settings.ts'
import {
  DEPLOYMENT_NAME,
  ONLINE_DEPLOYMENTS,
  placedLike,
  sharesOf,
  withOwnProperties,
} from '../../../../domain/endpoints/endpoint.ts'
import { resolveDeployment } from '../../../../domain/endpoints/resolve-deployment.ts'
import { fault } from '../../../../faults.ts'
import { type JsonObject, objectAt } from '../../../../json.ts'
import { linkedRegistries } from '../../_linked.ts'

const DeploymentBody = Type.Object({
  location: Type.Optional(Type.String()),
  properties: Type.Object({ endpointComputeType: Type.Optional(Type.String()) }),
})

/** A deployment of an online endpoint: a model with what it takes to answer, in so many instances. */
export default defineResource({
  type: ONLINE_DEPLOYMENTS,
  name: DEPLOYMENT_NAME,
  reads: DeploymentBody,
  linked: linkedRegistries,
  statuses: { created: 201, createdDone: 201, updated: 200, followed: true },
  defaults: () => ({
    tags: {},
    sku: { name: 'Default', capacity: 1 },
    properties: {
      endpointComputeType: 'Managed',
      appInsightsEnabled: false,
      egressPublicNetworkAccess: 'Enabled',
      environmentVariables: {},
      properties: {},
      requestSettings: requestDefaults,
      scaleSettings: { scaleType: 'Default' },
    },
  }),
  async check(deps, { id, body, existing }) {
    const wish = checkDeployment(deps, {
      body: await placedLike(deps.store.resources, id.parent, whole(withOwnProperties(body))),
      existing,
    })
    // What it names must be there now: a poller is told only of what comes of it.
    await resolveDeployment(deps, { id: id.text, body: wish }, {})
    await demandDeploymentQuota(deps, { id: id.text, body: wish })
    return wish
  },
  async apply(deps, { id, state, resource }) {
    // Before the port is open nothing that is started could reach this server.
    if (deps.address().proxy === '') return goingOn(state)
    if (state.applied !== resource.etag) {
      await deploy(deps, resource)
      return goingOn({ ...state, applied: resource.etag }, 0)
    }
    const view = await deps.serving.observe(id.key)
    if (!view) return goingOn({ ...state, applied: '' })
    if (view.failure && view.state === 'Failed') return failed(deploymentFault(id.name, view.failure), state)
    return isUp(view) ? done(state) : goingOn(state, 100)
  },
  async checkRemove({ store }, { id }) {
    const endpoint = await store.resources.get(id.parent?.key ?? '')
    const { traffic, mirrorTraffic } = objectAt(endpoint?.body.properties)
    for (const [kind, shares] of [
      ['traffic', traffic],
      ['mirrored traffic', mirrorTraffic],
    ] as const) {
      const share = sharesOf(shares).get(id.name.toLowerCase())
      if (share === undefined) continue
      throw fault('DeploymentHasTraffic', { deployment: id.name, endpoint: endpoint?.name ?? '', share, kind })
    }
  },
  async remove(deps, { id }) {
    await deps.serving.remove(id.key)
    return (await deps.serving.observe(id.key)) ? goingOn(undefined, 100) : done()
  },
  async view(deps, { id, body }, { operationUrl }) {
    const seen = await deps.serving.observe(id.toLowerCase())
    const warnings = [...(seen?.warnings ?? []), ...unheeded(body)]
    return {
      sku: { capacity: scaleOf(body).instances },
      properties: {
        properties: {
          ...(operationUrl !== undefined && { AzureAsyncOperationUri: operationUrl }),
          ...(warnings.length > 0 && { 'lazuli.warnings': warnings.join(' ') }),
        },
      },
    }
  },
  actions: {
    getLogs: { answer: async (deps, { id, body }) => ({ content: await deploymentLogs(deps, id.key, body) }) },
    skus: {
      method: 'GET',
      answer: async (_deps, { resource }) => ({
        value: [
          {
            resourceType: ONLINE_DEPLOYMENTS,
            sku: { name: String(objectAt(resource.body.sku).name ?? 'Default'), tier: 'Standard' },
            capacity: { default: 1, minimum: 1, maximum: 100, scaleType: 'Manual' },
          },
        ],
      }),
    },
  },
})

/** What is null is what it would be if it were left out: azure-ai-ml reads the scale settings of whatever it gets. */
function whole(body: JsonObject): JsonObject {
  const properties = objectAt(body.properties)
  const orDefault = (value: unknown, otherwise: JsonObject) => {
    const given = objectAt(value)
    return Object.keys(given).length > 0 ? given : otherwise
  }
  return {
    ...body,
    tags: objectAt(body.tags),
    sku: orDefault(body.sku, { name: 'Default', capacity: 1 }),
    properties: {
      ...properties,
      environmentVariables: objectAt(properties.environmentVariables),
      requestSettings: orDefault(properties.requestSettings, requestDefaults),
      scaleSettings: orDefault(properties.scaleSettings, { scaleType: 'Default' }),
    },
  }
}

/** What is taken and changes nothing here, said to whoever reads the deployment. */
const unheeded = (body: JsonObject): readonly string[] =>
  objectAt(body.properties).appInsightsEnabled === true
    ? ['appInsightsEnabled: nothing is sent to Application Insights here; read getLogs.']
    : []
