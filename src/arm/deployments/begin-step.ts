import { type Fault, fault, isFault } from '../../faults.ts'
import { partOf } from '../activity.ts'
import { errorOf } from '../errors.ts'
import { getKept } from '../kept.ts'
import { writeResource } from '../verbs/write.ts'
import type { Running } from './advance.ts'
import { bodyOf } from './body.ts'
import { withAbsoluteLink } from './links.ts'
import { isDeployment } from './nested.ts'
import { onlyIfMissing, type PlannedResource } from './plan.ts'
import type { Step } from './prepared.ts'
import { requestContent } from './recorded.ts'
import { runtimeScope } from './runtime-scope.ts'

/** Each is a try of its own some 50 ms after the one before. */
const MOST_RACES = 100

/**
 * The client's own PUT, with the rights of who deploys. Undefined where somebody else changes it just now, as this
 * deployment itself may have begun to before a crash: asked again until that has ended.
 */
export async function beginStep(
  running: Running,
  planned: PlannedResource,
  step: Pick<Step, 'id' | 'operation' | 'startedAt'>,
): Promise<Step | undefined> {
  const { arm, placed } = running
  const { caller, correlationId, records = [] } = placed.prepared
  const base = placed.prepared.link ?? placed.prepared.base
  const { id } = planned
  const type = arm.registry.type(id.type)
  let recorded: Pick<Step, 'request'> = {}
  try {
    if (!type) throw fault('DeploymentNotHere', { what: `The resource type '${id.type}'` })
    await arm.access.demand(caller, `${type.right}/write`, id.text)
    if (onlyIfMissing(planned) && (await getKept(arm.deps.store, type, id))) {
      // Kept as it is, whatever it is: said so by the option onlyIfNotExists.
      return { ...step, status: 'Succeeded', statusCode: 'OK', endedAt: arm.deps.now().toISOString() }
    }
    const { body: said } = await bodyOf(planned, runtimeScope(running, planned), false)
    const body = isDeployment(planned) ? withAbsoluteLink(said, base) : said
    const isNested = isDeployment(planned)
    if (records.includes('requestContent')) recorded = { request: requestContent(placed, type, { body, isNested }) }
    const { operation, made } = await writeResource(arm, {
      id,
      type,
      verb: 'put',
      body,
      version: arm.versions.resolve(planned.apiVersion, type.provider, type.path),
      caller,
      demandsRights: true,
      activity: partOf(
        { caller, correlationId },
        { action: `${type.right}/write`, resourceId: id.text, method: 'PUT' },
      ),
      query: new URLSearchParams(),
      ...(isNested && { around: { secrets: placed.secrets.within(JSON.stringify(body)), base } }),
      preconditions: { match: undefined, noneMatch: undefined },
    })
    const begun = { ...step, ...recorded, statusCode: made ? 'Created' : 'OK' }
    if (operation) return { ...begun, status: 'Running', follows: operation.id }
    return { ...begun, status: 'Succeeded', endedAt: arm.deps.now().toISOString() }
  } catch (error) {
    if (!isFault(error)) throw error
    if (isBusy(error) && mayStillBegin(running, planned)) return undefined
    const endedAt = arm.deps.now().toISOString()
    return { ...step, ...recorded, status: 'Failed', endedAt, statusCode: String(error.status), error: errorOf(error) }
  }
}

const isBusy = ({ key }: Fault): boolean => key === 'AnotherOperationInProgress' || key === 'DeploymentRunning'

/**
 * Somebody else's change ends at some time. Where none is under way, a refusal as busy is a race that was lost, and one
 * that is lost again and again is a refusal: a deployment that waits for nothing would never end.
 */
function mayStillBegin({ arm, refused }: Running, { id, key }: PlannedResource): boolean {
  if (arm.reconciler.activeOn(id.text) !== undefined) return true
  const times = (refused.get(key) ?? 0) + 1
  refused.set(key, times)
  return times < MOST_RACES
}
