import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'

const part = /^\s*\(*\s*(?<name>\w+)\s+(?<operator>eq|ge|gt)\s+(?<value>'(?:[^']|'')*'|"[^"]*"|[\w.:+-]+)\s*\)*\s*/i
const JOIN = /^(?:and|or)\b/i

export interface MetricQuery {
  /** The runs that it names, in its order. */
  readonly runs: readonly string[]
  readonly accepts: (metric: JsonObject) => boolean
}

/**
 * Reads the filter by which azureml-core asks for metrics: `(RunId eq 'a' or RunId eq 'b') and Name eq 'loss' and
 * CreatedUtc ge 2024-01-01T00:00:00Z`. Values of one name are alternatives.
 *
 * @throws FilterInvalid for anything beyond, and where it names no run
 */
export function metricQuery(text: string): MetricQuery {
  const values = new Map<string, string[]>()
  let rest = text.trim()
  while (rest !== '') {
    const found = part.exec(rest)
    const { name, operator, value } = found?.groups ?? {}
    if (!found || !name || !operator || value === undefined)
      throw invalid(text, `'${rest.slice(0, 30)}' is no comparison`)
    const key = name.toLowerCase()
    const isTime = key === 'createdutc' || key === 'createdafter'
    if ((operator.toLowerCase() === 'eq') === isTime) throw invalid(text, `'${name}' is not compared by ${operator}`)
    if (!KNOWN.has(key)) throw invalid(text, `'${name}' can't be filtered by`)
    values.set(key, [...(values.get(key) ?? []), literal(value)])
    rest = rest.slice(found[0].length)
    const join = JOIN.exec(rest)
    if (rest !== '' && !join) throw invalid(text, `expected and, found '${rest.slice(0, 30)}'`)
    rest = rest.slice(join?.[0].length ?? 0)
    if (join && rest.trim() === '') throw invalid(text, `it ends with ${join[0]}`)
  }
  const runs = values.get('runid') ?? []
  if (runs.length === 0) throw invalid(text, 'it names no RunId')
  const isOne = (key: string, actual: string | undefined) => values.get(key)?.includes(actual ?? '') ?? true
  return {
    runs: [...new Set(runs)],
    accepts: (metric) =>
      isOne('name', textAt(metric.name)) &&
      isOne('metrictype', textAt(metric.metricType)) &&
      (values.get('createdutc') ?? []).every((time) => Date.parse(String(metric.createdUtc)) >= Date.parse(time)),
  }
}

const KNOWN: ReadonlySet<string> = new Set(['runid', 'name', 'metrictype', 'createdutc'])

const invalid = (filter: string, reason: string) => fault('FilterInvalid', { filter, reason })

const literal = (text: string): string => (/^['"]/.test(text) ? text.slice(1, -1).replaceAll("''", "'") : text)
