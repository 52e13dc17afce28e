import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { Run } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'
import { ensureExperiment } from '../experiments/ensure-experiment.ts'
import { unnotified } from '../jobs/notification.ts'

export interface NewJobRun {
  /** The workspace's folded id. */
  readonly workspace: string
  readonly id: string
  /** The job's properties as ARM has them, without what follows from the run. */
  readonly job: JsonObject
  readonly resource: NonNullable<Run['resource']>
  readonly createdBy: Run['createdBy']
  readonly etag: string
  /** The run that it is a step or a trial of. */
  readonly parent?: Run
}

/** A job's run before anything has happened to it. To be written in the same transaction. */
export async function newJobRun(within: Repositories, request: NewJobRun): Promise<Run> {
  const { workspace, id, job, resource, parent } = request
  const now = resource.system.createdAt
  const warning = unnotified(job)
  const experiment = await ensureExperiment(within, workspace, {
    name: parent?.experimentName ?? (textAt(job.experimentName) || 'Default'),
    now,
  })
  return {
    id,
    workspace,
    experimentId: experiment.id,
    experimentName: experiment.name,
    kind: (textAt(job.jobType) ?? '').toLowerCase(),
    displayName: textAt(job.displayName) || id,
    ...describedJob(job),
    status: 'NotStarted',
    createdAt: now,
    createdBy: request.createdBy,
    ...(parent && { parentId: parent.id }),
    rootId: parent?.rootId ?? id,
    number: await within.runs.nextNumber(workspace, experiment.id),
    tags: texts(job.tags),
    properties: texts(job.properties),
    params: literals(job.inputs),
    hidden: job.isArchived === true,
    job,
    resource,
    ...(textAt(job.computeId) !== undefined && { computeId: textAt(job.computeId) ?? '' }),
    outputs: {},
    warnings: warning === undefined ? [] : [{ message: warning, source: 'job' }],
    spans: [{ status: 'NotStarted', at: now }],
    etag: request.etag,
  }
}

export const describedJob = (job: JsonObject): { description?: string } => {
  const description = textAt(job.description)
  return description === undefined ? {} : { description }
}

/** The literal inputs of a job are its run's parameters, as Azure shows them. */
const literals = (inputs: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(objectAt(inputs)).flatMap(([name, input]) =>
      isObject(input) && input.jobInputType === 'literal' ? [[name, String(input.value)]] : [],
    ),
  )

/** A map of texts as bodies hold it; what is no text is written as JSON, and what is null is left out. */
export const texts = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(objectAt(value)).flatMap(([key, item]) =>
      item === undefined || item === null ? [] : [[key, typeof item === 'string' ? item : JSON.stringify(item)]],
    ),
  )
