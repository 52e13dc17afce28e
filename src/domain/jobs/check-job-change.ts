import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { changedProperties, overExisting } from '../assets/unchanged.ts'

const MUTABLE: ReadonlySet<string> = new Set([
  'displayName',
  'description',
  'tags',
  'properties',
  'isArchived',
  'services',
  'status',
])

/**
 * A PUT of a job that is there already: it may change what describes it, and say the rest again.
 *
 * @throws JobImmutable
 */
export function changedJob(existing: StoredResource, wish: JsonObject): JsonObject {
  const changed = changedProperties(comparable(existing), comparable(wish), MUTABLE)
  if (changed.length > 0) throw fault('JobImmutable', { job: existing.name, properties: changed.join(', ') })
  const { outputs: _same, ...rest } = objectAt(wish.properties)
  return overExisting(existing, { ...wish, properties: rest })
}

/** Without what the server added to the outputs, which a client may send back or leave out. */
function comparable<Body extends JsonObject | StoredResource>(of: Body): Body {
  const body = 'body' in of && isObject(of.body) ? of.body : of
  const properties = objectAt((body as JsonObject).properties)
  const { default: _own, ...outputs } = objectAt(properties.outputs)
  const named = Object.fromEntries(
    Object.entries(outputs).map(([name, output]) => [name, { jobOutputType: objectAt(output).jobOutputType }]),
  )
  const bare = { ...(body as JsonObject), properties: { ...properties, outputs: named } }
  return ('body' in of ? { ...of, body: bare } : bare) as Body
}
