import { fault } from '../../faults.ts'
import type { Caller } from '../../identity/identity.ts'
import type { JsonObject } from '../../json.ts'
import type { Run, RunStatus } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { ensureExperiment } from '../experiments/ensure-experiment.ts'
import { changeRun } from './change-run.ts'
import { createRun } from './create-run.ts'
import type { RunPath } from './find-run.ts'
import { isRunStatus } from './run-states.ts'

/** What a client of run history reports of a run. */
export interface RunReport {
  readonly parentId?: string
  readonly experimentId?: string
  readonly status?: string
  readonly startedAt?: string
  readonly endedAt?: string
  readonly displayName?: string
  readonly description?: string
  readonly hidden?: boolean
  readonly reported?: JsonObject
  readonly params?: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
  readonly properties: Readonly<Record<string, string>>
}

/**
 * Keeps what a client reports of a run. Run history's PATCH makes the run if there is none (`upsert`), in an experiment
 * that it makes too; its POST makes it or refuses.
 *
 * @throws RunExists, RunNotFound, RunIsAJob, RunStatusInvalid, ParameterInvalid for times that are none
 */
export async function recordRun(
  deps: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  request: {
    readonly path: RunPath
    readonly record: RunReport
    readonly by: Caller
    readonly mode: 'create' | 'upsert'
  },
): Promise<Run> {
  const { path, record, by, mode } = request
  const { status, startedAt, endedAt, params, ...rest } = record
  const times = { ...timeAt('startTimeUtc', startedAt), ...timeAt('endTimeUtc', endedAt) }
  const wanted = statusOf(status)
  const known = await deps.store.runs.get(workspace, path.runId)
  if (known && mode === 'create') throw fault('RunExists', { run: path.runId })
  if (known) {
    return await changeRun(deps, workspace, {
      ...rest,
      path,
      ...(params && { addParams: params }),
      ...(wanted && { status: wanted }),
      ...(times.startTimeUtc && { startedAt: times.startTimeUtc }),
      ...(times.endTimeUtc && { endedAt: times.endTimeUtc }),
    })
  }
  const { experimentName } = path
  if (experimentName !== undefined) {
    const at = deps.now().toISOString()
    await deps.store.write((within) => ensureExperiment(within, workspace, { name: experimentName, now: at }))
  }
  const experiment = experimentName ?? path.experimentId ?? record.experimentId
  return await createRun(deps, workspace, {
    ...rest,
    ...(params && { params }),
    id: path.runId,
    ...(experiment !== undefined && { experiment }),
    status: wanted ?? 'NotStarted',
    ...(times.startTimeUtc && { startedAt: times.startTimeUtc }),
    createdBy: { objectId: by.objectId, name: by.displayName },
  })
}

function statusOf(word: string | undefined): RunStatus | undefined {
  if (word === undefined || isRunStatus(word)) return word
  throw fault('RunStatusInvalid', { status: word })
}

function timeAt<Name extends string>(name: Name, text: string | undefined): { readonly [Key in Name]?: string } {
  if (text === undefined) return {}
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw fault('ParameterInvalid', { reason: `'${text}' at ${name} is no time.` })
  return { [name]: time.toISOString() } as { readonly [Key in Name]?: string }
}
