import { randomUUID } from 'node:crypto'
import { ExpressionError } from '../expressions/parse.ts'
import type { FunctionTable } from '../expressions/scope.ts'
import { joined } from '../expressions/size.ts'
import { asArray, asInteger, asText, textOf } from '../expressions/values.ts'
import { nameGuid, uniqueString } from '../unique-string.ts'
import { fromBase64, fromComponent } from './encodings.ts'
import { format } from './format.ts'
import { readJson } from './read-json.ts'

const MANY = Number.POSITIVE_INFINITY
const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** No template needs a wider one; without an end a few letters would ask for all memory. */
const WIDEST = 100_000

/** `concat`, `contains`, `empty`, `first`, `indexOf`, `last`, `length`, `skip`, `take` take texts too and stand with the arrays. */
export const stringFunctions: FunctionTable = {
  base64: { min: 1, call: ([text]) => Buffer.from(asText(text), 'utf8').toString('base64') },
  base64ToJson: {
    min: 1,
    call: ([text]) => readJson(fromBase64(asText(text))),
  },
  base64ToString: { min: 1, call: ([text]) => fromBase64(asText(text)) },
  dataUri: {
    min: 1,
    call: ([text]) => `data:text/plain;charset=utf8;base64,${Buffer.from(textOf(text ?? null)).toString('base64')}`,
  },
  dataUriToString: {
    min: 1,
    call: ([uri]) => {
      const [, base64, data] = /^data:[^,]*?(;base64)?,(.*)$/s.exec(asText(uri)) ?? []
      if (data === undefined) throw new ExpressionError('the text is no data URI')
      return base64 ? fromBase64(data) : fromComponent(data)
    },
  },
  endsWith: { min: 2, call: ([text, end]) => asText(text).toLowerCase().endsWith(asText(end).toLowerCase()) },
  format: { min: 1, max: MANY, call: ([text, ...values]) => format(asText(text), values) },
  guid: { min: 1, max: MANY, call: (args) => nameGuid(args.map(textOf)) },
  join: { min: 2, call: ([items, between]) => joined(asArray(items).map(textOf), asText(between)) },
  newGuid: {
    min: 0,
    call: (_args, { now }) => {
      if (!now) throw new ExpressionError('it may stand in the default value of a parameter only')
      return randomUUID()
    },
  },
  padLeft: {
    min: 2,
    max: 3,
    call: ([text, width, fill]) => {
      const letter = fill === undefined ? ' ' : asText(fill)
      if (letter.length !== 1) throw new ExpressionError('a text is padded with one letter')
      const wide = asInteger(width)
      if (wide > WIDEST) throw new ExpressionError(`a text is padded to at most ${WIDEST} letters`)
      return textOf(text ?? null).padStart(wide, letter)
    },
  },
  replace: {
    min: 3,
    call: ([text, old, by]) => {
      const sought = asText(old)
      const instead = asText(by)
      if (sought === '') throw new ExpressionError('there is nothing to replace')
      return joined(asText(text).split(sought), instead)
    },
  },
  split: {
    min: 2,
    call: ([text, by]) => {
      // An empty text divides nothing.
      const marks = (Array.isArray(by) ? asArray(by) : [by]).map((one) => asText(one)).filter((one) => one !== '')
      const whole = asText(text)
      return marks.length === 0 ? [whole] : whole.split(new RegExp(marks.map(RegExp.escape).join('|')))
    },
  },
  startsWith: { min: 2, call: ([text, start]) => same(asText(text).slice(0, asText(start).length), asText(start)) },
  string: { min: 1, call: ([value]) => textOf(value ?? null) },
  substring: {
    min: 2,
    max: 3,
    call: ([value, start, count]) => {
      const text = asText(value)
      const from = asInteger(start)
      const many = count === undefined || count === null ? text.length - from : asInteger(count)
      if (from < 0 || many < 0 || from + many > text.length) {
        throw new ExpressionError(`${from} and ${many} lie outside of the text's ${text.length} characters`)
      }
      return text.slice(from, from + many)
    },
  },
  toLower: { min: 1, call: ([text]) => asText(text).toLowerCase() },
  toUpper: { min: 1, call: ([text]) => asText(text).toUpperCase() },
  trim: { min: 1, call: ([text]) => asText(text).trim() },
  uniqueString: { min: 1, max: MANY, call: (args) => uniqueString(args.map(asText)) },
}
