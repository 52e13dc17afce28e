import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { isSecure } from './parameters.ts'

const ASKS = /\b(parameters|variables)\s*\(\s*(?:'((?:[^']|'')*)'\s*\))?/gi
/** What `list*` answers is mostly keys. */
const LISTS = /\blist\w*\s*\(/i

/** Whether a template has any secure parameter: what its own functions are given may come from one. */
export const hasSecureParameter = (template: JsonObject): boolean =>
  Object.values(objectAt(template.parameters)).some((declared) => isSecure(template, declared))

/**
 * Whether an expression's value follows from a secure parameter, directly or through variables. One that asks by a name
 * which is itself an expression counts where the template has any secure parameter.
 */
export function secretExpressions(template: JsonObject): (expression: string) => boolean {
  const secure = new Set(
    Object.entries(objectAt(template.parameters)).flatMap(([name, declared]) =>
      isSecure(template, declared) ? [name.toLowerCase()] : [],
    ),
  )
  const variables = objectAt(template.variables)
  const within = (text: string, seen: ReadonlySet<string>): boolean => {
    if (LISTS.test(text)) return true
    if (secure.size === 0) return false
    return [...text.matchAll(ASKS)].some(([, what = '', name]) => {
      if (name === undefined) return true
      const key = name.toLowerCase()
      if (what.toLowerCase() === 'parameters') return secure.has(key)
      if (seen.has(key)) return false
      return textsOf(variableNamed(variables, key)).some((one) => within(one, new Set([...seen, key])))
    })
  }
  return (expression) => within(expression, new Set())
}

function variableNamed(variables: JsonObject, key: string): Json {
  const own = Object.entries(variables).find(([name]) => name.toLowerCase() === key)?.[1]
  if (own !== undefined) return own
  const loops = Array.isArray(variables.copy) ? (variables.copy as readonly Json[]) : []
  return loops.find((loop) => textAt(objectAt(loop).name)?.toLowerCase() === key) ?? null
}

function textsOf(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(textsOf)
  return isObject(value) ? Object.entries(value).flatMap(([name, item]) => [name, ...textsOf(item ?? null)]) : []
}
