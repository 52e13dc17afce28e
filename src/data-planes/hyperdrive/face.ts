import { Type } from 'typebox'
import { cancelRun } from '../../domain/runs/cancel-run.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { searchRuns } from '../../domain/runs/search-runs.ts'
import { readPageToken } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import { historyRefusal } from '../history-errors.ts'
import { type Face, operation } from '../operation.ts'
import { presentPage } from '../paging.ts'
import { presentRun } from '../run-dto.ts'

const right = 'experiments/runs/read'
const PAGE = 100

/** The hyperparameter tuning service: the sweeps of a workspace, read and cancelled. They are begun as jobs. */
export const hyperdriveFace: Face = {
  name: 'Hyperdrive',
  prefixes: ['/hyperdrive/v1.0'],
  refuse: historyRefusal,
  operations: [
    operation({
      name: 'Hyperdrive.listRuns',
      method: 'GET',
      path: '/runs',
      right,
      query: Type.Object({ $continuationtoken: Type.Optional(Type.String()) }),
      async answer({ store, tenantId }, { workspace, query, ...asked }) {
        const after = readPageToken(query.$continuationtoken)
        const page = await searchRuns(store, workspace.key, {
          find: { kinds: ['sweep'], deleted: false },
          filter: [],
          order: [],
          limit: PAGE,
          ...(after !== undefined && { after }),
        })
        return presentPage(page, (run) => presentRun(run, tenantId), {
          asked: { ...asked, workspace },
          parameter: '$continuationtoken',
        })
      },
    }),
    operation({
      name: 'Hyperdrive.getRun',
      method: 'GET',
      path: '/runs/{runId}',
      right,
      async answer({ store, tenantId }, { workspace, params }) {
        const run = await findRun(store, workspace.key, params)
        if (run.kind !== 'sweep') throw fault('RunNotFound', { run: params.runId })
        return presentRun(run, tenantId)
      },
    }),
    operation({
      name: 'RestClient.cancelExperiment',
      method: 'POST',
      path: '/runs/{runId}/cancel',
      right: 'jobs/cancel/action',
      async answer(deps, { workspace, params }) {
        const run = await findRun(deps.store, workspace.key, params)
        if (run.kind !== 'sweep') throw fault('RunNotFound', { run: params.runId })
        const { status } = await cancelRun(deps, workspace.key, run.id)
        return { code: 200, result: status }
      },
    }),
  ],
}
