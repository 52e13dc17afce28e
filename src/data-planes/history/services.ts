import { Type } from 'typebox'
import { changeRun } from '../../domain/runs/change-run.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import type { Run } from '../../store/runs.ts'
import { operation } from '../operation.ts'
import { presentRun } from '../run-dto.ts'
import { runOperation } from './run-operation.ts'

const write = 'experiments/runs/write'

/** The services of a run on one of its nodes, as they were reported. */
const instancesOf = (run: Run, node: string): JsonObject => objectAt(objectAt(run.reported?.instances)[node])

/** What a run offers while it runs (an editor, a dashboard), and where on its nodes. */
export const serviceOperations = [
  ...runOperation({
    name: 'Runs.deleteRunServices',
    method: 'DELETE',
    suffix: '/services',
    right: write,
    body: Type.Object({ servicesToDelete: Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()])) }),
    async answer(deps, { workspace, path, body }) {
      const removeServices = body.servicesToDelete ?? []
      return presentRun(await changeRun(deps, workspace.key, { path, removeServices }), deps.tenantId)
    },
  }),
  operation({
    name: 'Runs.getRunServiceInstances',
    method: 'GET',
    path: '/runs/{runId}/serviceinstances/{nodeId}',
    right: 'experiments/runs/read',
    async answer({ store }, { workspace, params }) {
      const run = await findRun(store, workspace.key, { runId: params.runId })
      return { instances: instancesOf(run, params.nodeId) }
    },
  }),
  operation({
    name: 'Runs.addOrModifyRunServiceInstances',
    method: 'PATCH',
    path: '/runs/{runId}/serviceinstances/{nodeId}',
    right: write,
    body: Type.Object({
      instances: Type.Optional(
        Type.Union([Type.Record(Type.String(), Type.Record(Type.String(), Type.Any())), Type.Null()]),
      ),
    }),
    async answer(deps, { workspace, params, body }) {
      const path = { runId: params.runId }
      const reported = { instances: { [params.nodeId]: (body.instances ?? {}) as JsonObject } }
      const run = await changeRun(deps, workspace.key, { path, reported })
      return { instances: instancesOf(run, params.nodeId) }
    },
  }),
]
