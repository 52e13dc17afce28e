import { isFault } from '../../faults.ts'
import { foldId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import { COMPUTES } from '../computes/compute.ts'
import { type InstanceDeps, turnIfDue } from '../computes/turn-instances.ts'
import type { Deps } from '../deps.ts'
import { fire, isEnabled, jobName, type PutJob, SCHEDULES, triggerOf, workspaceOf } from './schedule.ts'

/** Looks at the clock this often. */
const LOOK_MS = 1000
/** A time that passed while no server ran is made up for up to this long after; older ones are missed, as in Azure. */
const GRACE_MS = 60_000

export interface Scheduler {
  start(): Promise<void>
  /** Resolves when no job is being made any more. May be called twice. */
  stop(): Promise<void>
}

export type SchedulerDeps = Pick<Deps, 'access' | 'tenantId' | 'now'> & InstanceDeps & { readonly putJob: PutJob }

/**
 * Makes the jobs of schedules when they are due, and starts and stops instances. What is due follows from the schedules in the store and the clock alone;
 * a time's job has a name of its own, so that none is made twice whatever ends the server in between.
 */
export function scheduler(deps: SchedulerDeps): Scheduler {
  let timer: NodeJS.Timeout | undefined
  let looked = deps.now().getTime() - GRACE_MS
  let busy: Promise<void> | undefined

  const look = async (): Promise<void> => {
    const from = new Date(looked)
    const now = deps.now()
    for await (const schedule of allOf(deps, SCHEDULES)) await bring(deps, schedule, from, now)
    const span = { from: new Date(Math.max(looked, now.getTime() - GRACE_MS)), to: now }
    for await (const compute of allOf(deps, COMPUTES)) await turnIfDue(deps, compute, span)
    // A clock that was put back looks from there again.
    looked = now.getTime()
  }
  const tick = (): void => {
    busy ??= look()
      .catch((error) => deps.log.error({ err: error }, 'schedules could not be looked at'))
      .finally(() => {
        busy = undefined
      })
  }
  return {
    async start() {
      timer = setInterval(tick, LOOK_MS)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await busy
    },
  }
}

async function* allOf({ store }: SchedulerDeps, type: string): AsyncGenerator<StoredResource> {
  let after: string | undefined
  do {
    const page = await store.resources.ofType('', type, { limit: 200, ...(after !== undefined && { after }) })
    yield* page.items
    after = page.next
  } while (after !== undefined)
}

/** Makes the jobs of a schedule's times in a span. */
async function bring(deps: SchedulerDeps, schedule: StoredResource, from: Date, to: Date): Promise<void> {
  if (!isEnabled(schedule) || schedule.provisioningState !== 'Succeeded') return
  const trigger = await triggerOf(schedule)
  // A schedule has no times before it was made or last changed.
  const changed = new Date(schedule.system.lastModifiedAt)
  // A clock that jumps far makes up for the last minute alone, as a restart does.
  const earliest = new Date(Math.max(from.getTime(), changed.getTime(), to.getTime() - GRACE_MS))
  for (let time = trigger.after(earliest); time && time <= to; time = trigger.after(time)) {
    const known = await deps.store.runs.get(foldId(workspaceOf(schedule)), jobName(schedule, time))
    if (known) continue
    try {
      await fire(deps, deps.putJob, { schedule, time })
    } catch (error) {
      if (!isFault(error)) throw error
      deps.log.warn(
        { schedule: schedule.id, time, code: error.code, reason: error.message },
        'a schedule could not make its job',
      )
    }
  }
}
