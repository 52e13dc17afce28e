import type { Json } from '../../../json.ts'
import { ExpressionError } from '../expressions/parse.ts'

/**
 * JSON as templates write it: texts may stand in single quotes, as in the reference's own examples.
 *
 * @throws ExpressionError
 */
export function readJson(text: string): Json {
  for (const candidate of [text, inDoubleQuotes(text)]) {
    try {
      const read: Json = JSON.parse(candidate)
      return read
    } catch {
      // The other spelling, or the refusal below.
    }
  }
  throw new ExpressionError(`'${text.slice(0, 80)}' is no JSON`)
}

const inDoubleQuotes = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|'((?:[^'\\]|\\.)*)'/gs, (whole, single?: string) =>
    single === undefined ? whole : `"${single.replaceAll("\\'", "'").replace(/(?<!\\)"/g, '\\"')}"`,
  )
