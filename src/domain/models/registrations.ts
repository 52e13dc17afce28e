import type { Run } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'
import { loggedModelPath } from './model-source.ts'
import { MODEL_VERSIONS, type ModelView, modelView } from './models.ts'

/** The versions of registered models whose files are those of a logged model. */
export async function registrationsOf(
  from: Repositories,
  workspace: string,
  model: Run,
): Promise<readonly ModelView[]> {
  const { run, path } = loggedModelPath(model)
  const page = await from.resources.ofType(workspace, MODEL_VERSIONS, { where: { 'properties.jobName': run } })
  return page.items.map(modelView).filter(({ uri }) => uri.endsWith(`/dcid.${run}/${path}`))
}
