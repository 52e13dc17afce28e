import { buffer } from 'node:stream/consumers'
import type { Blobs } from '../../blobs/blobs.ts'
import { firstLogOf, type Observation } from '../../compute/engine.ts'
import type { Run } from '../../store/runs.ts'
import { handedJob } from './read-job.ts'

const TAIL_BYTES = 4096
const TAIL_LINES = 20

/** Why a job failed: its code, its exit code, and the last lines that it wrote, which `az ml job stream` prints. */
export async function failureOf(blobs: Blobs, run: Run, seen: Observation): Promise<NonNullable<Run['error']>> {
  const log = firstLogOf(handedJob(run)?.spec ?? { instanceCount: 1 })
  const code = seen.error?.code ?? 'UserError'
  const said =
    seen.error?.message ??
    `Execution failed. User process exited with code ${seen.exitCode ?? 'unknown'}. Please check log file '${log}' for error details.`
  const exit =
    seen.exitCode === undefined || said.includes(`code ${seen.exitCode}`) ? '' : ` Exit code ${seen.exitCode}.`
  // Where another of several processes failed, its own log was named.
  const tail = said.includes('user_logs/') && !said.includes(log) ? '' : await lastLines(blobs, run, log)
  const last = tail.slice(tail.lastIndexOf('\n') + 1)
  // An engine may have put the log's end into its message already.
  const lines = tail && !said.includes(last) ? `\nLast lines of ${log}:\n${tail}` : ''
  return {
    code,
    message: `${said}${exit}${lines}`,
    ...(seen.exitCode !== undefined && { details: { exitCode: seen.exitCode } }),
  }
}

async function lastLines(blobs: Blobs, run: Run, log: string): Promise<string> {
  const artifacts = handedJob(run)?.spec.artifacts
  if (!artifacts) return ''
  const at = { ...artifacts, path: `${artifacts.path}${log}` }
  const info = await blobs.info(at)
  if (!info || info.size === 0) return ''
  const body = await blobs.read(at, { start: Math.max(0, info.size - TAIL_BYTES), end: info.size })
  return (await buffer(body)).toString('utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n')
}
