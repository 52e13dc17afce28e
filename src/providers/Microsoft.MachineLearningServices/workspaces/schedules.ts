import { Type } from 'typebox'
import { defineResource, type InnerCalls } from '../../../arm/define-resource.ts'
import { jobKind } from '../../../domain/jobs/job-kinds.ts'
import { fire, type PutJob, SCHEDULES, triggerFrom, WRITE_JOBS } from '../../../domain/schedules/schedule.ts'
import { fault } from '../../../faults.ts'
import { objectAt, textAt } from '../../../json.ts'

const putJob =
  (arm: InnerCalls): PutJob =>
  (id, body, caller) =>
    arm.put(id, body, { caller })

/** A job that is made again and again. Its definition is checked as a job's is; `domain/schedules` makes the jobs. */
export default defineResource({
  type: SCHEDULES,
  name: /^[a-zA-Z0-9][\w-]{0,254}$/,
  reads: Type.Object({
    properties: Type.Object({
      trigger: Type.Object({ triggerType: Type.String() }),
      action: Type.Object({ actionType: Type.String() }),
    }),
  }),
  statuses: { created: 201, createdDone: 201, updated: 200 },
  defaults: () => ({ properties: { isEnabled: true, tags: {}, properties: {} } }),
  async check(deps, { id, body, caller }) {
    const { trigger, action } = body.properties
    await triggerFrom(trigger, deps.now())
    if (action.actionType.toLowerCase() !== 'createjob') {
      throw fault('ScheduleInvalid', {
        reason: `Schedules can make jobs here (CreateJob), and not yet '${action.actionType}'.`,
      })
    }
    const workspace = id.parent?.text ?? ''
    const properties = objectAt(objectAt(action).jobDefinition)
    // What a schedule makes is made with its maker's rights: none may be lent to it.
    await deps.access.demand(caller, WRITE_JOBS, workspace)
    await jobKind(textAt(properties.jobType) ?? '').check(deps, { workspace, name: id.name, properties })
    return undefined
  },
  list: (query) => {
    const view = (query.get('listViewType') ?? 'EnabledOnly').toLowerCase()
    return view === 'all' ? {} : { where: { 'properties.isEnabled': view !== 'disabledonly' } }
  },
  actions: {
    trigger: {
      async answer(deps, { resource, body, arm }) {
        const time = body.scheduleTime === undefined ? deps.now() : new Date(String(body.scheduleTime))
        if (Number.isNaN(time.getTime())) {
          throw fault('ScheduleInvalid', { reason: `The scheduleTime '${String(body.scheduleTime)}' is no time.` })
        }
        const job = await fire(deps, putJob(arm), { schedule: resource, time })
        return { scheduleActionType: 'CreateJob', submissionId: job.name }
      },
    },
  },
})
