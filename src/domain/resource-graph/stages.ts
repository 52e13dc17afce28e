import { aggregate, type Tally } from './aggregates.ts'
import { type Columns, type Compiled, type Context, compile, type Row } from './compile.ts'
import { senseless } from './refuse.ts'
import type { Moment, Named, Operator, Order, Place, Type, Value } from './syntax.ts'
import { compare, isNull, keyOf } from './values.ts'

/** What rows are pushed into. `push` answers whether it wants more. */
export interface Sink {
  push(row: Row): boolean
  end(): void
}

/** An operator with the columns that it leaves. */
export interface Stage {
  readonly columns: Columns
  into(next: Sink): Sink
}

type Does = Operator['does']
type Of<Kind extends Does> = Extract<Operator, { does: Kind }>

/** What an operator does to rows that have these columns. @throws QueryInvalid */
export function stageOf(operator: Operator, columns: Columns, now: Moment): Stage {
  const context: Context = { columns, now }
  switch (operator.does) {
    case 'where': {
      const test = compile(operator.test, context)
      if (test.type !== 'bool' && test.type !== 'dynamic') {
        throw senseless(operator.place, `where takes a test, not a ${test.type}`)
      }
      return passing(columns, (row, next) => test.of(row) !== true || next.push(row))
    }
    case 'project':
      return project(named(operator.columns, context, operator.place), false, columns)
    case 'extend':
      return project(named(operator.columns, context, operator.place), true, columns)
    case 'project-away':
    case 'project-keep':
    case 'project-reorder':
      return kept(operator, columns)
    case 'project-rename':
      return renamed(operator, columns)
    case 'summarize':
      return summarize(operator, context)
    case 'order':
      return sorted(operator.by, context, Number.POSITIVE_INFINITY)
    case 'top':
      return sorted(operator.by, context, operator.count)
    case 'take':
      return taken(columns, operator.count)
    case 'distinct':
      return distinct(operator, context)
    case 'count':
      return counted()
  }
}

const passing = (columns: Columns, push: (row: Row, next: Sink) => boolean): Stage => ({
  columns,
  into: (next) => ({ push: (row) => push(row, next), end: () => next.end() }),
})

interface NamedColumn extends Compiled {
  readonly as: string
}

/** Columns with the names that they get: the query's, their own, or `Column1`. */
function named(columns: readonly Named[], context: Context, place: Place): readonly NamedColumn[] {
  const taken = new Set<string>()
  let number = 0
  return columns.map(({ name, value }) => {
    const compiled = compile(value, context)
    const as = name ?? compiled.name ?? `Column${++number}`
    if (taken.has(as)) throw senseless(place, `A column named '${as}' is there already`)
    taken.add(as)
    return { ...compiled, as }
  })
}

function project(added: readonly NamedColumn[], extends_: boolean, before: Columns): Stage {
  const columns = new Map([...(extends_ ? before : []), ...added.map(({ as, type }) => [as, type] as const)])
  return passing(columns, (row, next) => {
    const made: { [column: string]: Value | undefined } = Object.assign(Object.create(null), extends_ ? row : undefined)
    for (const { as, of } of added) made[as] = of(row)
    return next.push(made)
  })
}

function kept(
  { does, names, place }: Of<'project-away' | 'project-keep' | 'project-reorder'>,
  columns: Columns,
): Stage {
  const chosen = names.flatMap((name) => {
    const fits = [...columns.keys()].filter((one) =>
      name.endsWith('*') ? one.startsWith(name.slice(0, -1)) : one === name,
    )
    if (fits.length === 0 && !name.endsWith('*')) throw senseless(place, `Failed to resolve column named '${name}'`)
    return fits
  })
  const rest = [...columns].filter(([name]) => !chosen.includes(name))
  const front = chosen.map((name) => [name, columns.get(name) ?? 'dynamic'] as const)
  const left = does === 'project-away' ? rest : does === 'project-keep' ? front : [...front, ...rest]
  return passing(new Map(left), (row, next) => next.push(row))
}

function renamed({ names, place }: Of<'project-rename'>, columns: Columns): Stage {
  const to = new Map(names.map(([name, from]) => [from, name]))
  for (const from of to.keys())
    if (!columns.has(from)) throw senseless(place, `Failed to resolve column named '${from}'`)
  const left = new Map([...columns].map(([name, type]) => [to.get(name) ?? name, type] as const))
  return passing(left, (row, next) => {
    const made: { [column: string]: Value | undefined } = Object.create(null)
    for (const name of columns.keys()) made[to.get(name) ?? name] = row[name]
    return next.push(made)
  })
}

/** Groups of one query at most: what would grow without an end is refused. */
const MOST_GROUPS = 100_000

