import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'

const CONTEXT = 'mlflow.data.context'
const MOST = 1000

/** The datasets that the runs of experiments read, each once, by name and digest; at most a thousand of them. */
export async function datasetsOf(
  from: Repositories,
  workspace: string,
  experimentIds: readonly string[],
): Promise<readonly JsonObject[]> {
  const found = new Map<string, JsonObject>()
  const { items } = await from.runs.find(workspace, { experimentIds, deleted: false })
  for (const { experimentId, datasets = [] } of items) {
    for (const input of datasets) {
      const { name, digest } = objectAt(input.dataset)
      const tags = Array.isArray(input.tags) ? input.tags.map(objectAt) : []
      const context = textAt(tags.find(({ key }) => key === CONTEXT)?.value)
      const summary = { experiment_id: experimentId, name, digest, ...(context !== undefined && { context }) }
      found.set(JSON.stringify(summary), summary)
    }
  }
  return [...found.values()].slice(0, MOST)
}
