import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'
import { type ComputeType, readCompute } from './compute.ts'
import { durationSeconds } from './duration.ts'
import { findVmSize } from './find-vm-size.ts'

/** Why a compute type of Azure's can't be made here. */
const unsupported: Readonly<Record<string, string>> = {
  aks: 'clusters of Azure Kubernetes Service are outside this machine',
  kubernetes: 'no Kubernetes engine is set up on this server yet',
  virtualmachine: 'attached virtual machines are outside this machine; use AmlCompute',
  hdinsight: 'there is no HDInsight (Spark) service',
  databricks: 'there is no Databricks service',
  datafactory: 'there is no Data Factory service',
  datalakeanalytics: 'there is no Data Lake Analytics service',
  synapsespark: 'there is no Synapse (Spark) service',
}

/** Parts of a compute's properties that would be kept without being honoured, and why they can't be. */
const unhonoured: Readonly<Record<string, string>> = {
  subnet: 'nodes are slots of this machine and have no virtual network',
  virtualMachineImage: 'nodes are slots of this machine and boot no image of their own',
  setupScripts: 'setup scripts of instances are not run here',
  customServices: 'custom services of instances are not run here',
}

/** The compute type in Azure's spelling. @throws ComputeTypeUnsupported */
export function computeType(kind: string): ComputeType {
  const folded = kind.toLowerCase()
  if (folded === 'amlcompute') return 'AmlCompute'
  if (folded === 'computeinstance') return 'ComputeInstance'
  throw fault('ComputeTypeUnsupported', { kind, why: unsupported[folded] ?? 'no engine here knows them' })
}

/**
 * Refuses a compute that can't be made, or that would be kept without being what it says; answers its body with the
 * spellings of the tables.
 *
 * @throws ComputeTypeUnsupported, ComputeTypeImmutable, VmSizeUnknown, VmSizeHasGpu, ScaleSettingsInvalid,
 *   ComputePropertyInvalid, EngineUnavailable
 */
export function checkCompute(
  deps: Pick<Deps, 'engines'>,
  { body, existing, name }: { body: JsonObject; existing: StoredResource | undefined; name: string },
): JsonObject {
  const outer = objectAt(body.properties)
  const inner = objectAt(outer.properties)
  const kind = computeType(textAt(outer.computeType) ?? '')
  const engine = deps.engines.named(kind)
  const region = textAt(body.location) ?? ''
  const named = textAt(inner.vmSize) ?? ''
  if (!named) throw fault('ComputePropertyInvalid', { reason: `A compute of type ${kind} needs a vmSize.` })
  const size = findVmSize(named)
  if (!size) throw fault('VmSizeUnknown', { size: named, region })
  if (size.gpus > 0 && !engine.supports.gpu) throw fault('VmSizeHasGpu', { size: size.name, gpus: size.gpus })
  for (const [property, why] of Object.entries(unhonoured)) {
    if (isSet(inner[property]))
      throw fault('ComputePropertyInvalid', { reason: `'${property}' can't be honoured: ${why}.` })
  }
  if (textAt(inner.osType)?.toLowerCase() === 'windows') {
    throw fault('ComputePropertyInvalid', { reason: "'osType' Windows can't be honoured: nodes are Linux." })
  }
  const scale = objectAt(inner.scaleSettings)
  if (kind === 'AmlCompute') checkScale(scale)
  const wish = { ...body, properties: { ...outer, computeType: kind, properties: { ...inner, vmSize: size.name } } }
  if (existing) demandSame(existing, readCompute(wish), name)
  return wish
}

function checkScale(scale: JsonObject): void {
  const [min, max] = [Number(scale.minNodeCount ?? 0), Number(scale.maxNodeCount ?? 1)]
  const refuse = (reason: string) => fault('ScaleSettingsInvalid', { reason })
  if (!Number.isInteger(min) || min < 0) throw refuse(`minNodeCount must be a whole number from 0, not ${min}.`)
  if (!Number.isInteger(max) || max < 0) throw refuse(`maxNodeCount must be a whole number from 0, not ${max}.`)
  if (min > max) throw refuse(`minNodeCount (${min}) can't exceed maxNodeCount (${max}).`)
  const idle = textAt(scale.nodeIdleTimeBeforeScaleDown)
  if (idle !== undefined && durationSeconds(idle) === undefined) {
    throw refuse(`nodeIdleTimeBeforeScaleDown '${idle}' is no ISO 8601 duration, like PT2M.`)
  }
}

function demandSame(existing: StoredResource, wish: ReturnType<typeof readCompute>, compute: string): void {
  const before = readCompute(existing.body)
  if (before.kind !== wish.kind) throw fault('ComputeTypeImmutable', { property: 'computeType', compute })
  if (before.vmSize.toLowerCase() !== wish.vmSize.toLowerCase()) {
    throw fault('ComputeTypeImmutable', { property: 'vmSize', compute })
  }
}

const isSet = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  !(Array.isArray(value) && value.length === 0) &&
  !(typeof value === 'object' && Object.values(value).every((part) => !isSet(part)))
