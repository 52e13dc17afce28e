import { type Bag, Moment, Span, type Type, type Value } from './syntax.ts'
import { compare, isNull, momentOf, numberOf, same, textOf, typeOf } from './values.ts'

/** A scalar function: how many arguments it takes, the type of its value, and the value. */
export interface ScalarFunction {
  readonly takes: readonly [least: number, most: number]
  readonly type: Type | 'first'
  readonly of: (values: readonly Value[], context: { readonly now: Moment }) => Value
  /** True where a column made of it is named after what it is asked of, as Kusto names conversions. */
  readonly keepsName?: true
}

const MANY = 64
const DAY = 86_400_000

const of = (
  takes: number | readonly [number, number],
  type: ScalarFunction['type'],
  value: ScalarFunction['of'],
  keepsName?: true,
): ScalarFunction => ({
  takes: typeof takes === 'number' ? [takes, takes] : takes,
  type,
  of: value,
  ...(keepsName && { keepsName }),
})

const isEmpty = (value: Value | undefined): boolean => isNull(value) || value === ''
const isBag = (value: Value | undefined): value is Bag =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Moment || value instanceof Span)
const listOf = (value: Value | undefined): readonly Value[] => (Array.isArray(value) ? value : [])
const whole = (value: Value | undefined): number | null => {
  const number = numberOf(value)
  return number === null ? null : Math.trunc(number)
}
const onMoment =
  (ms: (moment: number) => number): ScalarFunction['of'] =>
  ([value]) => {
    const moment = momentOf(value)
    return moment && new Moment(ms(moment.ms))
  }

function binned([value, size]: readonly Value[]): Value {
  const step = size instanceof Span ? size.ms : numberOf(size)
  if (!step || step <= 0) return null
  if (value instanceof Moment) return new Moment(Math.floor(value.ms / step) * step)
  if (value instanceof Span) return new Span(Math.floor(value.ms / step) * step)
  const number = numberOf(value)
  return number === null ? null : Math.floor(number / step) * step
}

function slice([text, from, length]: readonly Value[]): Value {
  const start = Math.max(0, whole(from) ?? 0)
  const count = length === undefined ? undefined : Math.max(0, whole(length) ?? 0)
  return textOf(text).slice(start, count === undefined ? undefined : start + count)
}

function parsed(value: Value | undefined): Value {
  if (typeof value !== 'string') return value ?? null
  try {
    return JSON.parse(value) as Value
  } catch {
    return value
  }
}

function bool(value: Value | undefined): Value {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0
  const text = textOf(value).toLowerCase()
  return text === 'true' ? true : text === 'false' ? false : null
}

function chosen(values: readonly Value[]): Value {
  for (let at = 0; at + 1 < values.length; at += 2) if (values[at] === true) return values[at + 1] ?? null
  return values.at(-1) ?? null
}

function bag(values: readonly Value[]): Value {
  const pairs: [string, Value][] = []
  for (let at = 0; at + 1 < values.length; at += 2) pairs.push([textOf(values[at]), values[at + 1] ?? null])
  return Object.fromEntries(pairs)
}

