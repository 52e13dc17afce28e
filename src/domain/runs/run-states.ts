import { finalStatuses, type Run, type RunStatus } from '../../store/runs.ts'

const order: readonly RunStatus[] = [
  'NotStarted',
  'Queued',
  'Preparing',
  'Provisioning',
  'Starting',
  'Running',
  'Finalizing',
]

/** The states of runs that are at no end. */
export const openStatuses: readonly RunStatus[] = [...order, 'CancelRequested']

/** What MLflow calls the states. */
export type MlflowStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED'

/** Whether a job in this state has left the queue. */
export const isBegun = (status: RunStatus): boolean => order.indexOf(status) > order.indexOf('Queued')

/** True where a run may go from one state to another: forwards, and from a cancel request only to an end. */
export function mayMove(from: RunStatus, to: RunStatus): boolean {
  if (finalStatuses.has(from)) return false
  if (finalStatuses.has(to)) return true
  if (from === 'CancelRequested') return false
  return to === 'CancelRequested' || order.indexOf(to) > order.indexOf(from)
}

/** The run back in the queue: its node was taken away, and it will begin anew. Never where it is to end. */
export function queuedAgain(run: Run, at: string): Run {
  if (finalStatuses.has(run.status) || run.status === 'CancelRequested') return run
  return { ...run, status: 'Queued', spans: [...run.spans, { status: 'Queued', at }] }
}

/** The run in its next state, with the span of it; unchanged where it may not go there. */
export function moved(run: Run, to: RunStatus, at: string): Run {
  if (!mayMove(run.status, to)) return run
  return {
    ...run,
    status: to,
    spans: [...run.spans, { status: to, at }],
    ...(to === 'Running' && run.startedAt === undefined && { startedAt: at }),
    ...(finalStatuses.has(to) && { endedAt: at }),
  }
}

export function mlflowStatus(status: RunStatus): MlflowStatus {
  if (status === 'Completed') return 'FINISHED'
  if (status === 'Failed') return 'FAILED'
  if (status === 'Canceled') return 'KILLED'
  return status === 'Running' || status === 'Finalizing' || status === 'CancelRequested' ? 'RUNNING' : 'SCHEDULED'
}

const fromMlflow: ReadonlyMap<string, RunStatus> = new Map<string, RunStatus>([
  ['RUNNING', 'Running'],
  ['SCHEDULED', 'Queued'],
  ['FINISHED', 'Completed'],
  ['FAILED', 'Failed'],
  ['KILLED', 'Canceled'],
])

/** The state that MLflow's word means, or undefined where it is none of its words. */
export const statusOfMlflow = (word: string): RunStatus | undefined => fromMlflow.get(word)

const words: ReadonlySet<string> = new Set([...order, 'CancelRequested', ...finalStatuses])

export const isRunStatus = (word: string): word is RunStatus => words.has(word)

/** Every state that a run may be in. */
export const runStatuses: readonly RunStatus[] = [...order, 'CancelRequested', ...finalStatuses]
