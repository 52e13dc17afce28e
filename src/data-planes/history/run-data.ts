import { randomUUID } from 'node:crypto'
import { type Static, Type } from 'typebox'
import type { Deps } from '../../domain/deps.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { isFault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { operation, type Workspace } from '../operation.ts'
import { presentRun, presentSpans } from '../run-dto.ts'

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

/** Run history's `rundata`, from which clients learn a run's named outputs. */
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
]

const Span = Type.Object({
  name: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  context: Type.Optional(Type.Object({ spanId: Type.Optional(Type.String()) })),
})

/** The states that a run went through, and spans of a client's own: run history keeps them beside its public paths. */
export const spanOperations = [
  ...([false, true] as const).map((active) =>
    operation({
      name: active ? 'Spans.getActive' : 'Spans.list',
      method: 'GET',
      path: active ? '/runs/{runId}/spans/active' : ('/runs/{runId}/spans' as '/runs/{runId}/spans/active'),
      right,
      async answer({ store }, { workspace, params }) {
        const run = await findRun(store, workspace.key, params)
        const { items } = await store.runRecords.find(workspace.key, run.id, { kind: 'span' })
        const spans: JsonObject[] = [...presentSpans(run), ...items.map(({ body }) => body)]
        return active
          ? { spans: spans.filter(({ endTimestamp }) => (endTimestamp ?? null) === null) }
          : { value: spans }
      },
    }),
  ),
  operation({
    name: 'Spans.post',
    method: 'POST',
    path: '/runs/{runId}/spans',
    right: 'experiments/runs/write',
    body: Type.Object({ spans: Type.Array(Span, { maxItems: 1000 }) }),
    async answer({ store }, { workspace, params, body }) {
      const run = await findRun(store, workspace.key, params)
      const records = body.spans.map((span) => ({
        kind: 'span' as const,
        name: span.name ?? '',
        id: span.context?.spanId ?? randomUUID(),
        body: span as JsonObject,
      }))
      await store.write(({ runRecords }) => runRecords.add(workspace.key, run.id, records))
      return undefined
    },
  }),
]
