import type { Value } from './syntax.ts'
import { textOf } from './values.ts'

type Test = (text: string, other: string) => boolean

const WORD = /[\p{L}\p{N}]/u

/** Whether a term stands in a text with nothing of a word on the asked sides. */
function hasTerm(text: string, term: string, sides: 'both' | 'left' | 'right'): boolean {
  if (term === '') return true
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    const left = sides === 'right' || at === 0 || !WORD.test(text[at - 1] ?? '')
    const after = text[at + term.length] ?? ''
    const right = sides === 'left' || after === '' || !WORD.test(after)
    if (left && right) return true
  }
  return false
}

const exact: Readonly<Record<string, Test>> = {
  '=~': (text, other) => text === other,
  has: (text, other) => hasTerm(text, other, 'both'),
  hasprefix: (text, other) => hasTerm(text, other, 'left'),
  hassuffix: (text, other) => hasTerm(text, other, 'right'),
  contains: (text, other) => text.includes(other),
  startswith: (text, other) => text.startsWith(other),
  endswith: (text, other) => text.endsWith(other),
}

/** A string operator as a test; undefined for what is none. Those that end in `_cs` mind the case, the others don't. */
export function stringOperator(operator: string): ((left: Value, right: Value) => boolean) | undefined {
  const negated = operator.startsWith('!')
  const bare = operator === '!~' ? '=~' : negated ? operator.slice(1) : operator
  const minds = bare.endsWith('_cs')
  const test = exact[minds ? bare.slice(0, -3) : bare]
  if (!test) return undefined
  return (left, right) => {
    const [text, other] = [textOf(left), textOf(right)]
    return test(minds ? text : text.toLowerCase(), minds ? other : other.toLowerCase()) !== negated
  }
}

/** `in`, `has_any` and the like over a list of values. */
export function listOperator(operator: string): (left: Value, list: readonly Value[]) => boolean {
  const negated = operator.startsWith('!')
  const bare = negated ? operator.slice(1) : operator
  const has = stringOperator('has')
  const test = (left: Value, list: readonly Value[]): boolean => {
    if (bare === 'has_any') return list.some((item) => has?.(left, item))
    if (bare === 'has_all') return list.every((item) => has?.(left, item))
    const folded = bare === 'in~'
    const text = folded ? textOf(left).toLowerCase() : textOf(left)
    return list.some((item) => (folded ? textOf(item).toLowerCase() : textOf(item)) === text)
  }
  return (left, list) => test(left, list) !== negated
}
