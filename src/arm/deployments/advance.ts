import { type Fault, fault, isFault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { done, failed, goingOn, type Progress } from '../define-resource.ts'
import { errorOf } from '../errors.ts'
import { writeResource } from '../verbs/write.ts'
import { bodyOf } from './body.ts'
import { leftovers, removeLeftover } from './complete-mode.ts'
import type { Scope } from './expressions/scope.ts'
import { forgetOldest } from './history.ts'
import { isoDuration, stepsOf } from './operation-records.ts'
import { outputsOf } from './outputs.ts'
import { outsideOf } from './outside.ts'
import { type Plan, type PlannedResource, planDeployment } from './plan.ts'
import type { Placed, Prepared, Step, Steps } from './prepared.ts'

const AGAIN_MS = 50

/**
 * One step of a deployment: looks how those under way are, begins those whose turn has come, and ends it when all are
 * done. What does not depend on a failed one finishes. All that it knows stands in the resource's state.
 */
export async function advanceDeployment(arm: ArmDeps, resource: StoredResource, prepared: Prepared): Promise<Progress> {
  const id = parseResourceId(resource.id)
  if (!id) throw new Error(`'${resource.id}' is no id`)
  const placed: Placed = { id, location: textAt(resource.body.location), prepared }
  const startedAt = resource.system.lastModifiedAt
  const begun = resource.state.startedAt === startedAt
  const plan = await planDeployment(arm, placed)
  const running = { arm, placed, plan }
  let steps: Steps = begun ? stepsOf(resource.state) : {}
  steps = await followed(arm, steps)
  steps = await started(running, steps)

  const state = (more: JsonObject = {}): JsonObject => ({
    startedAt,
    steps: JSON.parse(JSON.stringify(steps)),
    timestamp: arm.deps.now().toISOString(),
    duration: isoDuration(startedAt, arm.deps.now().toISOString()),
    ...more,
  })
  const waiting = plan.resources.some(({ key, made }) => made && !steps[key])
  if (waiting || Object.values(steps).some(({ status }) => status === 'Running')) return goingOn(state(), AGAIN_MS)

  const broken = Object.values(steps).filter(({ status }) => status === 'Failed')
  if (broken.length > 0) {
    const problem = deploymentFailed(broken)
    return failed(problem, state({ error: errorOf(problem) }))
  }
  if (prepared.mode === 'Complete') {
    const left = (await leftovers(arm, id, plan)).filter((one) => !steps[`delete:${one.id}`])
    if (left.length > 0) {
      for (const one of left) steps = { ...steps, [`delete:${one.id}`]: await removeLeftover(arm, one, prepared) }
      return goingOn(state(), AGAIN_MS)
    }
  }
  const made = plan.resources.filter((one) => one.made).map((one) => ({ id: one.id.text }))
  try {
    const outputs = await outputsOf(prepared.template, runtimeScope(running))
    await forgetOldest(arm, id)
    return done(state({ outputs, outputResources: made }))
  } catch (error) {
    if (!isFault(error)) throw error
    return failed(error, state({ outputResources: made, error: errorOf(error) }))
  }
}

interface Running {
  readonly arm: ArmDeps
  readonly placed: Placed
  readonly plan: Plan
}

/** The template's expressions while it runs: references are answered. */
const runtimeScope = ({ arm, placed, plan }: Running, own?: PlannedResource): Scope => {
  const outside = outsideOf(arm, placed, { resources: plan.resources })
  return { ...(own?.scope ?? plan.scope), outside }
}

/** Steps under way, as their operations stand now. */
async function followed({ deps }: ArmDeps, steps: Steps): Promise<Steps> {
  const found: Record<string, Step> = {}
  for (const [key, step] of Object.entries(steps)) {
    found[key] = step
    if (step.status !== 'Running' || step.follows === undefined) continue
    const operation = await deps.store.operations.get(step.follows)
    if (operation?.status === 'InProgress') continue
    const endedAt = operation?.endedAt ?? deps.now().toISOString()
    if (operation?.status === 'Succeeded') found[key] = { ...step, status: 'Succeeded', endedAt }
    else {
      const error = operation?.error ?? errorOf(fault('OperationCanceled'))
      const code = objectAt(operation?.result).status
      found[key] = { ...step, status: 'Failed', endedAt, error, statusCode: String(code ?? 'Conflict') }
    }
  }
  return found
}

/** Begins all whose turn has come, side by side. */
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
        const begun = await begin(running, one, step)
        return begun ? [[one.key, begun]] : []
      }),
    )
    const entries = next.flat()
    if (entries.length === 0) return steps
    steps = { ...steps, ...Object.fromEntries(entries) }
  }
}

const isOver = (step: Step | undefined): boolean => step !== undefined && step.status !== 'Running'

/** The client's own PUT, with the rights of who deploys. Undefined where somebody else changes it just now. */
async function begin(
  running: Running,
  planned: PlannedResource,
  step: Pick<Step, 'id' | 'operation' | 'startedAt'>,
): Promise<Step | undefined> {
  const { arm, placed } = running
  const { caller } = placed.prepared
  const { id } = planned
  const type = arm.registry.type(id.type)
  try {
    if (!type) throw fault('DeploymentNotHere', { what: `The resource type '${id.type}'` })
    await arm.access.demand(caller, `${type.right}/write`, id.text)
    const { body } = await bodyOf(planned, runtimeScope(running, planned), false)
    const { operation, made } = await writeResource(arm, {
      id,
      type,
      verb: 'put',
      body,
      version: arm.versions.resolve(planned.apiVersion, type.provider, type.path),
      caller,
      demandsRights: true,
      query: new URLSearchParams(),
      preconditions: { match: undefined, noneMatch: undefined },
    })
    const statusCode = made ? 'Created' : 'OK'
    if (operation) return { ...step, status: 'Running', follows: operation.id, statusCode }
    return { ...step, status: 'Succeeded', statusCode, endedAt: arm.deps.now().toISOString() }
  } catch (error) {
    if (!isFault(error)) throw error
    // Another write, or this deployment's own before a crash: asked again until it has ended.
    if (error.key === 'AnotherOperationInProgress') return undefined
    const endedAt = arm.deps.now().toISOString()
    return { ...step, status: 'Failed', endedAt, statusCode: String(error.status), error: errorOf(error) }
  }
}

function deploymentFailed(steps: readonly Step[]): Fault {
  const details = steps.map(({ id, error }) => ({
    code: textAt(error?.code) ?? 'Conflict',
    message: textAt(error?.message) ?? '',
    target: id,
  }))
  return fault('DeploymentFailed', {}, { details })
}
