import { Type } from 'typebox'
import type { Deps } from '../domain/deps.ts'
import { findRun } from '../domain/runs/find-run.ts'
import { objectAt } from '../json.ts'
import type { Workspace } from './operation.ts'

/** Whether a run reads or writes what nobody has named. */
export type Way = 'Input' | 'Output'

/** The run, and its input or output, by which an asset is known that nobody has named. */
export const unregisteredFields = (way: Way) => ({
  runId: Type.String(),
  ...(way === 'Input' ? { inputName: Type.String() } : { outputName: Type.String() }),
})

/** The run, and the name that the asset has without one of its own. @throws RunNotFound */
export async function unregisteredName(
  { store }: Pick<Deps, 'store'>,
  workspace: Workspace,
  { way, body }: { readonly way: Way; readonly body: { readonly runId: string } },
) {
  const run = await findRun(store, workspace.key, { runId: body.runId })
  const port = String(objectAt(body)[way === 'Input' ? 'inputName' : 'outputName'])
  return { run, name: `azureml_${run.id}_${way.toLowerCase()}_${port}` }
}
