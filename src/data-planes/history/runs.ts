import { Type } from 'typebox'
import { runLogs } from '../../domain/artifacts/run-logs.ts'
import { cancelRun } from '../../domain/runs/cancel-run.ts'
import { changeRun } from '../../domain/runs/change-run.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { recordRun } from '../../domain/runs/record-run.ts'
import { issueRunToken } from '../../domain/runs/run-token.ts'
import { operation } from '../operation.ts'
import { presentDetails, presentRun } from '../run-dto.ts'
import { runOperation } from './run-operation.ts'
import { RunRecord, recordOf } from './run-record.ts'
import { textsOf } from './schemas.ts'

const runsRead = 'experiments/runs/read'
const runsWrite = 'experiments/runs/write'

/** Run history's runs, one at a time. */
export const runOperations = [
  ...runOperation({
    name: 'Runs.get',
    method: 'GET',
    suffix: '',
    right: runsRead,
    async answer({ store, tenantId }, { workspace, path }) {
      return presentRun(await findRun(store, workspace.key, path), tenantId)
    },
  }),
  ...runOperation({
    name: 'Runs.getDetails',
    method: 'GET',
    suffix: '/details',
    right: runsRead,
    async answer(deps, { workspace, path, origin }) {
      const run = await findRun(deps.store, workspace.key, path)
      return presentDetails(run, deps.tenantId, await runLogs(deps, run, origin))
    },
  }),
  operation({
    name: 'Runs.create',
    method: 'POST',
    path: '/runs/{runId}',
    right: runsWrite,
    body: RunRecord,
    async answer(deps, { workspace, params, body, caller }) {
      const run = await recordRun(deps, workspace.key, {
        path: params,
        record: recordOf(body),
        by: caller,
        mode: 'create',
      })
      return presentRun(run, deps.tenantId)
    },
  }),
  ...runOperation({
    name: 'Runs.patch',
    method: 'PATCH',
    suffix: '',
    right: runsWrite,
    body: RunRecord,
    async answer(deps, { workspace, path, body, caller }) {
      const run = await recordRun(deps, workspace.key, { path, record: recordOf(body), by: caller, mode: 'upsert' })
      return presentRun(run, deps.tenantId)
    },
  }),
  ...runOperation({
    name: 'Runs.cancel',
    method: 'POST',
    suffix: '/cancel',
    right: 'experiments/runs/write',
    async answer(deps, { workspace, path }) {
      const { id } = await findRun(deps.store, workspace.key, path)
      return presentRun(await cancelRun(deps, workspace.key, id), deps.tenantId)
    },
  }),
  ...runOperation({
    name: 'Runs.deleteTags',
    method: 'DELETE',
    suffix: '/tags',
    right: runsWrite,
    body: Type.Union([Type.Array(Type.String()), Type.Object({})]),
    async answer(deps, { workspace, path, body }) {
      const removeTags = Array.isArray(body) ? body : []
      return presentRun(await changeRun(deps, workspace.key, { path, removeTags }), deps.tenantId)
    },
  }),
  ...runOperation({
    name: 'Runs.modifyOrDeleteTags',
    method: 'PATCH',
    suffix: '/tags',
    onlyByExperiment: true,
    right: runsWrite,
    body: Type.Object({
      tagsToModify: Type.Optional(
        Type.Union([Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()])), Type.Null()]),
      ),
      tagsToDelete: Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()])),
    }),
    async answer(deps, { workspace, path, body }) {
      const change = { path, tags: textsOf(body.tagsToModify), removeTags: body.tagsToDelete ?? [] }
      return presentRun(await changeRun(deps, workspace.key, change), deps.tenantId)
    },
  }),
  ...runOperation({
    name: 'Runs.getToken',
    method: 'GET',
    suffix: '/token',
    onlyByExperiment: true,
    right: runsWrite,
    async answer(deps, { workspace, path, caller }) {
      const run = await findRun(deps.store, workspace.key, path)
      const { token, expiresAt } = await issueRunToken(deps, run, caller.objectId)
      return { token, expiryTimeUtc: expiresAt.toISOString() }
    },
  }),
]
