import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../json.ts'
import { madeBy } from '../../store/resources.ts'
import { finalStatuses, type Run, type Runs } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { cancelRun } from './cancel-run.ts'
import { newJobRun } from './new-job-run.ts'

export interface NewChild {
  /** Made if none. */
  readonly id?: string
  readonly job: JsonObject
}

/**
 * A run of a parent, to be written in the transaction in which the parent writes down that it has it: so a step is
 * begun once, whatever ends the server in between.
 */
export async function newChild(within: Repositories, parent: Run, { id, job }: NewChild, at: string): Promise<Run> {
  const wished = id ?? randomUUID()
  const name = (await within.runs.get(parent.workspace, wished)) ? `${wished}_${randomUUID().slice(0, 8)}` : wished
  const by = parent.resource?.system ?? madeBy(parent.createdBy.objectId, at)
  return newJobRun(within, {
    workspace: parent.workspace,
    id: name,
    job,
    resource: {
      id: `${workspaceIdOf(parent)}/jobs/${name}`,
      state: {},
      secrets: {},
      provisioningState: 'Succeeded',
      system: { ...by, createdAt: at, lastModifiedAt: at },
    },
    createdBy: parent.createdBy,
    etag: randomUUID(),
    parent,
  })
}

/** A job's workspace by its id in its own spelling. */
export const workspaceIdOf = ({ resource, workspace }: Run): string =>
  resource ? resource.id.slice(0, resource.id.lastIndexOf('/jobs/')) : workspace

/** The runs that a run has, oldest first. */
export async function childrenOf(from: { readonly runs: Pick<Runs, 'find'> }, run: Run): Promise<readonly Run[]> {
  return (await from.runs.find(run.workspace, { parentId: run.id, oldestFirst: true })).items
}

export const isOpen = (run: Run): boolean => !finalStatuses.has(run.status)

/** Asks those of the runs to stop that have not ended. */
export async function cancelOpen(
  deps: Pick<Deps, 'store' | 'runSignals' | 'now'>,
  runs: readonly Run[],
): Promise<void> {
  for (const run of runs) {
    if (isOpen(run) && run.status !== 'CancelRequested') await cancelRun(deps, run.workspace, run.id)
  }
}

/** Asks the jobs below a run to stop, however deep, and answers whether any has still to end. */
export async function cancelBelow(deps: Pick<Deps, 'store' | 'runSignals' | 'now'>, run: Run): Promise<boolean> {
  let open = false
  for (const child of await childrenOf(deps.store, run)) {
    if (!child.job) continue
    await cancelOpen(deps, [child])
    open = (await cancelBelow(deps, child)) || isOpen(child) || open
  }
  return open
}
