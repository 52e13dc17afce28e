import type { PoolSpec } from '../../compute/engine.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
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
    idleSeconds: durationSeconds(textAt(scale.nodeIdleTimeBeforeScaleDown) ?? '') ?? DEFAULT_IDLE_SECONDS,
  }
}

/** What the engine is to make of a compute. `stopped` is an instance's alone: its jobs wait for its start. */
export function poolSpec(id: string, body: JsonObject, stopped: boolean): PoolSpec {
  const compute = readCompute(body)
  return {
    computeId: foldId(id),
    vmSize: findVmSize(compute.vmSize)?.name ?? compute.vmSize,
    minNodes: compute.minNodes,
    maxNodes: compute.maxNodes,
    idleSecondsBeforeScaleDown: compute.idleSeconds,
    stopped,
  }
}
