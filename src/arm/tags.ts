import { fault } from '../faults.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import type { RegisteredType } from './registry.ts'

/** Azure's limits: "Use tags to organize your Azure resources", limitations. */
const MOST = 50
const NAME_LENGTH = 512
const VALUE_LENGTH = 256
const RESERVED = /[<>%&\\?/]/
const control = (text: string): boolean => [...text].some((character) => character < ' ')

/**
 * Tags as a resource may have them.
 *
 * @throws TooManyTags, InvalidTagName, InvalidTagValue
 */
export function checkTags(tags: Json | undefined): void {
  if (!isObject(tags)) return
  const entries = Object.entries(tags)
  if (entries.length > MOST) throw fault('TooManyTags', { count: entries.length, limit: MOST })
  for (const [name, value] of entries) {
    if (name.trim() === '' || name.length > NAME_LENGTH || RESERVED.test(name) || control(name)) {
      throw fault('InvalidTagName', { name: name.slice(0, NAME_LENGTH), limit: NAME_LENGTH })
    }
    if (value !== null && value !== undefined && (typeof value !== 'string' || value.length > VALUE_LENGTH)) {
      throw fault('InvalidTagValue', { name, limit: VALUE_LENGTH })
    }
  }
}

/** A body whose tags' names differ in more than their case: the first spelling stays, and the last value. */
export function withTagsOnce(body: JsonObject): JsonObject {
  if (!isObject(body.tags)) return body
  const entries = Object.entries(body.tags)
  const spelled = new Map(entries.toReversed().map(([name]) => [name.toLowerCase(), name]))
  if (spelled.size === entries.length) return body
  return { ...body, tags: Object.fromEntries(entries.map(([name, value]) => [spelled.get(name.toLowerCase()), value])) }
}

/** Whether resources of a type have tags of their own: those that are somewhere, and groups and subscriptions. */
export const hasTags = (type: RegisteredType, body: JsonObject): boolean =>
  type.type === 'Microsoft.Resources/subscriptions' || body.location !== undefined
