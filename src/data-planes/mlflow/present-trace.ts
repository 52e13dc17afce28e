import { traceFolder } from '../../domain/artifacts/artifact-path.ts'
import { anyValue, statusCode } from '../../domain/traces/spans.ts'
import { type Trace, traceKeys } from '../../domain/traces/trace.ts'
import { type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { type Asked, renderingOf } from './present.ts'
import { keyValues } from './schemas.ts'

/** A trace's tags, with where its client may put files that belong to it: the Azure plug-in knows runs and uploads. */
function tagsOf({ id, experimentId, tags }: Trace, asked: Asked): Readonly<Record<string, string>> {
  const { chosen, stored } = traceFolder(experimentId, id)
  const location = renderingOf(asked).plain ? `mlflow-artifacts:/${chosen}` : `azureml://artifacts/${stored}`
  return { [traceKeys.artifactLocation]: location, ...tags }
}

/** A trace as MLflow 3 shows it, without its spans. */
export const presentTraceInfo = (trace: Trace, asked: Asked): JsonObject => ({
  trace_id: trace.id,
  ...(trace.clientRequestId !== undefined && { client_request_id: trace.clientRequestId }),
  trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: trace.experimentId } },
  ...(trace.requestPreview !== undefined && { request_preview: trace.requestPreview }),
  ...(trace.responsePreview !== undefined && { response_preview: trace.responsePreview }),
  request_time: new Date(trace.at).toISOString(),
  ...(trace.durationMs !== undefined && { execution_duration: `${(trace.durationMs / 1000).toFixed(3)}s` }),
  state: trace.state,
  trace_metadata: trace.metadata,
  assessments: trace.assessments,
  tags: tagsOf(trace, asked),
})

/** A trace as MLflow 2 shows it. */
export const presentLegacyTrace = (trace: Trace, asked: Asked): JsonObject => ({
  request_id: trace.id,
  experiment_id: trace.experimentId,
  timestamp_ms: trace.at,
  ...(trace.durationMs !== undefined && { execution_time_ms: trace.durationMs }),
  status: trace.state === 'STATE_UNSPECIFIED' ? 'TRACE_STATUS_UNSPECIFIED' : trace.state,
  request_metadata: keyValues(trace.metadata),
  tags: keyValues(tagsOf(trace, asked)),
})

/** A span as protocol buffers' JSON writes it, which has bytes in base 64 where OpenTelemetry's own has hexadecimal. */
export function presentSpan(span: JsonObject): JsonObject {
  const { parentSpanId, links, ...rest } = span
  const parent = textAt(parentSpanId)
  return {
    ...rest,
    traceId: base64(span.traceId),
    spanId: base64(span.spanId),
    ...(parent && { parentSpanId: base64(parent) }),
    ...(Array.isArray(links) && {
      links: links
        .map(objectAt)
        .map((link) => ({ ...link, traceId: base64(link.traceId), spanId: base64(link.spanId) })),
    }),
  }
}

const base64 = (hex: Json | undefined): string => Buffer.from(textAt(hex) ?? '', 'hex').toString('base64')

/**
 * Spans as a file of MLflow's Python client has them. Their times are numbers of nanoseconds, which are greater than what
 * JSON's numbers hold exactly here: they are written as the digits that they are.
 */
export function spanFile(spans: readonly JsonObject[]): string {
  const nanos = (time: Json | undefined): Json => (time === undefined ? null : `@nanos:${String(time)}`)
  const attributesOf = (list: Json | undefined): JsonObject =>
    Object.fromEntries(
      (Array.isArray(list) ? list : []).map(objectAt).map(({ key, value }) => [String(key), anyValue(objectAt(value))]),
    )
  const shown = spans.map((span) => ({
    trace_id: base64(span.traceId),
    span_id: base64(span.spanId),
    parent_span_id: textAt(span.parentSpanId) ? base64(span.parentSpanId) : null,
    name: span.name ?? '',
    start_time_unix_nano: nanos(span.startTimeUnixNano),
    end_time_unix_nano: nanos(span.endTimeUnixNano),
    events: (Array.isArray(span.events) ? span.events : []).map(objectAt).map((event) => ({
      name: event.name ?? '',
      time_unix_nano: nanos(event.timeUnixNano),
      attributes: attributesOf(event.attributes),
    })),
    status: { code: STATUS[statusCode(span)], message: textAt(objectAt(span.status).message) ?? '' },
    attributes: attributesOf(span.attributes),
    links: [],
  }))
  return JSON.stringify({ spans: shown }).replaceAll(/"@nanos:(\d+)"/g, '$1')
}

const STATUS = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'] as const
