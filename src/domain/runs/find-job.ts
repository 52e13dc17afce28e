import { fault } from '../../faults.ts'
import type { Run } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'

/**
 * A run by its name alone, whichever workspace it is of; `workspace` names one where several have it.
 *
 * @throws RunNotFound, RunAmbiguous
 */
export async function findJob(from: Repositories, name: string, workspace?: string): Promise<Run> {
  const { items } = await from.resources.ofType('', 'Microsoft.MachineLearningServices/workspaces')
  const named = items.filter((each) => workspace === undefined || each.name.toLowerCase() === workspace.toLowerCase())
  const found: Run[] = []
  for (const each of named) {
    const run = await from.runs.get(each.id.toLowerCase(), name)
    if (run) found.push(run)
  }
  const [only] = found
  if (!only) throw fault('RunNotFound', { run: name })
  if (found.length > 1) throw fault('RunAmbiguous', { run: name, count: found.length })
  return only
}
