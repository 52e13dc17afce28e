/**
 * The template expression language once more, written from its public reference alone: slow, without caches, and with
 * nothing of `src`, so that the two can be held against each other. What needs a deployment around it is not here.
 */

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value }
type Mapping = { readonly [key: string]: Value }

/** What an expression is refused with; any other error is a mistake of this file. */
export class Refused extends Error {}

const refuse = (why: string): never => {
  throw new Refused(why)
}

/** A value that is worked out when it is asked for, each time anew. */
type Later = () => Value

interface Surroundings {
  readonly parameters: Mapping
  readonly variables: Mapping
  readonly lambda: Mapping
}

type Formula = (around: Surroundings) => Value
/** A `lambda(…)` is no value: only its text is kept, for the function that it is an argument of. */
interface Argument {
  readonly formula: Formula
  readonly lambda?: { readonly names: readonly string[]; readonly body: Formula }
}

/** The value of a template's text. @throws Refused */
export function slowly(text: string, parameters: Mapping = {}, variables: Mapping = {}): Value {
  if (!text.startsWith('[') || !text.endsWith(']')) return text
  if (text.startsWith('[[')) return text.slice(1)
  return new Reader(text.slice(1, -1)).whole()({ parameters, variables, lambda: {} })
}

/** Reads letter by letter. */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Formula {
    const { formula } = this.#argument()
    this.#space()
    if (this.#at < this.#text.length) refuse('there is more behind its end')
    return formula
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++
  }

  #next(mark: string): boolean {
    this.#space()
    if (!this.#text.startsWith(mark, this.#at)) return false
    this.#at += mark.length
    return true
  }

  #name(): string {
    this.#space()
    const begin = this.#at
    while (/[A-Za-z0-9_$]/.test(this.#text[this.#at] ?? ' ')) this.#at++
    if (begin === this.#at || /[0-9]/.test(this.#text[begin] ?? '0')) refuse('a name was expected')
    return this.#text.slice(begin, this.#at)
  }

  #argument(): Argument {
    let argument = this.#simple()
    for (;;) {
      const of = argument.formula
      if (this.#next('?.')) argument = { formula: memberOf(of, constant(this.#name()), true) }
      else if (this.#next('.')) argument = { formula: memberOf(of, constant(this.#name()), false) }
      else if (this.#next('[?')) argument = { formula: memberOf(of, this.#inBrackets(), true) }
      else if (this.#next('[')) argument = { formula: memberOf(of, this.#inBrackets(), false) }
      else return argument
    }
  }

  #inBrackets(): Formula {
    const { formula } = this.#argument()
    if (!this.#next(']')) refuse("']' was expected")
    return formula
  }

  #simple(): Argument {
    this.#space()
    const first = this.#text[this.#at] ?? ''
    if (first === "'") return { formula: constant(this.#string()) }
    if (/[-0-9]/.test(first)) return { formula: constant(this.#number()) }
    const name = this.#name().toLowerCase()
    if (!this.#next('(')) refuse("'(' was expected")
    const args: Argument[] = []
    while (!this.#next(')')) {
      if (args.length > 0 && !this.#next(',')) refuse("',' was expected")
      args.push(this.#argument())
    }
    return name === 'lambda' ? lambda(args) : { formula: called(name, args) }
  }

  #string(): string {
    let read = ''
    for (this.#at++; ; this.#at++) {
      const letter = this.#text[this.#at]
      if (letter === undefined) return refuse('a text never ends')
      if (letter === "'") {
        if (this.#text[this.#at + 1] !== "'") break
        this.#at++
      }
      read += letter
    }
    this.#at++
    return read
  }

  #number(): number {
    const begin = this.#at
    if (this.#text[this.#at] === '-') this.#at++
    const digits = this.#at
    while (/[0-9]/.test(this.#text[this.#at] ?? ' ')) this.#at++
    if (digits === this.#at) refuse('a digit was expected')
    return Number(this.#text.slice(begin, this.#at))
  }
}

const texts = new WeakMap<Formula, string>()
function constant(value: string | number): Formula {
  const formula: Formula = () => value
  if (typeof value === 'string') texts.set(formula, value)
  return formula
}

function lambda(args: readonly Argument[]): Argument {
  const body = args.at(-1)?.formula ?? refuse('a lambda without a body')
  const names = args.slice(0, -1).map(({ formula }) => texts.get(formula))
  return {
    formula: () => refuse('a lambda is no value'),
    lambda: { names: names.map((name) => name?.toLowerCase() ?? refuse('a variable that is no text')), body },
  }
}

function memberOf(of: Formula, key: Formula, safe: boolean): Formula {
  return (around) => {
    const found = look(of(around), key(around))
    if (found !== undefined) return found
    return safe ? null : refuse('there is no such member')
  }
}

/** Names of members fold case. */
function look(of: Value, key: Value): Value | undefined {
  if (isList(of)) return typeof key === 'number' ? of[key] : undefined
  if (!isMapping(of) || typeof key !== 'string') return undefined
  const exact = Object.entries(of).find(([name]) => name === key)
  return (exact ?? Object.entries(of).find(([name]) => fold(name) === fold(key)))?.[1]
}

const fold = (text: string): string => text.toLowerCase()
const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value)
const isMapping = (value: Value | undefined): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const text = (value: Value | undefined): string => (typeof value === 'string' ? value : refuse('no text'))
const whole = (value: Value | undefined): number => (Number.isInteger(value) ? (value as number) : refuse('no integer'))
const truth = (value: Value | undefined): boolean => (typeof value === 'boolean' ? value : refuse('no boolean'))
const list = (value: Value | undefined): readonly Value[] => (isList(value) ? value : refuse('no array'))
const mapping = (value: Value | undefined): Mapping => (isMapping(value) ? value : refuse('no object'))

function equal(a: Value, b: Value): boolean {
  if (isList(a)) return isList(b) && a.length === b.length && a.every((one, at) => equal(one, b[at] ?? null))
  if (!isMapping(a)) return a === b
  if (!isMapping(b) || Object.keys(a).length !== Object.keys(b).length) return false
  return Object.entries(a).every(([name, value]) => {
    const other = look(b, name)
    return other !== undefined && equal(value, other)
  })
}

/** As `string`, `concat` and `format` show a value. */
function shown(value: Value): string {
  if (value === null) return ''
  if (value === true) return 'True'
  if (value === false) return 'False'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const made = (entries: readonly (readonly [string, Value])[]): Mapping => Object.fromEntries(entries)

/** How a function works out its value: of values, or of what it asks for when it needs it. */
type Function =
  | { readonly takes: readonly [number, number]; readonly of: (...values: readonly Value[]) => Value }
  | { readonly takes: readonly [number, number]; readonly lazily: (args: readonly Later[]) => Value }
  | {
      readonly takes: readonly [number, number]
      readonly withLambda: number
      readonly by: (values: readonly Value[], lambda: (...given: readonly Value[]) => Value, second: boolean) => Value
    }

function called(name: string, args: readonly Argument[]): Formula {
  if (name === 'parameters' || name === 'variables' || name === 'lambdavariables') {
    const from = name === 'lambdavariables' ? 'lambda' : name
    if (args.length !== 1) refuse('one name')
    return (around) => {
      const found = look(around[from], text(args[0]?.formula(around)))
      return found === undefined ? refuse('nothing has this name') : found
    }
  }
  const found = functions.get(name) ?? refuse(`no function '${name}'`)
  const [least, most] = found.takes
  if (args.length < least || args.length > most) return refuse(`'${name}' takes ${least} to ${most}`)
  return (around) => {
    if ('lazily' in found)
      return found.lazily(
        args.map(
          ({ formula }) =>
            () =>
              formula(around),
        ),
      )
    if ('of' in found) return found.of(...args.map(({ formula }) => formula(around)))
    return withLambdas(found, args, around)
  }
}

function withLambdas(
  found: Extract<Function, { withLambda: number }>,
  args: readonly Argument[],
  around: Surroundings,
): Value {
  const values = args.slice(0, found.withLambda).map(({ formula }) => formula(around))
  const [first, second] = args.slice(found.withLambda).map(({ lambda: own }) => {
    const { names, body } = own ?? refuse('a lambda was expected')
    return (...given: readonly Value[]): Value =>
      body({ ...around, lambda: { ...around.lambda, ...made(names.map((name, at) => [name, given[at] ?? null])) } })
  })
  if (!first) return refuse('a lambda was expected')
  if (!second) return found.by(values, first, false)
  // Of `toObject`: the key's, then the value's.
  return found.by(values, (...given) => [first(...given), second(...given)], true)
}

const MANY = 1_000
const functions = new Map<string, Function>()
const takes = (least: number, most: number, names: string, of: (...values: readonly Value[]) => Value): void => {
  for (const name of names.split(' ')) functions.set(name.toLowerCase(), { takes: [least, most], of })
}

// Comparison and logic.
takes(2, 2, 'equals', (a, b) => equal(a ?? null, b ?? null))
const comparing = (name: string, is: (order: number) => boolean): void =>
  takes(2, 2, name, (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return is(Math.sign(a - b))
    if (typeof a === 'string' && typeof b === 'string') return is(a === b ? 0 : [a, b].sort()[0] === a ? -1 : 1)
    return refuse('two of a kind')
  })
comparing('less', (order) => order < 0)
comparing('lessOrEquals', (order) => order <= 0)
comparing('greater', (order) => order > 0)
comparing('greaterOrEquals', (order) => order >= 0)
functions.set('coalesce', {
  takes: [1, MANY],
  lazily: ([first, ...rest]) => {
    const value = first?.() ?? null
    return value !== null || rest.length === 0 ? value : coalesce(rest)
  },
})
const coalesce = ([first, ...rest]: readonly Later[]): Value => {
  const value = first?.() ?? null
  return value !== null || rest.length === 0 ? value : coalesce(rest)
}
functions.set('and', { takes: [2, MANY], lazily: (args) => !args.some((one) => !truth(one())) })
functions.set('or', { takes: [2, MANY], lazily: (args) => args.some((one) => truth(one())) })
functions.set('if', { takes: [3, 3], lazily: (args) => (truth(args[0]?.()) ? args[1] : args[2])?.() ?? null })
takes(1, 1, 'not', (value) => !truth(value))
takes(0, 0, 'true', () => true)
takes(0, 0, 'false', () => false)
takes(0, 0, 'null', () => null)
takes(1, 1, 'bool', (value) => {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0
  const word = fold(text(value))
  return word === 'true' || word === '1' || (word === 'false' || word === '0' ? false : refuse('no boolean'))
})

// Numbers.
takes(2, 2, 'add', (a, b) => whole(a) + whole(b))
takes(2, 2, 'sub', (a, b) => whole(a) - whole(b))
takes(2, 2, 'mul', (a, b) => whole(a) * whole(b))
takes(2, 2, 'div', (a, b) => {
  const [over, under] = [whole(a), whole(b)]
  if (under === 0) return refuse('by zero')
  const size = Math.floor(Math.abs(over) / Math.abs(under))
  return over < 0 === under < 0 ? size : 0 - size
})
takes(2, 2, 'mod', (a, b) => {
  const [over, under] = [whole(a), whole(b)]
  if (under === 0) return refuse('by zero')
  const left = Math.abs(over) - Math.abs(under) * Math.floor(Math.abs(over) / Math.abs(under))
  return over < 0 ? 0 - left : left
})
takes(1, 1, 'int', (value) => {
  if (typeof value === 'number') return value < 0 ? Math.ceil(value) : Math.floor(value)
  return /^ *[+-]?[0-9]+ *$/.test(text(value)) ? Number(value) : refuse('no integer')
})
takes(1, 1, 'float', (value) => {
  if (typeof value === 'number') return value
  return /^ *[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)? *$/.test(text(value))
    ? Number(value)
    : refuse('no number')
})
const extreme = (name: string, isBetter: (a: number, b: number) => boolean): void =>
  takes(1, MANY, name, (...args) => {
    const numbers = (isList(args[0]) ? args[0] : args).map(whole)
    return numbers.find((one) => !numbers.some((other) => isBetter(other, one))) ?? refuse('of nothing')
  })
extreme('max', (a, b) => a > b)
extreme('min', (a, b) => a < b)
takes(2, 2, 'range', (start, count) => {
  const many = whole(count)
  if (many < 0 || many > 10_000) return refuse('too many')
  const numbers: number[] = []
  for (let at = whole(start); numbers.length < many; at++) numbers.push(at)
  return numbers
})

// Arrays, and what takes texts and objects too.
takes(1, 1, 'array', (value) => (isList(value) ? value : [value ?? null]))
takes(0, MANY, 'createArray', (...args) => args)
takes(0, MANY, 'concat', (...args) => {
  if (!args.some(isList)) return args.reduce<string>((sum, one) => sum + shown(one), '')
  return args.flatMap(list)
})
takes(2, 2, 'contains', (container, item) => {
  if (isList(container)) return container.filter((one) => equal(one, item ?? null)).length > 0
  if (isMapping(container)) return look(container, text(item)) !== undefined
  const sought = typeof item === 'number' ? String(item) : text(item)
  return text(container).split(sought).length > 1 || sought === ''
})
const size = (value: Value | undefined): number =>
  typeof value === 'string' ? value.length : isMapping(value) ? Object.keys(value).length : list(value).length
takes(1, 1, 'length', size)
takes(1, 1, 'empty', (value) => value === null || size(value) === 0)
takes(1, 1, 'first', (value) => (typeof value === 'string' ? (value[0] ?? '') : (list(value)[0] ?? null)))
takes(1, 1, 'last', (value) =>
  typeof value === 'string' ? (value[value.length - 1] ?? '') : (list(value)[list(value).length - 1] ?? null),
)
const places = (value: Value | undefined, item: Value | undefined): readonly number[] => {
  if (isList(value)) return value.flatMap((one, at) => (equal(one, item ?? null) ? [at] : []))
  const [within, sought] = [fold(text(value)), fold(text(item))]
  return [...within.split(''), ''].flatMap((_, at) => (within.slice(at, at + sought.length) === sought ? [at] : []))
}
takes(2, 2, 'indexOf', (value, item) => places(value, item)[0] ?? -1)
takes(2, 2, 'lastIndexOf', (value, item) => places(value, item).at(-1) ?? -1)
takes(2, 2, 'skip', (value, count) => {
  const many = Math.max(0, whole(count))
  if (typeof value === 'string') return [...value.split('')].filter((_, at) => at >= many).join('')
  return list(value).filter((_, at) => at >= many)
})
takes(2, 2, 'take', (value, count) => {
  const many = Math.max(0, whole(count))
  if (typeof value === 'string') return [...value.split('')].filter((_, at) => at < many).join('')
  return list(value).filter((_, at) => at < many)
})
takes(2, 2, 'indexFromEnd', (value, at) => [...list(value)].reverse()[whole(at) - 1] ?? nothing(value, at))
const nothing = (value: Value | undefined, at: Value | undefined): Value =>
  whole(at) >= 1 && whole(at) <= list(value).length ? null : refuse('out of bounds')
takes(2, 2, 'tryIndexFromEnd', (value, at) => [...list(value)].reverse()[whole(at) - 1] ?? null)
const distinct = (items: readonly Value[]): readonly Value[] =>
  items.filter((one, at) => !items.slice(0, at).some((other) => equal(one, other)))
takes(2, MANY, 'union', (...args) => {
  if (isList(args[0])) return distinct(args.flatMap(list))
  return args.map(mapping).reduce(united)
})
const united = (below: Mapping, above: Mapping): Mapping => {
  const [first, ...rest] = Object.entries(above)
  if (!first) return below
  const [name, over] = first
  const known = Object.keys(below).find((one) => fold(one) === fold(name))
  const under = known === undefined ? undefined : below[known]
  const both = isMapping(under) && isMapping(over) ? united(under, over) : over
  const kept = Object.entries(below).map(([key, value]) => [key, key === known ? both : value] as const)
  return united(made(known === undefined ? [...kept, [name, both]] : kept), made(rest))
}
takes(1, 1, 'flatten', (value) => list(value).flatMap((one) => [...list(one)]))
takes(2, MANY, 'intersection', (first, ...others) => {
  if (isList(first)) {
    return distinct(first.filter((one) => others.every((other) => list(other).some((two) => equal(one, two)))))
  }
  return made(
    Object.entries(mapping(first)).filter(([name, value]) =>
      others.every((other) => {
        const found = look(mapping(other), name)
        return found !== undefined && equal(value, found)
      }),
    ),
  )
})

// Objects.
takes(0, MANY, 'createObject', (...args) => {
  if (args.length % 2 === 1) return refuse('pairs')
  return made(args.flatMap((name, at) => (at % 2 === 0 ? [[text(name), args[at + 1] ?? null] as const] : [])))
})
const sorted = (value: Value | undefined): readonly string[] => Object.keys(mapping(value)).sort()
takes(1, 1, 'objectKeys', (value) => sorted(value))
takes(1, 1, 'items', (value) => sorted(value).map((key) => ({ key, value: mapping(value)[key] ?? null })))
takes(1, 1, 'shallowMerge', (value) => made(list(value).flatMap((one) => Object.entries(mapping(one)))))
takes(2, MANY, 'tryGet', (value, ...keys) => {
  let at: Value = value ?? null
  for (const key of keys) {
    if (at === null) return null
    if (!isList(at)) text(isMapping(at) ? key : refuse('no object'))
    at = look(at, key) ?? null
  }
  return at
})
const parsed = (of: string): Value => {
  for (const text of [of, doubleQuoted(of)]) {
    try {
      return JSON.parse(text) as Value
    } catch {
      // The reference's own examples have single quotes.
    }
  }
  return refuse('no JSON')
}
/** JSON with its single quotes double, letter by letter. */
function doubleQuoted(of: string): string {
  let written = ''
  let open = ''
  for (let at = 0; at < of.length; at++) {
    const letter = of[at] ?? ''
    if (open === '' && (letter === '"' || letter === "'")) {
      open = letter
      written += '"'
    } else if (letter === open) {
      open = ''
      written += '"'
    } else if (letter === '\\' && open !== '') {
      at++
      written += of[at] === "'" && open === "'" ? "'" : `\\${of[at] ?? ''}`
    } else written += letter === '"' ? '\\"' : letter
  }
  return written
}
takes(1, 1, 'json', (value) => parsed(text(value)))

// Texts.
takes(1, 1, 'string', (value) => shown(value ?? null))
takes(1, 1, 'toLower', (value) => text(value).toLowerCase())
takes(1, 1, 'toUpper', (value) => text(value).toUpperCase())
takes(1, 1, 'trim', (value) => text(value).replace(/^\s+/, '').replace(/\s+$/, ''))
takes(2, 2, 'startsWith', (value, start) => fold(text(value)).indexOf(fold(text(start))) === 0)
takes(2, 2, 'endsWith', (value, end) => {
  const [within, sought] = [fold(text(value)), fold(text(end))]
  return sought.length <= within.length && within.slice(within.length - sought.length) === sought
})
takes(3, 3, 'replace', (value, old, by) => {
  const sought = text(old)
  return sought === '' ? refuse('nothing to replace') : text(value).split(sought).join(text(by))
})
takes(2, 2, 'split', (value, by) => {
  const marks = (isList(by) ? by : [by]).map(text)
  const parts: string[] = ['']
  const whole = text(value)
  for (let at = 0; at < whole.length; ) {
    const mark = marks.find((one) => one !== '' && whole.startsWith(one, at))
    if (mark === undefined) parts.push((parts.pop() ?? '') + whole[at++])
    else {
      parts.push('')
      at += mark.length
    }
  }
  return parts
})
takes(2, 2, 'join', (items, between) => {
  const [first = '', ...rest] = list(items).map(shown)
  const mark = text(between)
  return rest.reduce((sum, one) => sum + mark + one, first)
})
takes(2, 3, 'substring', (value, start, count) => {
  const letters = text(value).split('')
  const from = whole(start)
  const many = count === undefined || count === null ? letters.length - from : whole(count)
  if (from < 0 || many < 0 || from + many > letters.length) return refuse('outside')
  return letters.filter((_, at) => at >= from && at < from + many).join('')
})
takes(2, 3, 'padLeft', (value, width, fill) => {
  const letter = fill === undefined ? ' ' : text(fill)
  if (letter.length !== 1) return refuse('one letter')
  let padded = shown(value ?? null)
  if (whole(width) > 100_000) return refuse('too wide')
  while (padded.length < whole(width)) padded = letter + padded
  return padded
})
takes(1, MANY, 'format', (pattern, ...values) => {
  const of = text(pattern)
  let written = ''
  for (let at = 0; at < of.length; ) {
    const blank = /^\{([0-9]+)\}/.exec(of.slice(at))
    if (blank) {
      const value = values[Number(blank[1])]
      written += value === undefined ? refuse('no such value') : shown(value)
      at += blank[0].length
    } else {
      if (of.startsWith('{{', at) || of.startsWith('}}', at)) at++
      written += of[at++]
    }
  }
  return written
})

// Encodings.
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const bytesOf = (of: string): readonly number[] => [...new TextEncoder().encode(of)]
function inBase64(of: string): string {
  const bits = bytesOf(of)
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
  const letters = (bits.match(/.{1,6}/g) ?? []).map((six) => ALPHABET[Number.parseInt(six.padEnd(6, '0'), 2)])
  return letters.join('') + '='.repeat((4 - (letters.length % 4)) % 4)
}
function fromBase64(of: string): string {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(of) || of.length % 4 !== 0) return refuse('no base 64')
  const bits = [...of.replaceAll('=', '')]
    .map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(6, '0'))
    .join('')
  const bytes = (bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2))
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(bytes))
}
takes(1, 1, 'base64', (value) => inBase64(text(value)))
takes(1, 1, 'base64ToString', (value) => fromBase64(text(value)))
takes(1, 1, 'base64ToJson', (value) => parsed(fromBase64(text(value))))
takes(1, 1, 'dataUri', (value) => `data:text/plain;charset=utf8;base64,${inBase64(shown(value ?? null))}`)
takes(1, 1, 'dataUriToString', (value) => {
  const uri = text(value)
  const comma = uri.indexOf(',')
  if (!uri.startsWith('data:') || comma < 0) return refuse('no data URI')
  const data = uri.slice(comma + 1)
  return uri.slice(0, comma).endsWith(';base64') ? fromBase64(data) : fromPercent(data)
})
const PLAIN = /[A-Za-z0-9\-_.~]/
takes(1, 1, 'uriComponent', (value) => {
  if (/[\ud800-\udfff]/.test(text(value).replaceAll(/[\ud800-\udbff][\udc00-\udfff]/g, '')))
    return refuse('half a letter')
  return bytesOf(text(value))
    .map((byte) => {
      const letter = String.fromCharCode(byte)
      return PLAIN.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
})
function fromPercent(of: string): string {
  return of.replaceAll(/(?:%[0-9a-fA-F]{2})+|%/g, (escapes) => {
    if (escapes === '%') return refuse('no escape')
    const bytes = escapes
      .slice(1)
      .split('%')
      .map((hex) => Number.parseInt(hex, 16))
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes))
    } catch {
      return refuse('no text')
    }
  })
}
takes(1, 1, 'uriComponentToString', (value) => fromPercent(text(value)))

// Times: seconds since 1970, by counting days.
const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
const daysIn = (year: number, month: number): number =>
  (LENGTHS[month - 1] ?? 0) + (month === 2 && isLeap(year) ? 1 : 0)
function secondsOf(value: string): number {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(value) ?? refuse('no time')
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map(Number)
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59) {
    return refuse('no time')
  }
  let days = day - 1
  for (let past = 1; past < month; past++) days += daysIn(year, past)
  for (let past = 1970; past < year; past++) days += isLeap(past) ? 366 : 365
  for (let past = year; past < 1970; past++) days -= isLeap(past) ? 366 : 365
  return ((days * 24 + hour) * 60 + minute) * 60 + second
}
function timeOf(seconds: number): string {
  let days = Math.floor(seconds / 86_400)
  const rest = seconds - days * 86_400
  let year = 1970
  for (; days < 0; year--) days += isLeap(year - 1) ? 366 : 365
  for (; days >= (isLeap(year) ? 366 : 365); year++) days -= isLeap(year) ? 366 : 365
  let month = 1
  for (; days >= daysIn(year, month); month++) days -= daysIn(year, month)
  const two = (part: number): string => String(part).padStart(2, '0')
  const clock = [Math.floor(rest / 3_600), Math.floor(rest / 60) % 60, rest % 60].map(two).join(':')
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(days + 1)}T${clock}Z`
}
takes(1, 1, 'dateTimeToEpoch', (value) => secondsOf(text(value)))
takes(1, 1, 'dateTimeFromEpoch', (value) => timeOf(whole(value)))
takes(2, 3, 'dateTimeAdd', (value, duration, how) => {
  if (how !== undefined) return refuse('formats are not written here')
  const found = /^(-?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text(duration))
  if (!found || /[PT]$/.test(text(duration))) return refuse('no duration')
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(2).map((part) => Number(part ?? 0))
  const length = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds
  return timeOf(secondsOf(text(value)) + (found[1] === '-' ? -length : length))
})

// Lambdas.
const withLambda = (
  name: string,
  values: number,
  by: (values: readonly Value[], lambda: (...given: readonly Value[]) => Value, second: boolean) => Value,
): void => {
  const most = name === 'toobject' ? values + 2 : values + 1
  functions.set(name, { takes: [values + 1, most], withLambda: values, by })
}
withLambda('map', 1, ([items], each) => list(items).map((one, at) => each(one, at)))
withLambda('filter', 1, ([items], keep) => list(items).filter((one, at) => truth(keep(one, at))))
withLambda('reduce', 2, ([items, start], next) =>
  list(items).reduce((sum, one, at) => next(sum, one, at), start ?? null),
)
withLambda('sort', 1, ([items], isBefore) => {
  // Bubbles: of two neighbours the later goes first where it comes before the other.
  const order = [...list(items)]
  for (let end = order.length; end > 1; end--) {
    for (let at = 1; at < end; at++) {
      const [left = null, right = null] = [order[at - 1], order[at]]
      if (truth(isBefore(right, left))) order.splice(at - 1, 2, right, left)
    }
  }
  return order
})
withLambda('mapvalues', 1, ([object], each) =>
  made(Object.entries(mapping(object)).map(([name, value]) => [name, each(value)])),
)
withLambda('groupby', 1, ([items], keyOf) => {
  const keyed = list(items).map((one, at) => ({ key: text(keyOf(one, at)), one }))
  const keys = [...new Set(keyed.map(({ key }) => key))]
  return made(keys.map((key) => [key, keyed.filter((other) => other.key === key).map(({ one }) => one)]))
})
withLambda('toobject', 1, ([items], of, second) =>
  made(
    list(items).map((one) => {
      const found = of(one)
      const [key = null, value = null] = second && isList(found) ? found : [found, one]
      return [shown(key), value]
    }),
  ),
)

/** The names that this evaluator knows. */
export const slowNames: ReadonlySet<string> = new Set([...functions.keys(), 'parameters', 'variables', 'lambda'])
