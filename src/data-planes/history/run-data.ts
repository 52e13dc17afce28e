import { type Static, Type } from 'typebox'
import type { Deps } from '../../domain/deps.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { isFault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { operation, type Workspace } from '../operation.ts'
import { presentRun, presentSpans } from '../run-dto.ts'
import { runOperation } from './run-operation.ts'

const right = 'experiments/runs/read'

const RunDataRequest = Type.Object({
  runId: Type.String(),
  selectRunMetadata: Type.Optional(Type.Boolean()),
  selectRunDefinition: Type.Optional(Type.Boolean()),
  selectJobSpecification: Type.Optional(Type.Boolean()),
})

async function runData(deps: Deps, workspace: Workspace, asked: Static<typeof RunDataRequest>): Promise<JsonObject> {
  const run = await findRun(deps.store, workspace.key, { runId: asked.runId })
  return {
    runMetadata: asked.selectRunMetadata === false ? null : presentRun(run, deps.tenantId),
    runDefinition: asked.selectRunDefinition ? (run.job ?? null) : null,
    jobSpecification: asked.selectJobSpecification && run.job ? { jobType: run.kind, ...run.job } : null,
    systemSettings: null,
  }
}

/** Run history's `rundata`, from which clients learn a run's named outputs, and the states it went through. */
export const runDataOperations = [
  operation({
    name: 'Runs.getRunData',
    method: 'POST',
    path: '/rundata',
    right,
    body: RunDataRequest,
    answer: (deps, { workspace, body }) => runData(deps, workspace, body),
  }),
  operation({
    name: 'Runs.batchGetRunData',
    method: 'POST',
    path: '/batchrundata',
    right,
    body: Type.Object({ requests: Type.Record(Type.String(), RunDataRequest) }),
    async answer(deps, { workspace, body }) {
      const results: Record<string, JsonObject> = {}
      const errors: Record<string, JsonObject> = {}
      for (const [key, asked] of Object.entries(body.requests)) {
        try {
          results[key] = await runData(deps, workspace, asked)
        } catch (error) {
          if (!isFault(error)) throw error
          errors[key] = { error: { code: 'UserError', message: error.message } }
        }
      }
      return { successfulResults: results, failedResults: errors }
    },
  }),
  ...runOperation({
    name: 'Spans.list',
    method: 'GET',
    suffix: '/spans',
    right,
    async answer({ store }, { workspace, path }) {
      return { value: presentSpans(await findRun(store, workspace.key, path)) }
    },
  }),
]
