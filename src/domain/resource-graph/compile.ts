import { scalarFunctions } from './functions.ts'
import { notOffered, senseless } from './refuse.ts'
import { listOperator, stringOperator } from './string-operators.ts'
import { type Expression, Moment, type Place, Span, type Type, type Value } from './syntax.ts'
import { compare, isNull, momentOf, numberOf, same, textOf, typeOf } from './values.ts'

/** A row: its cells by column. Rows have no prototype, so that a column may have any name. */
export type Row = { readonly [column: string]: Value | undefined }

/** The columns of a table at one place of a query, in their order. */
export type Columns = ReadonlyMap<string, Type>

export interface Compiled {
  readonly type: Type
  /** What a column made of it is called unless the query says. */
  readonly name: string | undefined
  readonly of: (row: Row) => Value
}

export interface Context {
  readonly columns: Columns
  readonly now: Moment
}

/**
 * Makes a function of a row out of an expression, so that columns, functions and types are looked at once.
 *
 * @throws QueryInvalid for a column or function that is not there, or values that can't be compared
 */
export function compile(expression: Expression, context: Context): Compiled {
  switch (expression.is) {
    case 'literal': {
      const { value, type = typeOf(value) } = expression
      return { type, name: undefined, of: () => value }
    }
    case 'column': {
      const { name, place } = expression
      const type = context.columns.get(name)
      if (!type) throw senseless(place, `Failed to resolve column or scalar expression named '${name}'`)
      return { type, name, of: (row) => row[name] ?? null }
    }
    case 'at':
      return member(expression, context)
    case 'call':
      return call(expression, context)
    case 'joined':
      return joined(expression, context)
    case 'among':
      return among(expression, context)
    case 'binary':
      return binary(expression, context)
  }
}

function member({ of, key, place }: Expression & { is: 'at' }, context: Context): Compiled {
  const [bag, name] = [compile(of, context), compile(key, context)]
  if (bag.type !== 'dynamic') {
    throw senseless(place, `The '.' and '[]' operators read dynamic values; this one is of type ${bag.type}`)
  }
  const spelled = key.is === 'literal' && typeof key.value === 'string' && bag.name !== undefined
  return {
    type: 'dynamic',
    name: spelled ? `${bag.name}_${key.value}` : bag.name,
    of: (row) => read(bag.of(row), name.of(row)),
  }
}

/** What stands at a key or an index; what is not there is null, at any depth. */
function read(from: Value, key: Value): Value {
  if (Array.isArray(from)) {
    const at = numberOf(key)
    return at === null ? null : ((from.at(at) as Value | undefined) ?? null)
  }
  if (typeof from !== 'object' || from === null || from instanceof Moment || from instanceof Span) return null
  const name = textOf(key)
  return Object.hasOwn(from, name) ? ((from as { [key: string]: Value | undefined })[name] ?? null) : null
}

function call({ name, with: args, place }: Expression & { is: 'call' }, context: Context): Compiled {
  const found = Object.hasOwn(scalarFunctions, name) ? scalarFunctions[name] : undefined
  if (!found) {
    if (/regex|extract|parse_(?!json)/.test(name)) throw notOffered(place, `The function '${name}'`)
    throw senseless(place, `Unknown function: '${name}'`)
  }
  const [least, most] = found.takes
  if (args.length < least || args.length > most) {
    const takes = least === most ? `${least}` : `${least} to ${most}`
    throw senseless(place, `The function '${name}' takes ${takes} arguments, not ${args.length}`)
  }
  const values = args.map((arg) => compile(arg, context))
  // `iif` and `case` choose among what stands behind their tests.
  const first = (name === 'iif' || name === 'iff' || name === 'case' ? values[1] : values[0])?.type ?? 'dynamic'
  return {
    type: found.type === 'first' ? first : found.type,
    name: found.keepsName ? values[0]?.name : undefined,
    of: (row) =>
      found.of(
        values.map((value) => value.of(row)),
        context,
      ),
  }
}

function among({ operator, left, list, place }: Expression & { is: 'among' }, context: Context): Compiled {
  const value = compile(left, context)
  const items = list.map((item) => compile(item, context))
  for (const item of items) demandComparable(place, value.type, item.type)
  const of = (row: Row): boolean => {
    // A list in the list counts as its items: `in (dynamic(['a', 'b']))`.
    const values = items.flatMap((item) => item.of(row) as Value | Value[])
    return test(value.of(row), values)
  }
  const [low, high] = items
  if (operator.endsWith('between') && low && high) {
    const negated = operator.startsWith('!')
    return bool((row) => {
      const at = value.of(row)
      const last = high.of(row)
      const start = low.of(row)
      const end = last instanceof Span && start instanceof Moment ? new Moment(start.ms + last.ms) : last
      if (isNull(at)) return false
      return (ordered(at, start) >= 0 && ordered(at, end) <= 0) !== negated
    })
  }
  const test = listOperator(operator)
  return bool(of)
}

