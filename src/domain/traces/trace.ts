import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import type { TrackedDocument } from '../../store/documents.ts'
import type { Repositories } from '../../store/store.ts'

export const TRACE = 'trace'
export const SPAN = 'span'

/** Words of MLflow's that traces carry by themselves. */
export const traceKeys = {
  name: 'mlflow.traceName',
  sourceRun: 'mlflow.sourceRun',
  spansLocation: 'mlflow.trace.spansLocation',
  artifactLocation: 'mlflow.artifactLocation',
  linkedPrompts: 'mlflow.linkedPrompts',
  inputs: 'mlflow.traceInputs',
  outputs: 'mlflow.traceOutputs',
  session: 'mlflow.trace.session',
  user: 'mlflow.trace.user',
} as const

/** The spans are kept here, and no file of the client's is to be looked for. */
export const IN_STORE = 'TRACKING_STORE'

export type TraceState = 'STATE_UNSPECIFIED' | 'IN_PROGRESS' | 'OK' | 'ERROR'
const states: ReadonlySet<string> = new Set<TraceState>(['STATE_UNSPECIFIED', 'IN_PROGRESS', 'OK', 'ERROR'])

/** @throws ParameterInvalid for a word that is no state */
export function traceState(word: string | undefined): TraceState {
  if (word === undefined) return 'IN_PROGRESS'
  if (!states.has(word)) throw fault('ParameterInvalid', { reason: `Invalid trace state '${word}'.` })
  return word as TraceState
}

/** What happened in one request to an application, and what was said of it. Its spans stand beside it. */
export interface Trace {
  readonly workspace: string
  readonly id: string
  readonly experimentId: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly durationMs?: number
  readonly state: TraceState
  readonly clientRequestId?: string
  readonly requestPreview?: string
  readonly responsePreview?: string
  readonly metadata: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
  /** In MLflow's words. */
  readonly assessments: readonly JsonObject[]
  /** Runs that it was linked to. */
  readonly runs: readonly string[]
  /** Its client has told all of it: spans that come later change nothing of what stands here. */
  readonly told: boolean
}

export function traceOf({ workspace, id, owner, at, body }: TrackedDocument): Trace {
  const { durationMs, clientRequestId, requestPreview, responsePreview } = body
  return {
    workspace,
    id,
    experimentId: owner,
    at,
    state: traceState(textAt(body.state)),
    metadata: objectAt(body.metadata) as Record<string, string>,
    tags: objectAt(body.tags) as Record<string, string>,
    assessments: listAt(body.assessments).map(objectAt),
    runs: listAt(body.runs).map(String),
    told: body.told === true,
    ...(typeof durationMs === 'number' && { durationMs }),
    ...(typeof clientRequestId === 'string' && { clientRequestId }),
    ...(typeof requestPreview === 'string' && { requestPreview }),
    ...(typeof responsePreview === 'string' && { responsePreview }),
  }
}

const listAt = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export function documentOf({ workspace, id, experimentId, at, ...body }: Trace): TrackedDocument {
  const name = body.tags[traceKeys.name] ?? ''
  return { workspace, kind: TRACE, id, owner: experimentId, name, at, body: { ...body } }
}

/** How many spans a client said that a trace has; they may come after it. */
export function spansTold({ metadata }: Trace): number {
  try {
    const { num_spans: told } = objectAt(JSON.parse(metadata['mlflow.trace.sizeStats'] ?? '{}'))
    return typeof told === 'number' ? told : 0
  } catch {
    return 0
  }
}

/** @throws TraceNotFound */
export async function findTrace(from: Repositories, workspace: string, id: string): Promise<Trace> {
  const found = await from.documents.get(workspace, TRACE, id)
  if (!found) throw fault('TraceNotFound', { trace: id })
  return traceOf(found)
}

/** A prompt that a trace used. */
export interface PromptVersion {
  readonly name: string
  readonly version: string
}

/** The prompts that a trace's tag names; none where a client wrote something else there. */
export function linkedPrompts(tag: string | undefined): readonly PromptVersion[] {
  try {
    const named = listAt(JSON.parse(tag ?? '[]')).map(objectAt)
    return named.map(({ name, version }) => ({ name: plainText(name), version: plainText(version) }))
  } catch {
    return []
  }
}
