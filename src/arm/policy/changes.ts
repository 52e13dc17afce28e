import { isObject, type Json, type JsonObject, objectAt } from '../../json.ts'
import { sameValue } from '../deployments/expressions/values.ts'
import { pathOfField } from './conditions.ts'
import { type Subject, tagOf } from './fields.ts'

export interface Change {
  readonly operation: 'add' | 'addorreplace' | 'remove'
  readonly field: string
  readonly value: Json
}

/** A body with a change of modify or append made in it. What the resource has no place for stays as it is. */
export function changed(subject: Subject, body: JsonObject, change: Change): JsonObject {
  const tag = tagOf(change.field)
  if (tag !== undefined) return { ...body, tags: objectAt(at(objectAt(body.tags), [tag], change)) }
  const path = pathOfField(subject, change.field)
  return path ? objectAt(at(body, path, change)) : body
}

/** Whether an append would change a value that is there already, which is a refusal. */
export function conflicts(subject: Subject, body: JsonObject, change: Change): boolean {
  const after = changed(subject, body, { ...change, operation: 'addorreplace' })
  const added = changed(subject, body, change)
  return !sameValue(added, after)
}

function at(from: Json | undefined, [first, ...rest]: readonly string[], change: Change): Json | undefined {
  if (first === undefined)
    return change.operation === 'add' && from !== undefined && from !== null ? from : change.value
  if (first === '[*]') {
    const items: readonly Json[] = Array.isArray(from) ? from : []
    const without = items.filter((item) => !sameValue(item, change.value))
    return change.operation === 'remove' ? without : without.length < items.length ? items : [...items, change.value]
  }
  const object = isObject(from) ? from : {}
  const key = Object.keys(object).find((name) => name.toLowerCase() === first.toLowerCase()) ?? first
  if (change.operation === 'remove' && rest.length === 0) {
    const { [key]: _gone, ...others } = object
    return others
  }
  if (change.operation === 'remove' && !(key in object)) return from
  return { ...object, [key]: at(object[key], rest, change) }
}
