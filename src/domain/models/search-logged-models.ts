import type { Run } from '../../store/runs.ts'
import type { Page, Repositories } from '../../store/store.ts'
import type { Comparison, Entity } from '../search/filter.ts'
import type { FieldValue } from '../search/matches.ts'
import type { OrderBy } from '../search/order.ts'
import { searchItems } from '../search/search-items.ts'
import { LOGGED_MODEL, MODEL_TYPE, statusWord } from './logged-model.ts'
import { type Measure, measuresOf } from './measures.ts'
import { SOURCE_RUN } from './model-source.ts'

export interface SearchLoggedModels {
  readonly experimentIds?: readonly string[]
  readonly filter: readonly Comparison[]
  readonly order: readonly OrderBy[]
  /** Only what was measured on one of these counts as a metric. */
  readonly datasets: readonly { readonly name: string; readonly digest?: string | undefined }[]
  readonly limit: number
  readonly after?: string | undefined
}

const created = ({ createdAt }: Run) => Date.parse(createdAt)
const updated = ({ endedAt, createdAt }: Run) => Date.parse(endedAt ?? createdAt)

const attributes: Readonly<Record<string, (model: Run) => string | number | undefined>> = {
  model_id: ({ id }) => id,
  name: ({ displayName }) => displayName,
  model_name: ({ displayName }) => displayName,
  model_type: ({ properties }) => properties[MODEL_TYPE],
  status: ({ status }) => statusWord(status),
  source_run_id: ({ properties }) => properties[SOURCE_RUN],
  experiment_id: ({ experimentId }) => experimentId,
  creation_timestamp: created,
  creation_timestamp_ms: created,
  creation_time: created,
  last_updated_timestamp: updated,
  last_updated_timestamp_ms: updated,
  last_updated_time: updated,
}

const LAST_RESORT: readonly OrderBy[] = [
  { entity: 'attributes', key: 'creation_timestamp', descending: true },
  { entity: 'attributes', key: 'model_id', descending: false },
]

/** Logged models that satisfy a filter: the newest first unless an order is given. */
export async function searchLoggedModels(
  from: Repositories,
  workspace: string,
  { experimentIds, filter, order, datasets, limit, after }: SearchLoggedModels,
): Promise<Page<Run>> {
  const found = await from.runs.find(workspace, {
    kinds: [LOGGED_MODEL],
    deleted: false,
    ...(experimentIds && { experimentIds }),
  })
  const counts = ({ dataset }: Measure): boolean =>
    datasets.length === 0 ||
    datasets.some(({ name, digest }) => dataset?.name === name && (digest === undefined || dataset.digest === digest))
  const shown = datasets.length === 0 ? found.items : found.items.filter((model) => measuresOf(model).some(counts))
  return searchItems(shown, {
    filter,
    order: [...order, ...LAST_RESORT],
    read: (model) => (entity, key) => fieldOf(model, counts, { entity, key }),
    limit,
    after,
  })
}

function fieldOf(
  model: Run,
  counts: (measure: Measure) => boolean,
  { entity, key }: { readonly entity: Entity; readonly key: string },
): FieldValue {
  if (entity === 'metrics') {
    const measured = measuresOf(model).filter((one) => one.key === key && counts(one))
    // Any of them satisfies a filter, whatever dataset it was measured on; the last one is what models are ordered by.
    return measured.toSorted((a, b) => b.step - a.step || b.at - a.at || b.value - a.value).map(({ value }) => value)
  }
  if (entity === 'params') return Object.hasOwn(model.params, key) ? model.params[key] : undefined
  if (entity === 'tags') return Object.hasOwn(model.tags, key) ? model.tags[key] : undefined
  return attributes[key.toLowerCase()]?.(model)
}
