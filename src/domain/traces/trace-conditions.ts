import { fault } from '../../faults.ts'
import { tokensOf, unquoted } from '../search/tokens.ts'
import { type Trace, traceKeys } from './trace.ts'
import type { Measured } from './trace-measures.ts'

/** What a trace, or a part of one that is measured, has to be. */
export interface TraceCondition {
  readonly ofTrace?: (trace: Trace) => boolean
  readonly ofPart?: (part: Measured) => boolean
}

const SHAPE = /^(?<about>trace|span|assessment)\.(?<what>\w+)(?:\.(?<key>.+))?$/s
/** What spans and assessments are asked by: the words that they are measured with. */
const parts: Readonly<Record<string, readonly string[]>> = {
  SPANS: ['span.name', 'span.status', 'span.type'],
  ASSESSMENTS: ['assessment.name', 'assessment.type'],
}

/**
 * A condition on what is measured of traces: `trace.status = 'OK'`, `trace.tag.key = 'v'`, `trace.metadata.key = 'v'`,
 * `span.name = 'v'`, `assessment.type = 'feedback'`. There is no other comparison.
 *
 * Source: MLflow, `SearchTraceMetricsUtils`.
 *
 * @throws FilterInvalid, which says why
 */
export function traceCondition(filter: string, view: string): TraceCondition {
  const refuse = (reason: string) => fault('FilterInvalid', { filter, reason })
  const [name, operator, value, more] = tokensOf(filter)
  if (name?.kind !== 'name') throw refuse("expected a name, as 'trace.status', 'span.name' or 'assessment.name'")
  if (operator?.text !== '=') throw refuse("only '=' compares here")
  if (value?.kind !== 'string' && value?.kind !== 'quoted') throw refuse('expected a quoted text after =')
  if (more) throw refuse(`expected one comparison; found '${more.text}' at character ${more.at}`)
  const wanted = unquoted(value.text)
  const { about = '', what = '', key: quotedKey } = SHAPE.exec(name.text)?.groups ?? {}
  const key = quotedKey && unquoted(quotedKey)
  if (about === 'trace') return { ofTrace: traceIs(what, key, wanted, refuse) }
  const field = `${about}.${what}`
  const known = parts[view] ?? []
  if (key !== undefined || !known.includes(field)) {
    const fields = ['trace.status', 'trace.tag.KEY', 'trace.metadata.KEY', ...known]
    throw refuse(`'${name.text}' is not known of ${view}, which is asked by ${fields.join(', ')}`)
  }
  return { ofPart: ({ words }) => words[`${about}_${what}`] === wanted }
}

function traceIs(what: string, key: string | undefined, wanted: string, refuse: (reason: string) => Error) {
  if (what === 'status' && key === undefined) return ({ state }: Trace) => state === wanted
  if ((what !== 'tag' && what !== 'metadata') || key === undefined)
    throw refuse('a trace is asked by trace.status, trace.tag.KEY or trace.metadata.KEY')
  if (what === 'tag') return ({ tags }: Trace) => Object.hasOwn(tags, key) && tags[key] === wanted
  const isRun = key === traceKeys.sourceRun
  return ({ metadata, runs }: Trace) =>
    (Object.hasOwn(metadata, key) && metadata[key] === wanted) || (isRun && runs.includes(wanted))
}
