import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject } from '../../json.ts'

type Test = (object: JsonObject) => boolean
type Value = string | number | boolean | null

const TOKEN =
  /\s*(?:(?<text>'(?:[^']|'')*')|(?<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?)|(?<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})|(?<number>-?\d+(?:\.\d+)?)|(?<word>[A-Za-z_@$][\w.@$]*(?:\/[A-Za-z_]\w*)*)|(?<mark>[(),:]))/y
/** Deeper nesting than anyone writes: a filter must not end the stack. */
const DEEPEST = 32
const LONGEST = 8_192

/**
 * OData's filters as far as the directory evaluates them: `eq`, `ne`, `ge`, `le`, `gt`, `lt`, `in`, `startswith`,
 * `endswith`, `any` over a list, `not`, `and`, `or` and brackets. Text is compared without regard to case. `properties`
 * are the names, folded, that there are.
 *
 * @throws GraphBadRequest
 */
export function filterOf(filter: string, properties: ReadonlySet<string>): Test {
  if (filter.trim() === '') return () => true
  const parser = new Parser(filter, properties)
  const test = parser.either(0)
  parser.end()
  return test
}

class Parser {
  readonly #filter: string
  readonly #tokens: readonly string[]
  readonly #properties: ReadonlySet<string>
  /** The names that an `any` around this place has given, folded. */
  readonly #variables = new Set<string>()
  #at = 0

  constructor(filter: string, properties: ReadonlySet<string>) {
    this.#filter = filter
    this.#properties = properties
    this.#tokens = tokensOf(filter)
  }

  either(depth: number): Test {
    if (depth > DEEPEST) throw this.#wrong('it is nested too deeply')
    const tests = [this.#all(depth)]
    while (this.#takes('or')) tests.push(this.#all(depth))
    return (object) => tests.some((test) => test(object))
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw this.#wrong(`'${this.#tokens[this.#at]}' is one word too many`)
  }

  #all(depth: number): Test {
    const tests = [this.#one(depth)]
    while (this.#takes('and')) tests.push(this.#one(depth))
    return (object) => tests.every((test) => test(object))
  }

  #one(depth: number): Test {
    if (depth > DEEPEST) throw this.#wrong('it is nested too deeply')
    if (this.#takes('not')) {
      const test = this.#one(depth + 1)
      return (object) => !test(object)
    }
    if (this.#takes('(')) {
      const test = this.either(depth + 1)
      this.#demand(')')
      return test
    }
    const word = this.#word()
    if (/^(startswith|endswith)$/i.test(word) && this.#takes('(')) return this.#edge(word.toLowerCase())
    if (/\/any$/i.test(word) && this.#takes('(')) return this.#any(word.slice(0, -'/any'.length), depth)
    return this.#comparison(word)
  }

  #edge(name: string): Test {
    const read = this.#reader(this.#word())
    this.#demand(',')
    const sought = String(this.#value()).toLowerCase()
    this.#demand(')')
    return (object) => {
      const text = String(read(object) ?? '').toLowerCase()
      return name === 'startswith' ? text.startsWith(sought) : text.endsWith(sought)
    }
  }

  /** `list/any(x:x eq 'y')`, and `list/any(x:x/name eq 'y')` for lists of objects. */
  #any(path: string, depth: number): Test {
    const read = this.#reader(path)
    const name = this.#word()
    this.#demand(':')
    this.#variables.add(name.toLowerCase())
    const test = this.either(depth + 1)
    this.#variables.delete(name.toLowerCase())
    this.#demand(')')
    return (object) => {
      const list = read(object)
      return Array.isArray(list) && list.some((item: Json) => test({ [name]: item }))
    }
  }

  #comparison(path: string): Test {
    const read = this.#reader(path)
    const operator = this.#word().toLowerCase()
    if (operator === 'in') {
      this.#demand('(')
      const values = [this.#value()]
      while (this.#takes(',')) values.push(this.#value())
      this.#demand(')')
      return (object) => values.some((value) => compared(read(object), value) === 0)
    }
    const fits = comparators[operator]
    if (!fits) throw this.#wrong(`'${operator}' is no comparison`)
    const value = this.#value()
    return (object) => fits(compared(read(object), value))
  }

  #reader(path: string): (object: JsonObject) => Json | undefined {
    const names = path.split('/')
    const first = names[0]?.toLowerCase() ?? ''
    if (!this.#variables.has(first) && !this.#properties.has(first)) {
      throw this.#wrong(`there is no property '${path}' to filter by`)
    }
    return (object) =>
      names.reduce<Json | undefined>((at, name) => (isObject(at) ? property(at, name) : undefined), object)
  }

  #value(): Value {
    const token = this.#tokens[this.#at++]
    if (token === undefined || /^[(),:]$/.test(token)) throw this.#wrong('a value is missing')
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'")
    if (/^(true|false)$/i.test(token)) return token.toLowerCase() === 'true'
    if (/^null$/i.test(token)) return null
    if (/^-?\d+(\.\d+)?$/.test(token)) return Number(token)
    if (/^\d{4}-\d\d-\d\dT/.test(token) || /^[0-9a-f]{8}-/i.test(token)) return token
    throw this.#wrong(`'${token}' is no value`)
  }

  #word(): string {
    const token = this.#tokens[this.#at++]
    if (token === undefined || !/^[\w@$]/.test(token)) throw this.#wrong('a name is missing')
    return token
  }

  #takes(text: string): boolean {
    if (this.#tokens[this.#at]?.toLowerCase() !== text) return false
    this.#at++
    return true
  }

  #demand(text: string): void {
    if (!this.#takes(text)) throw this.#wrong(`'${text}' is missing`)
  }

  #wrong(reason: string) {
    return fault('GraphBadRequest', { reason: `Invalid filter clause: ${reason}: ${this.#filter.slice(0, 200)}` })
  }
}

function tokensOf(filter: string): string[] {
  const tokens: string[] = []
  const text = filter.trimEnd()
  if (text.length > LONGEST) throw fault('GraphBadRequest', { reason: 'Invalid filter clause: it is too long' })
  let at = 0
  while (at < text.length) {
    TOKEN.lastIndex = at
    const found = TOKEN.exec(text)
    if (!found) {
      throw fault('GraphBadRequest', { reason: `Invalid filter clause: unexpected '${text.slice(at, at + 10)}'` })
    }
    tokens.push(found[0].trim())
    at = TOKEN.lastIndex
  }
  return tokens
}

const comparators: Readonly<Record<string, (order: number | undefined) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  gt: (order) => order !== undefined && order > 0,
  ge: (order) => order !== undefined && order >= 0,
  lt: (order) => order !== undefined && order < 0,
  le: (order) => order !== undefined && order <= 0,
}

/** How a property stands to a value; undefined where they can't be compared, which equals nothing. */
function compared(property: Json | undefined, value: Value): number | undefined {
  if (property === undefined || property === null) return value === null ? 0 : undefined
  if (typeof property === 'string' && typeof value === 'string') {
    const [one, other] = [property.toLowerCase(), value.toLowerCase()]
    return one === other ? 0 : one < other ? -1 : 1
  }
  if (typeof property === 'number' && typeof value === 'number') return property - value
  return property === value ? 0 : undefined
}

/** Properties are found whatever their case; as in Graph. */
function property(object: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(object, name)) return object[name]
  const key = Object.keys(object).find((one) => one.toLowerCase() === name.toLowerCase())
  return key === undefined ? undefined : object[key]
}
