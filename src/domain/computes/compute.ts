import type { PoolSpec } from '../../compute/engine.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId, parseResourceId } from '../../resource-id.ts'
import { normalRegion } from '../workspaces/region.ts'
import { durationSeconds } from './duration.ts'
import { findVmSize } from './find-vm-size.ts'

export const COMPUTES = 'Microsoft.MachineLearningServices/workspaces/computes'

/** The compute types that are made here, in Azure's spelling. */
export type ComputeType = 'AmlCompute' | 'ComputeInstance'

const DEFAULT_IDLE_SECONDS = 120

/** A compute's body as rules read it. */
export interface Compute {
  readonly kind: ComputeType
  readonly vmSize: string
  readonly minNodes: number
  readonly maxNodes: number
  readonly idleSeconds: number
  /** Nodes of low priority count against a quota of their own, and may be taken away. */
  readonly lowPriority: boolean
}

export function readCompute(body: JsonObject): Compute {
  const outer = objectAt(body.properties)
  const inner = objectAt(outer.properties)
  const scale = objectAt(inner.scaleSettings)
  const kind = textAt(outer.computeType)?.toLowerCase() === 'computeinstance' ? 'ComputeInstance' : 'AmlCompute'
  const one = kind === 'ComputeInstance'
  return {
    kind,
    vmSize: textAt(inner.vmSize) ?? '',
    minNodes: one ? 1 : Number(scale.minNodeCount ?? 0),
    maxNodes: one ? 1 : Number(scale.maxNodeCount ?? 1),
    lowPriority: !one && textAt(inner.vmPriority)?.toLowerCase() === 'lowpriority',
    idleSeconds: durationSeconds(textAt(scale.nodeIdleTimeBeforeScaleDown) ?? '') ?? DEFAULT_IDLE_SECONDS,
  }
}

/** The name of the quota of low-priority nodes, whatever their family. */
export const LOW_PRIORITY = 'TotalLowPriorityCores'

/** What a compute's nodes count against: `{subscription} {region} {family}`. */
export function quotaKey(id: string, body: JsonObject): string {
  const { vmSize, lowPriority } = readCompute(body)
  const family = lowPriority ? LOW_PRIORITY : (findVmSize(vmSize)?.family ?? '')
  const subscription = parseResourceId(id)?.subscriptionId?.toLowerCase() ?? ''
  return `${subscription} ${normalRegion(textAt(body.location) ?? '')} ${family}`
}

/** What the engine is to make of a compute. `stopped` is an instance's alone: its jobs wait for its start. */
export function poolSpec(id: string, body: JsonObject, stopped: boolean): PoolSpec {
  const compute = readCompute(body)
  const size = findVmSize(compute.vmSize)
  return {
    computeId: foldId(id),
    vmSize: size?.name ?? compute.vmSize,
    ...(compute.lowPriority && { lowPriority: true as const }),
    ...(size && { quota: { key: quotaKey(id, body), coresPerNode: size.vCPUs } }),
    minNodes: compute.minNodes,
    maxNodes: compute.maxNodes,
    idleSecondsBeforeScaleDown: compute.idleSeconds,
    stopped,
  }
}
