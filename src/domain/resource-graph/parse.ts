import { Cursor, parseExpression } from './parse-expression.ts'
import { notOffered, senseless, unreadable } from './refuse.ts'
import type { Expression, Named, Operator, Order, Query, Token } from './syntax.ts'
import { tokensOf } from './tokens.ts'

/** Azure's own bound on a query's text lies near this. */
const LONGEST = 50_000

/**
 * Reads a query: a table and what its rows go through, one operator after the other.
 *
 * @throws QueryInvalid with the place of what can't be read or is not offered
 */
export function parseQuery(text: string): Query {
  const start = { line: 1, column: 1 }
  if (text.length > LONGEST) throw senseless(start, `A query has at most ${LONGEST} characters.`)
  const from = new Cursor(tokensOf(text))
  const first = from.now
  if (first.kind === 'end') throw unreadable(start, 'end of query', 'a table')
  if (first.text.toLowerCase() === 'let') throw notOffered(first.place, "'let'")
  // Old queries begin with an operator and mean `resources`.
  const bare = isOperator(from)
  const table = bare ? 'resources' : from.name('a table').text.toLowerCase()
  const operators: Operator[] = []
  if (bare) operators.push(operator(from))
  while (from.takes('|')) operators.push(operator(from))
  if (from.takes(';') && from.now.kind !== 'end') throw notOffered(from.now.place, 'a second statement')
  if (from.now.kind !== 'end') throw unreadable(from.now.place, from.now.text, "'|' or the end of the query")
  return { table, place: first.place, operators }
}

type Reader = (from: Cursor, place: Token['place']) => Operator

const readers: Readonly<Record<string, Reader>> = {
  where: (from, place) => ({ does: 'where', test: parseExpression(from), place }),
  project: (from, place) => ({ does: 'project', columns: columns(from), place }),
  extend: (from, place) => ({ does: 'extend', columns: columns(from), place }),
  'project-away': (from, place) => ({ does: 'project-away', names: names(from), place }),
  'project-keep': (from, place) => ({ does: 'project-keep', names: names(from), place }),
  'project-reorder': (from, place) => ({ does: 'project-reorder', names: names(from), place }),
  'project-rename': (from, place) => ({ does: 'project-rename', names: renames(from), place }),
  summarize(from, place) {
    const aggregates = from.now.text.toLowerCase() === 'by' ? [] : columns(from)
    return { does: 'summarize', aggregates, by: from.takes('by') ? columns(from) : [], place }
  },
  order(from, place) {
    from.demand('by')
    return { does: 'order', by: orders(from), place }
  },
  take: (from, place) => ({ does: 'take', count: whole(from), place }),
  top(from, place) {
    const count = whole(from)
    from.demand('by')
    return { does: 'top', count, by: orders(from), place }
  },
  distinct(from, place) {
    return { does: 'distinct', columns: from.takes('*') ? 'all' : columns(from), place }
  },
  count: (_from, place) => ({ does: 'count', place }),
}
const SAME: Readonly<Record<string, string>> = { filter: 'where', sort: 'order', limit: 'take' }
/** Operators of the language that are refused by name. */
const REFUSED = [
  ...['join', 'mv-expand', 'mvexpand', 'mv-apply', 'union', 'parse', 'parse-where', 'parse-kv', 'lookup', 'render'],
  ...['make-series', 'evaluate', 'invoke', 'as', 'sample', 'sample-distinct', 'serialize', 'reduce', 'search', 'find'],
  ...['top-nested', 'top-hitters', 'range', 'print', 'datatable', 'externaldata', 'scan', 'partition', 'fork', 'facet'],
]

function operatorName(from: Cursor): { readonly name: string; readonly tokens: number } {
  const { kind, text } = from.now
  const second = from.ahead(2)
  const joined =
    kind === 'name' &&
    from.ahead(1).text === '-' &&
    second.kind === 'name' &&
    /^(project|mv|make|parse|sample|top)$/i.test(text)
  const name = joined ? `${text}-${second.text}` : text
  return { name: name.toLowerCase(), tokens: joined ? 3 : 1 }
}

const isOperator = (from: Cursor): boolean => {
  const { name } = operatorName(from)
  return (
    from.now.kind === 'name' &&
    from.ahead(1).text !== '|' &&
    from.ahead(1).kind !== 'end' &&
    (SAME[name] ?? name) in readers
  )
}

function operator(from: Cursor): Operator {
  const { now } = from
  const { name, tokens } = operatorName(from)
  if (REFUSED.includes(name)) throw notOffered(now.place, `'${name}'`)
  const reader = Object.hasOwn(readers, SAME[name] ?? name) ? readers[SAME[name] ?? name] : undefined
  if (now.kind !== 'name' || !reader) throw unreadable(now.place, now.text, `one of ${Object.keys(readers).join(', ')}`)
  for (let taken = 0; taken < tokens; taken++) from.next()
  return reader(from, now.place)
}

function columns(from: Cursor): readonly Named[] {
  const all: Named[] = []
  do {
    const named = from.now.kind === 'name' && from.ahead(1).text === '=' && from.ahead(1).kind === 'mark'
    const name = named ? from.next().text : undefined
    if (named) from.demand('=')
    all.push({ name, value: parseExpression(from) })
  } while (from.takes(','))
  return all
}

function names(from: Cursor): readonly string[] {
  const all: string[] = []
  do {
    let name = from.takes('*') ? '*' : from.name('a column').text
    if (name !== '*' && from.takes('*')) name = `${name}*`
    all.push(name)
  } while (from.takes(','))
  return all
}

function renames(from: Cursor): readonly (readonly [string, string])[] {
  const all: (readonly [string, string])[] = []
  do {
    const to = from.name('a new name').text
    from.demand('=')
    all.push([to, from.name('a column').text])
  } while (from.takes(','))
  return all
}

function orders(from: Cursor): readonly Order[] {
  const all: Order[] = []
  do {
    const by: Expression = parseExpression(from)
    const ascending = from.takes('asc')
    const descending = !ascending
    if (!ascending) from.takes('desc')
    // Unless it is said, nulls stand where the smallest value would.
    let nullsFirst = ascending
    if (from.takes('nulls')) {
      nullsFirst = from.takes('first')
      if (!nullsFirst) from.demand('last')
    }
    all.push({ by, descending, nullsFirst })
  } while (from.takes(','))
  return all
}

function whole(from: Cursor): number {
  const token = from.next()
  if (token.kind !== 'number' || !/^\d{1,9}$/.test(token.text))
    throw unreadable(token.place, token.text, 'a whole number')
  return Number(token.text)
}
