import { ExpressionError } from '../expressions/parse.ts'

/** The text that stands in base 64. @throws ExpressionError */
export function fromBase64(text: string): string {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw new ExpressionError('the text is not in base 64')
  }
  return Buffer.from(text, 'base64').toString('utf8')
}

/** As .NET escapes: of the punctuation only what RFC 3986 leaves unreserved stays. @throws ExpressionError */
export function toComponent(text: string): string {
  if (!text.isWellFormed()) throw new ExpressionError('the text ends within a letter')
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** @throws ExpressionError */
export function fromComponent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new ExpressionError(`'${text}' is no component of a URI`)
  }
}
