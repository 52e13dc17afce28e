import { fault } from '../../faults.ts'

/**
 * How many items a page has.
 *
 * @throws ParameterInvalid beyond what MLflow's own server admits
 */
export function limitOf(
  asked: number | string | undefined,
  { usual, most }: { readonly usual: number; readonly most: number },
): number {
  const limit = Number(asked ?? usual)
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit
  throw fault('ParameterInvalid', {
    reason: `Invalid value ${limit} for parameter 'max_results' supplied: it must be a positive integer of at most ${most}.`,
  })
}

const views: ReadonlyMap<string, boolean | undefined> = new Map([
  ['ACTIVE_ONLY', false],
  ['DELETED_ONLY', true],
  ['ALL', undefined],
])

/** Whether deleted things are meant, active ones, or (undefined) both. @throws ParameterInvalid for no view's name */
export function deletedOf(view = 'ACTIVE_ONLY'): boolean | undefined {
  if (views.has(view)) return views.get(view)
  throw fault('ParameterInvalid', {
    reason: `Invalid view type '${view}': it is one of ${[...views.keys()].join(', ')}.`,
  })
}

/** What a view shows. @throws ParameterInvalid for no view's name */
export function viewOf(view?: string): (item: { readonly deletedAt?: string }) => boolean {
  const deleted = deletedOf(view)
  return ({ deletedAt }) => deleted === undefined || (deletedAt !== undefined) === deleted
}
