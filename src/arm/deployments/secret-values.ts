import { type Fault, type FaultDetail, Fault as FaultError } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt } from '../../json.ts'

/** What stands in place of a secret, as in Azure. */
export const HIDDEN = '*******'
/** A shorter text is in others by chance: it is hidden where it is all of a value, or stands in quotes. */
const LONG_ENOUGH = 5

/**
 * The values of a deployment that nobody may see: of secure parameters, and of expressions that follow from them. What
 * is told of a deployment goes through it.
 */
export interface SecretValues {
  add(value: Json): void
  /** Whether a value is, or has in it, one of them. */
  isIn(value: Json | undefined): boolean
  /** A value with each of them hidden, in texts too. */
  hide<Value extends Json>(value: Value): Value
  /** A refusal that tells none of them. */
  hideIn(problem: Fault): Fault
  /** Those that stand in a text, for who goes on with it. */
  within(text: string): readonly string[]
}

export function secretValues(known: readonly string[] = []): SecretValues {
  const texts = new Set<string>()
  let pattern: RegExp | undefined

  function add(value: Json): void {
    if (Array.isArray(value)) for (const item of value as readonly Json[]) add(item)
    else if (isObject(value)) for (const item of Object.values(value)) add(item ?? null)
    else if (typeof value === 'string' || typeof value === 'number') {
      const text = String(value)
      if (text === '' || texts.has(text)) return
      texts.add(text)
      pattern = undefined
    }
  }

  /** As they stand, and as they stand in JSON. Ids are told folded, so case counts for nothing. */
  function patternOf(): RegExp {
    const spelled = [...texts].flatMap((text) => [text, JSON.stringify(text).slice(1, -1)])
    const longestFirst = [...new Set(spelled)].sort((a, b) => b.length - a.length)
    const parts = longestFirst.map((text) => {
      const literal = text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
      return text.length >= LONG_ENOUGH ? literal : `(?<=['"])${literal}(?=['"])`
    })
    return new RegExp(parts.join('|'), 'gi')
  }

  function hideText(text: string): string {
    if (texts.has(text)) return HIDDEN
    pattern ??= patternOf()
    return text.replace(pattern, HIDDEN)
  }

  function hide(value: Json): Json {
    if (typeof value === 'string') return hideText(value)
    if (typeof value === 'number') return texts.has(String(value)) ? HIDDEN : value
    if (Array.isArray(value)) return (value as readonly Json[]).map(hide)
    if (!isObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [hideText(key), hide(item ?? null)]))
  }

  const violation = ({ type, info }: { readonly type: string; readonly info: JsonObject }) => ({
    type,
    info: objectAt(hide(info)),
  })
  const detail = ({ message, target, details, additionalInfo, ...one }: FaultDetail): FaultDetail => ({
    ...one,
    message: hideText(message),
    ...(target !== undefined && { target: hideText(target) }),
    ...(details && { details: details.map((inner) => objectAt(hide(inner))) }),
    ...(additionalInfo && { additionalInfo: additionalInfo.map(violation) }),
  })
  for (const text of known) add(text)

  return {
    add,
    isIn: (value) => value !== undefined && texts.size > 0 && JSON.stringify(hide(value)) !== JSON.stringify(value),
    hide: (value) => (texts.size === 0 ? value : (hide(value) as typeof value)),
    hideIn(problem) {
      if (texts.size === 0) return problem
      const { key, code, status, message, extra } = problem
      const { target, details, additionalInfo } = extra
      const told = {
        ...extra,
        ...(target !== undefined && { target: hideText(target) }),
        ...(details && { details: details.map(detail) }),
        ...(additionalInfo && { additionalInfo: additionalInfo.map(violation) }),
      }
      return Object.assign(new FaultError(key, hideText(message), told), { code, status })
    },
    within: (text) => [...texts].filter((one) => text.includes(one) || text.includes(JSON.stringify(one).slice(1, -1))),
  }
}
