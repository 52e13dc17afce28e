import { fault } from '../../faults.ts'
import { type Entity, entityNamed, type Fields, type FieldType, fieldType } from './fields.ts'
import { type Token, tokensOf, unquoted } from './tokens.ts'

export type { Entity } from './fields.ts'

const ORDERS = ['=', '!=', '>', '>=', '<', '<='] as const
const TEXTS = ['=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'] as const

/** The comparisons of MLflow's filter language. */
export type Comparator = (typeof ORDERS)[number] | (typeof TEXTS)[number] | 'IS NULL' | 'IS NOT NULL'

export interface Comparison {
  readonly entity: Entity
  readonly key: string
  readonly comparator: Comparator
  /** A list for IN and NOT IN; '' for IS NULL and IS NOT NULL. */
  readonly value: string | number | readonly string[]
}

/**
 * Parses `metrics.acc > 0.9 and tags."owner" LIKE 'a%'`: comparisons joined by AND; there is no OR.
 *
 * Source: MLflow, "Search runs", and its search pages for experiments, models and traces.
 *
 * @throws FilterInvalid, which names the place
 */
export function parseFilter(text: string, fields: Fields): readonly Comparison[] {
  const words = reader(text)
  const found: Comparison[] = []
  while (!words.atEnd()) {
    if (found.length > 0 && !isWord(words.next(), 'AND')) throw words.refuse('expected AND')
    found.push(comparison(words, fields))
  }
  return found
}

interface Words {
  atEnd(): boolean
  next(): Token | undefined
  /** The refusal of the word that was read last. */
  refuse(reason: string): Error
}

function reader(text: string): Words {
  const tokens = tokensOf(text)
  let at = 0
  return {
    atEnd: () => at >= tokens.length,
    next: () => tokens[at++],
    refuse(reason) {
      const token = tokens[at - 1]
      const place = token ? `found '${token.text}' at character ${token.at}` : 'found its end'
      return fault('FilterInvalid', { filter: text, reason: `${reason}; ${place}` })
    },
  }
}

function comparison(words: Words, fields: Fields): Comparison {
  const field = fieldOf(words.next(), fields, words.refuse)
  const comparator = comparatorAt(words)
  if (!allowed(field.type, field.entity).has(comparator)) {
    throw words.refuse(
      `Invalid comparator '${comparator}' for ${field.entity} '${field.key}', which takes ${[...allowed(field.type, field.entity)].join(', ')}`,
    )
  }
  const { entity, key } = field
  return { entity, key, comparator, value: valueFor(comparator, field, words) }
}

const numbers: ReadonlySet<Comparator> = new Set(ORDERS)
const texts: ReadonlySet<Comparator> = new Set(TEXTS)
const both: ReadonlySet<Comparator> = new Set([...ORDERS, ...TEXTS])
const nullable = (some: ReadonlySet<Comparator>): ReadonlySet<Comparator> =>
  new Set([...some, 'IS NULL', 'IS NOT NULL'])
const nullableTexts = nullable(texts)
const nullableBoth = nullable(both)
const NULLABLE: ReadonlySet<Entity> = new Set(['tags', 'params', 'metadata', 'feedback', 'expectations'])

/** What is kept by keys of the client's own may be missing; attributes and metrics are asked for by value alone. */
function allowed(type: FieldType, entity: Entity): ReadonlySet<Comparator> {
  if (type === 'number') return numbers
  if (!NULLABLE.has(entity)) return type === 'any' ? both : texts
  return type === 'any' ? nullableBoth : nullableTexts
}

export interface Field {
  readonly entity: Entity
  readonly key: string
  readonly type: FieldType
}

/** The field that an identifier names; without an entity it is an attribute. @throws what `refuse` makes */
export function fieldOf(token: Token | undefined, fields: Fields, refuse: (reason: string) => Error): Field {
  if (token?.kind !== 'name' && token?.kind !== 'quoted') throw refuse('expected a name')
  const { entity, key } = named(token, refuse)
  const type = fieldType(fields, entity, key)
  if (typeof type === 'object') throw refuse(type.reason)
  return { entity, type, key }
}

function named({ kind, text }: Token, refuse: (reason: string) => Error): { entity: Entity; key: string } {
  const dot = kind === 'quoted' ? -1 : text.indexOf('.')
  if (dot < 0) return { entity: 'attributes', key: unquoted(text) }
  const entity = entityNamed(text.slice(0, dot))
  const key = unquoted(text.slice(dot + 1))
  if (!entity) throw refuse(`Invalid entity type '${text.slice(0, dot)}'`)
  if (key === '') throw refuse(`expected a key after '${text}'`)
  return { entity, key }
}

function comparatorAt(words: Words): Comparator {
  const token = words.next()
  const word = token?.text.toUpperCase() ?? ''
  if (token?.kind === 'operator') {
    if (word === '<>') return '!='
    const order = ORDERS.find((one) => one === word)
    if (order) return order
  }
  if (token?.kind === 'name') {
    if (word === 'LIKE' || word === 'ILIKE' || word === 'IN') return word
    if (word === 'NOT' && isWord(words.next(), 'IN')) return 'NOT IN'
    if (word === 'IS') {
      const second = words.next()
      if (isWord(second, 'NULL')) return 'IS NULL'
      if (isWord(second, 'NOT') && isWord(words.next(), 'NULL')) return 'IS NOT NULL'
    }
    if (word === 'RLIKE') throw words.refuse('regular expressions are not taken; use LIKE or ILIKE')
  }
  throw words.refuse('expected a comparison')
}

function valueFor(comparator: Comparator, field: Field, words: Words): Comparison['value'] {
  if (comparator === 'IS NULL' || comparator === 'IS NOT NULL') return ''
  if (comparator === 'IN' || comparator === 'NOT IN') return listAt(words)
  const token = words.next()
  const isText = token?.kind === 'string' || token?.kind === 'quoted'
  if (token?.kind === 'number' && field.type !== 'text') return Number(token.text)
  if (token && isText && field.type !== 'number') return unquoted(token.text)
  const wanted = { number: 'a numeric value', text: "a quoted string value (e.g. 'my-value')", any: 'a value' }
  throw words.refuse(`Expected ${wanted[field.type]} for ${field.entity} '${field.key}'`)
}

function listAt(words: Words): readonly string[] {
  const refusal = 'a list is quoted strings in parentheses, separated by commas'
  if (words.next()?.text !== '(') throw words.refuse(refusal)
  const values: string[] = []
  for (;;) {
    const token = words.next()
    if (token?.kind !== 'string' && token?.kind !== 'quoted') throw words.refuse(refusal)
    values.push(unquoted(token.text))
    const after = words.next()
    if (after?.text === ')' && after.kind === 'operator') return values
    if (after?.text !== ',') throw words.refuse(refusal)
  }
}

const isWord = (token: Token | undefined, word: string): boolean =>
  token?.kind === 'name' && token.text.toUpperCase() === word
