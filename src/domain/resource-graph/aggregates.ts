import { type Compiled, type Context, compile, type Row } from './compile.ts'
import { senseless } from './refuse.ts'
import type { Expression, Named, Type, Value } from './syntax.ts'
import { compare, isNull, keyOf, numberOf } from './values.ts'

/** One aggregate of one group on its way. */
export interface Tally {
  add(row: Row): void
  value(): Value
}

export interface Aggregate {
  readonly name: string | undefined
  readonly type: Type
  begin(): Tally
}

interface AggregateFunction {
  readonly takes: readonly [number, number]
  readonly prefix: string
  readonly type: (first: Type) => Type
  readonly begin: (args: readonly Compiled[]) => Tally
}

/** How many items a set or a list holds at most, as in Azure. */
const MOST_ITEMS = 128 * 1024

const fold =
  <State>(start: State, step: (state: State, row: Row) => State, end: (state: State) => Value) =>
  (): Tally => {
    let state = start
    return {
      add(row) {
        state = step(state, row)
      },
      value: () => end(state),
    }
  }

const summed = (value: Compiled | undefined, test?: Compiled) =>
  fold(
    0,
    (sum, row) => (test && test.of(row) !== true ? sum : sum + (numberOf(value?.of(row)) ?? 0)),
    (sum) => sum,
  )()

const extreme = (value: Compiled | undefined, sign: 1 | -1) =>
  fold<Value>(
    null,
    (best, row) => {
      const next = value?.of(row) ?? null
      if (isNull(next) || (!isNull(best) && compare(next, best) * sign >= 0)) return best
      return next
    },
    (best) => best,
  )()

function collected(value: Compiled | undefined, distinct: boolean): Tally {
  const items = new Map<string | number, Value>()
  return {
    add(row) {
      const next = value?.of(row) ?? null
      if (!isNull(next) && items.size < MOST_ITEMS) items.set(distinct ? keyOf([next]) : items.size, next)
    },
    value: () => [...items.values()],
  }
}

function counted(value: Compiled | undefined, test?: Compiled): Tally {
  const seen = new Set<string>()
  return {
    add(row) {
      const next = value?.of(row)
      if (!isNull(next) && (!test || test.of(row) === true)) seen.add(keyOf([next]))
    },
    value: () => seen.size,
  }
}

const mean = (value: Compiled | undefined): Tally => {
  let [sum, count] = [0, 0]
  return {
    add(row) {
      const next = numberOf(value?.of(row))
      if (next === null) return
      sum += next
      count++
    },
    value: () => (count === 0 ? null : sum / count),
  }
}

const own = (type: Type): Type => type
const always = (type: Type) => (): Type => type
const countFn = (takes: readonly [number, number], prefix: string): AggregateFunction => ({
  takes,
  prefix,
  type: always('long'),
  begin: ([test]) =>
    fold(
      0,
      (count, row) => count + Number(!test || test.of(row) === true),
      (count) => count,
    )(),
})
const first: AggregateFunction = {
  takes: [1, 1],
  prefix: 'any',
  type: own,
  begin: ([value]) =>
    fold<Value>(
      null,
      (kept, row) => (isNull(kept) ? (value?.of(row) ?? null) : kept),
      (kept) => kept,
    )(),
}

const functions: Readonly<Record<string, AggregateFunction>> = {
  count: countFn([0, 0], 'count_'),
  countif: countFn([1, 1], 'countif_'),
  sum: { takes: [1, 1], prefix: 'sum', type: own, begin: ([value]) => summed(value) },
  sumif: { takes: [2, 2], prefix: 'sumif', type: own, begin: ([value, test]) => summed(value, test) },
  min: { takes: [1, 1], prefix: 'min', type: own, begin: ([value]) => extreme(value, 1) },
  max: { takes: [1, 1], prefix: 'max', type: own, begin: ([value]) => extreme(value, -1) },
  avg: { takes: [1, 1], prefix: 'avg', type: always('real'), begin: ([value]) => mean(value) },
  dcount: { takes: [1, 1], prefix: 'dcount', type: always('long'), begin: ([value]) => counted(value) },
  dcountif: { takes: [2, 2], prefix: 'dcountif', type: always('long'), begin: ([value, test]) => counted(value, test) },
  make_set: { takes: [1, 1], prefix: 'set', type: always('dynamic'), begin: ([value]) => collected(value, true) },
  make_list: { takes: [1, 1], prefix: 'list', type: always('dynamic'), begin: ([value]) => collected(value, false) },
  any: first,
  take_any: first,
}

/** An aggregate of `summarize`. @throws QueryInvalid for what is none */
export function aggregate({ name, value }: Named, context: Context): Aggregate {
  const { args, found, text, place } = functionOf(value)
  const [least, most] = found.takes
  if (args.length < least || args.length > most) {
    throw senseless(place, `The aggregate '${text}' takes ${least} arguments, not ${args.length}`)
  }
  const compiled = args.map((arg) => compile(arg, context))
  const of = compiled[0]?.name
  const given = args.length === 0 || found.prefix.endsWith('_') ? found.prefix : `${found.prefix}_${of ?? ''}`
  return {
    name: name ?? given,
    type: found.type(compiled[0]?.type ?? 'long'),
    begin: () => found.begin(compiled),
  }
}

function functionOf(value: Expression) {
  const { place } = value
  if (value.is !== 'call' || !Object.hasOwn(functions, value.name)) {
    const what = value.is === 'call' ? `'${value.name}'` : 'this'
    throw senseless(place, `summarize takes ${Object.keys(functions).join(', ')}; ${what} is none of them`)
  }
  const found = functions[value.name]
  if (!found) throw senseless(place, `Unknown aggregate '${value.name}'`)
  return { args: value.with, found, text: value.name, place }
}
