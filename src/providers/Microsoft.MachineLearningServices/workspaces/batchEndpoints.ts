import { Type } from 'typebox'
import { defineResource, done, failed } from '../../../arm/define-resource.ts'
import { checkBatchEndpoint } from '../../../domain/batch-endpoints/check-batch-endpoint.ts'
import { BATCH_ENDPOINTS, ENDPOINT_NAME, regionOf } from '../../../domain/endpoints/endpoint.ts'
import { endpointNameFault } from '../../../domain/endpoints/endpoint-names.ts'
import { fault } from '../../../faults.ts'
import { objectAt, textAt } from '../../../json.ts'

/** A batch endpoint: a name under which jobs are begun, by whichever of its deployments is asked or is the default. */
export default defineResource({
  type: BATCH_ENDPOINTS,
  name: ENDPOINT_NAME,
  reads: Type.Object({ location: Type.Optional(Type.String()), properties: Type.Object({ authMode: Type.String() }) }),
  statuses: { created: 201, createdDone: 201, updated: 200, followed: true },
  defaults: () => ({ properties: { properties: {} } }),
  check: (deps, { id, body }) => checkBatchEndpoint(deps, { id, body }),
  async apply({ store }, { id, resource }) {
    const problem = await endpointNameFault(store.resources, { id: id.text, name: id.name, region: regionOf(resource) })
    return problem ? failed(problem) : done()
  },
  async view({ store }, endpoint, { origin, operationUrl }) {
    const named = textAt(objectAt(objectAt(endpoint.body.properties).defaults).deploymentName)
    // One that was deleted since is nobody's default.
    const deployment = named && (await store.resources.get(`${endpoint.id}/deployments/${named}`))
    return {
      properties: {
        scoringUri: `${origin.scoring(endpoint.name, regionOf(endpoint))}/jobs`,
        swaggerUri: null,
        defaults: { deploymentName: deployment ? named : null },
        properties: {
          'azureml.batchendpointid': endpoint.id.toLowerCase(),
          ...(operationUrl !== undefined && { AzureAsyncOperationUri: operationUrl }),
        },
      },
    }
  },
  actions: {
    listkeys: {
      async answer(_deps, { resource }) {
        throw fault('BatchKeysUnused', { endpoint: resource.name })
      },
    },
  },
})
