import { createHash } from 'node:crypto'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { Run, RunStatus } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { cancelRun } from './cancel-run.ts'
import { changeRun, type RunChange } from './change-run.ts'
import { findRun, type RunPath } from './find-run.ts'

/** What a client tells of a run, in run history's words. */
export interface RunEvent {
  readonly name: string
  readonly timestamp?: string
  readonly data: JsonObject
}

const PREFIX = 'Microsoft.MachineLearning.Run.'

const states: ReadonlyMap<string, RunStatus> = new Map<string, RunStatus>([
  ['Queued', 'Queued'],
  ['Start', 'Running'],
  ['Completed', 'Completed'],
  ['Failed', 'Failed'],
  ['Canceled', 'Canceled'],
])

/**
 * Keeps an event, and does to the run what it says: a state, a warning, an error, a wish to stop. A job's run takes its
 * state from the job, whatever a client inside tells.
 *
 * Source: azureml-core, `_restclient/contracts/events.py`.
 *
 * @throws RunNotFound, RunFinished, ParameterInvalid
 */
export async function postEvent(
  deps: Pick<Deps, 'store' | 'now' | 'runSignals'> & Deps,
  workspace: string,
  { path, event }: { readonly path: RunPath; readonly event: RunEvent },
): Promise<Run> {
  const run = await findRun(deps.store, workspace, path)
  const at = timeOf(event.timestamp) ?? deps.now().toISOString()
  const kind = event.name.startsWith(PREFIX) ? event.name.slice(PREFIX.length) : ''
  const change = changeOf(run, kind, event.data, at)
  const changed = change ? await changeRun(deps, workspace, { ...change, path: { runId: run.id } }) : run
  await deps.store.write(({ runRecords }) =>
    runRecords.add(workspace, run.id, [
      { kind: 'event', name: event.name, id: idOf(event), body: { timestamp: at, data: event.data } },
    ]),
  )
  return kind === 'CancelRequested' ? await cancelRun(deps, workspace, run.id) : changed
}

function changeOf(run: Run, kind: string, data: JsonObject, at: string): RunChange | undefined {
  if (kind === 'Warning') {
    const [message = '', source] = [textAt(data.Message), textAt(data.Source)]
    return { addWarnings: [{ message, ...(source !== undefined && { source }) }] }
  }
  if (kind === 'Error') {
    const response = objectAt(objectAt(data.ErrorResponse).error)
    const error = { code: textAt(response.code) ?? 'UserError', message: textAt(response.message) ?? '' }
    return { error }
  }
  const status = states.get(kind)
  if (!status || run.job || run.status === status) return undefined
  const told = timeOf(textAt(data.StartTime) ?? textAt(data.EndTime)) ?? at
  return { status, ...(status === 'Running' ? { startedAt: told } : { endedAt: told }) }
}

function timeOf(text: string | undefined): string | undefined {
  if (!text) return undefined
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw fault('ParameterInvalid', { reason: `'${text}' is no time.` })
  return time.toISOString()
}

/** The same for what a client sends again. */
const idOf = ({ name, timestamp, data }: RunEvent): string =>
  createHash('sha256')
    .update(JSON.stringify([name, timestamp, data]))
    .digest('base64url')
