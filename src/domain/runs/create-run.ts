import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { Run, RunStatus } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { activeExperiment } from '../experiments/active-experiment.ts'

export interface NewRun {
  /** The id that the client chose; made if none. */
  readonly id?: string
  /** An experiment's id or name; `Default` if none. */
  readonly experiment?: string
  readonly displayName?: string
  readonly description?: string
  readonly parentId?: string
  readonly status: RunStatus
  /** `interactive` unless said. */
  readonly kind?: 'interactive' | 'logged-model'
  readonly params?: Readonly<Record<string, string>>
  readonly startedAt?: string
  readonly reported?: JsonObject
  readonly tags?: Readonly<Record<string, string>>
  readonly properties?: Readonly<Record<string, string>>
  readonly createdBy: Run['createdBy']
}

/**
 * Makes an interactive run: one whose work is done by a client elsewhere, which reports its state.
 *
 * @throws RunExists, RunNotFound for a parent that is not there, ExperimentNotFound, ExperimentIsDeleted
 */
export async function createRun(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  request: NewRun,
): Promise<Run> {
  const at = now().toISOString()
  return await store.write(async (within) => {
    const id = request.id ?? randomUUID()
    if (await within.runs.get(workspace, id)) throw fault('RunExists', { run: id })
    const experiment = await activeExperiment(within, workspace, { named: request.experiment, now: at })
    const parent = request.parentId === undefined ? undefined : await within.runs.get(workspace, request.parentId)
    if (request.parentId !== undefined && !parent) throw fault('RunNotFound', { run: request.parentId })
    const started = request.startedAt ?? (request.status === 'Running' ? at : undefined)
    const run: Run = {
      id,
      workspace,
      experimentId: experiment.id,
      experimentName: experiment.name,
      kind: request.kind ?? 'interactive',
      displayName: request.displayName || id,
      ...(request.description !== undefined && { description: request.description }),
      status: request.status,
      createdAt: at,
      ...(started !== undefined && { startedAt: started }),
      createdBy: request.createdBy,
      ...(parent && { parentId: parent.id }),
      rootId: parent?.rootId ?? id,
      number: await within.runs.nextNumber(workspace, experiment.id),
      tags: request.tags ?? {},
      properties: request.properties ?? {},
      params: request.params ?? {},
      ...(request.reported && { reported: request.reported }),
      hidden: false,
      outputs: {},
      warnings: [],
      spans: [{ status: request.status, at: started ?? at }],
      etag: randomUUID(),
    }
    await within.runs.put(run)
    return run
  })
}
