import { Type } from 'typebox'
import { openArtifacts, runContainer } from '../../domain/artifacts/artifacts.ts'
import { artifactRoot } from '../../domain/models/model-source.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import type { JsonObject } from '../../json.ts'
import { mlflow, runIdOf } from './mlflow-operation.ts'
import { renderingOf } from './present.ts'
import { RunIds } from './schemas.ts'

/** MLflow's listing of a run's artifacts: one folder at a time. */
export const artifactOperations = [
  mlflow({
    name: 'listArtifacts',
    method: 'GET',
    path: '/artifacts/list',
    right: 'experiments/runs/read',
    input: Type.Object({ ...RunIds, path: Type.Optional(Type.String()), page_token: Type.Optional(Type.String()) }),
    async answer(deps, { input, ...asked }): Promise<JsonObject> {
      const run = await findRun(deps.store, asked.workspace.key, { runId: runIdOf(input) })
      const artifacts = await openArtifacts(deps, runContainer(run.workspace, run.id))
      const folder = input.path ? `${input.path.replace(/\/+$/, '')}/` : ''
      const files = new Map<string, JsonObject>()
      let after: string | undefined
      do {
        const page = await artifacts.list(folder, after === undefined ? {} : { after })
        for (const { path, size } of page.items) {
          const [name = '', ...deeper] = path.slice(folder.length).split('/')
          const entry = `${folder}${name}`
          const isFolder = deeper.length > 0
          files.set(entry, { path: entry, is_dir: isFolder, ...(!isFolder && { file_size: size }) })
        }
        after = page.next
      } while (after !== undefined)
      return { root_uri: artifactRoot(renderingOf(asked), run), files: [...files.values()] }
    },
  }),
]
