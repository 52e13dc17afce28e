import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { triggerFrom } from '../schedules/schedule.ts'
import type { Trigger } from '../schedules/trigger-times.ts'
import { durationSeconds } from './duration.ts'

/** Azure's bounds of `idleTimeBeforeShutdown`: 15 minutes to 3 days. */
const IDLE_SECONDS = { least: 15 * 60, most: 3 * 24 * 3600 }

/** What an instance is to do, and what asks for it, in Azure's words. */
export interface Turn {
  readonly action: 'start' | 'stop'
  readonly operationTrigger: 'Schedule' | 'IdleShutdown'
}

interface StartStop {
  readonly action: Turn['action']
  readonly isEnabled: boolean
  readonly trigger: Trigger
}

/** The instance's inner properties: those of its own type. */
export const instanceProperties = (body: JsonObject): JsonObject => objectAt(objectAt(body.properties).properties)

/** Its start and stop schedules as they were sent. */
export function sentSchedules(body: JsonObject): readonly JsonObject[] {
  const sent = objectAt(instanceProperties(body).schedules).computeStartStop
  return Array.isArray(sent) ? sent.map(objectAt) : []
}

/**
 * Refuses times that an instance could not keep.
 *
 * @throws ComputePropertyInvalid, ScheduleInvalid
 */
export async function checkInstanceTimes(body: JsonObject, now: Date): Promise<void> {
  await readSchedules(body, now)
  const idle = textAt(instanceProperties(body).idleTimeBeforeShutdown)
  if (!idle) return
  const seconds = durationSeconds(idle)
  if (seconds === undefined || seconds < IDLE_SECONDS.least || seconds > IDLE_SECONDS.most) {
    throw invalid(`'idleTimeBeforeShutdown' is an ISO 8601 duration from PT15M to P3D, not '${idle}'.`)
  }
}

/**
 * What is due for an instance in a span, if anything: the last time of its schedules, or a stop since it idles too long.
 * What it is already, or was told since, is not due.
 */
export async function dueTurn(
  instance: StoredResource,
  { from, to, idleSince }: { readonly from: Date; readonly to: Date; readonly idleSince: string | undefined },
): Promise<Turn | undefined> {
  const stopped = instance.state.stopped === true
  const told = Date.parse(textAt(objectAt(instance.state.lastOperation).operationTime) ?? '') || 0
  // Schedules have no times before they were made or last changed.
  const begin = new Date(Math.max(from.getTime(), Date.parse(instance.system.lastModifiedAt)))
  let last: { readonly time: Date; readonly action: Turn['action'] } | undefined
  for (const { action, isEnabled, trigger } of await schedulesOf(instance)) {
    if (!isEnabled) continue
    for (let time = trigger.after(begin); time && time <= to; time = trigger.after(time))
      if (time.getTime() > told && (!last || time >= last.time)) last = { time, action }
  }
  if (last && (last.action === 'stop') !== stopped) return { action: last.action, operationTrigger: 'Schedule' }
  const limit = durationSeconds(textAt(instanceProperties(instance.body).idleTimeBeforeShutdown) ?? '')
  if (limit === undefined || stopped || idleSince === undefined) return undefined
  if (to.getTime() - Date.parse(idleSince) < limit * 1000) return undefined
  return { action: 'stop', operationTrigger: 'IdleShutdown' }
}

const read = new WeakMap<StoredResource, readonly StartStop[]>()

/** Read once for a resource that is looked at each second. */
async function schedulesOf(instance: StoredResource): Promise<readonly StartStop[]> {
  const known = read.get(instance) ?? (await readSchedules(instance.body, new Date(instance.system.createdAt)))
  read.set(instance, known)
  return known
}

async function readSchedules(body: JsonObject, createdAt: Date): Promise<readonly StartStop[]> {
  return Promise.all(
    sentSchedules(body).map(async (sent): Promise<StartStop> => {
      const action = textAt(sent.action)?.toLowerCase()
      if (action !== 'start' && action !== 'stop') throw invalid("The 'action' of a schedule is Start or Stop.")
      const type = textAt(sent.triggerType)?.toLowerCase()
      if (type !== 'cron' && type !== 'recurrence')
        throw invalid("The 'triggerType' of a schedule is Cron or Recurrence.")
      const trigger = await triggerFrom({ ...objectAt(sent[type]), triggerType: type }, createdAt)
      return { action, isEnabled: textAt(sent.status)?.toLowerCase() !== 'disabled', trigger }
    }),
  )
}

const invalid = (reason: string) => fault('ComputePropertyInvalid', { reason })
