import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { isSecure } from './parameters.ts'

const ASKS = /\b(parameters|variables)\s*\(\s*(?:'((?:[^']|'')*)'\s*\))?/gi
/** What `list*` answers is mostly keys. */
const LISTS = /\blist\w*\s*\(/i

/** The parameters that hold a secret, folded: those of a secure type, and those whose default follows from one. */
export function hiddenParameters(template: JsonObject): readonly string[] {
  const declared = Object.entries(objectAt(template.parameters))
  const hidden = declared.flatMap(([name, one]) => (isSecure(template, one) ? [name.toLowerCase()] : []))
  for (;;) {
    const follows = secretExpressions(template, hidden)
    const more = declared.flatMap(([name, one]) =>
      !hidden.includes(name.toLowerCase()) && textsOf(objectAt(one).defaultValue ?? null).some(follows)
        ? [name.toLowerCase()]
        : [],
    )
    if (hidden.length === 0 || more.length === 0) return hidden
    hidden.push(...more)
  }
}

/**
 * Whether an expression's value follows from a parameter that holds a secret, directly or through variables. One that
 * asks by a name which is itself an expression counts where there is any such parameter.
 */
export function secretExpressions(template: JsonObject, hidden: readonly string[]): (expression: string) => boolean {
  const secure = new Set(hidden.map((name) => name.toLowerCase()))
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
