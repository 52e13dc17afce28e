import { type Fault, fault, isFault } from '../../faults.ts'
import { isObject, type JsonObject, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { done, failed, goingOn, type Progress } from '../define-resource.ts'
import { errorOf } from '../errors.ts'
import { beginStep } from './begin-step.ts'
import { cancelNested } from './cancel.ts'
import { firstToGo, leftovers, removeLeftover } from './complete-mode.ts'
import { followed, withoutSecrets } from './follow.ts'
import { forgetOldest } from './history.ts'
import { advanceRollback, rollbackOf } from './on-error.ts'
import { isoDuration, stepsOf } from './operation-records.ts'
import { outputsOf } from './outputs.ts'
import type { Plan } from './plan.ts'
import type { Placed, Step, Steps } from './prepared.ts'
import { withResponses } from './recorded.ts'
import { runtimeScope } from './runtime-scope.ts'

const AGAIN_MS = 50
/** How long one call stays with what is under way: most resources are made in a few milliseconds. */
const STAY_MS = 250

/** A deployment under way: its plan is made once, and again by a process that takes it over. */
export interface Running {
  readonly arm: ArmDeps
  readonly placed: Placed
  readonly plan: Plan
  /** How often each resource was refused as busy while nothing was under way on it. */
  readonly refused: Map<string, number>
}

/**
 * One step of a deployment: looks how those under way are, begins those whose turn has come, and ends it when all are
 * done. What does not depend on a failed one finishes. All that it knows stands in the resource's state.
 */
export async function advanceDeployment(running: Running, resource: StoredResource): Promise<Progress> {
  const { arm, placed, plan } = running
  const { prepared, id } = placed
  const startedAt = resource.system.lastModifiedAt
  const begun = resource.state.startedAt === startedAt
  let steps: Steps = await withResponses(running, await advanceSteps(running, begun ? stepsOf(resource.state) : {}))

  const state = (more: JsonObject = {}): JsonObject => ({
    startedAt,
    steps: JSON.parse(JSON.stringify(withoutSecrets(steps, placed.secrets))),
    timestamp: arm.deps.now().toISOString(),
    duration: isoDuration(startedAt, arm.deps.now().toISOString()),
    ...more,
  })
  const waiting = plan.resources.some(({ key, made }) => made && !steps[key])
  if (waiting || Object.values(steps).some(({ status }) => status === 'Running')) return goingOn(state(), AGAIN_MS)

  const fail = async (found: Fault, more: JsonObject = {}): Promise<Progress> => {
    const problem = placed.secrets.hideIn(found)
    const told = { error: errorOf(problem), ...more }
    if (!prepared.onError) return failed(problem, state(told))
    // The earlier deployment that this one falls back to is run whole before this one ends.
    const rollback = await advanceRollback(arm, placed, begun ? rollbackOf(resource.state) : undefined)
    const kept = state({ ...told, rollback: { ...rollback } })
    return rollback.status === 'Running' ? goingOn(kept, AGAIN_MS) : failed(problem, kept)
  }
  const broken = Object.values(steps).filter(({ status }) => status === 'Failed')
  if (broken.length > 0) return fail(deploymentFailed(broken))
  if (prepared.mode === 'Complete') {
    const left = (await leftovers(arm, id, plan)).filter((one) => !steps[`delete:${one.id}`])
    if (left.length > 0) {
      const first = await firstToGo(arm, id, left)
      for (const one of first) steps = { ...steps, [`delete:${one.id}`]: await removeLeftover(arm, one, prepared) }
      return goingOn(state(), AGAIN_MS)
    }
  }
  const outputResources = plan.resources.filter((one) => one.made).map((one) => ({ id: one.id.text }))
  try {
    const { shown, secure } = await outputsOf(prepared.template, runtimeScope(running))
    await forgetOldest(arm, id)
    return done(state({ outputs: shown, outputResources }), secure)
  } catch (error) {
    if (!isFault(error)) throw error
    return fail(error, { outputResources })
  }
}

/** Follows and begins, wave after wave, for as long as something comes of it soon. */
async function advanceSteps(running: Running, before: Steps): Promise<Steps> {
  const { arm } = running
  const until = performance.now() + STAY_MS
  let steps = before
  for (;;) {
    steps = await followed(arm, steps)
    if (await isCalledOff(running)) break
    const next = await started(running, steps)
    const isNew = next !== steps
    steps = next
    const left = until - performance.now()
    if (left <= 0 || (!isNew && !(await somethingEnds(arm, steps, left)))) break
  }
  // What began while it was being called off is not in the state that the cancel read.
  if (await isCalledOff(running)) await cancelNested(arm, Object.values(steps))
  return steps
}

/** Cancelled meanwhile: then none begins any more. */
async function isCalledOff({ arm, placed }: Running): Promise<boolean> {
  const operation = arm.reconciler.activeOn(placed.id.text)
  const own = operation === undefined ? undefined : await arm.deps.store.operations.get(operation)
  return own?.status !== 'InProgress'
}

/** Begins all whose turn has come, side by side; the same steps where there are none. */
async function started(running: Running, before: Steps): Promise<Steps> {
  const { plan, arm } = running
  let steps = before
  for (;;) {
    const now = arm.deps.now().toISOString()
    const turn = plan.resources.filter(
      ({ key, made }) => made && !steps[key] && (plan.after.get(key) ?? []).every((other) => isOver(steps[other])),
    )
    if (turn.length === 0) return steps
    const next = await Promise.all(
      turn.map(async (one): Promise<readonly (readonly [string, Step])[]> => {
        const lost = (plan.after.get(one.key) ?? []).some((other) => steps[other]?.status !== 'Succeeded')
        const step = { id: one.id.text, operation: 'Create' as const, startedAt: now }
        if (lost) return [[one.key, { ...step, status: 'Skipped', endedAt: now }]]
        const begun = await beginStep(running, one, step)
        return begun ? [[one.key, begun]] : []
      }),
    )
    const entries = next.flat()
    if (entries.length === 0) return steps
    steps = { ...steps, ...Object.fromEntries(entries) }
    // Those that run have to be followed before more can have their turn.
    if (entries.every(([, { status }]) => status === 'Running')) return steps
  }
}

const isOver = (step: Step | undefined): boolean => step !== undefined && step.status !== 'Running'

/** True as soon as one of those under way has ended; false where none does in time. */
async function somethingEnds({ deps, reconciler }: ArmDeps, steps: Steps, withinMs: number): Promise<boolean> {
  const under = Object.values(steps).flatMap(({ status, follows }) =>
    status === 'Running' && follows !== undefined ? [follows] : [],
  )
  if (under.length === 0) return false
  const operations = await Promise.all(under.map((id) => deps.store.operations.get(id)))
  const waits = operations.map(async (operation) =>
    operation?.status === 'InProgress' ? (await reconciler.settled(operation, withinMs)).status !== 'InProgress' : true,
  )
  return Promise.race(waits)
}

function deploymentFailed(steps: readonly Step[]): Fault {
  const details = steps.map(({ id, error }) => ({
    code: textAt(error?.code) ?? 'Conflict',
    message: textAt(error?.message) ?? '',
    target: id,
    ...(Array.isArray(error?.details) && { details: error.details.filter(isDetail) }),
  }))
  return fault('DeploymentFailed', {}, { details })
}

const isDetail = (value: unknown): value is { code: string; message: string } & JsonObject =>
  isObject(value) && typeof value.code === 'string' && typeof value.message === 'string'
