import type { RunCondition, RunOrder, RunTerm, RunValue } from '../../store/run-search.ts'
import type { Comparison, Entity } from '../search/filter.ts'
import type { OrderBy } from '../search/order.ts'
import { mlflowStatus, runStatuses } from './run-states.ts'

/** Attributes that an index has, by MLflow's and run history's names. */
const attributes: Readonly<Record<string, RunTerm>> = {
  run_id: { of: 'column', key: 'id' },
  runid: { of: 'column', key: 'id' },
  experiment_id: { of: 'column', key: 'experiment_id' },
  experimentid: { of: 'column', key: 'experiment_id' },
  azure_status: { of: 'column', key: 'status' },
  run_name: { of: 'value', key: 'name' },
  'run name': { of: 'value', key: 'name' },
  name: { of: 'value', key: 'name' },
  displayname: { of: 'value', key: 'name' },
  user_id: { of: 'tag', key: 'mlflow.user', orElse: 'user' },
  start_time: { of: 'value', key: 'start' },
  end_time: { of: 'value', key: 'end' },
  parentrunid: { of: 'value', key: 'parent' },
}

/** Tags that MLflow reads of every run, and what they stand for where nobody has set them. */
const standing: Readonly<Record<string, RunValue>> = {
  'mlflow.runName': 'name',
  'mlflow.user': 'user',
  'mlflow.parentRunId': 'parent',
}

/** More wildcards, or a longer pattern, are matched without SQL, whose own matching may go on for very long. */
const WILDCARDS = 2
const LONGEST = 1_000

/** What an index answers of a filter, and the rest, which it can't tell. */
export function indexedFilter(filter: readonly Comparison[]): {
  readonly where: readonly RunCondition[]
  readonly rest: readonly Comparison[]
} {
  return {
    where: filter.flatMap((comparison) => indexedComparison(comparison) ?? []),
    rest: filter.filter((comparison) => !indexedComparison(comparison)),
  }
}

/** An order that an index has; undefined where there is something that it does not know. */
export function indexedOrder(order: readonly OrderBy[]): readonly RunOrder[] | undefined {
  const found = order.map(({ entity, key, descending }) => {
    // Azure's states come in another order than MLflow's words for them.
    const term = isStatus(entity, key) ? undefined : termOf(entity, key)
    return term && { term, descending }
  })
  return found.every((one) => one !== undefined) ? found : undefined
}

const isStatus = (entity: Entity, key: string): boolean => entity === 'attributes' && key.toLowerCase() === 'status'

function indexedComparison(comparison: Comparison): RunCondition | undefined {
  const { entity, key, comparator, value } = comparison
  if (isStatus(entity, key)) return statusCondition(comparison)
  const term = termOf(entity, key)
  if (!term) return undefined
  if (comparator === 'LIKE' || comparator === 'ILIKE') {
    const pattern = String(value)
    const wild = pattern.split('%').length - 1 > WILDCARDS || pattern.length > LONGEST
    // SQLite folds the case of ASCII alone.
    const foreign = comparator === 'ILIKE' && /[^\x20-\x7e]/.test(pattern)
    if (wild || foreign || isNumeric(term)) return undefined
  }
  // A text beside a number would be compared by type and not by value.
  const listed = comparator === 'IN' || comparator === 'NOT IN'
  const missing = comparator === 'IS NULL' || comparator === 'IS NOT NULL'
  if (!missing && isNumeric(term) !== (!listed && typeof value === 'number')) return undefined
  return { term, comparator, value }
}

const isNumeric = (term: RunTerm): boolean =>
  term.of === 'metric' || (term.of === 'value' && (term.key === 'start' || term.key === 'end'))

function termOf(entity: Entity, key: string): RunTerm | undefined {
  if (entity === 'metrics') return { of: 'metric', key }
  if (entity === 'params') return { of: 'param', key }
  if (entity === 'attributes')
    return Object.hasOwn(attributes, key.toLowerCase()) ? attributes[key.toLowerCase()] : undefined
  if (entity !== 'tags' || key === 'mlflow.rootRunId') return undefined
  const orElse = Object.hasOwn(standing, key) ? standing[key] : undefined
  return { of: 'tag', key, ...(orElse && { orElse }) }
}

/** MLflow's words for states stand for several of Azure's. */
function statusCondition({ comparator, value }: Comparison): RunCondition | undefined {
  const words = Array.isArray(value) ? value : [value]
  const meant = runStatuses.filter((status) => words.includes(mlflowStatus(status)))
  if (comparator === '=' || comparator === 'IN')
    return { term: { of: 'column', key: 'status' }, comparator: 'IN', value: meant }
  if (comparator === '!=' || comparator === 'NOT IN') {
    return { term: { of: 'column', key: 'status' }, comparator: 'NOT IN', value: meant }
  }
  return undefined
}
