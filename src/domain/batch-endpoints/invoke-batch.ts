import { createHash, randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import type { Caller } from '../../identity/identity.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Run } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { findComponent } from '../pipelines/component.ts'
import { batchTags } from './batch-jobs.ts'
import { componentJob, configuredComponent, pipelineSettings } from './component-job.ts'
import { isPipelineDeployment } from './deployment-settings.ts'
import { type Invocation, readInvocation } from './read-invocation.ts'
import { scoringJob } from './scoring-job.ts'

/** Makes a resource as a client's PUT would. */
export type PutResource = (id: string, body: JsonObject, caller: Caller) => Promise<StoredResource>

export interface InvokeRequest {
  readonly endpoint: StoredResource
  /** The default one unless said. */
  readonly deployment?: string | undefined
  /** A deployment that is not there was not meant: the default one is. */
  readonly orDefault?: boolean
  readonly body: JsonObject
  readonly caller: Caller
  /** Says that a further request with it is the same one: clients send it again where an answer was lost. */
  readonly repeatability?: string | undefined
}

/**
 * Begins the job of an invocation and answers its run.
 *
 * @throws BatchDefaultMissing, BatchDeploymentNotFound, BatchInvocationInvalid, BatchJobExists, and every refusal of a job
 */
export async function invokeBatch(
  deps: Pick<Deps, 'store' | 'blobs'>,
  put: PutResource,
  { endpoint, deployment: asked, orDefault, body, caller, repeatability }: InvokeRequest,
): Promise<Run> {
  const workspace = endpoint.id.slice(0, endpoint.id.lastIndexOf('/batchEndpoints/'))
  const named = asked && (await deps.store.resources.get(`${endpoint.id}/deployments/${asked}`))
  const deployment = await deploymentOf(deps, endpoint, named || !orDefault ? asked : undefined)
  const invocation = readInvocation(body)
  const name = invocation.name ?? `batchjob-${repeatability ? sameFor(endpoint, caller, repeatability) : randomUUID()}`
  const known = await deps.store.runs.get(foldId(workspace), name)
  if (known && repeatability && !invocation.name) return known
  if (known) throw fault('BatchJobExists', { job: name })
  const job = await jobOf(deps, put, { workspace, deployment, invocation, caller })
  const { experimentName, ...properties } = invocation.properties
  await put(
    `${workspace}/jobs/${name}`,
    {
      properties: {
        jobType: 'Pipeline',
        displayName: name,
        experimentName: textAt(experimentName) || endpoint.name,
        ...(invocation.description !== undefined && { description: invocation.description }),
        tags: { ...invocation.tags, ...batchTags(endpoint, deployment) },
        properties,
        ...job,
      },
    },
    caller,
  )
  const run = await deps.store.runs.get(foldId(workspace), name)
  if (!run) throw fault('RunNotFound', { run: name })
  return run
}

async function deploymentOf(
  { store }: Pick<Deps, 'store'>,
  endpoint: StoredResource,
  asked: string | undefined,
): Promise<StoredResource> {
  const name = asked || textAt(objectAt(objectAt(endpoint.body.properties).defaults).deploymentName)
  const found = name ? await store.resources.get(`${endpoint.id}/deployments/${name}`) : undefined
  if (!found && asked) throw fault('BatchDeploymentNotFound', { endpoint: endpoint.name, deployment: asked })
  if (!found) throw fault('BatchDefaultMissing', { endpoint: endpoint.name })
  // One that is being changed is as it was until it is as it will be.
  if (!['Succeeded', 'Updating'].includes(found.provisioningState)) {
    const state = found.provisioningState
    throw fault('BatchDeploymentNotReady', { endpoint: endpoint.name, deployment: found.name, state })
  }
  return found
}

interface JobRequest {
  readonly workspace: string
  readonly deployment: StoredResource
  readonly invocation: Invocation
  readonly caller: Caller
}

async function jobOf(
  deps: Pick<Deps, 'store' | 'blobs'>,
  put: PutResource,
  { workspace, deployment, invocation, caller }: JobRequest,
): Promise<JsonObject> {
  const kept = objectAt(deployment.body.properties)
  if (isPipelineDeployment(kept)) {
    const component = await findComponent(deps.store, workspace, configuredComponent(kept).reference)
    return componentJob(component, pipelineSettings(kept, textAt(invocation.overrides.compute)), invocation)
  }
  const { job, spec } = await scoringJob(deps, {
    workspace,
    properties: overridden(kept, invocation.overrides),
    environmentId: textAt(kept.environmentId) ?? textAt(deployment.state.environmentId) ?? '',
    invocation,
  })
  const component = await put(
    `${workspace}/components/azureml_anonymous/versions/${guidOf(JSON.stringify(spec))}`,
    { properties: { componentSpec: spec, isAnonymous: true } },
    caller,
  )
  return job(component.id)
}

const overridden = (kept: JsonObject, overrides: JsonObject): JsonObject => ({
  ...kept,
  ...overrides,
  retrySettings: { ...objectAt(kept.retrySettings), ...objectAt(overrides.retrySettings) },
  resources: { ...objectAt(kept.resources), ...objectAt(overrides.resources) },
})

const sameFor = (endpoint: StoredResource, caller: Caller, repeatability: string): string =>
  guidOf(`${foldId(endpoint.id)}\n${caller.objectId}\n${repeatability}`)

function guidOf(text: string): string {
  const digest = createHash('sha256').update(text).digest('hex')
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    digest.slice(12, 16),
    digest.slice(16, 20),
    digest.slice(20, 32),
  ].join('-')
}
