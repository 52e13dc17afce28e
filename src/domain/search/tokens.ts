import { fault } from '../../faults.ts'

export interface Token {
  /** `quoted` is in double quotes or backticks: a name where a name stands, a string where a value stands. */
  readonly kind: 'name' | 'string' | 'quoted' | 'number' | 'operator'
  readonly text: string
  /** Where it starts, counted from 1. */
  readonly at: number
}

/** A name may carry a quoted part: `tags."mlflow.source.name"`. A quote within quotes is written twice. */
const pattern =
  /(?:(?<string>'(?:[^']|'')*')|(?<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_.]))|(?<name>[\p{L}_][\p{L}\p{N}_.\-/]*(?:"(?:[^"]|"")*"|`[^`]*`)?)|(?<quoted>"(?:[^"]|"")*"|`[^`]*`)|(?<operator>!=|<>|>=|<=|[=<>(),]))/uy
const blank = /\s*/y

/** How much of a filter is read: Azure's clients send some hundred characters. */
const LONGEST = 50_000

/**
 * Splits a filter into its words.
 *
 * @throws FilterInvalid
 */
export function tokensOf(text: string): readonly Token[] {
  if (text.length > LONGEST) {
    const reason = `it has ${text.length} characters, and at most ${LONGEST} are read`
    throw fault('FilterInvalid', { filter: `${text.slice(0, 60)}…`, reason })
  }
  const tokens: Token[] = []
  for (let at = skipped(text, 0); at < text.length; at = skipped(text, pattern.lastIndex)) {
    pattern.lastIndex = at
    const groups = Object.entries(pattern.exec(text)?.groups ?? {})
    const [kind, word] = groups.find(([, value]) => value !== undefined) ?? []
    if (kind === undefined || word === undefined) {
      throw fault('FilterInvalid', {
        filter: text,
        reason: `unexpected '${text.slice(at, at + 10)}' at character ${at + 1}`,
      })
    }
    tokens.push({ kind: kind as Token['kind'], text: word, at: at + 1 })
  }
  return tokens
}

function skipped(text: string, from: number): number {
  blank.lastIndex = from
  blank.exec(text)
  return blank.lastIndex
}

/** What stands between quotes; a text without them as it is. */
export function unquoted(text: string): string {
  const quote = text[0] ?? ''
  if (text.length < 2 || !`'"\``.includes(quote) || !text.endsWith(quote)) return text
  return text.slice(1, -1).replaceAll(quote + quote, quote)
}
