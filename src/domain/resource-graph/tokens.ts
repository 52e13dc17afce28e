import { notOffered, unreadable } from './refuse.ts'
import type { Place, Token } from './syntax.ts'

/** Longest first, so that `==` is not read as two marks. */
const MARKS = [
  ...['==', '!=', '=~', '!~', '<=', '>=', '<>', '..', '!'],
  ...['<', '>', '=', '+', '-', '*', '/', '%', '|', ',', '(', ')', '[', ']', '{', '}', '.', ':', ';', '~'],
]
const SPAN = /^(\d+(?:\.\d+)?)(d|h|m|s|ms|microsecond|tick|days?|hours?|minutes?|seconds?|milliseconds?)(?![\w])/
const NUMBER = /^(?:0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?)/i
const NAME = /^[\p{L}_$][\p{L}\p{N}_]*/u
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0', b: '\b', f: '\f', v: '\v' }

/** Splits a query into tokens. One pass, no backtracking. @throws QueryInvalid */
export function tokensOf(query: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  let line = 1
  let lineStart = 0
  const place = (): Place => ({ line, column: at - lineStart + 1 })
  const add = (kind: Token['kind'], text: string, length: number): void => {
    tokens.push({ kind, text, place: place() })
    at += length
  }

  while (at < query.length) {
    const char = query[at] ?? ''
    if (char === '\n') {
      at++
      line++
      lineStart = at
    } else if (/\s/.test(char)) at++
    else if (query.startsWith('//', at)) {
      const end = query.indexOf('\n', at)
      at = end < 0 ? query.length : end
    } else if (char === '"' || char === "'") text(at, false)
    else if (char === '@' && /["']/.test(query[at + 1] ?? '')) text(at + 1, true)
    else word()
  }
  tokens.push({ kind: 'end', text: 'end of query', place: place() })
  return tokens

  function word(): void {
    // A token is never longer than this: what looks further would make a long query quadratic.
    const rest = query.slice(at, at + 260)
    const { kind, text: found } = wordAt(rest, place())
    add(kind, found, found.length)
  }

  function text(from: number, verbatim: boolean): void {
    const quote = query[from] ?? ''
    if (query.startsWith(quote.repeat(3), from)) throw notOffered(place(), 'a multi-line string literal')
    const parts: string[] = []
    let end = from + 1
    for (; ; end++) {
      const char = query[end]
      if (char === undefined || char === '\n') throw unreadable(place(), quote, `a string that ends with ${quote}`)
      if (char === quote) {
        if (!verbatim || query[end + 1] !== quote) break
        parts.push(quote)
        end++
      } else if (char === '\\' && !verbatim) {
        end++
        const next = query[end] ?? ''
        const code = next === 'u' ? /^[0-9a-f]{4}/i.exec(query.slice(end + 1, end + 5))?.[0] : undefined
        parts.push(code === undefined ? (ESCAPES[next] ?? next) : String.fromCharCode(Number.parseInt(code, 16)))
        if (code !== undefined) end += 4
      } else parts.push(char)
    }
    add('text', parts.join(''), end + 1 - at)
  }
}

function wordAt(rest: string, place: Place): Pick<Token, 'kind' | 'text'> {
  const span = SPAN.exec(rest)?.[0]
  if (span !== undefined) return { kind: 'span', text: span }
  const number = NUMBER.exec(rest)?.[0]
  if (number !== undefined) {
    if (NAME.test(rest.slice(number.length))) throw unreadable(place, rest.slice(0, number.length + 1), 'a number')
    return { kind: 'number', text: number }
  }
  const name = NAME.exec(rest)?.[0]
  if (name !== undefined) {
    if (name.length > 250) throw unreadable(place, `${name.slice(0, 20)}…`, 'a name of at most 250 characters')
    return { kind: 'name', text: name }
  }
  const mark = MARKS.find((one) => rest.startsWith(one))
  if (mark === undefined) throw unreadable(place, rest.slice(0, 1), 'a name, a value or an operator')
  return { kind: 'mark', text: mark }
}
