import { type Fault, fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { durationSeconds } from '../computes/duration.ts'
import { findVmSize } from '../computes/find-vm-size.ts'
import type { Deps } from '../deps.ts'

const MOST_SECONDS = 180
const MOST_INSTANCES = 100

/** What a wish must not say, since nothing here would honour it, and why. */
const unhonoured: readonly (readonly [name: string, is: (value: unknown) => boolean, why: string])[] = [
  ['modelMountPath', isSet, 'models lie where AZUREML_MODEL_DIR says'],
  ['startupProbe', isSet, 'use readinessProbe, whose failures count from its initialDelay on'],
  ['privateNetworkConnection', (value) => value === true, 'there is no private network'],
  [
    'egressPublicNetworkAccess',
    (value) => textAt(value)?.toLowerCase() === 'disabled',
    'what a script reaches is what this machine reaches',
  ],
]

/**
 * Refuses a deployment that can't be made, or that would be kept without being what it says; answers its body with the
 * spelling of the table of sizes.
 *
 * @throws EndpointKindUnsupported, VmSizeUnknown, VmSizeHasGpu, DeploymentInvalid, DeploymentUnsupported
 */
export function checkDeployment(
  deps: Pick<Deps, 'serving'>,
  { body, existing }: { readonly body: JsonObject; readonly existing: StoredResource | undefined },
): JsonObject {
  const properties = objectAt(body.properties)
  const kind = textAt(properties.endpointComputeType) ?? 'Managed'
  if (kind.toLowerCase() !== 'managed') {
    throw fault('EndpointKindUnsupported', { kind, why: 'no Kubernetes engine is set up on this server' })
  }
  const instanceType = sizeOf(deps, textAt(properties.instanceType) ?? '', textAt(body.location) ?? '')
  for (const [name, is, why] of unhonoured) {
    if (is(properties[name])) throw fault('DeploymentUnsupported', { reason: `'${name}' can't be honoured: ${why}` })
  }
  const before = textAt(objectAt(existing?.body.properties).instanceType)
  if (before !== undefined && before.toLowerCase() !== instanceType.toLowerCase()) {
    throw invalid('instanceType', `The instanceType of a deployment can't be changed (${before} to ${instanceType}).`)
  }
  checkCapacity(objectAt(body.sku))
  checkRequests(objectAt(properties.requestSettings))
  for (const probe of ['livenessProbe', 'readinessProbe']) checkProbe(probe, objectAt(properties[probe]))
  checkScale(objectAt(properties.scaleSettings))
  return { ...body, properties: { ...properties, endpointComputeType: 'Managed', instanceType } }
}

function sizeOf({ serving }: Pick<Deps, 'serving'>, named: string, region: string): string {
  if (named === '') throw invalid('instanceType', "A managed deployment needs an 'instanceType'.")
  const size = findVmSize(named)
  if (!size) throw fault('VmSizeUnknown', { size: named, region })
  if (size.gpus > 0 && !serving.supports.gpu) throw fault('VmSizeHasGpu', { size: size.name, gpus: size.gpus })
  return size.name
}

function checkCapacity({ capacity = 1 }: JsonObject): void {
  if (!Number.isInteger(capacity) || Number(capacity) < 1 || Number(capacity) > MOST_INSTANCES) {
    throw invalid('sku.capacity', `sku.capacity must be a whole number from 1 to ${MOST_INSTANCES}, not ${capacity}.`)
  }
}

function checkRequests(settings: JsonObject): void {
  const timeout = secondsAt(settings, 'requestTimeout', 'requestSettings')
  if (timeout !== undefined && (timeout <= 0 || timeout > MOST_SECONDS)) {
    throw invalid(
      'requestSettings.requestTimeout',
      `requestTimeout must be more than 0 and at most PT${MOST_SECONDS}S.`,
    )
  }
  secondsAt(settings, 'maxQueueWait', 'requestSettings')
  const { maxConcurrentRequestsPerInstance: most } = settings
  if (most !== undefined && most !== null && (!Number.isInteger(most) || Number(most) < 1 || Number(most) > 1000)) {
    throw invalid(
      'requestSettings.maxConcurrentRequestsPerInstance',
      `maxConcurrentRequestsPerInstance must be a whole number from 1 to 1000, not ${most}.`,
    )
  }
}

function checkProbe(name: string, probe: JsonObject): void {
  for (const duration of ['initialDelay', 'period', 'timeout']) secondsAt(probe, duration, name)
  for (const count of ['successThreshold', 'failureThreshold']) {
    const value = probe[count]
    if (value !== undefined && value !== null && (!Number.isInteger(value) || Number(value) < 1)) {
      throw invalid(`${name}.${count}`, `${name}.${count} must be a whole number from 1, not ${value}.`)
    }
  }
}

function checkScale(scale: JsonObject): void {
  if (textAt(scale.scaleType)?.toLowerCase() !== 'targetutilization') return
  const [min, max] = [Number(scale.minInstances ?? 1), Number(scale.maxInstances ?? 1)]
  if (!Number.isInteger(min) || min < 0 || !Number.isInteger(max) || max < 1 || min > max || max > MOST_INSTANCES) {
    throw invalid(
      'scaleSettings',
      `scaleSettings need whole numbers with 0 ≤ minInstances (${min}) ≤ maxInstances (${max}) ≤ ${MOST_INSTANCES}.`,
    )
  }
  if (min !== 0 && min !== max) {
    throw invalid(
      'scaleSettings',
      `minInstances must be 0 (all instances end when nobody asks) or maxInstances (${max}): between them a Microsoft.Insights/autoscalesettings decides, over scaleSettings of type Default.`,
    )
  }
  const target = Number(scale.targetUtilizationPercentage ?? 70)
  if (!(target >= 1 && target <= 100)) {
    throw invalid('scaleSettings.targetUtilizationPercentage', 'targetUtilizationPercentage must be from 1 to 100.')
  }
  secondsAt(scale, 'pollingInterval', 'scaleSettings')
}

function secondsAt(holder: JsonObject, name: string, within: string): number | undefined {
  const text = textAt(holder[name])
  if (text === undefined) return undefined
  const seconds = durationSeconds(text)
  if (seconds === undefined) {
    throw invalid(`${within}.${name}`, `${within}.${name} '${text}' is no ISO 8601 duration, like PT5S.`)
  }
  return seconds
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

const invalid = (property: string, reason: string): Fault =>
  fault('DeploymentInvalid', { reason }, { target: property.startsWith('sku') ? property : `properties.${property}` })
