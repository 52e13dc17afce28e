import { fault } from '../../faults.ts'
import { objectAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Run } from '../../store/runs.ts'
import type { Page } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { isPipelineDeployment } from './deployment-settings.ts'

/** Which endpoint and deployment a job is of; `batchrun` is what azure-ai-ml tells batch jobs by. */
const ENDPOINT = 'azureml.endpointname'
const DEPLOYMENT = 'azureml.deploymentname'
const PAGE = 100

/** The tags of a deployment's jobs. One of a component is read like any pipeline job, one of a model by its step. */
export const batchTags = (endpoint: StoredResource, deployment: StoredResource): Readonly<Record<string, string>> => ({
  'azureml.batchrun': 'true',
  [ENDPOINT]: endpoint.name,
  [DEPLOYMENT]: deployment.name,
  'azureml.jobtype': isPipelineDeployment(objectAt(deployment.body.properties))
    ? 'azureml.pipelinejob'
    : 'azureml.batchjob',
})

const workspaceOf = (endpoint: StoredResource): string =>
  foldId(endpoint.id.slice(0, endpoint.id.lastIndexOf('/batchEndpoints/')))

const same = (a: string | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase()

const isOf = ({ tags }: Run, endpoint: StoredResource, deployment: string | undefined): boolean =>
  same(tags[ENDPOINT], endpoint.name) && (deployment === undefined || same(tags[DEPLOYMENT], deployment))

/** A page of an endpoint's jobs, or of one deployment's, newest first. */
export async function listBatchJobs(
  { store }: Pick<Deps, 'store'>,
  endpoint: StoredResource,
  { deployment, after }: { readonly deployment?: string | undefined; readonly after?: string | undefined },
): Promise<Page<Run>> {
  const items: Run[] = []
  let next = after
  do {
    const page = await store.runs.find(workspaceOf(endpoint), {
      kinds: ['pipeline'],
      roots: true,
      deleted: false,
      tag: { key: ENDPOINT, value: endpoint.name },
      limit: PAGE,
      ...(next !== undefined && { after: next }),
    })
    items.push(...page.items.filter((run) => isOf(run, endpoint, deployment)))
    next = page.next
  } while (next !== undefined && items.length < PAGE)
  return { items, ...(next !== undefined && { next }) }
}

/** @throws BatchJobNotFound */
export async function findBatchJob(
  { store }: Pick<Deps, 'store'>,
  endpoint: StoredResource,
  { job, deployment }: { readonly job: string; readonly deployment?: string | undefined },
): Promise<Run> {
  const run = await store.runs.get(workspaceOf(endpoint), job)
  if (run?.job && isOf(run, endpoint, deployment)) return run
  const of = deployment === undefined ? `batch endpoint '${endpoint.name}'` : `deployment '${deployment}'`
  throw fault('BatchJobNotFound', { job, of })
}
