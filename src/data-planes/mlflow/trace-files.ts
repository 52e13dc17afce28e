import { Type } from 'typebox'
import { artifactPlace, traceFolder } from '../../domain/artifacts/artifact-path.ts'
import { checkPath, openArtifacts, runContainer } from '../../domain/artifacts/artifacts.ts'
import type { Deps } from '../../domain/deps.ts'
import { writableRun } from '../../domain/runs/find-run.ts'
import { spansOf } from '../../domain/traces/spans.ts'
import { findTrace, type Trace } from '../../domain/traces/trace.ts'
import { fault } from '../../faults.ts'
import { type Answer, operation, streamOf, type Workspace } from '../operation.ts'
import { required } from './mlflow-operation.ts'
import { spanFile } from './present-trace.ts'
import { attached, sentFile } from './sent-files.ts'

const text = Type.Optional(Type.String())
const SPANS = 'traces.json'
const MOST_BYTES = 10 * 1024 * 1024

/** A file that a trace's client put beside it. @throws ArtifactNotFound, ArtifactPathInvalid */
async function fileOf(deps: Deps, workspace: Workspace, trace: Trace, path: string): Promise<Answer> {
  const { chosen } = traceFolder(trace.experimentId, trace.id)
  const { blobs } = await artifactPlace(deps.store, workspace.id, `${chosen}/${checkPath(path)}`)
  return await sentFile(deps, blobs, path, trace.id)
}

/** The file of a trace's spans, as clients that keep it themselves write it, and what is attached to it. */
const traceArtifact = (api: '2.0' | '3.0') =>
  operation({
    name: 'MLflow.getTraceArtifact',
    method: 'GET',
    path: `/api/${api}/mlflow/get-trace-artifact`,
    right: 'experiments/runs/read',
    query: Type.Object({ request_id: text, path: text }),
    async answer(deps, { workspace, query }) {
      const trace = await findTrace(deps.store, workspace.key, required('request_id', query.request_id))
      if (query.path) return await fileOf(deps, workspace, trace, `attachments/${query.path}`)
      const spans = await spansOf(deps.store, workspace.key, trace.id)
      return spans.length > 0
        ? attached(SPANS, spanFile(spans), { contentType: 'application/json' })
        : await fileOf(deps, workspace, trace, SPANS)
    },
  })

export const traceFileOperations = [
  traceArtifact('2.0'),
  traceArtifact('3.0'),
  operation({
    name: 'MLflow.uploadArtifact',
    method: 'POST',
    path: '/api/2.0/mlflow/upload-artifact',
    streamed: true,
    right: 'experiments/runs/write',
    query: Type.Object({ run_uuid: text, run_id: text, path: text }),
    async answer(deps, { workspace, query, body }) {
      const run = await writableRun(deps.store, workspace.key, required('run_uuid', query.run_uuid ?? query.run_id))
      const path = required('path', query.path)
      const artifacts = await openArtifacts(deps, runContainer(run.workspace, run.id))
      checkPath(path)
      const chunks: Buffer[] = []
      let size = 0
      for await (const chunk of streamOf(body)) {
        size += (chunk as Buffer).length
        if (size > MOST_BYTES) {
          throw fault('ParameterInvalid', { reason: 'Artifact size is too large. Max size is 10MB.' })
        }
        chunks.push(chunk as Buffer)
      }
      if (size === 0) throw fault('ParameterInvalid', { reason: 'Request must specify data.' })
      await deps.blobs.write(artifacts.at(path), Buffer.concat(chunks))
      return {}
    },
  }),
]
