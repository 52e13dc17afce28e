import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { DeploymentSpec, Probe } from '../../serving/engine.ts'
import { durationSeconds } from '../computes/duration.ts'

/** Among a deployment's own properties: how long it may idle before its last instance ends, where minInstances is 0. */
export const IDLE_PROPERTY = 'lazuli.idleTimeBeforeScaleToZero'
const IDLE_DEFAULT_MS = 300_000

/** What Azure gives a deployment that says nothing. */
export const requestDefaults: JsonObject = {
  requestTimeout: 'PT5S',
  maxConcurrentRequestsPerInstance: 1,
  maxQueueWait: 'PT0.5S',
}

const milliseconds = (value: unknown, otherwise: number): number => {
  const seconds = durationSeconds(textAt(value) ?? '')
  return seconds === undefined ? otherwise : Math.round(seconds * 1000)
}

const count = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise)

export const requestsOf = (settings: JsonObject): DeploymentSpec['requests'] => ({
  timeoutMs: milliseconds(settings.requestTimeout, 5_000),
  maxConcurrentPerInstance: count(settings.maxConcurrentRequestsPerInstance, 1),
  maxQueueWaitMs: milliseconds(settings.maxQueueWait, 500),
})

export const probesOf = (properties: JsonObject): Pick<DeploymentSpec, 'liveness' | 'readiness'> => ({
  liveness: probeOf(objectAt(properties.livenessProbe)),
  readiness: probeOf(objectAt(properties.readinessProbe)),
})

/** A process that is up answers at once: without a wish nothing is waited for before the first look. */
const probeOf = (probe: JsonObject): Probe => ({
  initialDelayMs: milliseconds(probe.initialDelay, 0),
  periodMs: milliseconds(probe.period, 10_000),
  timeoutMs: milliseconds(probe.timeout, 2_000),
  successThreshold: count(probe.successThreshold, 1),
  failureThreshold: count(probe.failureThreshold, 30),
})

export interface Scale {
  readonly instances: number
  readonly idleMsBeforeZero?: number
}

/** Most and least instances of a deployment that says them; undefined for one that has as many as its sku says. */
export function ownScale(body: JsonObject): { readonly min: number; readonly max: number } | undefined {
  const scale = objectAt(objectAt(body.properties).scaleSettings)
  if (textAt(scale.scaleType)?.toLowerCase() !== 'targetutilization') return undefined
  return { min: count(scale.minInstances, 1), max: count(scale.maxInstances, 1) }
}

/** How many instances a deployment is to have: as its sku says, or as many as it may where it ends them all by itself. */
export function scaleOf(body: JsonObject): Scale {
  const own = ownScale(body)
  if (!own) return { instances: count(objectAt(body.sku).capacity, 1) }
  const instances = own.max
  if (own.min > 0) return { instances }
  const idle = objectAt(objectAt(body.properties).properties)[IDLE_PROPERTY]
  return { instances, idleMsBeforeZero: milliseconds(idle, IDLE_DEFAULT_MS) }
}
