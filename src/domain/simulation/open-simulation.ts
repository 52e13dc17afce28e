import { createHash } from 'node:crypto'
import { isObject, type JsonObject } from '../../json.ts'
import type { Store } from '../../store/store.ts'
import { readSettings, type SimulationSettings } from './settings.ts'
import type { Fate, Simulation } from './simulation.ts'

const FACT = 'simulation'
const NOTHING: Fate = { delayMs: 0, retryAfterSeconds: 0 }

/** Reads the settings that are kept. */
export async function openSimulation(deps: { readonly store: Store; readonly now: () => Date }): Promise<Simulation> {
  let settings = await kept(deps)
  let drawn = new Map<string, number>()
  const listeners: (() => void)[] = []

  /** The next number from 0 to 1 in one row of outcomes. */
  function draw(row: string): number {
    const count = drawn.get(row) ?? 0
    drawn.set(row, count + 1)
    const hash = createHash('sha256')
      .update(`${settings.seed ?? 0}/${row}/${count}`)
      .digest()
    return hash.readUInt32BE(0) / 2 ** 32
  }

  return {
    settings: () => settings,
    async change(next) {
      await deps.store.write((within) => within.identities.putFact(FACT, JSON.stringify(next)))
      settings = next
      drawn = new Map()
      for (const listener of listeners) listener()
    },
    onChange(listener) {
      listeners.push(listener)
    },
    now: () => new Date(deps.now().getTime() + (settings.clock?.offsetSeconds ?? 0) * 1000),
    requestFate(method) {
      const { requests } = settings
      if (!requests || (requests.methods && !requests.methods.some((one) => one === method))) return NOTHING
      const { tooManyRequests = 0, serviceUnavailable = 0, retryAfterSeconds = 1, delay } = requests
      const delayMs = delay && draw('delay') < delay.chance ? delay.milliseconds : 0
      const at = draw('request')
      const refusal =
        at < tooManyRequests
          ? 'SimulatedTooManyRequests'
          : at < tooManyRequests + serviceUnavailable
            ? 'SimulatedServiceUnavailable'
            : undefined
      return { delayMs, retryAfterSeconds, ...(refusal && { refusal }) }
    },
    preemption() {
      const { preemption } = settings
      if (!preemption) return undefined
      return draw('preemption') < preemption.chance ? (preemption.afterSeconds ?? 0) * 1000 : Number.POSITIVE_INFINITY
    },
    provisioning(type) {
      const all = Object.entries(settings.provisioning ?? {})
      const found = all.find(([key]) => key.toLowerCase() === type.toLowerCase()) ?? all.find(([key]) => key === '*')
      if (!found) return undefined
      const { seconds = 0, failure } = found[1]
      const fails = failure !== undefined && draw(`provisioning/${type.toLowerCase()}`) < failure.chance
      if (!fails) return { seconds }
      const { code = 'SimulatedFailure', message = `The simulation lets '${type}' fail.` } = failure
      return { seconds, failure: { code, message } }
    },
  }
}

async function kept({ store, now }: { readonly store: Store; readonly now: () => Date }): Promise<SimulationSettings> {
  const text = await store.identities.fact(FACT)
  const read: unknown = text === undefined ? {} : JSON.parse(text)
  return readSettings(isObject(read) ? read : {}, now())
}

/** The settings as `/lazuli/simulation` shows them. */
export function presentSimulation(simulation: Simulation): JsonObject {
  const settings = simulation.settings()
  return {
    id: '/lazuli/simulation',
    name: 'simulation',
    type: 'Lazuli/simulation',
    properties: {
      ...(settings as unknown as JsonObject),
      clock: { offsetSeconds: settings.clock?.offsetSeconds ?? 0, now: simulation.now().toISOString() },
    },
  }
}
