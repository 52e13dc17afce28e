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

/** Whether resources of a type have tags of their own: those that are somewhere, and groups and subscriptions. */
export const hasTags = (type: RegisteredType, body: JsonObject): boolean =>
  type.type === 'Microsoft.Resources/subscriptions' || body.location !== undefined
