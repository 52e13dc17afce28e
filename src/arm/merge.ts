import { isObject, type Json, type JsonObject } from '../json.ts'

/** `above` over `below`, objects member by member; anything else of `above` wins. */
export function mergeOver(below: JsonObject, above: JsonObject): JsonObject {
  const merged: Record<string, Json | undefined> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    if (value === undefined) continue
    const under = merged[key]
    merged[key] = isObject(under) && isObject(value) ? mergeOver(under, value) : value
  }
  return merged
}

/**
 * A PATCH: what is absent stays, null takes away, objects are patched member by member. Tags are replaced as a whole, as
 * Azure's services do.
 */
export function mergePatch(stored: JsonObject, patch: JsonObject, atTop = true): JsonObject {
  const merged: Record<string, Json | undefined> = { ...stored }
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue
    const under = merged[key]
    if (value === null) delete merged[key]
    else if (atTop && key === 'tags') merged[key] = value
    else if (isObject(value)) merged[key] = mergePatch(isObject(under) ? under : {}, value, false)
    else merged[key] = value
  }
  return merged
}
