import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { findVmSize } from '../computes/find-vm-size.ts'

/** What a job runs on: a compute of its workspace, or what stands in for one. */
export type JobCompute = Pick<StoredResource, 'id' | 'name' | 'body' | 'state'>

export const SERVERLESS = 'serverless'

/** What Azure's clients create clusters of when no size is named. */
const DEFAULT_SIZE = 'Standard_DS3_v2'
/** Nodes of one size that a workspace's serverless jobs have at most; its quota and the machine admit fewer. */
const MOST_NODES = 100

/** Whether a job asks for no compute by name: Azure then finds nodes by itself. */
export const isServerless = (reference: string | undefined): boolean =>
  !reference || /^(azureml:)?(.*\/computes\/)?serverless$/i.test(reference)

/**
 * The nodes that serve the jobs of a workspace that name no compute: one pool per size, sized by
 * `resources.instanceType`. It is never stored; each job carries what makes its pool.
 *
 * @throws JobInvalid for a size that is unknown or has GPUs
 */
export function serverlessCompute(workspace: StoredResource, job: JsonObject, gpu: boolean): JobCompute {
  const resources = objectAt(job.resources)
  const named = textAt(resources.instanceType) || DEFAULT_SIZE
  const size = findVmSize(named)
  const refuse = (reason: string) => fault('JobInvalid', { reason }, { target: 'properties.resources.instanceType' })
  if (!size) throw refuse(`There is no VM size '${named}'.`)
  if (size.gpus > 0 && !gpu)
    throw refuse(`The VM size '${size.name}' has ${size.gpus} GPUs, and this machine has none.`)
  const spot = textAt(objectAt(job.queueSettings).jobTier)?.toLowerCase() === 'spot'
  return {
    id: `${workspace.id}/${SERVERLESS}/${size.name}${spot ? '-spot' : ''}`,
    name: SERVERLESS,
    body: {
      location: workspace.body.location,
      identity: serverlessIdentity(workspace),
      properties: {
        computeType: 'AmlCompute',
        properties: {
          vmSize: size.name,
          vmPriority: spot ? 'LowPriority' : 'Dedicated',
          scaleSettings: { minNodeCount: 0, maxNodeCount: MOST_NODES },
        },
      },
    },
    state: {},
  }
}

/**
 * The identities that serverless jobs may act as: those that were assigned to the workspace, as in Azure. Its own one is
 * for the workspace alone.
 */
export function serverlessIdentity({ body }: Pick<StoredResource, 'body'>): JsonObject {
  const { userAssignedIdentities } = objectAt(body.identity)
  return isObject(userAssignedIdentities) ? { type: 'UserAssigned', userAssignedIdentities } : { type: 'None' }
}
