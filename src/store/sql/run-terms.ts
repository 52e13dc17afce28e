import { type RawBuilder, sql } from 'kysely'
import type { RunCondition, RunOrder, RunTerm } from '../run-search.ts'
import { valueKeys } from './run-values.ts'

export type Fragment = RawBuilder<unknown>
type Indexed = Exclude<RunTerm, { of: 'column' }>

/** An order that an index has: its rows (`run`, `key`, `value`), and the key of the order's term among them. */
export interface Walk {
  readonly term: Indexed
  readonly descending: boolean
  readonly table: Fragment
  readonly key: Fragment
}

/** The order as an index has it; undefined where none does, as where one value stands for another. */
export function walkOf({ term, descending }: RunOrder): Walk | undefined {
  if (term.of === 'column' || ('orElse' in term && term.orElse)) return undefined
  return term.of === 'metric'
    ? { term, descending, table: sql`metrics.series`, key: metricKey(term.key) }
    : { term, descending, table: sql`run_values`, key: sql`${valueKeys[term.of](term.key)}` }
}

const metricKey = (name: string): Fragment => sql`(select id from metrics.metric_keys where name = ${name})`

const rowValue = (key: string): Fragment => sql`(select value from run_values where run = runs.seq and key = ${key})`

/** A run's value of a term, NULL where it has none or NaN. */
export function termValue(term: RunTerm): Fragment {
  if (term.of === 'column') return sql.ref(term.key)
  if (term.of === 'metric') {
    return sql`(select value from metrics.series where run = runs.seq and key = ${metricKey(term.key)})`
  }
  if (term.of === 'value' && term.key === 'start') return sql.ref('runs.started')
  const own = rowValue(valueKeys[term.of](term.key))
  if (term.of !== 'tag' || term.orElse === undefined) return own
  return sql`coalesce(${own}, ${rowValue(valueKeys.value(term.orElse))})`
}

export const isNullOf = (term: RunTerm): RunCondition => ({ term, comparator: 'IS NULL', value: '' })

export function holds(condition: RunCondition): Fragment {
  const { term, comparator } = condition
  // NaN is there, and is no number that anything equals.
  if (term.of === 'metric' && comparator === '!=') {
    return sql`exists (select 1 from metrics.series as m where m.run = runs.seq and m.key = ${metricKey(term.key)}
      and (m.value is null or m.value <> ${condition.value}))`
  }
  return compared(termValue(term), condition)
}

const operators: Readonly<Record<string, string>> = { '=': '=', '!=': '<>', '>': '>', '>=': '>=', '<': '<', '<=': '<=' }

function compared(
  value: Fragment,
  { comparator, value: wanted }: Pick<RunCondition, 'comparator' | 'value'>,
): Fragment {
  switch (comparator) {
    case 'IS NULL':
      return sql`${value} is null`
    case 'IS NOT NULL':
      return sql`${value} is not null`
    case 'IN':
    case 'NOT IN':
      return sql`${value} ${sql.raw(comparator.toLowerCase())} (${sql.join(Array.isArray(wanted) ? wanted : [wanted])})`
    case 'LIKE':
      // SQLite's LIKE folds case, and GLOB does not.
      return sql`${value} glob ${globOf(String(wanted))}`
    case 'ILIKE':
      return sql`${value} like ${wanted}`
    default:
      return sql`${value} ${sql.raw(operators[comparator] ?? '=')} ${wanted}`
  }
}

const globOf = (pattern: string): string => pattern.replace(/[*?[]/g, '[$&]').replaceAll('%', '*').replaceAll('_', '?')

const ranged: ReadonlySet<string> = new Set(['=', '>', '>=', '<', '<='])

/** The condition on the value `w.value` that an index is gone along by; undefined where that can't tell. */
export const rangeOf = (condition: RunCondition): Fragment | undefined =>
  ranged.has(condition.comparator) ? compared(sql`w.value`, condition) : undefined

export const sameTerm = (a: RunTerm, b: RunTerm): boolean =>
  a.of === b.of && a.key === b.key && !('orElse' in a && a.orElse) && !('orElse' in b && b.orElse)

/** The numbers of the runs that satisfy a condition, or of some more, by an index; undefined where none helps. */
export function indexedRuns(condition: RunCondition): Fragment | undefined {
  const { term, comparator, value } = condition
  if (term.of === 'column') {
    return term.key === 'id' && comparator === '='
      ? sql`select seq as run from runs where id_key = ${String(value).toLowerCase()}`
      : undefined
  }
  if (!ranged.has(comparator) && comparator !== 'IN') return undefined
  const matching = compared(sql`value`, condition)
  if (term.of === 'metric')
    return sql`select run from metrics.series where key = ${metricKey(term.key)} and ${matching}`
  const standing = term.of === 'tag' && term.orElse ? [valueKeys.value(term.orElse)] : []
  return sql.join(
    [valueKeys[term.of](term.key), ...standing].map(
      (key) => sql`select run from run_values where key = ${key} and ${matching}`,
    ),
    sql` union all `,
  )
}