const bool = (of: (row: Row) => Value): Compiled => ({ type: 'bool', name: undefined, of })

function joined({ operator, parts, place }: Expression & { is: 'joined' }, context: Context): Compiled {
  const tests = parts.map((part) => compile(part, context))
  for (const { type } of tests) {
    if (type !== 'bool' && type !== 'dynamic') throw senseless(place, `'${operator}' joins tests, not a ${type}`)
  }
  return operator === 'and'
    ? bool((row) => tests.every(({ of }) => of(row) === true))
    : bool((row) => tests.some(({ of }) => of(row) === true))
}

function binary({ operator, left, right, place }: Expression & { is: 'binary' }, context: Context): Compiled {
  const [a, b] = [compile(left, context), compile(right, context)]
  const onText = stringOperator(operator)
  if (onText) return bool((row) => onText(a.of(row), b.of(row)))
  if (/^[=!<>]/.test(operator)) {
    demandComparable(place, a.type, b.type)
    return bool(comparison(operator, a, b))
  }
  return arithmetic(operator, a, b, place)
}

function comparison(operator: string, a: Compiled, b: Compiled): (row: Row) => Value {
  if (operator === '==') return (row) => same(a.of(row), b.of(row))
  if (operator === '!=') {
    return (row) => {
      const [one, other] = [a.of(row), b.of(row)]
      return !(isNull(one) && isNull(other)) && !same(one, other)
    }
  }
  const fits: Readonly<Record<string, (order: number) => boolean>> = {
    '<': (order) => order < 0,
    '<=': (order) => order <= 0,
    '>': (order) => order > 0,
    '>=': (order) => order >= 0,
  }
  const test = fits[operator]
  return (row) => {
    const [one, other] = [a.of(row), b.of(row)]
    return !isNull(one) && !isNull(other) && (test?.(ordered(one, other)) ?? false)
  }
}

/** Times in bags are texts: beside a time they are read as times. */
function ordered(a: Value, b: Value): number {
  if (a instanceof Moment && typeof b === 'string') return compare(a, momentOf(b) ?? Number.NaN)
  if (b instanceof Moment && typeof a === 'string') return compare(momentOf(a) ?? Number.NaN, b)
  return typeof a === typeof b ? compare(a, b) : Number.NaN
}

function demandComparable(place: Place, a: Type, b: Type): void {
  const family = (type: Type): string => (type === 'long' || type === 'real' ? 'number' : type)
  if (a === 'dynamic' || b === 'dynamic' || family(a) === family(b)) return
  if (family(a) === 'datetime' && family(b) === 'timespan') return
  throw senseless(place, `Cannot compare values of types ${a} and ${b}. Try adding explicit casts`)
}

function arithmetic(operator: string, a: Compiled, b: Compiled, place: Place): Compiled {
  const times = [a.type, b.type].filter((type) => type === 'datetime' || type === 'timespan')
  for (const { type } of [a, b]) {
    if (type === 'string' || type === 'bool') {
      throw senseless(place, `The operator '${operator}' takes numbers and times, not a ${type}; use strcat() for text`)
    }
  }
  if (times.length > 0) {
    if (operator !== '+' && operator !== '-') throw senseless(place, `The operator '${operator}' takes no times`)
    const moment = times.filter((type) => type === 'datetime').length === 1
    return {
      type: moment ? 'datetime' : 'timespan',
      name: undefined,
      of: (row) => shifted(operator, a.of(row), b.of(row)),
    }
  }
  const real = operator === '/' ? a.type === 'real' || b.type === 'real' : [a.type, b.type].includes('real')
  return {
    type: real ? 'real' : 'long',
    name: undefined,
    of(row) {
      const [one, other] = [numberOf(a.of(row)), numberOf(b.of(row))]
      if (one === null || other === null) return null
      const result = calculate(operator, one, other)
      if (!Number.isFinite(result)) return null
      return real ? result : Math.trunc(result)
    },
  }
}

function calculate(operator: string, a: number, b: number): number {
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  if (operator === '*') return a * b
  return operator === '/' ? a / b : a % b
}

function shifted(operator: string, a: Value, b: Value): Value {
  const sign = operator === '-' ? -1 : 1
  const [one, other] = [a, b].map((value) =>
    value === 0 ? new Span(0) : value instanceof Span ? value : momentOf(value),
  )
  if (!one || !other) return null
  const ms = one.ms + sign * other.ms
  return one instanceof Moment !== other instanceof Moment ? new Moment(ms) : new Span(ms)
}
