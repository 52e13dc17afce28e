import { notOffered, unreadable } from './refuse.ts'
import { type Expression, Moment, type Place, Span, type Token, type Value } from './syntax.ts'

/** A cursor over tokens. */
export class Cursor {
  readonly #tokens: readonly Token[]
  #at = 0
  /** How deep brackets are nested: a query of brackets alone must not use up the stack. */
  depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get now(): Token {
    return this.ahead(0)
  }

  ahead(by: number): Token {
    const token = this.#tokens[this.#at + by] ?? this.#tokens.at(-1)
    if (!token) throw new Error('A query has at least its end')
    return token
  }

  next(): Token {
    const { now } = this
    this.#at++
    return now
  }

  /** Takes the mark or the word if it is there. */
  takes(text: string): boolean {
    const { now } = this
    const is = now.kind === 'mark' ? now.text === text : now.kind === 'name' && now.text.toLowerCase() === text
    if (is) this.#at++
    return is
  }

  demand(text: string): void {
    if (!this.takes(text)) throw unreadable(this.now.place, this.now.text, `'${text}'`)
  }

  name(what = 'a name'): Token {
    if (this.now.kind !== 'name') throw unreadable(this.now.place, this.now.text, what)
    return this.next()
  }
}

const DEEPEST = 64
/** How many steps a sum, a product or a path may have: each is a level of the stack. */
const LONGEST = 200
const COMPARES = ['==', '!=', '<>', '=~', '!~', '<', '<=', '>', '>=']
const WORDS = [
  ...['has', 'contains', 'startswith', 'endswith', 'hasprefix', 'hassuffix'],
  ...['has_cs', 'contains_cs', 'startswith_cs', 'endswith_cs', 'hasprefix_cs', 'hassuffix_cs'],
]
const LISTS = ['in', 'has_any', 'has_all', 'between']

/** Reads one expression: `or` binds least, then `and`, comparisons, sums, products, signs. @throws QueryInvalid */
export function parseExpression(from: Cursor): Expression {
  if (++from.depth > DEEPEST) throw unreadable(from.now.place, from.now.text, `at most ${DEEPEST} nested brackets`)
  const read = joined(from, 'or', () => joined(from, 'and', () => comparison(from)))
  from.depth--
  return read
}

/** One list however many tests are joined: a query that a program wrote may join thousands. */
function joined(from: Cursor, operator: 'and' | 'or', part: () => Expression): Expression {
  const first = part()
  if (from.now.kind !== 'name' || from.now.text.toLowerCase() !== operator) return first
  const { place } = from.now
  const parts = [first]
  while (from.takes(operator)) parts.push(part())
  return { is: 'joined', operator, parts, place }
}

function chain(from: Cursor, operators: readonly string[], part: () => Expression): Expression {
  let left = part()
  for (let length = 1; ; length++) {
    const { now } = from
    const { place } = now
    if (length > LONGEST) throw unreadable(place, now.text, `at most ${LONGEST} values in a sum or product`)
    const operator = operators.find((one) => from.takes(one))
    if (operator === undefined) return left
    left = { is: 'binary', operator, left, right: part(), place }
  }
}

function comparison(from: Cursor): Expression {
  const left = sum(from)
  const { now } = from
  const compare = now.kind === 'mark' ? COMPARES.find((one) => one === now.text) : undefined
  if (compare !== undefined) {
    from.next()
    const operator = compare === '<>' ? '!=' : compare
    return { is: 'binary', operator, left, right: sum(from), place: now.place }
  }
  const negated = now.kind === 'mark' && now.text === '!'
  const word = negated ? from.ahead(1) : now
  if (word.kind !== 'name') return left
  const text = word.text.toLowerCase()
  if (text === 'matches') throw notOffered(word.place, "'matches regex'")
  if (![...WORDS, ...LISTS].includes(text)) {
    if (negated) throw unreadable(word.place, word.text, 'a string operator')
    return left
  }
  if (negated) from.next()
  from.next()
  const not = negated ? '!' : ''
  if (WORDS.includes(text))
    return { is: 'binary', operator: `${not}${text}`, left, right: sum(from), place: word.place }
  if (text === 'between') return between(from, left, negated, word.place)
  const folded = text === 'in' && from.takes('~') ? '~' : ''
  return { is: 'among', operator: `${not}${text}${folded}`, left, list: list(from), place: word.place }
}

function between(from: Cursor, left: Expression, negated: boolean, place: Place): Expression {
  from.demand('(')
  const low = sum(from)
  from.demand('..')
  const high = sum(from)
  from.demand(')')
  return { is: 'among', operator: negated ? '!between' : 'between', left, list: [low, high], place }
}

function list(from: Cursor): readonly Expression[] {
  from.demand('(')
  const items: Expression[] = []
  do {
    const { place } = from.now
    const item = parseExpression(from)
    if (item.is === 'call' && item.name === 'subquery') throw notOffered(place, 'a subquery')
    items.push(item)
  } while (from.takes(','))
  if (from.now.text === '|') throw notOffered(from.now.place, 'a subquery')
  from.demand(')')
  return items
}

const sum = (from: Cursor): Expression =>
  chain(from, ['+', '-'], () => chain(from, ['*', '/', '%'], () => signed(from)))

function signed(from: Cursor): Expression {
  const { place } = from.now
  let negative = false
  while (from.now.kind === 'mark' && (from.now.text === '-' || from.now.text === '+')) {
    negative = from.next().text === '-' ? !negative : negative
  }
  const value = path(from)
  if (!negative) return value
  return { is: 'binary', operator: '-', left: { is: 'literal', value: 0, place }, right: value, place }
}

