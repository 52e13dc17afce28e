import { fault } from '../../faults.ts'
import type { Run, RunStatus } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'

/** The kind of runs that MLflow 3's logged models are kept as. */
export const LOGGED_MODEL = 'logged-model'
/** The property that holds a logged model's type, in MLflow's words. */
export const MODEL_TYPE = 'mlflow.modelType'

const words: readonly (readonly [string, RunStatus])[] = [
  ['LOGGED_MODEL_PENDING', 'Running'],
  ['LOGGED_MODEL_READY', 'Completed'],
  ['LOGGED_MODEL_UPLOAD_FAILED', 'Failed'],
]
const statuses: ReadonlyMap<string, RunStatus> = new Map(words)
const shown: ReadonlyMap<RunStatus, string> = new Map(words.map(([word, status]) => [status, word]))

/** The state that a word of MLflow's means. @throws RunStatusInvalid */
export function loggedModelStatus(word: string): RunStatus {
  const status = statuses.get(word)
  if (!status) throw fault('RunStatusInvalid', { status: word })
  return status
}

export const statusWord = (status: RunStatus): string => shown.get(status) ?? 'LOGGED_MODEL_STATUS_UNSPECIFIED'

/** @throws LoggedModelNotFound for an id that is no logged model's, or that of a deleted one */
export async function findLoggedModel(from: Repositories, workspace: string, id: string): Promise<Run> {
  const model = await from.runs.get(workspace, id)
  if (model?.kind !== LOGGED_MODEL || model.deletedAt !== undefined) throw fault('LoggedModelNotFound', { model: id })
  return model
}
