import type { Run } from '../../store/runs.ts'
import { artifactStore } from '../artifacts/artifact-store.ts'
import type { PipelineDeps } from './pipeline-controller.ts'

/** Where `jobs.stream` and the studio look for a pipeline's own log. */
const LOG = 'logs/azureml/executionlogs.txt'

/** Adds a line to a pipeline's log, in Azure's form. A log that can't be written stops no pipeline. */
export async function executionLog(deps: PipelineDeps, run: Run, text: string, at: string): Promise<void> {
  try {
    const store = await artifactStore(deps.store, run.workspace)
    const line = `[${at.slice(0, 19).replace('T', ' ')}Z] ${text.replaceAll('\n', ' ')}\n`
    await deps.blobs.append({ ...store, path: `ExperimentRun/dcid.${run.id}/${LOG}` }, Buffer.from(line))
  } catch (error) {
    deps.log.warn({ err: error, run: run.id }, 'the log of a pipeline could not be written')
  }
}
