import type { Origin } from '../../gateway/surface.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { finalStatuses, type Run } from '../../store/runs.ts'
import { jobServices } from '../jobs/job-services.ts'
import { jobResource } from '../runs/job-runs.ts'
import { SCORE } from './deployment-settings.ts'

const TYPE = 'Microsoft.MachineLearningServices/workspaces/batchEndpoints/jobs'

/** The spelling of types in batch jobs, which is that of the first data planes. */
const TYPES: Readonly<Record<string, string>> = {
  literal: 'Literal',
  uri_file: 'UriFile',
  uri_folder: 'UriFolder',
  mltable: 'MLTable',
  custom_model: 'CustomModel',
  mlflow_model: 'MLFlowModel',
  triton_model: 'TritonModel',
}

const STATES: Readonly<Record<string, string>> = { Completed: 'Succeeded', Failed: 'Failed', Canceled: 'Canceled' }

export interface Surroundings {
  readonly endpoint: StoredResource
  readonly workspace: StoredResource
  readonly origin: Origin
}

/** A batch job as its endpoint shows it: `BatchJobResource` of the batch scoring API. */
export function presentBatchJob(run: Run, { endpoint, workspace, origin }: Surroundings): JsonObject {
  const job = objectAt(run.job)
  const shown = jobResource(run)
  const score = run.outputs[SCORE]?.uri
  const [, datastore, path] = /\/datastores\/([^/]+)\/paths\/(.*)$/i.exec(score ?? '') ?? []
  return {
    id: `${endpoint.id}/jobs/${run.id}`,
    name: run.id,
    type: TYPE,
    properties: {
      name: run.id,
      displayName: run.displayName,
      ...(run.description !== undefined && { description: run.description }),
      experimentName: run.experimentName,
      tags: run.tags,
      properties: run.properties,
      status: run.status,
      provisioningState: finalStatuses.has(run.status) ? (STATES[run.status] ?? 'Failed') : 'InProgress',
      inputData: renamed(job.inputs, 'jobInputType'),
      outputData: renamed(objectAt(shown?.body.properties).outputs, 'jobOutputType'),
      output: { datastoreId: datastore ? `${workspace.id}/datastores/${datastore}` : null, path: path ?? null },
      compute: { target: textAt(objectAt(job.settings).default_compute) ?? null },
      interactionEndpoints: shown ? endpointsOf(jobServices(shown, workspace, origin)) : {},
      ...(run.error && { error: { code: run.error.code, message: run.error.message } }),
    },
    ...(run.resource && { systemData: { ...run.resource.system } }),
  }
}

function renamed(ports: JsonObject[string], kind: string): JsonObject {
  return Object.fromEntries(
    Object.entries(objectAt(ports)).flatMap(([name, port]) => {
      if (!isObject(port) || name === 'default') return []
      const type = textAt(port[kind]) ?? ''
      return [[name, { ...port, [kind]: TYPES[type.toLowerCase()] ?? type }]]
    }),
  )
}

const endpointsOf = (services: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(services).map(([name, service]) => {
      const { jobServiceType, endpoint, port, properties } = objectAt(service)
      return [name, { jobEndpointType: jobServiceType, endpoint, port, properties }]
    }),
  )
