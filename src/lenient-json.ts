/**
 * Parses a body strictly, and only where that fails with the deviations that ARM takes: raw line breaks and control
 * characters in strings, `\'`, a backslash before a line break, trailing commas, comments, names without quotes. The
 * article's own bodies need the first; az puts a template file as it is, comments and all, behind a bare `template:`.
 *
 * @throws SyntaxError with the strict parser's words where it is no JSON even so
 */
export function parseLenientJson(text: string): unknown {
  const bare = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  try {
    return JSON.parse(bare)
  } catch (strict) {
    try {
      return JSON.parse(mend(bare))
    } catch {
      throw strict
    }
  }
}

const TRAILING_COMMA = /^,(?:\s|\/\/[^\n]*\n|\/\*(?:(?!\*\/).)*\*\/)*[}\]]/s
const COMMENT = /\/\/[^\n]*|\/\*.*?\*\//sy
const BARE_NAME = /([A-Za-z_$][\w$]*)(?=\s*:)/y

/** The same text with its deviations rewritten. */
function mend(text: string): string {
  let out = ''
  let at = 0
  while (at < text.length) {
    const char = text[at]
    if (char === '"') {
      const string = mendString(text, at + 1)
      out += string.text
      at = string.next
    } else if (char === ',' && TRAILING_COMMA.test(text.slice(at, at + 1_000))) {
      at++
    } else if (char === '/' && matchAt(COMMENT, text, at) !== undefined) {
      at += matchAt(COMMENT, text, at)?.length ?? 1
    } else if (/[{,]\s*$/.test(out.slice(-200)) && matchAt(BARE_NAME, text, at) !== undefined) {
      const name = matchAt(BARE_NAME, text, at) ?? ''
      out += JSON.stringify(name)
      at += name.length
    } else if (char === '\\' && /^\\\r?\n/.test(text.slice(at, at + 3))) {
      // A shell's line continuation that stood inside single quotes.
      at += text[at + 1] === '\r' ? 3 : 2
    } else {
      out += char
      at++
    }
  }
  return out
}

/** What a sticky pattern matches right here. */
function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

function mendString(text: string, from: number): { text: string; next: number } {
  let out = '"'
  let at = from
  while (at < text.length) {
    const char = text[at] ?? ''
    if (char === '"') return { text: `${out}"`, next: at + 1 }
    if (char === '\\') {
      const next = text[at + 1] ?? ''
      if (next === '\n') at += 2
      else if (next === '\r' && text[at + 2] === '\n') at += 3
      else {
        out += next === "'" ? "'" : char + next
        at += 2
      }
    } else {
      out += char < ' ' ? JSON.stringify(char).slice(1, -1) : char
      at++
    }
  }
  return { text: out, next: at }
}
