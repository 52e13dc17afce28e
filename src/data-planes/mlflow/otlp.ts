import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { logSpans } from '../../domain/traces/log-spans.ts'
import { fault } from '../../faults.ts'
import { type Json, type JsonObject, objectAt } from '../../json.ts'
import { Answer, operation, streamOf } from '../operation.ts'
import { readExport } from './otlp-protobuf.ts'

const MIB = 1024 * 1024
const MOST = 64 * MIB
const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'

const inflaters = {
  gzip: promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  deflate: promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate),
}

async function unpacked(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (!encoding || encoding === 'identity') return body
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    throw fault('ParameterInvalid', { reason: `Content-Encoding '${encoding}' is not taken: send gzip or deflate.` })
  }
  return await inflaters[encoding](body, { maxOutputLength: MOST }).catch((cause: unknown) => {
    throw fault('ParameterInvalid', { reason: `The body is no ${encoding}, or more than ${MOST} bytes.` }, { cause })
  })
}

/** The spans of an export, in whatever resources and scopes they come. */
function spansIn(request: JsonObject): readonly JsonObject[] {
  const lists = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? value.map(objectAt) : [])
  return lists(request.resourceSpans).flatMap(({ scopeSpans }) =>
    lists(scopeSpans).flatMap(({ spans }) => lists(spans)),
  )
}

function parsed(body: Buffer, type: string): JsonObject {
  try {
    return type === JSON_TYPE ? objectAt(JSON.parse(body.toString('utf8'))) : readExport(body)
  } catch (cause) {
    throw fault('ParameterInvalid', { reason: 'Invalid OpenTelemetry format.' }, { cause })
  }
}

/** OpenTelemetry's own protocol over HTTP: what any of its exporters sends, and MLflow's client its spans by. */
export const otlpOperations = [
  operation({
    name: 'MLflow.exportTraces',
    method: 'POST',
    path: '/v1/traces',
    streamed: true,
    right: 'experiments/runs/write',
    async answer(deps, { body, headers, workspace }) {
      const type = headers['content-type']?.split(';', 1)[0]?.trim() ?? ''
      if (type !== PROTOBUF && type !== JSON_TYPE) {
        throw fault('ParameterInvalid', {
          reason: `Invalid Content-Type: ${type}. Expected: ${PROTOBUF} or ${JSON_TYPE}`,
        })
      }
      const experiment = headers['x-mlflow-experiment-id']
      if (typeof experiment !== 'string' || experiment === '') {
        throw fault('ParameterInvalid', {
          reason: "Missing header 'x-mlflow-experiment-id': the experiment of the traces.",
        })
      }
      const run = headers['x-mlflow-run-id']
      const spans = spansIn(parsed(await unpacked(await whole(streamOf(body)), headers['content-encoding']), type))
      if (spans.length === 0)
        throw fault('ParameterInvalid', { reason: 'Invalid OpenTelemetry format: no spans found.' })
      const wish = { experiment, spans, ...(typeof run === 'string' && run !== '' && { run }) }
      await logSpans(deps, workspace.key, wish)
      return new Answer(200, type === JSON_TYPE ? '{}' : Buffer.alloc(0), type)
    },
  }),
]

/** The whole of a body that is no larger than it may be. */
async function whole(stream: ReturnType<typeof streamOf>): Promise<Buffer> {
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MOST) stream.destroy(fault('RequestTooLarge', { limit: MOST }))
  })
  return await buffer(stream)
}
