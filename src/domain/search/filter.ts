import { fault } from '../../faults.ts'
import { type Token, tokensOf } from './tokens.ts'

/** The comparisons of MLflow's filter language. */
export type Comparator =
  | '='
  | '!='
  | '>'
  | '>='
  | '<'
  | '<='
  | 'LIKE'
  | 'ILIKE'
  | 'IN'
  | 'NOT IN'
  | 'IS NULL'
  | 'IS NOT NULL'

export interface Comparison {
  /** `metrics`, `params`, `tags` or `attributes`, whatever way it was written. */
  readonly entity: Entity
  readonly key: string
  readonly comparator: Comparator
  readonly value: string | number | readonly string[]
}

export type Entity = 'metrics' | 'params' | 'tags' | 'attributes'

const entities: ReadonlyMap<string, Entity> = new Map<string, Entity>([
  ...['metrics', 'metric'].map((word) => [word, 'metrics'] as const),
  ...['params', 'parameters', 'param', 'parameter'].map((word) => [word, 'params'] as const),
  ...['tags', 'tag'].map((word) => [word, 'tags'] as const),
  ...['attributes', 'attribute', 'attr', 'run'].map((word) => [word, 'attributes'] as const),
])

/**
 * Parses `metrics.acc > 0.9 and tags."owner" LIKE 'a%'`.
 *
 * Source: MLflow, "Search runs": comparisons joined by AND; there is no OR.
 *
 * @throws FilterInvalid
 */
export function parseFilter(text: string): readonly Comparison[] {
  const tokens = tokensOf(text)
  const found: Comparison[] = []
  let at = 0
  const refuse = (reason: string) => fault('FilterInvalid', { filter: text, reason })
  const next = (): Token | undefined => tokens[at++]

  while (at < tokens.length) {
    if (found.length > 0) {
      const word = next()
      if (!isWord(word, 'AND')) throw refuse(`expected AND, found '${word?.text}'`)
    }
    const { entity, key } = identifier(next(), refuse)
    const comparator = comparatorAt(next, refuse)
    found.push({ entity, key, comparator, value: valueFor(comparator, next, refuse) })
  }
  return found
}

type Refuse = (reason: string) => Error

/** The entity and key that an identifier names; without an entity it is an attribute. */
export function identifier(
  token: Token | undefined,
  refuse: Refuse,
): { readonly entity: Entity; readonly key: string } {
  if (!token || token.kind === 'operator' || token.kind === 'number' || token.kind === 'string') {
    throw refuse(`expected a name, found '${token?.text ?? 'the end'}'`)
  }
  const dot = token.text.indexOf('.')
  const entity = entities.get(token.text.slice(0, Math.max(dot, 0)).toLowerCase())
  if (dot < 0) return { entity: 'attributes', key: unquoted(token.text) }
  if (!entity) throw refuse(`'${token.text.slice(0, dot)}' is none of metrics, params, tags, attributes`)
  return { entity, key: unquoted(token.text.slice(dot + 1)) }
}

function comparatorAt(next: () => Token | undefined, refuse: Refuse): Comparator {
  const token = next()
  const word = token?.text.toUpperCase() ?? ''
  if (token?.kind === 'operator' && ['=', '!=', '>', '>=', '<', '<='].includes(word)) return word as Comparator
  if (word === 'LIKE' || word === 'ILIKE' || word === 'IN') return word
  if (word === 'NOT' && isWord(next(), 'IN')) return 'NOT IN'
  if (word === 'IS') {
    const second = next()
    if (isWord(second, 'NULL')) return 'IS NULL'
    if (isWord(second, 'NOT') && isWord(next(), 'NULL')) return 'IS NOT NULL'
  }
  throw refuse(`'${token?.text ?? 'the end'}' is no comparison`)
}

function valueFor(comparator: Comparator, next: () => Token | undefined, refuse: Refuse): Comparison['value'] {
  if (comparator === 'IS NULL' || comparator === 'IS NOT NULL') return ''
  if (comparator !== 'IN' && comparator !== 'NOT IN') {
    const token = next()
    if (token?.kind === 'number') return Number(token.text)
    if (token?.kind === 'string' || token?.kind === 'quoted') return unquoted(token.text)
    throw refuse(`expected a value, found '${token?.text ?? 'the end'}'`)
  }
  if (next()?.text !== '(') throw refuse('expected a list in parentheses')
  const values: string[] = []
  for (;;) {
    const token = next()
    if (token?.kind !== 'string' && token?.kind !== 'quoted') throw refuse('a list holds quoted strings')
    values.push(unquoted(token.text))
    const after = next()
    if (after?.text === ')') return values
    if (after?.text !== ',') throw refuse('a list holds quoted strings, separated by commas')
  }
}

const isWord = (token: Token | undefined, word: string): boolean =>
  token?.kind === 'name' && token.text.toUpperCase() === word

const unquoted = (text: string): string => (/^(['"`]).*\1$/s.test(text) ? text.slice(1, -1) : text)

/** Whether what `read` answers for each comparison's key satisfies it. What is missing satisfies only `IS NULL`. */
export function matches(
  comparisons: readonly Comparison[],
  read: (entity: Entity, key: string) => string | number | undefined,
): boolean {
  return comparisons.every((comparison) => {
    const actual = read(comparison.entity, comparison.key)
    if (comparison.comparator === 'IS NULL') return actual === undefined
    return actual !== undefined && holds(actual, comparison)
  })
}

function holds(actual: string | number, { comparator, value }: Comparison): boolean {
  switch (comparator) {
    case 'IS NULL':
      return false
    case 'IS NOT NULL':
      return true
    case 'IN':
      return Array.isArray(value) && value.includes(String(actual))
    case 'NOT IN':
      return Array.isArray(value) && !value.includes(String(actual))
    case 'LIKE':
      return like(String(actual), String(value), '')
    case 'ILIKE':
      return like(String(actual), String(value), 'i')
    default:
      return compare(comparator, ordered(actual, value))
  }
}

/** Negative, zero, positive; NaN where the two can't be ordered, which satisfies only `!=`. */
function ordered(actual: string | number, value: Comparison['value']): number {
  if (typeof actual === 'number')
    return Number.isNaN(actual) ? Number.NaN : Math.sign(actual - Number(value)) || same(actual, Number(value))
  const text = String(value)
  return actual === text ? 0 : actual < text ? -1 : 1
}

/** Infinite values subtract to NaN though they are equal. */
const same = (a: number, b: number): number => (a === b ? 0 : Number.isNaN(a - b) ? Number.NaN : 0)

function compare(comparator: Comparator, order: number): boolean {
  if (comparator === '=') return order === 0
  if (comparator === '!=') return order !== 0
  if (comparator === '>') return order > 0
  if (comparator === '>=') return order >= 0
  return comparator === '<' ? order < 0 : order <= 0
}

/** SQL's LIKE: `%` is any text, `_` any one character. */
function like(text: string, pattern: string, flags: string): boolean {
  const source = pattern
    .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.')
  return new RegExp(`^${source}$`, `s${flags}`).test(text)
}
