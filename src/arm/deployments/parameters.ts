import { type Fault, fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { memberName } from '../facts/check-scalar.ts'
import { sameValue } from './expressions/values.ts'

const SECURE = /^secure(string|object)$/i

/** True for a parameter or an output whose value is shown nowhere. */
export const isSecure = (declaration: Json | undefined): boolean =>
  SECURE.test(textAt(objectAt(declaration).type) ?? '')

/** A declaration with the template's own type that it refers to (`#/definitions/…`) filled in below it. */
export function withDefinition(template: JsonObject, declaration: JsonObject): JsonObject {
  const reference = textAt(declaration.$ref)
  if (reference === undefined) return declaration
  const name = /^#\/definitions\/(.+)$/.exec(reference)?.[1] ?? ''
  const found = objectAt(template.definitions)[name]
  if (!isObject(found)) throw fault('InvalidTemplate', { reason: `the type '${reference}' is not defined` })
  const { $ref: _ref, ...own } = declaration
  return { ...withDefinition(template, found), ...own }
}

/**
 * Checks a value against its declaration: type, allowed values, ranges, members.
 *
 * @throws InvalidTemplateParameter
 */
export function checkParameter(template: JsonObject, name: string, declared: JsonObject, value: Json): void {
  const declaration = withDefinition(template, declared)
  const refuse = (reason: string): Fault => fault('InvalidTemplateParameter', { name, reason })
  if (value === null) {
    if (declaration.nullable === true) return
    throw refuse('a value was expected in place of null')
  }
  const type = (textAt(declaration.type) ?? '').toLowerCase()
  if (!isOfType(value, type)) throw refuse(`a value of type '${type}' was expected`)
  const allowed = declaration.allowedValues
  if (Array.isArray(allowed)) {
    const items: readonly Json[] = Array.isArray(value) && type === 'array' ? value : [value]
    const fits = (item: Json): boolean => {
      const member = typeof item === 'string' ? memberName(item) : undefined
      return allowed.some(
        (one: Json) => sameValue(one, item) || (member !== undefined && String(one).toLowerCase() === member),
      )
    }
    if (!fits(value) && !items.every(fits)) {
      throw refuse(`it is not part of the allowed values: '${allowed.map(String).join(',')}'`)
    }
  }
  const size = typeof value === 'string' || Array.isArray(value) ? value.length : undefined
  const { minLength, maxLength, minValue, maxValue } = declaration
  if (size !== undefined && typeof minLength === 'number' && size < minLength)
    throw refuse(`its length is below ${minLength}`)
  if (size !== undefined && typeof maxLength === 'number' && size > maxLength)
    throw refuse(`its length is above ${maxLength}`)
  if (typeof value === 'number' && typeof minValue === 'number' && value < minValue)
    throw refuse(`it is below ${minValue}`)
  if (typeof value === 'number' && typeof maxValue === 'number' && value > maxValue)
    throw refuse(`it is above ${maxValue}`)
  checkMembers(template, name, declaration, value)
}

function checkMembers(template: JsonObject, name: string, declaration: JsonObject, value: Json): void {
  if (Array.isArray(value) && isObject(declaration.items)) {
    const { items } = declaration
    for (const [at, item] of value.entries()) checkParameter(template, `${name}[${at}]`, items, item)
  }
  if (!isObject(value) || !isObject(declaration.properties)) return
  for (const [key, member] of Object.entries(declaration.properties)) {
    if (isObject(member)) checkParameter(template, `${name}.${key}`, member, value[key] ?? null)
  }
  if (declaration.additionalProperties !== false) return
  const extra = Object.keys(value).find((key) => !(key in objectAt(declaration.properties)))
  if (extra !== undefined)
    throw fault('InvalidTemplateParameter', { name, reason: `'${extra}' is not one of its members` })
}

function isOfType(value: Json, type: string): boolean {
  switch (type) {
    case 'string':
    case 'securestring':
      return typeof value === 'string'
    case 'int':
      return typeof value === 'number' && Number.isInteger(value)
    case 'bool':
      return typeof value === 'boolean'
    case 'array':
      return Array.isArray(value)
    case 'object':
    case 'secureobject':
      return isObject(value)
    default:
      return false
  }
}
