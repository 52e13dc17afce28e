import { randomUUID } from 'node:crypto'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId, type ResourceId } from '../../resource-id.ts'
import type { ListResources, StoredResource } from '../../store/resources.ts'
import type { Run } from '../../store/runs.ts'
import type { Page, Repositories } from '../../store/store.ts'
import { asCommand } from '../jobs/parallel-command.ts'
import { parentRun } from '../jobs/parent-run.ts'
import { describedJob, newJobRun, texts } from './new-job-run.ts'

export const JOBS = 'Microsoft.MachineLearningServices/workspaces/jobs'

/**
 * Jobs as ARM resources, kept as runs: the backing of `workspaces/jobs`. A job's body shows the run as it stands
 * (status, tags, display name, outputs); a put of a known job changes what may be changed of it and nothing else.
 */
export const jobRuns = {
  async get(from: Repositories, id: ResourceId): Promise<StoredResource | undefined> {
    const run = await from.runs.get(workspaceOf(id), id.name)
    return run && jobResource(run)
  },

  async put(into: Repositories, resource: StoredResource): Promise<void> {
    const workspace = foldId(resource.id.slice(0, resource.id.lastIndexOf('/jobs/')))
    const known = await into.runs.get(workspace, resource.name)
    await into.runs.put(known ? changedRun(known, resource) : await newRun(into, workspace, resource))
  },

  async remove(from: Repositories, id: ResourceId): Promise<void> {
    await removeWithChildren(from, workspaceOf(id), id.name)
  },

  async list(
    from: Repositories,
    parent: ResourceId,
    options: ListResources,
    query: URLSearchParams,
  ): Promise<Page<StoredResource>> {
    const view = query.get('listViewType') ?? 'ActiveOnly'
    const tag = query.get('tag')
    const kind = query.get('jobType')
    const page = await from.runs.find(parent.key, {
      kinds: kind ? [kind.toLowerCase()] : jobKinds,
      deleted: false,
      // Steps and trials are listed by their parent, as in Azure.
      roots: true,
      ...(view !== 'All' && { hidden: view === 'ArchivedOnly' }),
      ...(tag && { tag: tagOf(tag) }),
      ...(options.after !== undefined && { after: options.after }),
      ...(options.limit !== undefined && { limit: options.limit }),
    })
    return { ...page, items: page.items.flatMap((run) => jobResource(run) ?? []) }
  },
}

/** The kinds of runs that are jobs, as ARM's `jobType` names them in lower case. */
export const jobKinds: readonly string[] = [
  ...['command', 'sweep', 'pipeline', 'parallel'],
  ...['automl', 'spark', 'labeling', 'finetuning'],
]

/** Where the artifacts of a job are, as its `default` output says it. */
export const defaultOutput = (run: string): JsonObject => ({
  jobOutputType: 'uri_folder',
  mode: 'ReadWriteMount',
  uri: `azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.${run}`,
})

/** The run as the job that it is; undefined for a run that is none. */
export function jobResource(run: Run): StoredResource | undefined {
  const { job, resource } = run
  if (!job || !resource) return undefined
  const outputs = Object.fromEntries(
    Object.entries(objectAt(job.outputs)).map(([name, output]) => {
      const uri = run.outputs[name]?.uri
      return [name, uri === undefined || !isObject(output) ? output : { ...output, uri }]
    }),
  )
  return {
    ...resource,
    type: JOBS,
    name: run.id,
    etag: run.etag,
    body: {
      properties: {
        ...asCommand(job),
        status: run.status,
        displayName: run.displayName,
        experimentName: run.experimentName,
        ...(run.description !== undefined && { description: run.description }),
        tags: run.tags,
        properties: run.properties,
        isArchived: run.hidden,
        outputs: { default: defaultOutput(run.id), ...outputs },
      },
    },
  }
}

async function newRun(into: Repositories, workspace: string, resource: StoredResource): Promise<Run> {
  const { status: _, services, ...job } = objectAt(resource.body.properties)
  const asked = askedServices(objectAt(services))
  const parent = await parentRun(into, workspace, job)
  return newJobRun(into, {
    workspace,
    id: resource.name,
    job: { ...job, ...(Object.keys(asked).length > 0 && { services: asked }) },
    resource: besides(resource),
    createdBy: await creator(into, resource.system.createdBy),
    etag: resource.etag,
    ...(parent && { parent }),
  })
}

/** Those that its submitter wants; Tracking and Studio are told by the server, and come back where a job is put again. */
const askedServices = (sent: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(sent).filter(
      ([, service]) => !['tracking', 'studio'].includes((textAt(objectAt(service).jobServiceType) ?? '').toLowerCase()),
    ),
  )

/** A job takes its steps and trials along. */
async function removeWithChildren(from: Repositories, workspace: string, id: string): Promise<void> {
  const { items } = await from.runs.find(workspace, { parentId: id })
  for (const child of items) await removeWithChildren(from, workspace, child.id)
  await from.runs.remove(workspace, id)
}

function changedRun(run: Run, resource: StoredResource): Run {
  const job = objectAt(resource.body.properties)
  return {
    ...run,
    displayName: textAt(job.displayName) || run.displayName,
    ...describedJob(job),
    ...(isObject(job.tags) && { tags: texts(job.tags) }),
    ...(isObject(job.properties) && { properties: texts(job.properties) }),
    ...(typeof job.isArchived === 'boolean' && { hidden: job.isArchived }),
    resource: besides(resource),
    etag: resource.etag || randomUUID(),
  }
}

const besides = ({ id, state, secrets, provisioningState, system }: StoredResource): NonNullable<Run['resource']> => ({
  id,
  state,
  secrets,
  provisioningState,
  system,
})

async function creator(from: Repositories, name: string): Promise<Run['createdBy']> {
  const known = (await from.identities.principal(name)) ?? (await from.identities.principalByApp(name))
  return { objectId: known?.objectId ?? name, name: known?.displayName ?? name }
}

function tagOf(text: string): { readonly key: string; readonly value?: string } {
  const at = text.indexOf('=')
  return at < 0 ? { key: text } : { key: text.slice(0, at), value: text.slice(at + 1) }
}

const workspaceOf = (job: ResourceId): string => job.parent?.key ?? ''
