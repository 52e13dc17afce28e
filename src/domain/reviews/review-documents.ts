import { fault } from '../../faults.ts'
import type { FoundDocument, TrackedDocument } from '../../store/documents.ts'
import type { Page, Repositories } from '../../store/store.ts'

/** A position in a listing whose items are all there. @throws ParameterInvalid for a size beyond MLflow's */
export function pageOfAll<Item>(
  all: readonly Item[],
  { start, size, most = 1000 }: { readonly start: number; readonly size: number; readonly most?: number },
): Page<Item> {
  if (size < 1 || size > most) {
    throw fault('ParameterInvalid', { reason: `max_results must be between 1 and ${most}.` })
  }
  const end = start + size
  return { items: all.slice(start, end), ...(end < all.length && { next: String(end) }) }
}

/** What of one kind stands in an experiment, the newest first. */
export async function inExperiment(
  from: Repositories,
  workspace: string,
  { kind, experiment }: { readonly kind: string; readonly experiment: string },
): Promise<readonly FoundDocument[]> {
  return (await from.documents.find(workspace, kind, { owners: [experiment], newestFirst: true })).items
}

/** A document with a further write of its body. */
export const withBody = (document: TrackedDocument, body: TrackedDocument['body']): TrackedDocument => ({
  ...{ workspace: document.workspace, kind: document.kind, id: document.id, owner: document.owner },
  ...{ name: document.name, at: document.at, body },
})
