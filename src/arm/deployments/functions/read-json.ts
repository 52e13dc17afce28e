import type { Json } from '../../../json.ts'
import { ExpressionError } from '../expressions/parse.ts'
import { inexactIn } from '../expressions/values.ts'

/**
 * JSON as templates write it: texts may stand in single quotes, as in the reference's own examples.
 *
 * @throws ExpressionError
 */
export function readJson(text: string): Json {
  for (const candidate of [text, inDoubleQuotes(text)]) {
    const read = parsed(candidate)
    if (read === undefined) continue
    const inexact = inexactIn(read, '$')
    if (inexact === undefined) return read
    throw new ExpressionError(
      `the integer at ${inexact} is beyond ±${Number.MAX_SAFE_INTEGER}, and can't be held exactly here`,
    )
  }
  throw new ExpressionError(`'${text.slice(0, 80)}' is no JSON`)
}

/** Undefined where it is in the other spelling, or no JSON. */
function parsed(text: string): Json | undefined {
  try {
    const read: Json = JSON.parse(text)
    return read
  } catch {
    return undefined
  }
}

const inDoubleQuotes = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|'((?:[^'\\]|\\.)*)'/gs, (whole, single?: string) =>
    single === undefined ? whole : `"${single.replaceAll("\\'", "'").replace(/(?<!\\)"/g, '\\"')}"`,
  )
