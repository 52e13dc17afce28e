/** What an expression says. `at` is where it stands in the expression's text. */
export type Node =
  | { readonly is: 'value'; readonly value: string | number; readonly at: number }
  | { readonly is: 'call'; readonly name: string; readonly args: readonly Node[]; readonly at: number }
  | { readonly is: 'access'; readonly of: Node; readonly key: Node; readonly safe: boolean; readonly at: number }

/** Why an expression can't be read or evaluated, and where in it. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  readonly at: number | undefined

  constructor(reason: string, at?: number) {
    super(reason)
    this.at = at
  }
}

const TOKEN = /\s*(?:('(?:[^']|'')*')|(-?\d+)|([A-Za-z_$][\w$]*)|(\?\.|\[\?|[()[\],.]))\s*/y

interface Token {
  readonly is: 'text' | 'number' | 'name' | 'mark'
  readonly text: string
  readonly at: number
}

const isExpression = (text: string): boolean => text.startsWith('[') && text.endsWith(']') && !text.startsWith('[[')

/** The text that a value of a template stands for without evaluating it: `[[` is a bracket. */
export const literalText = (text: string): string =>
  text.startsWith('[[') && text.endsWith(']') ? text.slice(1) : text

const kept = new Map<string, Node>()

/**
 * Reads a value of a template: its tree where it is an expression, undefined where it is a literal.
 *
 * @throws ExpressionError
 */
export function parseExpression(text: string): Node | undefined {
  if (!isExpression(text)) return undefined
  const known = kept.get(text)
  if (known) return known
  const node = parseTokens(tokensOf(text.slice(1, -1)))
  if (kept.size > 5_000) kept.clear()
  kept.set(text, node)
  return node
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const [, quoted, number, name, mark] = TOKEN.exec(text) ?? []
    if (quoted !== undefined) tokens.push({ is: 'text', text: quoted.slice(1, -1).replaceAll("''", "'"), at })
    else if (number !== undefined) tokens.push({ is: 'number', text: number, at })
    else if (name !== undefined) tokens.push({ is: 'name', text: name, at })
    else if (mark !== undefined) tokens.push({ is: 'mark', text: mark, at })
    else {
      const what = text[at] === "'" ? 'a text that never ends' : `an unexpected character '${text.slice(at, at + 10)}'`
      throw new ExpressionError(`there is ${what}`, at)
    }
  }
  return tokens
}

function parseTokens(tokens: readonly Token[]): Node {
  let next = 0
  const peek = (mark: string): boolean => tokens[next]?.is === 'mark' && tokens[next]?.text === mark
  const take = (mark: string): void => {
    if (!peek(mark)) throw unexpected(tokens[next], `'${mark}'`)
    next++
  }

  function expression(): Node {
    let node = primary()
    for (;;) {
      const at = tokens[next]?.at ?? 0
      if (peek('.') || peek('?.')) {
        const safe = peek('?.')
        next++
        const name = tokens[next++]
        if (name?.is !== 'name') throw unexpected(name, 'a name of a property')
        node = { is: 'access', of: node, key: { is: 'value', value: name.text, at: name.at }, safe, at }
      } else if (peek('[') || peek('[?')) {
        const safe = peek('[?')
        next++
        const key = expression()
        take(']')
        node = { is: 'access', of: node, key, safe, at }
      } else return node
    }
  }

  function primary(): Node {
    const token = tokens[next++]
    if (token?.is === 'text') return { is: 'value', value: token.text, at: token.at }
    if (token?.is === 'number') return { is: 'value', value: integer(token), at: token.at }
    if (token?.is !== 'name') throw unexpected(token, 'a function, a text or a number')
    let name = token.text
    // A user function: `contoso.uniqueName(…)`.
    if (peek('.') && tokens[next + 1]?.is === 'name' && tokens[next + 2]?.text === '(') {
      name = `${name}.${tokens[next + 1]?.text}`
      next += 2
    }
    take('(')
    const args: Node[] = []
    while (!peek(')')) {
      if (args.length > 0) take(',')
      args.push(expression())
    }
    take(')')
    return { is: 'call', name, args, at: token.at }
  }

  const node = expression()
  if (next < tokens.length) throw unexpected(tokens[next], 'its end')
  return node
}

function integer({ text, at }: Token): number {
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  throw new ExpressionError(
    `the integer ${text} is beyond ±${Number.MAX_SAFE_INTEGER}, and can't be held exactly here`,
    at,
  )
}

const unexpected = (token: Token | undefined, expected: string): ExpressionError =>
  new ExpressionError(
    token ? `${expected} was expected in place of '${token.text}'` : `${expected} was expected before its end`,
    token?.at,
  )

/** Every call in an expression, outermost first. */
export function* callsIn(node: Node): Generator<Node & { is: 'call' }> {
  if (node.is === 'call') {
    yield node
    for (const arg of node.args) yield* callsIn(arg)
  } else if (node.is === 'access') {
    yield* callsIn(node.of)
    yield* callsIn(node.key)
  }
}
