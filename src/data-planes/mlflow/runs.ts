import { Type } from 'typebox'
import type { Deps } from '../../domain/deps.ts'
import { experimentIdsOf } from '../../domain/experiments/find-experiment.ts'
import { changeRun } from '../../domain/runs/change-run.ts'
import { createRun } from '../../domain/runs/create-run.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { statusOfMlflow } from '../../domain/runs/run-states.ts'
import { searchRuns } from '../../domain/runs/search-runs.ts'
import { runFields } from '../../domain/search/fields.ts'
import { parseFilter } from '../../domain/search/filter.ts'
import { parseOrder } from '../../domain/search/order.ts'
import { pageToken, readPageToken } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { RunStatus } from '../../store/runs.ts'
import { deletedOf, limitOf } from './listing.ts'
import { mlflow, required, runIdOf } from './mlflow-operation.ts'
import { presentInfo, presentRun } from './present.ts'
import { KeyValue, RunIds, Whole } from './schemas.ts'

const read = 'experiments/runs/read'
const write = 'experiments/runs/write'
const DEFAULT_RESULTS = 1000
const MOST_RESULTS = 50_000

const timeOf = (ms: number | string | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(Number(ms)).toISOString()

function statusNamed(word: string | undefined): RunStatus | undefined {
  if (word === undefined) return undefined
  const status = statusOfMlflow(word)
  if (!status) throw fault('RunStatusInvalid', { status: word })
  return status
}

/** MLflow's own order, where none is asked for. */
const LAST_STARTED = ['attributes.start_time DESC']

/** Runs of MLflow; those of jobs are the jobs' own runs. */
export const runOperations = [
  mlflow({
    name: 'createRun',
    method: 'POST',
    path: '/runs/create',
    right: write,
    input: Type.Object({
      experiment_id: Type.Optional(Type.String()),
      user_id: Type.Optional(Type.String()),
      run_name: Type.Optional(Type.String()),
      start_time: Type.Optional(Whole),
      tags: Type.Optional(Type.Array(KeyValue)),
    }),
    async answer(deps, { input, caller, ...asked }) {
      const tags = Object.fromEntries((input.tags ?? []).map(({ key, value = '' }) => [key, value]))
      const { 'mlflow.parentRunId': parentId, 'mlflow.runName': name, ...others } = tags
      const startedAt = timeOf(input.start_time)
      const displayName = input.run_name || name
      const run = await createRun(deps, asked.workspace.key, {
        ...(input.experiment_id && { experiment: input.experiment_id }),
        ...(displayName && { displayName }),
        ...(parentId && { parentId }),
        ...(startedAt !== undefined && { startedAt }),
        status: 'Running',
        tags: { ...others, ...(input.user_id && !others['mlflow.user'] && { 'mlflow.user': input.user_id }) },
        createdBy: { objectId: caller.objectId, name: caller.displayName },
      })
      return { run: presentRun(run, [], asked) }
    },
  }),
  mlflow({
    name: 'getRun',
    method: 'GET',
    path: '/runs/get',
    right: read,
    input: Type.Object(RunIds),
    async answer({ store }, { input, ...asked }) {
      const run = await findRun(store, asked.workspace.key, { runId: runIdOf(input) })
      return { run: presentRun(run, await store.runs.latestMetrics(run.workspace, run.id), asked) }
    },
  }),
  mlflow({
    name: 'updateRun',
    method: 'POST',
    path: '/runs/update',
    right: write,
    input: Type.Object({
      ...RunIds,
      status: Type.Optional(Type.String()),
      end_time: Type.Optional(Whole),
      run_name: Type.Optional(Type.String()),
    }),
    async answer(deps, { input, ...asked }) {
      return { run_info: presentInfo(await updateRun(deps, asked.workspace.key, input), asked) }
    },
  }),
  ...([true, false] as const).map((deleted) =>
    mlflow({
      name: deleted ? 'deleteRun' : 'restoreRun',
      method: 'POST',
      path: deleted ? '/runs/delete' : '/runs/restore',
      right: deleted ? 'experiments/runs/delete' : write,
      input: Type.Object(RunIds),
      async answer(deps, { input, workspace }) {
        await changeRun(deps, workspace.key, { path: { runId: runIdOf(input) }, deleted })
        return {}
      },
    }),
  ),
  mlflow({
    name: 'searchRuns',
    method: 'POST',
    path: '/runs/search',
    right: read,
    input: Type.Object({
      experiment_ids: Type.Optional(Type.Array(Type.String())),
      filter: Type.Optional(Type.String()),
      run_view_type: Type.Optional(Type.String()),
      max_results: Type.Optional(Whole),
      order_by: Type.Optional(Type.Array(Type.String())),
      page_token: Type.Optional(Type.String()),
    }),
    async answer({ store }, { input, ...asked }): Promise<JsonObject> {
      const limit = limitOf(input.max_results, { usual: DEFAULT_RESULTS, most: MOST_RESULTS })
      const deleted = deletedOf(input.run_view_type)
      const order = input.order_by?.length ? input.order_by : LAST_STARTED
      const after = readPageToken(input.page_token)
      const { key } = asked.workspace
      const page = await searchRuns(store, key, {
        find: {
          experimentIds: await experimentIdsOf(store, key, input.experiment_ids ?? []),
          ...(deleted !== undefined && { deleted }),
        },
        filter: parseFilter(input.filter ?? '', runFields),
        order: parseOrder(order, runFields),
        limit,
        ...(after !== undefined && { after }),
      })
      const runs = await Promise.all(
        page.items.map(async (run) => presentRun(run, await store.runs.latestMetrics(key, run.id), asked)),
      )
      return { runs, ...(page.next !== undefined && { next_page_token: pageToken(page.next) }) }
    },
  }),
  mlflow({
    name: 'deleteTag',
    method: 'POST',
    path: '/runs/delete-tag',
    right: write,
    input: Type.Object({ ...RunIds, key: Type.Optional(Type.String()) }),
    async answer(deps, { input, workspace }) {
      const key = required('key', input.key)
      const run = await findRun(deps.store, workspace.key, { runId: runIdOf(input) })
      if (!Object.hasOwn(run.tags, key)) {
        throw fault('TagNotFound', { tag: key, run: run.id })
      }
      await changeRun(deps, workspace.key, { path: { runId: run.id }, removeTags: [key] })
      return {}
    },
  }),
]

interface Update {
  readonly run_id?: string
  readonly run_uuid?: string
  readonly status?: string
  readonly end_time?: number | string
  readonly run_name?: string
}

/** A job's run takes its state from the job: a client inside that ends its run ends nothing, and sees it go on. */
async function updateRun(deps: Deps, workspace: string, input: Update) {
  const run = await findRun(deps.store, workspace, { runId: runIdOf(input) })
  const status = run.job ? undefined : statusNamed(input.status)
  const endedAt = timeOf(input.end_time)
  return await changeRun(deps, workspace, {
    path: { runId: run.id },
    ...(input.run_name && { displayName: input.run_name }),
    ...(status && { status }),
    ...(endedAt !== undefined && { endedAt }),
  })
}