/** A value and what is read out of it: `properties.a['b'][0]`. */
function path(from: Cursor): Expression {
  let of = primary(from)
  for (let length = 0; ; length++) {
    const { now } = from
    const { place } = now
    if (length > LONGEST) throw unreadable(place, now.text, `at most ${LONGEST} steps of a path`)
    if (from.takes('.')) {
      const key: Expression = { is: 'literal', value: from.name('a property').text, place }
      of = { is: 'at', of, key, place }
    } else if (from.takes('[')) {
      const key = parseExpression(from)
      from.demand(']')
      of = { is: 'at', of, key, place }
    } else return of
  }
}

function primary(from: Cursor): Expression {
  const token = from.next()
  const { place } = token
  const literal = (value: Value): Expression => ({ is: 'literal', value, place })
  if (token.kind === 'text') return literal(token.text)
  if (token.kind === 'number') {
    return { is: 'literal', value: Number(token.text), type: /^[^x]*[.e]/i.test(token.text) ? 'real' : 'long', place }
  }
  if (token.kind === 'span') return literal(new Span(spanMs(token.text)))
  if (token.kind === 'mark' && token.text === '(') {
    const inner = parseExpression(from)
    from.demand(')')
    return inner
  }
  if (token.kind === 'mark' && token.text === '[' && from.now.kind === 'text') {
    const { text } = from.next()
    from.demand(']')
    return { is: 'column', name: text, place }
  }
  if (token.kind !== 'name') throw unreadable(place, token.text, 'a value or a column')
  const folded = token.text.toLowerCase()
  if (folded === 'true' || folded === 'false') return literal(folded === 'true')
  if (folded === 'dynamic' && from.takes('(')) {
    const value = json(from)
    from.demand(')')
    return literal(value)
  }
  if (folded === 'datetime' && from.now.text === '(') return literal(moment(from))
  return from.takes('(') ? call(from, token) : { is: 'column', name: token.text, place }
}

function call(from: Cursor, { text, place }: Token): Expression {
  const args: Expression[] = []
  if (!from.takes(')')) {
    do args.push(from.now.text === '*' && from.takes('*') ? everything(place) : parseExpression(from))
    while (from.takes(','))
    from.demand(')')
  }
  return { is: 'call', name: text.toLowerCase(), with: args, place }
}

const everything = (place: Place): Expression => ({ is: 'column', name: '*', place })

/** What `dynamic(…)` holds: JSON, with either quotes. */
function json(from: Cursor): Value {
  if (++from.depth > DEEPEST) throw unreadable(from.now.place, from.now.text, `at most ${DEEPEST} nested brackets`)
  const value = jsonValue(from)
  from.depth--
  return value
}

function jsonValue(from: Cursor): Value {
  const minus = from.takes('-')
  const token = from.next()
  if (token.kind === 'number') return Number(token.text) * (minus ? -1 : 1)
  if (token.kind === 'text' && !minus) return token.text
  const folded = token.text.toLowerCase()
  if (token.kind === 'name' && ['true', 'false', 'null'].includes(folded))
    return folded === 'null' ? null : folded === 'true'
  if (token.text === '[' && token.kind === 'mark') return sequence(from, ']', () => json(from))
  if (token.text === '{' && token.kind === 'mark') {
    const entries = sequence(from, '}', () => {
      const key = from.next()
      if (key.kind !== 'text') throw unreadable(key.place, key.text, 'a key in quotes')
      from.demand(':')
      return [key.text, json(from)] as const
    })
    return Object.fromEntries(entries)
  }
  throw unreadable(token.place, token.text, 'a JSON value')
}

function sequence<Item>(from: Cursor, end: string, item: () => Item): Item[] {
  const items: Item[] = []
  if (from.takes(end)) return items
  do items.push(item())
  while (from.takes(','))
  from.demand(end)
  return items
}

/** `datetime(2024-01-31)`: the marks between the brackets, put together again. */
function moment(from: Cursor): Value {
  from.demand('(')
  const { place } = from.now
  const parts: string[] = []
  while (from.now.text !== ')' && from.now.kind !== 'end') {
    const token = from.next()
    const before = parts.at(-1) ?? ''
    parts.push(/\d$/.test(before) && /^\d/.test(token.text) ? ` ${token.text}` : token.text)
  }
  from.demand(')')
  const text = parts.join('')
  if (text === 'null') return null
  const ms = Date.parse(/^\d{4}-\d\d-\d\d \d/.test(text) ? `${text.replace(' ', 'T')}Z` : text)
  if (Number.isNaN(ms)) throw unreadable(place, text, 'a date such as 2024-01-31 or 2024-01-31T10:00:00Z')
  return new Moment(ms)
}

/** A length of time such as `7d`, in milliseconds. */
export function spanMs(text: string): number {
  const [, number, unit = ''] = /^(-?[\d.]+)([a-z]+)$/.exec(text) ?? []
  const units: readonly (readonly [RegExp, number])[] = [
    [/^(ms|milliseconds?)$/, 1],
    [/^microsecond$/, 0.001],
    [/^tick$/, 0.0001],
    [/^(d|days?)$/, 86_400_000],
    [/^(h|hours?)$/, 3_600_000],
    [/^(m|minutes?)$/, 60_000],
    [/^(s|seconds?)$/, 1000],
  ]
  return Number(number) * (units.find(([is]) => is.test(unit))?.[1] ?? Number.NaN)
}
