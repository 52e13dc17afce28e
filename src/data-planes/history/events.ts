import { type Static, Type } from 'typebox'
import type { Deps } from '../../domain/deps.ts'
import { findExperiment } from '../../domain/experiments/find-experiment.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { postEvent, type RunEvent } from '../../domain/runs/post-event.ts'
import { readPageToken } from '../../domain/search/page-token.ts'
import { fault, isFault } from '../../faults.ts'
import type { Json, JsonObject } from '../../json.ts'
import { operation, type Workspace } from '../operation.ts'
import { presentPage } from '../paging.ts'
import { runOperation } from './run-operation.ts'
import { MaybeText } from './schemas.ts'

const write = 'experiments/runs/write'
const PAGE = 1000

const Event = Type.Object({
  name: Type.String({ minLength: 1 }),
  timestamp: Type.Optional(MaybeText),
  data: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Any()), Type.Null()])),
})
const Batch = Type.Object({ events: Type.Array(Event, { maxItems: 1000 }) })

const eventOf = ({ name, timestamp, data }: Static<typeof Event>): RunEvent => ({
  name,
  ...(timestamp && { timestamp }),
  data: (data ?? {}) as JsonObject,
})

/** The run that an event of a batch tells of. */
function runOf({ data }: RunEvent): string {
  const [, run] = Object.entries(data).find(([name]) => name.toLowerCase() === 'runid') ?? []
  if (typeof run !== 'string')
    throw fault('ParameterInvalid', { reason: 'An event of a batch names its run as RunId.' })
  return run
}

async function postAll(
  deps: Deps,
  workspace: Workspace,
  { events, experiment }: { readonly events: readonly Static<typeof Event>[]; readonly experiment?: string },
): Promise<JsonObject> {
  const experimentId = experiment && (await findExperiment(deps.store, workspace.key, experiment)).id
  const successes: string[] = []
  const errors: JsonObject[] = []
  for (const sent of events) {
    try {
      const event = eventOf(sent)
      const runId = runOf(event)
      await postEvent(deps, workspace.key, { path: { runId, ...(experimentId && { experimentId }) }, event })
      successes.push(runId)
    } catch (error) {
      if (!isFault(error)) throw error
      errors.push({ key: sent as Json, value: { error: { code: 'UserError', message: error.message } } })
    }
  }
  return { errors, successes }
}

/** What clients tell of runs as it happens. */
export const eventOperations = [
  ...runOperation({
    name: 'Events.post',
    method: 'POST',
    suffix: '/events',
    right: write,
    body: Event,
    async answer(deps, { workspace, path, body }) {
      await postEvent(deps, workspace.key, { path, event: eventOf(body) })
      return undefined
    },
  }),
  operation({
    name: 'Events.list',
    method: 'GET',
    path: '/runs/{runId}/events',
    right: 'experiments/runs/read',
    query: Type.Object({ continuationToken: Type.Optional(Type.String()) }),
    async answer({ store }, { workspace, params, query, ...asked }) {
      const run = await findRun(store, workspace.key, params)
      const after = readPageToken(query.continuationToken)
      const page = await store.runRecords.find(workspace.key, run.id, {
        kind: 'event',
        limit: PAGE,
        ...(after !== undefined && { after }),
      })
      return presentPage(page, ({ name, body }) => ({ name, ...body }), {
        asked: { ...asked, workspace },
        parameter: 'continuationToken',
      })
    },
  }),
  operation({
    name: 'Events.batchPost',
    method: 'POST',
    path: '/batch/events',
    right: write,
    body: Batch,
    answer: (deps, { workspace, body }) => postAll(deps, workspace, body),
  }),
  ...(['/experimentids/{experiment}', '/experiments/{experiment}'] as const).map((path) =>
    operation({
      name: path.includes('ids') ? 'Events.batchPostByExperimentId' : 'Events.batchPostByExperimentName',
      method: 'POST',
      path: `${path}/batch/events`,
      right: write,
      body: Batch,
      answer: (deps, { workspace, params, body }) =>
        postAll(deps, workspace, { ...body, experiment: params.experiment }),
    }),
  ),
]
