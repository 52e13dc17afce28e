import { type Static, Type } from 'typebox'
import type { RunStatus } from '../../store/runs.ts'
import { likelyCause } from './likely-cause.ts'

/** exit.json as the runner writes it. */
export const Exit = Type.Object({
  code: Type.Union([Type.Integer(), Type.Null()]),
  signal: Type.Union([Type.Integer(), Type.Null()]),
  reason: Type.Union([Type.Literal('cancel'), Type.Literal('timeout'), Type.Null()]),
  failure: Type.Union([Type.String(), Type.Null()]),
  outOfMemory: Type.Boolean(),
  seconds: Type.Number(),
  /** Which of several processes it is about; absent from what an older runner wrote. */
  process: Type.Optional(Type.Integer()),
  at: Type.String(),
})
export type Exit = Static<typeof Exit>

/** How a job ended, as its owner is told. */
export interface Verdict {
  readonly status: Extract<RunStatus, 'Completed' | 'Failed' | 'Canceled'>
  readonly exitCode?: number
  readonly error?: { readonly code: string; readonly message: string }
}

const seeLog = (log: string) => `Please check log file 'user_logs/${log}' for error details.`

/**
 * Judges an exit.
 *
 * Only a stop that was asked for is a cancellation: by a caller, or by the job's own timeout, which Azure describes as
 * one. A signal that nobody here sent (an out-of-memory kill, say) is a failure.
 */
export function judge(
  exit: Exit,
  facts: {
    readonly tail: string
    readonly log: string
    readonly memoryBytes: number
    readonly timeoutSeconds?: number
  },
): Verdict {
  const exitCode = exit.code ?? (exit.signal === null ? undefined : 128 + exit.signal)
  const known = exitCode === undefined ? {} : { exitCode }
  const lastLines = facts.tail === '' ? '' : ` Error: ${facts.tail}`
  if (exit.reason === 'cancel') return { status: 'Canceled', ...known }
  if (exit.reason === 'timeout')
    return {
      status: 'Canceled',
      ...known,
      error: {
        code: 'UserError',
        message: `The job was canceled because it ran longer than its timeout of ${facts.timeoutSeconds} seconds.`,
      },
    }
  if (exit.failure)
    return {
      status: 'Failed',
      ...known,
      error: systemError(`The job could not be started: ${exit.failure}.${lastLines}`),
    }
  if (exit.outOfMemory && exitCode !== 0)
    return {
      status: 'Failed',
      ...known,
      error: userError(
        `Execution failed. The job was killed because it needed more memory than its node's ${mebibytes(facts.memoryBytes)} MiB. ${statusOf(exitCode)} ${seeLog(facts.log)}${lastLines}`,
      ),
    }
  const reason = likelyCause({ exitCode, tail: facts.tail })
  const cause = reason === undefined ? '' : ` Likely cause: ${reason}.`
  if (exitCode === 0) return { status: 'Completed', exitCode }
  return {
    status: 'Failed',
    ...known,
    error: userError(`Execution failed. ${statusOf(exitCode)}${cause} ${seeLog(facts.log)}${lastLines}`),
  }
}

const statusOf = (exitCode: number | undefined): string => {
  if (exitCode === undefined) return "User process '/bin/bash' ended without a status."
  const signal = exitCode > 128 && exitCode <= 192 ? ` (signal ${exitCode - 128}${nameOf(exitCode - 128)})` : ''
  return `User process '/bin/bash' exited with status code ${exitCode}${signal}.`
}

const signalNames: Readonly<Record<number, string>> = { 6: 'SIGABRT', 9: 'SIGKILL', 11: 'SIGSEGV', 15: 'SIGTERM' }
const nameOf = (signal: number): string => (signalNames[signal] ? `, ${signalNames[signal]}` : '')
const mebibytes = (bytes: number): number => Math.floor(bytes / (1 << 20))

const userError = (message: string) => ({ code: 'ExecutionFailed', message })
export const systemError = (message: string) => ({ code: 'SystemError', message })
