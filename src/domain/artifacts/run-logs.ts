import type { Origin } from '../../gateway/surface.ts'
import type { Run } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { openArtifacts, runContainer } from './artifacts.ts'

/** Where the logs of a run are, among its artifacts. */
const FOLDERS = ['azureml-logs/', 'logs/', 'system_logs/', 'user_logs/']

/** A run's logs by path, each with a URL that reads it; none where its workspace has lost its artifact store. */
export async function runLogs(
  deps: Pick<Deps, 'store' | 'blobs'>,
  run: Run,
  origin: Origin,
): Promise<Record<string, string>> {
  const artifacts = await openArtifacts(deps, runContainer(run.workspace, run.id))
  const pages = await Promise.all(FOLDERS.map((folder) => artifacts.list(folder)))
  const paths = pages.flatMap(({ items }) => items.map(({ path }) => path))
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await artifacts.url(path, origin, 'read')] as const)),
  )
}
