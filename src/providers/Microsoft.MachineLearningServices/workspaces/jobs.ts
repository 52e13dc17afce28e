import { Type } from 'typebox'
import { defineResource, done, goingOn } from '../../../arm/define-resource.ts'
import { changedJob } from '../../../domain/jobs/check-job-change.ts'
import { handOver } from '../../../domain/jobs/hand-over.ts'
import { asksForUser } from '../../../domain/jobs/job-identity.ts'
import { jobKind } from '../../../domain/jobs/job-kinds.ts'
import { jobServices } from '../../../domain/jobs/job-services.ts'
import { checkNotification } from '../../../domain/jobs/notification.ts'
import { parentRun } from '../../../domain/jobs/parent-run.ts'
import { withoutRay, withRay } from '../../../domain/jobs/untold-distribution.ts'
import { cancelRun } from '../../../domain/runs/cancel-run.ts'
import { cancelBelow } from '../../../domain/runs/child-runs.ts'
import { JOBS, jobRuns } from '../../../domain/runs/job-runs.ts'
import { fault } from '../../../faults.ts'
import { objectAt } from '../../../json.ts'
import type { ResourceId } from '../../../resource-id.ts'
import { finalStatuses } from '../../../store/runs.ts'
import { linkedRegistries } from '../_linked.ts'

/** A job: ARM's face of a run. Its PUT is checked whole before the run is written, then handed to the run's reconciler. */
export default defineResource({
  type: JOBS,
  name: /^[a-zA-Z0-9][\w-]{0,254}$/,
  reads: Type.Object({ properties: Type.Object({ jobType: Type.String() }) }),
  tolerates: withoutRay,
  putsBack: withRay,
  hides: ['provisioningState'],
  statuses: { created: 201, createdDone: 201, updated: 200 },
  backing: jobRuns,
  linked: linkedRegistries,
  defaults: ({ body }) => ({
    properties: {
      experimentName: 'Default',
      isArchived: false,
      tags: {},
      properties: {},
      ...(body.properties.jobType.toLowerCase() === 'command' && { environmentVariables: {}, inputs: {}, outputs: {} }),
    },
  }),
  async check(deps, { id, body, existing, caller }) {
    // A run may do what its workspace needs of it; as its submitter it could do everything that they may.
    if (caller.run && asksForUser(objectAt(body.properties))) {
      throw fault('JobInvalid', { reason: "A run's own token can not submit a job that acts for its user." })
    }
    const kind = jobKind(body.properties.jobType)
    const request = { workspace: id.parent?.text ?? '', name: id.name, properties: objectAt(body.properties) }
    const properties = (await kind.complete?.(deps, request)) ?? request.properties
    if (existing) return changedJob(existing, { ...body, properties })
    checkNotification(body.properties)
    await parentRun(deps.store, id.parent?.key ?? '', body.properties)
    await kind.check(deps, { ...request, properties })
    return { ...body, properties }
  },
  async apply(deps, { id }) {
    const run = await deps.store.runs.get(keyOf(id), id.name)
    // A later PUT of a known job changes what describes it, and nothing is handed over again.
    if (run && !run.engine && !finalStatuses.has(run.status)) await handOver(deps, run)
    return done()
  },
  async remove(deps, { id }) {
    const run = await deps.store.runs.get(keyOf(id), id.name)
    if (!run) return done()
    // Those that it adopted may outlast it; they go with it, and nothing of them may run on.
    if (finalStatuses.has(run.status)) return (await cancelBelow(deps, run)) ? goingOn() : done()
    await cancelRun(deps, keyOf(id), id.name)
    return goingOn()
  },
  async view({ store }, job, { origin }) {
    const workspace = await store.resources.get(job.id.slice(0, job.id.lastIndexOf('/jobs/')))
    return { properties: { ...(workspace && { services: jobServices(job, workspace, origin) }) } }
  },
  actions: {
    cancel: {
      async run(deps, { id }) {
        const run = await cancelRun(deps, keyOf(id), id.name)
        return finalStatuses.has(run.status) ? done() : goingOn()
      },
    },
  },
})

const keyOf = (job: ResourceId): string => job.parent?.key ?? ''
