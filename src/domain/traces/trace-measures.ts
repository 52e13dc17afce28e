import { type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import { ASSESSMENT_KINDS } from './assessments.ts'
import { statusWord, valueAt } from './spans.ts'
import { type Trace, traceKeys } from './trace.ts'

/** One thing that is counted or measured: a trace, a span, or what was said of a trace. */
export interface Measured {
  /** Epoch milliseconds. */
  readonly at: number
  readonly numbers: Readonly<Record<string, number | undefined>>
  /** What its numbers are grouped by. */
  readonly words: Readonly<Record<string, string | undefined>>
}

/** How a metric is worked out: things are counted (different ones by a word of theirs), or their numbers are. */
export interface MetricKind {
  readonly counts?: true
  /** Only different ones, by this word; things without it do not count. */
  readonly different?: string
  readonly sums?: true
  readonly dimensions: readonly string[]
}

export interface MetricView {
  readonly metrics: Readonly<Record<string, MetricKind>>
  measured(trace: Trace, spans: readonly JsonObject[]): readonly Measured[]
}

const TOKENS = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
]
const COSTS = ['input_cost', 'output_cost', 'total_cost']
const models = ['span_model_name', 'span_model_provider']
const all = (names: readonly string[], kind: MetricKind) => Object.fromEntries(names.map((name) => [name, kind]))

/** Metrics of MLflow 3's traces, by the view that has them. Source: MLflow, `mlflow.entities.trace_metrics`. */
export const metricViews: Readonly<Record<string, MetricView>> = {
  TRACES: {
    metrics: {
      trace_count: { counts: true, dimensions: ['trace_name', 'trace_status'] },
      session_count: { counts: true, different: 'session', dimensions: [] },
      latency: { dimensions: ['trace_name'] },
      ...all(TOKENS, { sums: true, dimensions: ['trace_name'] }),
    },
    measured: (trace) => [
      {
        at: trace.at,
        numbers: { latency: trace.durationMs, ...numbersIn(trace.metadata['mlflow.trace.tokenUsage'], TOKENS) },
        words: {
          trace_name: trace.tags[traceKeys.name],
          trace_status: trace.state,
          session: trace.metadata[traceKeys.session],
        },
      },
    ],
  },
  SPANS: {
    metrics: {
      span_count: { counts: true, dimensions: ['span_name', 'span_type', 'span_status', ...models] },
      latency: { dimensions: ['span_name', 'span_status'] },
      ...all(COSTS, { sums: true, dimensions: models }),
    },
    measured: (_trace, spans) => spans.map(measuredSpan),
  },
  ASSESSMENTS: {
    metrics: {
      assessment_count: { counts: true, dimensions: ['assessment_name', 'assessment_value'] },
      assessment_value: { dimensions: ['assessment_name'] },
    },
    // What was overridden says nothing any more.
    measured: ({ at, assessments }) =>
      assessments.filter(({ valid }) => valid !== false).map((one) => measuredAssessment(at, one)),
  },
}

function measuredSpan(span: JsonObject): Measured {
  const [from, to] = [span.startTimeUnixNano, span.endTimeUnixNano].map((nanos) => BigInt(String(nanos ?? 0)))
  const [start, end] = [from ?? 0n, to ?? 0n]
  const attribute = (key: string) => decoded(valueAt(span, key))
  return {
    at: Number(start / 1_000_000n),
    numbers: {
      latency: end === 0n ? undefined : Number((end - start) / 1_000_000n),
      ...numbersIn(attribute('mlflow.llm.cost'), COSTS),
    },
    words: {
      span_name: textAt(span.name),
      span_type: textAt(attribute('mlflow.spanType')),
      span_status: statusWord(span),
      span_model_name: textAt(attribute('mlflow.llm.model')),
      span_model_provider: textAt(attribute('mlflow.llm.provider')),
    },
  }
}

function measuredAssessment(at: number, one: JsonObject): Measured {
  const type = ASSESSMENT_KINDS.find((kind) => one[kind] !== undefined)
  const { value: plain, serialized_value: serialized } = objectAt(type && one[type])
  const value = plain ?? decoded(textAt(objectAt(serialized).value))
  return {
    at,
    numbers: { assessment_value: scoreOf(value) },
    words: {
      assessment_name: textAt(one.assessment_name),
      assessment_type: type,
      assessment_value: value === undefined ? undefined : JSON.stringify(value),
    },
  }
}

/** What people say as a number: yes and true are 1, no and false 0. */
function scoreOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const word = plainText(value).trim().toLowerCase()
  if (value === true || word === 'yes') return 1
  return value === false || word === 'no' ? 0 : undefined
}

/** MLflow's clients write values of attributes and metadata as JSON in a text. */
function decoded(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function numbersIn(value: unknown, names: readonly string[]): Record<string, number | undefined> {
  const found = objectAt(decoded(value))
  return Object.fromEntries(names.map((name) => [name, typeof found[name] === 'number' ? found[name] : undefined]))
}
