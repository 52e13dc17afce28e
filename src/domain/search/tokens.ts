import { fault } from '../../faults.ts'

export interface Token {
  /** `quoted` is in double quotes or backticks: a name where a name stands, a string where a value stands. */
  readonly kind: 'name' | 'string' | 'quoted' | 'number' | 'operator'
  readonly text: string
}

/** A name may carry a quoted part: `tags."mlflow.source.name"`. */
const pattern =
  /\s*(?:(?<string>'(?:[^'])*')|(?<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))|(?<name>[A-Za-z_][\w.\-/]*(?:"[^"]*"|`[^`]*`)?)|(?<quoted>"[^"]*"|`[^`]*`)|(?<operator>!=|>=|<=|[=<>(),]))/y

/**
 * Splits a filter into its words.
 *
 * @throws FilterInvalid
 */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  const trimmed = text.trimEnd()
  let at = 0
  while (at < trimmed.length) {
    pattern.lastIndex = at
    const found = pattern.exec(trimmed)
    const group = Object.entries(found?.groups ?? {}).find(([, value]) => value !== undefined)
    if (!found || !group)
      throw fault('FilterInvalid', { filter: text, reason: `unexpected '${trimmed.slice(at, at + 10)}'` })
    tokens.push({ kind: group[0] as Token['kind'], text: group[1] ?? '' })
    at = pattern.lastIndex
  }
  return tokens
}