function summarize({ aggregates, by, place }: Of<'summarize'>, context: Context): Stage {
  const keys = named(by, context, place)
  for (const { type, as } of keys) {
    if (type !== 'dynamic') continue
    throw senseless(place, `Summarize group key '${as}' is of a 'dynamic' type. Please use an explicit cast`)
  }
  const tallies = aggregates.map((one) => aggregate(one, context))
  if (keys.length + tallies.length === 0) throw senseless(place, 'summarize takes an aggregate or by')
  const columns = new Map<string, Type>(keys.map(({ as, type }) => [as, type]))
  for (const { name = '', type } of tallies) {
    if (columns.has(name)) throw senseless(place, `A column named '${name}' is there already`)
    columns.set(name, type)
  }
  return {
    columns,
    into(next) {
      const groups = new Map<string, { readonly cells: readonly Value[]; readonly tallies: readonly Tally[] }>()
      const groupOf = (cells: readonly Value[]) => {
        const key = keyOf(cells)
        const known = groups.get(key)
        if (known) return known
        if (groups.size >= MOST_GROUPS) throw senseless(place, `summarize makes more than ${MOST_GROUPS} groups`)
        const group = { cells, tallies: tallies.map((one) => one.begin()) }
        groups.set(key, group)
        return group
      }
      return {
        push(row) {
          for (const tally of groupOf(keys.map(({ of }) => of(row))).tallies) tally.add(row)
          return true
        },
        end() {
          if (keys.length === 0) groupOf([])
          const names = [...columns.keys()]
          pushAll(
            next,
            [...groups.values()].map(({ cells, tallies: done }) =>
              rowOf(names, [...cells, ...done.map((tally) => tally.value())]),
            ),
          )
        },
      }
    },
  }
}

const rowOf = (names: readonly string[], cells: readonly Value[]): Row =>
  Object.assign(Object.create(null), Object.fromEntries(names.map((name, at) => [name, cells[at] ?? null])))

function pushAll(next: Sink, rows: Iterable<Row>): void {
  for (const row of rows) if (!next.push(row)) break
  next.end()
}

function sorted(by: readonly Order[], context: Context, count: number): Stage {
  const orders = by.map((one) => ({ ...one, ...compile(one.by, context) }))
  const order = (a: readonly Value[], b: readonly Value[]): number => {
    for (const [at, { descending, nullsFirst }] of orders.entries()) {
      const [one, other] = [a[at] ?? null, b[at] ?? null]
      const nulls = Number(isNull(one)) - Number(isNull(other))
      if (nulls !== 0) return nullsFirst ? -nulls : nulls
      const apart = isNull(one) ? 0 : compare(one, other)
      if (apart !== 0) return descending ? -apart : apart
    }
    return 0
  }
  return {
    columns: context.columns,
    into(next) {
      let rows: { readonly cells: readonly Value[]; readonly row: Row }[] = []
      const cut = (): void => {
        rows = rows.sort((a, b) => order(a.cells, b.cells)).slice(0, count)
      }
      return {
        push(row) {
          rows.push({ cells: orders.map(({ of }) => of(row)), row })
          // `top` keeps little more than it answers with.
          if (rows.length >= 2 * count + 1_000) cut()
          return true
        },
        end() {
          cut()
          pushAll(
            next,
            rows.map(({ row }) => row),
          )
        },
      }
    },
  }
}

function taken(columns: Columns, count: number): Stage {
  return {
    columns,
    into(next) {
      let left = count
      return { push: (row) => left > 0 && next.push(row) && --left > 0, end: () => next.end() }
    },
  }
}

function distinct({ columns: asked, place }: Of<'distinct'>, context: Context): Stage {
  const all = asked === 'all' ? [...context.columns.keys()].map(column) : asked
  const made = named(all, context, place)
  for (const { as, type } of made) {
    if (type === 'dynamic') throw senseless(place, `distinct can't be asked of '${as}', which is of a 'dynamic' type`)
  }
  const stage = project(made, false, context.columns)
  return {
    columns: stage.columns,
    into(next) {
      const seen = new Set<string>()
      const names = made.map(({ as }) => as)
      return stage.into({
        push(row) {
          const key = keyOf(names.map((name) => row[name]))
          if (seen.has(key)) return true
          seen.add(key)
          return next.push(row)
        },
        end: () => next.end(),
      })
    },
  }
}

const column = (name: string): Named => ({
  name: undefined,
  value: { is: 'column', name, place: { line: 1, column: 1 } },
})

function counted(): Stage {
  return {
    columns: new Map([['Count', 'long']]),
    into(next) {
      let count = 0
      return {
        push() {
          count++
          return true
        },
        end: () => pushAll(next, [rowOf(['Count'], [count])]),
      }
    },
  }
}
