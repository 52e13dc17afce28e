import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import { resolveCode } from '../assets/resolve-code.ts'
import { resolveEnvironment } from '../assets/resolve-environment.ts'
import { poolSpec, readCompute } from '../computes/compute.ts'
import { durationSeconds } from '../computes/duration.ts'
import { findVmSize } from '../computes/find-vm-size.ts'
import type { Deps } from '../deps.ts'
import { texts } from '../runs/new-job-run.ts'
import type { JobSubmission } from '../runs/submit-job.ts'
import { checkJobIdentity } from './job-identity.ts'
import { resolveCompute } from './resolve-compute.ts'
import { resolveDistribution } from './resolve-distribution.ts'
import { checkBlanks, resolveInputs } from './resolve-inputs.ts'
import { resolveOutputs } from './resolve-outputs.ts'
import { type JobCompute, serverlessCompute } from './serverless-compute.ts'

export interface JobRequest {
  /** The workspace's id in its own spelling. */
  readonly workspace: string
  readonly name: string
  readonly properties: JsonObject
}

/**
 * A job as it is handed over: everything that it names looked up. Asking twice answers the same.
 *
 * @throws JobTypeUnsupported, JobInvalid, and what a reference is refused with
 */
export async function resolveJob(
  { store, engines }: Pick<Deps, 'store' | 'engines'>,
  { workspace, name, properties }: JobRequest,
): Promise<JobSubmission> {
  const kind = textAt(properties.jobType) ?? ''
  if (kind.toLowerCase() !== 'command') throw fault('JobTypeUnsupported', { kind })
  const command = textAt(properties.command)
  if (!command?.trim()) throw fault('JobInvalid', { reason: "A command job needs a 'command'." })
  const environmentId = textAt(properties.environmentId)
  if (!environmentId) throw fault('JobInvalid', { reason: "A command job needs an 'environmentId'." })
  checkBlanks(command, properties)
  demandHonoured(properties)

  const named = await resolveCompute(store.resources, workspace, textAt(properties.computeId))
  const compute = named ?? (await serverless({ store, engines }, { workspace, properties }))
  await checkJobIdentity(store, compute, properties)
  const pool = readCompute(compute.body)
  const instanceCount = instances(properties, pool.maxNodes, engines.named(pool.kind).supports.multiNode)
  const distribution = resolveDistribution(properties.distribution, instanceCount)
  const codeId = textAt(properties.codeId)
  const timeout = textAt(objectAt(properties.limits).timeout)
  const timeoutSeconds = timeout === undefined ? undefined : durationSeconds(timeout)
  if (timeout !== undefined && !timeoutSeconds) {
    throw fault('JobInvalid', {
      reason: `limits.timeout '${timeout}' is no ISO 8601 duration longer than nothing, like PT1H.`,
    })
  }
  const code = codeId ? await resolveCode(store, workspace, codeId) : undefined
  const { outputs, submitted } = await resolveOutputs(store, {
    workspace,
    job: name,
    sent: objectAt(properties.outputs),
  })
  return {
    workspace,
    run: name,
    computeType: pool.kind,
    outputs: submitted,
    spec: {
      computeId: foldId(compute.id),
      ...(!named && { pool: poolSpec(compute.id, compute.body, false) }),
      vmSize: findVmSize(pool.vmSize)?.name ?? pool.vmSize,
      command,
      ...(code && { code }),
      environment: await resolveEnvironment(store, workspace, environmentId),
      variables: texts(properties.environmentVariables),
      inputs: await resolveInputs(store, workspace, objectAt(properties.inputs)),
      outputs,
      ...(timeoutSeconds !== undefined && { timeoutSeconds }),
      instanceCount,
      ...(distribution && { distribution }),
      priority: priorityOf(objectAt(properties.queueSettings)),
    },
  }
}

async function serverless(
  { store, engines }: Pick<Deps, 'store' | 'engines'>,
  { workspace, properties }: Pick<JobRequest, 'workspace' | 'properties'>,
): Promise<JobCompute> {
  const within = await store.resources.get(workspace)
  if (!within) throw fault('JobInvalid', { reason: 'The workspace of the job is gone.' })
  return serverlessCompute(within, properties, engines.named('AmlCompute').supports.gpu)
}

function instances(properties: JsonObject, maxNodes: number, multiNode: boolean): number {
  const count = Number(objectAt(properties.resources).instanceCount ?? 1)
  if (!Number.isInteger(count) || count < 1) {
    throw fault('JobInvalid', { reason: 'resources.instanceCount must be a whole number from 1.' })
  }
  if (count > 1 && !multiNode) {
    throw fault('JobInvalid', {
      reason: `A job on ${count} nodes can't be run here yet; resources.instanceCount must be 1.`,
    })
  }
  if (count > maxNodes) {
    throw fault('JobInvalid', { reason: `The job asks for ${count} nodes, and its compute has ${maxNodes} at most.` })
  }
  return count
}

/** By Azure's job tiers, and within one by the SDK's low (1), medium (2) and high (3). */
function priorityOf(queue: JsonObject): number {
  const tier = (textAt(queue.jobTier) ?? 'Standard').toLowerCase()
  const tiers: Readonly<Record<string, number>> = { spot: 0, basic: 1, standard: 2, premium: 3, null: 2 }
  const rank = tiers[tier]
  if (rank === undefined)
    throw fault('JobInvalid', { reason: `'${tier}' is no job tier; there are Spot, Basic, Standard and Premium.` })
  const words: Readonly<Record<string, number>> = { low: 1, medium: 2, high: 3 }
  const priority = words[String(queue.priority).toLowerCase()] ?? Number(queue.priority ?? 2)
  if (!Number.isInteger(priority) || priority < 1 || priority > 3)
    throw fault('JobInvalid', { reason: 'queueSettings.priority must be 1 (low), 2 (medium) or 3 (high).' })
  return rank * 10 + priority
}

/** Refuses what would be kept and not be done. */
function demandHonoured(properties: JsonObject): void {
  if (textAt(objectAt(properties.resources).dockerArgs)) {
    throw fault('JobInvalid', { reason: 'resources.dockerArgs can not be honoured: jobs here run without Docker.' })
  }
}
