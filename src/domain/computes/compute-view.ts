import type { NodeView, PoolView } from '../../compute/engine.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'
import { guidOf } from '../guid.ts'
import { poolSpec, readCompute } from './compute.ts'
import { sentSchedules } from './instance-times.ts'

/** What of a compute is only known when asked: its nodes, its instance's state. */
export async function computeView(deps: Pick<Deps, 'engines'>, compute: StoredResource): Promise<JsonObject> {
  const { kind } = readCompute(compute.body)
  const pool = await deps.engines.named(kind).observePool(poolSpec(compute.id, compute.body, false).computeId)
  const outer = {
    computeLocation: textAt(objectAt(compute.body.properties).computeLocation) ?? textAt(compute.body.location) ?? '',
    createdOn: compute.system.createdAt,
    modifiedOn: compute.system.lastModifiedAt,
    isAttachedCompute: false,
    provisioningErrors: null,
  }
  const inner = kind === 'AmlCompute' ? clusterView(compute, pool) : instanceView(compute, pool)
  return { properties: { ...outer, properties: inner } }
}

/** Nodes as `listNodes` shows them, with what each was granted of this machine. */
export const presentNode = (node: NodeView): JsonObject => ({
  nodeId: node.nodeId,
  nodeState: node.state,
  runId: node.run ?? null,
  privateIpAddress: null,
  publicIpAddress: null,
  grantedCpus: node.cpus,
  grantedMemoryBytes: node.memoryBytes,
})

const QUOTA_REACHED = {
  error: {
    code: 'ClusterCoreQuotaReached',
    message: 'A further node would exceed the quota of cores of its family in this region.',
  },
}

function clusterView(compute: StoredResource, pool: PoolView | undefined): JsonObject {
  const nodes = pool?.nodes ?? []
  const count = (state: NodeView['state']) => nodes.filter((node) => node.state === state).length
  return {
    allocationState: pool?.allocationState ?? 'Steady',
    allocationStateTransitionTime: textAt(compute.state.appliedAt) ?? compute.system.lastModifiedAt,
    errors: pool?.quotaReached ? [QUOTA_REACHED] : null,
    currentNodeCount: nodes.length,
    targetNodeCount: pool?.targetNodes ?? 0,
    nodeStateCounts: {
      idleNodeCount: count('idle'),
      runningNodeCount: count('running'),
      preparingNodeCount: count('preparing'),
      unusableNodeCount: count('unusable'),
      leavingNodeCount: count('leaving'),
      preemptedNodeCount: count('preempted'),
    },
  }
}

function instanceView(compute: StoredResource, pool: PoolView | undefined): JsonObject {
  const operation = objectAt(compute.state.lastOperation)
  const schedules = sentSchedules(compute.body)
  return {
    ...(schedules.length > 0 && { schedules: { computeStartStop: schedules.map(presentSchedule(compute)) } }),
    state: instanceState(compute, pool),
    applications: [],
    errors: [],
    createdBy: { userObjectId: compute.system.createdBy, userName: compute.system.createdBy },
    lastOperation:
      Object.keys(operation).length > 0 ? operation : { operationName: 'Create', operationTrigger: 'User' },
  }
}

const presentSchedule =
  ({ id }: StoredResource) =>
  (sent: JsonObject, index: number): JsonObject => ({
    status: 'Enabled',
    ...sent,
    id: guidOf(`${foldId(id)}/schedules/${index}`),
    provisioningStatus: 'Completed',
  })

/** An instance's state in Azure's words, from what is wished and what its one node does. */
export function instanceState(compute: StoredResource, pool: PoolView | undefined): string {
  const [node] = pool?.nodes ?? []
  if (compute.provisioningState === 'Deleting') return 'Deleting'
  if (compute.state.stopped === true) return node ? 'Stopping' : 'Stopped'
  if (node?.state === 'running') return 'JobRunning'
  if (node?.state === 'idle') return 'Running'
  return compute.provisioningState === 'Creating' ? 'Creating' : 'Starting'
}
