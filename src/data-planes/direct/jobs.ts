import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Blobs } from '../../blobs/blobs.ts'
import { firstLogOf } from '../../compute/engine.ts'
import { artifactStore } from '../../domain/artifacts/artifact-store.ts'
import { childrenOf } from '../../domain/runs/child-runs.ts'
import { findJob } from '../../domain/runs/find-job.ts'
import { handedJob } from '../../domain/runs/read-job.ts'
import { controlled } from '../../domain/runs/run-controller.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { finalStatuses, type Run } from '../../store/runs.ts'
import type { Store } from '../../store/store.ts'
import { demandOwner, type PrincipalsDeps } from './principals.ts'

export interface JobsDeps {
  readonly store: Store
  readonly blobs: Blobs
}

const CHUNK = 256 * 1024
/** Where the lines of a job are; a pipeline's own log tells which step began when. */
const logOf = (run: Run): string =>
  run.kind === 'pipeline' ? 'logs/azureml/executionlogs.txt' : firstLogOf(handedJob(run)?.spec ?? { instanceCount: 1 })

/** `GET /lazuli/jobs?name=[&workspace=]`: how a job stands, and why each of its steps ran, was reused or was skipped. */
export async function explainJob(
  deps: JobsDeps & PrincipalsDeps,
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<JsonObject> {
  await demandOwner(deps, request.headers.authorization)
  const run = await findJob(deps.store, query.get('name') ?? '', query.get('workspace') ?? undefined)
  const steps = await childrenOf(deps.store, run)
  return { ...explained(run), steps: [...steps.map(explained), ...withoutRun(run)] }
}

const explained = (run: Run): JsonObject => ({
  id: run.id,
  name: run.properties['azureml.nodeid'] ?? run.displayName,
  kind: run.kind,
  status: run.status,
  why: run.properties['lazuli.reuse'] ?? null,
  error: run.error?.message ?? null,
  warnings: run.warnings.map(({ message }) => message),
})

/** The nodes of a pipeline that have no run: those that it skipped. */
function withoutRun(run: Run): JsonObject[] {
  const nodes = objectAt(controlled<JsonObject, JsonObject>(run)?.state?.nodes)
  return Object.entries(nodes).flatMap(([name, node]) => {
    const { status, why } = objectAt(node)
    return status === 'Skipped'
      ? [{ id: null, name, kind: null, status, why: textAt(why) ?? null, error: null, warnings: [] }]
      : []
  })
}

/** `GET /lazuli/jobs/log?name=&from=[&workspace=]`: what a job's log has from a byte on, in base64, and where that ends. */
export async function jobLog(
  deps: JobsDeps & PrincipalsDeps,
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<JsonObject> {
  await demandOwner(deps, request.headers.authorization)
  const run = await findJob(deps.store, query.get('name') ?? '', query.get('workspace') ?? undefined)
  const start = Math.max(0, Math.trunc(Number(query.get('from')) || 0))
  const store = await artifactStore(deps.store, run.workspace)
  const at = { ...store, path: `ExperimentRun/dcid.${run.id}/${logOf(run)}` }
  // Before the size: a log is whole when its job has ended.
  const ended = finalStatuses.has(run.status)
  const size = (await deps.blobs.info(at))?.size ?? 0
  const end = Math.min(size, start + CHUNK)
  const bytes = end > start ? await buffer(await deps.blobs.read(at, { start, end })) : Buffer.alloc(0)
  return {
    status: run.status,
    base64: bytes.toString('base64'),
    next: Math.max(start, end),
    ended: ended && end >= size,
  }
}
