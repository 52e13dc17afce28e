import { fault } from '../../faults.ts'
import { inSentence, isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { memberName } from '../facts/check-scalar.ts'
import { sameValue } from './expressions/values.ts'

const SECURE = /^secure(string|object)$/i

/** True for a parameter or an output whose value is shown nowhere: its type is secure, or its own type has a secure part. */
export function isSecure(template: JsonObject, declaration: Json | undefined): boolean {
  return secureIn(template, declaration, new Set())
}

function secureIn(template: JsonObject, declaration: Json | undefined, seen: Set<string>): boolean {
  const own = objectAt(declaration)
  const reference = textAt(own.$ref)
  if (reference !== undefined) {
    if (seen.has(reference)) return false
    seen.add(reference)
  }
  const full = withDefinition(template, own)
  if (SECURE.test(textAt(full.type) ?? '')) return true
  const below = [
    ...Object.values(objectAt(full.properties)),
    ...(Array.isArray(full.prefixItems) ? (full.prefixItems as readonly Json[]) : []),
    ...Object.values(objectAt(objectAt(full.discriminator).mapping)),
    full.items,
    full.additionalProperties,
  ]
  return below.some((one) => isObject(one) && secureIn(template, one, seen))
}

/**
 * A declaration with the template's own type that it refers to (`#/definitions/…`) filled in below it.
 *
 * @throws InvalidTemplate where there is no such type, or types refer to each other alone
 */
export function withDefinition(
  template: JsonObject,
  declaration: JsonObject,
  path: readonly string[] = [],
): JsonObject {
  const reference = textAt(declaration.$ref)
  if (reference === undefined) return declaration
  const found = path.includes(reference) ? undefined : pointedAt(template, reference)
  if (!isObject(found)) throw fault('InvalidTemplate', { reason: `the type '${reference}' is not defined` })
  const { $ref: _ref, ...own } = declaration
  return { ...withDefinition(template, found, [...path, reference]), ...own }
}

/** What a JSON pointer of the template points at (RFC 6901). */
function pointedAt(template: JsonObject, pointer: string): Json | undefined {
  if (!pointer.startsWith('#/definitions/')) return undefined
  const steps = pointer.slice(2).split('/')
  return steps.reduce<Json | undefined>((at, step) => {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(at)) return (at as readonly Json[])[Number(key)]
    return isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined
  }, template)
}

/** Why a value does not fit its declaration, and the part of it that does not. */
export interface Mismatch {
  readonly path: string
  readonly reason: string
}

/**
 * Checks a parameter's value against its declaration: type, allowed values, ranges, members.
 *
 * @throws InvalidTemplateParameter
 */
export function checkParameter(template: JsonObject, name: string, declared: JsonObject, value: Json): void {
  const wrong = mismatch(template, declared, value, name)
  if (wrong) throw fault('InvalidTemplateParameter', { name: wrong.path, reason: wrong.reason })
}

/** Why a value does not fit, or undefined where it does. `path` is what it is called. */
export function mismatch(template: JsonObject, declared: JsonObject, value: Json, path: string): Mismatch | undefined {
  const declaration = withDefinition(template, declared)
  if (value === null) {
    return declaration.nullable === true ? undefined : { path, reason: 'a value was expected in place of null' }
  }
  const type = (textAt(declaration.type) ?? '').toLowerCase()
  if (!isOfType(value, type)) return { path, reason: `a value of type '${type}' was expected` }
  const reason = notAllowed(declaration, type, value) ?? outOfRange(declaration, value)
  if (reason !== undefined) return { path, reason }
  return isObject(value)
    ? memberMismatch(template, declaration, value, path)
    : Array.isArray(value)
      ? itemMismatch(template, declaration, value, path)
      : undefined
}

function notAllowed({ allowedValues }: JsonObject, type: string, value: Json): string | undefined {
  if (!Array.isArray(allowedValues)) return undefined
  const fits = (item: Json): boolean => {
    const member = typeof item === 'string' ? memberName(item) : undefined
    return allowedValues.some(
      (one: Json) => sameValue(one, item) || (member !== undefined && inSentence(one).toLowerCase() === member),
    )
  }
  const items: readonly Json[] = Array.isArray(value) && type === 'array' ? value : [value]
  if (fits(value) || items.every(fits)) return undefined
  if (SECURE.test(type)) return 'it is not part of the allowed values'
  return `it is not part of the allowed values: '${allowedValues.map((one: Json) => inSentence(one)).join(',')}'`
}

function outOfRange({ minLength, maxLength, minValue, maxValue }: JsonObject, value: Json): string | undefined {
  const size = typeof value === 'string' || Array.isArray(value) ? value.length : undefined
  if (size !== undefined && typeof minLength === 'number' && size < minLength) return `its length is below ${minLength}`
  if (size !== undefined && typeof maxLength === 'number' && size > maxLength) return `its length is above ${maxLength}`
  if (typeof value === 'number' && typeof minValue === 'number' && value < minValue) return `it is below ${minValue}`
  if (typeof value === 'number' && typeof maxValue === 'number' && value > maxValue) return `it is above ${maxValue}`
  return undefined
}

function itemMismatch(
  template: JsonObject,
  { items, prefixItems }: JsonObject,
  value: readonly Json[],
  path: string,
): Mismatch | undefined {
  const first = Array.isArray(prefixItems) ? (prefixItems as readonly Json[]) : []
  for (const [at, declared] of first.entries()) {
    const wrong = mismatch(template, objectAt(declared), value[at] ?? null, `${path}[${at}]`)
    if (wrong) return wrong
  }
  if (items === false && value.length > first.length) return { path, reason: `it has more than ${first.length} items` }
  if (!isObject(items)) return undefined
  for (const [at, item] of value.entries()) {
    const wrong = at < first.length ? undefined : mismatch(template, items, item, `${path}[${at}]`)
    if (wrong) return wrong
  }
  return undefined
}

function memberMismatch(
  template: JsonObject,
  declaration: JsonObject,
  value: JsonObject,
  path: string,
): Mismatch | undefined {
  const chosen = variantOf(template, declaration, value, path)
  if (chosen && 'reason' in chosen) return chosen
  const properties = { ...objectAt(declaration.properties), ...objectAt(chosen?.variant.properties) }
  for (const [key, member] of Object.entries(properties)) {
    const wrong = isObject(member) && mismatch(template, member, value[key] ?? null, `${path}.${key}`)
    if (wrong) return wrong
  }
  const others = declaration.additionalProperties
  const extra = Object.keys(value).filter((key) => !Object.hasOwn(properties, key))
  if (others === false && extra.length > 0) return { path, reason: `'${extra[0]}' is not one of its members` }
  if (!isObject(others)) return undefined
  for (const key of extra) {
    const wrong = mismatch(template, others, value[key] ?? null, `${path}.${key}`)
    if (wrong) return wrong
  }
  return undefined
}

/** The declaration that a tagged union's tag chooses. */
function variantOf(
  template: JsonObject,
  { discriminator }: JsonObject,
  value: JsonObject,
  path: string,
): { readonly variant: JsonObject } | Mismatch | undefined {
  if (!isObject(discriminator)) return undefined
  const tag = textAt(discriminator.propertyName) ?? ''
  const mapping = objectAt(discriminator.mapping)
  const chosen = textAt(value[tag]) ?? ''
  const found = Object.hasOwn(mapping, chosen) ? mapping[chosen] : undefined
  if (isObject(found)) return { variant: withDefinition(template, found) }
  return { path: `${path}.${tag}`, reason: `it is not part of the allowed values: '${Object.keys(mapping).join(',')}'` }
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