/** The functions by name. What is not here is refused by name. */
export const scalarFunctions: Readonly<Record<string, ScalarFunction>> = {
  tolower: of(1, 'string', ([text]) => textOf(text).toLowerCase()),
  toupper: of(1, 'string', ([text]) => textOf(text).toUpperCase()),
  tostring: of(1, 'string', ([value]) => textOf(value), true),
  toint: of(1, 'long', ([value]) => whole(value), true),
  tolong: of(1, 'long', ([value]) => whole(value), true),
  todouble: of(1, 'real', ([value]) => numberOf(value), true),
  toreal: of(1, 'real', ([value]) => numberOf(value), true),
  tobool: of(1, 'bool', ([value]) => bool(value), true),
  toboolean: of(1, 'bool', ([value]) => bool(value), true),
  todatetime: of(1, 'datetime', ([value]) => momentOf(value), true),
  todynamic: of(1, 'dynamic', ([value]) => parsed(value), true),
  parse_json: of(1, 'dynamic', ([value]) => parsed(value), true),
  strlen: of(1, 'long', ([text]) => [...textOf(text)].length),
  strcat: of([1, MANY], 'string', (texts) => texts.map(textOf).join('')),
  strcat_delim: of([2, MANY], 'string', ([mark, ...texts]) => texts.map(textOf).join(textOf(mark))),
  substring: of([2, 3], 'string', slice),
  indexof: of(2, 'long', ([text, part]) => textOf(text).indexOf(textOf(part))),
  replace_string: of(3, 'string', ([text, from, to]) =>
    textOf(text).replaceAll(textOf(from) || '\0', () => textOf(to)),
  ),
  split: of([2, 3], 'dynamic', ([text, mark, at]) => {
    const parts = textOf(text).split(textOf(mark) || '\0')
    return at === undefined ? parts : parts.slice(whole(at) ?? 0, (whole(at) ?? 0) + 1)
  }),
  strcat_array: of(2, 'string', ([list, mark]) => listOf(list).map(textOf).join(textOf(mark))),
  isempty: of(1, 'bool', ([value]) => isEmpty(value)),
  isnotempty: of(1, 'bool', ([value]) => !isEmpty(value)),
  isnull: of(1, 'bool', ([value]) => isNull(value)),
  isnotnull: of(1, 'bool', ([value]) => !isNull(value)),
  coalesce: of([2, MANY], 'first', (values) => values.find((value) => !isEmpty(value)) ?? null),
  iif: of(3, 'first', ([test, yes, no]) => (test === true ? (yes ?? null) : (no ?? null))),
  iff: of(3, 'first', ([test, yes, no]) => (test === true ? (yes ?? null) : (no ?? null))),
  case: of([3, MANY], 'first', chosen),
  not: of(1, 'bool', ([value]) => (typeof value === 'boolean' ? !value : null)),
  now: of([0, 1], 'datetime', ([by], { now }) => new Moment(now.ms + (by instanceof Span ? by.ms : 0))),
  ago: of(1, 'datetime', ([by], { now }) => (by instanceof Span ? new Moment(now.ms - by.ms) : null)),
  bin: of(2, 'first', binned, true),
  floor: of(2, 'first', binned, true),
  startofday: of(
    1,
    'datetime',
    onMoment((ms) => Math.floor(ms / DAY) * DAY),
  ),
  endofday: of(
    1,
    'datetime',
    onMoment((ms) => Math.floor(ms / DAY) * DAY + DAY - 1),
  ),
  abs: of(1, 'first', ([value]) => {
    const number = numberOf(value)
    return number === null ? null : Math.abs(number)
  }),
  round: of([1, 2], 'real', ([value, digits]) => {
    const number = numberOf(value)
    const factor = 10 ** Math.min(15, Math.max(0, whole(digits) ?? 0))
    return number === null ? null : Math.round(number * factor) / factor
  }),
  min_of: of([2, MANY], 'first', (values) => values.filter((one) => !isNull(one)).toSorted(compare)[0] ?? null),
  max_of: of(
    [2, MANY],
    'first',
    (values) =>
      values
        .filter((one) => !isNull(one))
        .toSorted(compare)
        .at(-1) ?? null,
  ),
  array_length: of(1, 'long', ([list]) => (Array.isArray(list) ? list.length : null)),
  array_index_of: of(2, 'long', ([list, item]) => listOf(list).findIndex((one) => same(one, item))),
  set_has_element: of(2, 'bool', ([list, item]) => listOf(list).some((one) => same(one, item))),
  bag_keys: of(1, 'dynamic', ([value]) => (isBag(value) ? Object.keys(value) : null)),
  bag_has_key: of(2, 'bool', ([value, key]) => isBag(value) && Object.hasOwn(value, textOf(key))),
  pack: of([2, MANY], 'dynamic', bag),
  bag_pack: of([2, MANY], 'dynamic', bag),
  pack_array: of([1, MANY], 'dynamic', (values) => values),
  gettype: of(1, 'string', ([value]) =>
    isNull(value) ? 'null' : Array.isArray(value) ? 'array' : isBag(value) ? 'dictionary' : typeOf(value),
  ),
}
