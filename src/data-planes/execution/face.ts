import { Type } from 'typebox'
import { findExperiment } from '../../domain/experiments/find-experiment.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { searchRuns } from '../../domain/runs/search-runs.ts'
import { readPageToken } from '../../domain/search/page-token.ts'
import { historyRefusal } from '../history-errors.ts'
import { type Face, operation } from '../operation.ts'
import { presentPage } from '../paging.ts'
import { presentRun } from '../run-dto.ts'

const right = 'experiments/runs/read'
const PAGE = 100
const Paging = Type.Object({ $continuationtoken: Type.Optional(Type.String()) })

const pageOf = (token: string | undefined) => {
  const after = readPageToken(token)
  return { filter: [], order: [], limit: PAGE, ...(after !== undefined && { after }) }
}

/** The execution service, as far as it reads: the runs that something here executes. */
export const executionFace: Face = {
  name: 'Execution',
  prefixes: ['/execution/v1.0'],
  refuse: historyRefusal,
  operations: [
    operation({
      name: 'Execution.listRuns',
      method: 'GET',
      path: '/runs',
      right,
      query: Paging,
      async answer({ store, tenantId }, { workspace, query, ...asked }) {
        const page = await searchRuns(store, workspace.key, {
          ...pageOf(query.$continuationtoken),
          find: { kinds: ['command'], deleted: false },
        })
        return presentPage(page, (run) => presentRun(run, tenantId), {
          asked: { ...asked, workspace },
          parameter: '$continuationtoken',
        })
      },
    }),
    operation({
      name: 'Execution.listRunsOfExperiment',
      method: 'GET',
      path: '/experiments/{experiment}/runs',
      right,
      query: Paging,
      async answer({ store, tenantId }, { workspace, params, query, ...asked }) {
        const { id } = await findExperiment(store, workspace.key, params.experiment)
        const page = await searchRuns(store, workspace.key, {
          ...pageOf(query.$continuationtoken),
          find: { experimentIds: [id], kinds: ['command'], deleted: false },
        })
        return presentPage(page, (run) => presentRun(run, tenantId), {
          asked: { ...asked, workspace },
          parameter: '$continuationtoken',
        })
      },
    }),
    ...(['/runs/{runId}', '/experiments/{experimentName}/runs/{runId}'] as const).map((path) =>
      operation({
        name: 'Execution.getRun',
        method: 'GET',
        path: path as '/experiments/{experimentName}/runs/{runId}',
        right,
        async answer({ store, tenantId }, { workspace, params }) {
          return presentRun(await findRun(store, workspace.key, params), tenantId)
        },
      }),
    ),
  ],
}
