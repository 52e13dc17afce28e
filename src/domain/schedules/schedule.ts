import type { Caller } from '../../identity/identity.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'
import type { Trigger } from './trigger-times.ts'

export const SCHEDULES = 'Microsoft.MachineLearningServices/workspaces/schedules'
export const WRITE_JOBS = 'Microsoft.MachineLearningServices/workspaces/jobs/write'

/** Makes a job as a client's PUT would. */
export type PutJob = (id: string, body: JsonObject, caller: Caller) => Promise<StoredResource>

export const workspaceOf = (schedule: Pick<StoredResource, 'id'>): string =>
  schedule.id.slice(0, schedule.id.lastIndexOf('/schedules/'))

const triggers = new WeakMap<StoredResource, Trigger>()

/**
 * Reads a trigger. Time zones and cron are loaded with the first one.
 *
 * @throws ScheduleInvalid
 */
export async function triggerFrom(sent: Json | undefined, createdAt: Date): Promise<Trigger> {
  const { readTrigger } = await import('./trigger-times.ts')
  return readTrigger(objectAt(sent), createdAt)
}

/** A schedule's trigger, read once for a resource that is looked at each second. */
export async function triggerOf(schedule: StoredResource): Promise<Trigger> {
  const known = triggers.get(schedule)
  if (known) return known
  const read = await triggerFrom(objectAt(schedule.body.properties).trigger, new Date(schedule.system.createdAt))
  triggers.set(schedule, read)
  return read
}

export const isEnabled = (schedule: StoredResource): boolean => objectAt(schedule.body.properties).isEnabled !== false

/** The job of one time of a schedule, by the name that Azure gives it: the same for the same time. */
export const jobName = (schedule: Pick<StoredResource, 'name'>, time: Date): string =>
  `${schedule.name}-${time.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '')}`

/**
 * Makes the job of one time of a schedule, with the rights of who made the schedule.
 *
 * @throws AuthorizationFailed where the maker may no longer, and every refusal of a job
 */
export async function fire(
  deps: Pick<Deps, 'store' | 'access' | 'tenantId'>,
  putJob: PutJob,
  { schedule, time }: { readonly schedule: StoredResource; readonly time: Date },
): Promise<StoredResource> {
  const workspace = workspaceOf(schedule)
  const caller = await makerOf(deps, schedule)
  await deps.access.demand(caller, WRITE_JOBS, workspace)
  const definition = objectAt(objectAt(objectAt(schedule.body.properties).action).jobDefinition)
  const properties = objectAt(definition.properties)
  return await putJob(
    `${workspace}/jobs/${jobName(schedule, time)}`,
    {
      properties: {
        ...withTime(definition, time),
        displayName: textAt(definition.displayName) || schedule.name,
        properties: {
          ...properties,
          'azureml.schedule_name': schedule.name,
          'azureml.schedule_trigger_time': time.toISOString(),
        },
      },
    },
    caller,
  )
}

/** A definition with `${{creation_context.trigger_time}}` filled, as Azure fills it. */
function withTime(definition: JsonObject, time: Date): JsonObject {
  const text = time.toISOString().slice(0, 19)
  const fill = (value: Json | undefined): Json | undefined => {
    if (typeof value === 'string') return value.replace(/\$\{\{\s*creation_context\.trigger_time\s*\}\}/g, text)
    if (Array.isArray(value)) return value.map((each) => fill(each) ?? null)
    return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fill(each)])) : value
  }
  return objectAt(fill(definition))
}

async function makerOf(
  { store, tenantId }: Pick<Deps, 'store' | 'tenantId'>,
  schedule: StoredResource,
): Promise<Caller> {
  const { createdBy } = schedule.system
  const known = (await store.identities.principal(createdBy)) ?? (await store.identities.principalByApp(createdBy))
  return {
    tenantId,
    objectId: known?.objectId ?? createdBy,
    kind: known && known.kind !== 'Group' ? known.kind : 'Application',
    displayName: known?.displayName ?? createdBy,
  }
}
