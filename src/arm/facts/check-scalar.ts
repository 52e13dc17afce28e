import type { Json } from '../../json.ts'
import type { Property } from './facts.ts'
import { foldWord } from './words.ts'

type Checked = { readonly value: Json } | { readonly problem: string }

/** What a value is, for the sentence that refuses it. */
export function describe(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  return `${typeof value} '${String(value).slice(0, 100)}'`
}

/** A text, number or boolean, in its own type: Azure's services read `"false"` and `"3"` as what they say. */
export function checkScalar(property: Property, words: readonly (string | number)[] | undefined, value: Json): Checked {
  const typed = typeOf(property.type ?? 'string', value)
  if ('problem' in typed) return typed
  if (typeof typed.value === 'string') return checkText(property, words, typed.value)
  if (typeof typed.value === 'number') return checkNumber(property, typed.value)
  return typed
}

function typeOf(type: string, value: Json): Checked {
  const wrong = { problem: `must be of type ${type} and is ${describe(value)}` }
  if (typeof value === 'object') return wrong
  switch (type) {
    case 'boolean': {
      if (typeof value === 'boolean') return { value }
      const word = typeof value === 'string' ? value.toLowerCase() : ''
      return word === 'true' || word === 'false' ? { value: word === 'true' } : wrong
    }
    case 'integer':
    case 'number': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
      if (typeof number !== 'number' || Number.isNaN(number)) return wrong
      return type === 'integer' && !Number.isInteger(number) ? wrong : { value: number }
    }
    default:
      return { value: typeof value === 'string' ? value : String(value) }
  }
}

function checkText(property: Property, words: readonly (string | number)[] | undefined, text: string): Checked {
  if (words && words.length > 0) {
    // The newest spelling stands last, and is the one that is kept.
    const named = (word: string) => words.findLast((one) => foldWord(String(one)) === foldWord(word))
    const found = named(text) ?? named(memberName(text) ?? text)
    return found === undefined
      ? { problem: `is '${text}' and must be one of: ${[...new Set(words)].join(', ')}` }
      : { value: String(found) }
  }
  const { minLength, maxLength, pattern } = property
  if (minLength !== undefined && text.length < minLength)
    return { problem: `must have at least ${minLength} characters` }
  if (maxLength !== undefined && text.length > maxLength)
    return { problem: `must have at most ${maxLength} characters` }
  if (pattern !== undefined && !expression(pattern).test(text)) return { problem: `must match '${pattern}'` }
  return { value: text }
}

/**
 * The member's name of an enum's member as Python writes it in a text: azure-ai-ml sends `PublicNetworkAccessType.ENABLED`
 * and `ListViewType.ACTIVE_ONLY`, and means what the member stands for. Undefined where the text is none.
 */
export const memberName = (text: string): string | undefined =>
  /^[a-z]\w*\.(\w+)$/i.exec(text)?.[1]?.replaceAll('_', '').toLowerCase()

function checkNumber(
  { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }: Property,
  value: number,
): Checked {
  if (minimum !== undefined && value < minimum) return { problem: `must not be less than ${minimum}` }
  if (maximum !== undefined && value > maximum) return { problem: `must not be more than ${maximum}` }
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) {
    return { problem: `must be more than ${exclusiveMinimum}` }
  }
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) {
    return { problem: `must be less than ${exclusiveMaximum}` }
  }
  if (multipleOf !== undefined && value % multipleOf !== 0) return { problem: `must be a multiple of ${multipleOf}` }
  return { value }
}

const expressions = new Map<string, RegExp>()

/** A pattern of the facts; one that JavaScript can't read lets everything in. */
function expression(pattern: string): RegExp {
  const known = expressions.get(pattern)
  if (known) return known
  const made = compile(pattern)
  expressions.set(pattern, made)
  return made
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern)
  } catch {
    return /^/
  }
}
