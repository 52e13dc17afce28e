import type { IncomingMessage } from 'node:http'
import { presentSimulation } from '../../domain/simulation/open-simulation.ts'
import { readSettings } from '../../domain/simulation/settings.ts'
import type { Simulation } from '../../domain/simulation/simulation.ts'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt } from '../../json.ts'
import { demandOwner, type PrincipalsDeps, readJson } from './principals.ts'

export interface SimulationDeps {
  readonly simulation: Simulation
  /** The real time. */
  readonly now: () => Date
}

/**
 * `/lazuli/simulation`: GET shows the settings, PUT replaces them, PATCH merges into them (null takes a setting away),
 * DELETE turns everything off. For the owner alone.
 */
export async function simulate(
  deps: SimulationDeps & PrincipalsDeps,
  request: IncomingMessage,
  method: 'GET' | 'PUT' | 'PATCH' | 'DELETE',
): Promise<{ readonly status?: number; readonly body?: JsonObject }> {
  await demandOwner(deps, request.headers.authorization)
  const { simulation } = deps
  if (method === 'DELETE') {
    await simulation.change({})
    return { status: 204 }
  }
  if (method !== 'GET') {
    const body = await readJson(request)
    if (!isObject(body) || !isObject(body.properties)) {
      throw fault('MalformedRequest', { reason: 'the body is { "properties": { … } }' })
    }
    const before = method === 'PATCH' ? (simulation.settings() as unknown as JsonObject) : {}
    await simulation.change(readSettings(merged(before, body.properties), deps.now()))
  }
  return { body: presentSimulation(simulation) }
}

/** A merge patch (RFC 7396). What only an answer says (`clock.now` beside its offset) may come back. */
function merged(before: JsonObject, patch: JsonObject): JsonObject {
  const made: Record<string, JsonObject[string]> = { ...before }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete made[key]
    // A time that is set takes the place of the offset that was kept.
    else if (key === 'clock') made[key] = value
    else made[key] = isObject(value) ? merged(objectAt(made[key]), value) : value
  }
  return made
}
