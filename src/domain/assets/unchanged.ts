import { isDeepStrictEqual } from 'node:util'
import { isObject, type JsonObject, objectAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'

/** What of an asset's version, or of a job, may be changed once it is made. */
const MUTABLE: ReadonlySet<string> = new Set([
  'description',
  'tags',
  'properties',
  'isArchived',
  'stage',
  'autoDeleteSetting',
])

/** The properties of a wish that differ from what stands and may not: those left out or empty don't count as different. */
export function changedProperties(
  existing: StoredResource,
  wish: JsonObject,
  mutable: ReadonlySet<string> = MUTABLE,
): readonly string[] {
  const before = objectAt(existing.body.properties)
  return Object.entries(objectAt(wish.properties))
    .filter(
      ([name, value]) => !mutable.has(name) && !isEmpty(value) && !isDeepStrictEqual(plain(value), plain(before[name])),
    )
    .map(([name]) => name)
}

/** A wish over what stands: what it does not name stays. */
export const overExisting = (existing: StoredResource, wish: JsonObject): JsonObject => ({
  ...wish,
  properties: { ...objectAt(existing.body.properties), ...objectAt(wish.properties) },
})

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === false || (isObject(value) && Object.values(value).every(isEmpty))

/** The value without what is empty in it: clients send null for what they leave out. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => !isEmpty(part))
      .map(([key, part]) => [key, plain(part)]),
  )
}
