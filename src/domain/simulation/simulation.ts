import type { SimulationSettings } from './settings.ts'

/** What happens to one request. */
export interface Fate {
  readonly delayMs: number
  readonly refusal?: 'SimulatedTooManyRequests' | 'SimulatedServiceUnavailable'
  readonly retryAfterSeconds: number
}

/** How long making one resource true takes, and what it ends with where it shall fail. */
export interface SimulatedProvisioning {
  readonly seconds: number
  readonly failure?: { readonly code: string; readonly message: string }
}

/**
 * What people test their automation with: refusals, delays, failures, a quota and a clock that are set on purpose. Off
 * unless it is set. Outcomes follow from the seed and from the order of what is asked since the last setting.
 */
export interface Simulation {
  settings(): SimulationSettings
  /** Keeps the settings, lets them count from now on, and begins the row of outcomes anew. */
  change(settings: SimulationSettings): Promise<void>
  /** Calls the listener after each change. */
  onChange(listener: () => void): void
  /** The time as the settings have it. */
  now(): Date
  requestFate(method: string): Fate
  /** Undefined for what nothing is set for. Each call is a further outcome. */
  provisioning(type: string): SimulatedProvisioning | undefined
  /**
   * After how many milliseconds the low-priority node of a further job is taken away: infinitely many where it stays.
   * Undefined where nothing is set.
   */
  preemption(): number | undefined
}
