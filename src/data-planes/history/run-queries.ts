import { Type } from 'typebox'
import type { Deps } from '../../domain/deps.ts'
import { findExperiment } from '../../domain/experiments/find-experiment.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { recordRun } from '../../domain/runs/record-run.ts'
import { searchRuns } from '../../domain/runs/search-runs.ts'
import { odataOrder, parseODataFilter } from '../../domain/search/odata-filter.ts'
import { readPageToken } from '../../domain/search/page-token.ts'
import { fault, isFault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { FindRuns } from '../../store/runs.ts'
import { operation, type Workspace } from '../operation.ts'
import { presentPage, presentPosted } from '../paging.ts'
import { presentRun } from '../run-dto.ts'
import { runOperation } from './run-operation.ts'
import { RunRecord, recordOf } from './run-record.ts'
import { ListQuery, QueryParams } from './schemas.ts'

const DEFAULT_TOP = 100
const MOST = 1000
const right = 'experiments/runs/read'

interface Asked {
  readonly filter?: string | null | undefined
  readonly orderBy?: string | null | undefined
  readonly top?: number | null | undefined
  readonly token?: string | null | undefined
}

/** Newest first is the store's own order: asked for by name, it needs no sorting. */
const isNewestFirst = (orderBy: string): boolean => /^\s*(createdutc|runnumber)\s+desc\s*$/i.test(orderBy)

async function search(deps: Deps, workspace: Workspace, find: FindRuns, asked: Asked) {
  const after = readPageToken(asked.token ?? undefined)
  const orderBy = asked.orderBy ?? ''
  return await searchRuns(deps.store, workspace.key, {
    find: { deleted: false, ...find },
    filter: parseODataFilter(asked.filter ?? ''),
    order: isNewestFirst(orderBy) ? [] : odataOrder(orderBy),
    limit: Math.min(asked.top ?? DEFAULT_TOP, MOST),
    ...(after !== undefined && { after }),
  })
}

const experimentPaths = ['/experimentids/{experiment}', '/experiments/{experiment}'] as const

const fromQuery = (query: {
  $filter?: string
  $orderby?: string
  $sortorder?: string
  $top?: number
  $count?: number
  $continuationtoken?: string
}): Asked => ({
  filter: query.$filter,
  orderBy: query.$orderby === undefined ? undefined : `${query.$orderby} ${query.$sortorder ?? ''}`.trim(),
  top: query.$top ?? query.$count,
  token: query.$continuationtoken,
})

/** Run history's listings of runs. */
export const runQueryOperations = [
  ...experimentPaths.flatMap((path) => [
    operation({
      name: 'Runs.getByQuery',
      method: 'POST',
      path: `${path}/runs:query`,
      right,
      body: QueryParams,
      async answer(deps, { workspace, params, body }) {
        const { id } = await findExperiment(deps.store, workspace.key, params.experiment)
        const page = await search(deps, workspace, { experimentIds: [id] }, { ...body, token: body.continuationToken })
        return presentPosted(page, (run) => presentRun(run, deps.tenantId))
      },
    }),
    operation({
      name: 'Runs.list',
      method: 'GET',
      path: `${path}/runs`,
      right,
      query: ListQuery,
      async answer(deps, { workspace, params, query, ...rest }) {
        const { id } = await findExperiment(deps.store, workspace.key, params.experiment)
        const page = await search(deps, workspace, { experimentIds: [id] }, fromQuery(query))
        return presentPage(page, (run) => presentRun(run, deps.tenantId), {
          asked: { ...rest, workspace },
          parameter: '$continuationtoken',
        })
      },
    }),
    operation({
      name: 'Run.getCounts',
      method: 'GET',
      path: `${path}/runcounts`,
      right,
      async answer(deps, { workspace, params }) {
        const { id } = await findExperiment(deps.store, workspace.key, params.experiment)
        const counted = await deps.store.runs.countByStatus(workspace.key, id)
        const names = [
          'provisioning',
          'queued',
          'notStarted',
          'starting',
          'preparing',
          'running',
          'completed',
          'failed',
          'canceled',
        ]
        const counts = new Map([...counted].map(([status, count]) => [status.toLowerCase(), count]))
        return {
          ...Object.fromEntries(names.map((name) => [name, counts.get(name.toLowerCase()) ?? 0])),
          notResponding: 0,
        }
      },
    }),
    operation({
      name: path.includes('ids') ? 'Runs.batchAddOrModifyByExperimentId' : 'Runs.batchAddOrModifyByExperimentName',
      method: 'PATCH',
      path: `${path}/batch/runs`,
      right: 'experiments/runs/write',
      body: Type.Object({ runs: Type.Array(RunRecord, { maxItems: MOST }) }),
      async answer(deps, { workspace, params, body, caller }) {
        const runs: Record<string, JsonObject> = {}
        const errors: Record<string, JsonObject> = {}
        for (const sent of body.runs) {
          const runId = sent.runId ?? ''
          try {
            if (runId === '') throw fault('ParameterInvalid', { reason: 'Each run of a batch has a runId.' })
            const path = { runId, ...(params.experiment && { experimentName: params.experiment }) }
            const record = recordOf(sent)
            const run = await recordRun(deps, workspace.key, { path, record, by: caller, mode: 'upsert' })
            runs[run.id] = presentRun(run, deps.tenantId)
          } catch (error) {
            if (!isFault(error)) throw error
            errors[runId] = { error: { code: 'UserError', message: error.message } }
          }
        }
        return { runs, errors }
      },
    }),
    operation({
      name: 'Runs.getByIds',
      method: 'POST',
      path: `${path}/runs/runIds`,
      right,
      body: Type.Object({ runIds: Type.Array(Type.String()) }),
      async answer(deps, { workspace, params, body }) {
        const { id } = await findExperiment(deps.store, workspace.key, params.experiment)
        const runs = await Promise.all(body.runIds.map((run) => deps.store.runs.get(workspace.key, run)))
        const found = runs.flatMap((run) => (run?.experimentId === id ? [run] : []))
        return {
          runs: Object.fromEntries(found.map((run) => [run.id, presentRun(run, deps.tenantId)])),
          errors: Object.fromEntries(
            body.runIds
              .filter((run) => !found.some((one) => one.id === run))
              .map((run) => [run, { error: { code: 'UserError', message: `Run '${run}' was not found.` } }]),
          ),
        }
      },
    }),
  ]),
  ...runOperation({
    name: 'Runs.getChild',
    method: 'GET',
    suffix: '/children',
    right,
    query: ListQuery,
    async answer(deps, { workspace, path, query, ...rest }) {
      const { id } = await findRun(deps.store, workspace.key, path)
      const page = await search(deps, workspace, { parentId: id }, fromQuery(query))
      return presentPage(page, (run) => presentRun(run, deps.tenantId), {
        asked: { ...rest, workspace },
        parameter: '$continuationtoken',
      })
    },
  }),
  operation({
    name: 'Runs.query',
    method: 'POST',
    path: '/runs:query',
    right,
    body: QueryParams,
    async answer(deps, { workspace, body }) {
      const page = await search(deps, workspace, {}, { ...body, token: body.continuationToken })
      return presentPosted(page, (run) => presentRun(run, deps.tenantId))
    },
  }),
  operation({
    name: 'Run.listByCompute',
    method: 'GET',
    path: '/computes/{computeName}/runs',
    right,
    query: ListQuery,
    async answer(deps, { workspace, params, query, ...rest }) {
      const computeId = `${workspace.id}/computes/${params.computeName}`
      const page = await search(deps, workspace, { computeId }, fromQuery(query))
      return presentPage(page, (run) => presentRun(run, deps.tenantId), {
        asked: { ...rest, workspace },
        parameter: '$continuationtoken',
      })
    },
  }),
]
