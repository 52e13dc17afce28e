import { Type } from 'typebox'
import { defineResource, done, failed } from '../../../../arm/define-resource.ts'
import { checkBatchDeployment } from '../../../../domain/batch-endpoints/check-batch-deployment.ts'
import { deploymentModel } from '../../../../domain/batch-endpoints/deployment-model.ts'
import { BATCH_DEFAULTS, needsOwnEnvironment } from '../../../../domain/batch-endpoints/deployment-settings.ts'
import { mlflowEnvironment } from '../../../../domain/batch-endpoints/mlflow-environment.ts'
import { BATCH_DEPLOYMENTS, DEPLOYMENT_NAME, withOwnProperties } from '../../../../domain/endpoints/endpoint.ts'
import { isFault } from '../../../../faults.ts'
import { type JsonObject, objectAt } from '../../../../json.ts'
import type { ResourceId } from '../../../../resource-id.ts'
import { linkedRegistries } from '../../_linked.ts'

/** What jobs of a batch endpoint do: score with a model and a script, with an MLflow model alone, or run a component. */
export default defineResource({
  type: BATCH_DEPLOYMENTS,
  name: DEPLOYMENT_NAME,
  reads: Type.Object({ properties: Type.Object({}) }),
  linked: linkedRegistries,
  statuses: { created: 201, createdDone: 201, updated: 200, followed: true },
  defaults: () => ({ properties: { ...BATCH_DEFAULTS, properties: {}, environmentVariables: {} } }),
  async check(deps, { id, body }) {
    const workspace = await deps.store.resources.get(workspaceOf(id))
    const wish = withOwnProperties(withoutNulls(body))
    await checkBatchDeployment(deps, { workspace: workspaceOf(id), properties: objectAt(wish.properties) })
    return { ...wish, location: wish.location || (workspace?.body.location ?? '') }
  },
  view: async (_deps, _deployment, { operationUrl }) => ({
    properties: { properties: { ...(operationUrl !== undefined && { AzureAsyncOperationUri: operationUrl }) } },
  }),
  async apply(deps, { id, wish, arm }) {
    const properties = objectAt(wish.properties)
    if (!needsOwnEnvironment(properties)) return done({})
    try {
      const model = await deploymentModel(deps.store, workspaceOf(id), properties)
      if (!model) return done({})
      const environment = await mlflowEnvironment(deps, workspaceOf(id), model.place)
      const made = await arm.put(environment.id, environment.body)
      return done({ environmentId: made.id })
    } catch (error) {
      if (!isFault(error)) throw error
      return failed(error)
    }
  },
})

const workspaceOf = (id: ResourceId): string => id.parent?.parent?.text ?? ''

/** Clients write null for what they leave to Azure. */
const withoutNulls = (body: JsonObject): JsonObject => ({
  ...body,
  properties: {
    ...BATCH_DEFAULTS,
    ...Object.fromEntries(
      Object.entries(objectAt(body.properties)).filter(([, value]) => value !== null && value !== undefined),
    ),
  },
})
