import type { Json } from '../../../json.ts'
import { ExpressionError } from '../expressions/parse.ts'
import { demandLength } from '../expressions/size.ts'
import { textOf } from '../expressions/values.ts'

const BLANK = /\{\{|\}\}|\{(\d+)(?:,(-?\d+))?(?::([^}]*))?\}/g

/** .NET's composite format, as far as templates use it: `{0}`, `{0,8}`, and for integers `{0:D3}`, `{0:X2}`, `{0:N0}`, `{0:000}`. */
export function format(text: string, values: readonly Json[]): string {
  let letters = text.length
  return text.replace(BLANK, (blank, index?: string, width?: string, how?: string) => {
    if (index === undefined) return blank[0] ?? ''
    const value = values[Number(index)]
    if (value === undefined) throw new ExpressionError(`there is no value for '${blank}'`)
    const shown = how ? formatted(value, how) : textOf(value)
    const wide = Number(width ?? 0)
    letters += Math.max(shown.length, Math.abs(wide))
    demandLength(letters)
    return wide < 0 ? shown.padEnd(-wide) : shown.padStart(wide)
  })
}

/** .NET's own limit of a standard format's precision, before it was raised; no template needs more. */
const MOST_DIGITS = 99

function formatted(value: Json, how: string): string {
  if (typeof value !== 'number') return textOf(value)
  const [, letter = '', digits = ''] = /^([dDxXnN])(\d*)$/.exec(how) ?? []
  const size = Number(digits === '' ? 0 : digits)
  if (size > MOST_DIGITS) throw new ExpressionError(`the format '${how}' asks for more than ${MOST_DIGITS} digits`)
  const sign = value < 0 ? '-' : ''
  if (/d/i.test(letter)) return sign + String(Math.abs(value)).padStart(size, '0')
  if (letter === 'x') return value.toString(16).padStart(size, '0')
  if (letter === 'X') return value.toString(16).toUpperCase().padStart(size, '0')
  if (/n/i.test(letter)) {
    const places = digits === '' ? 2 : size
    return value.toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places })
  }
  if (/^0+$/.test(how)) return sign + String(Math.abs(value)).padStart(how.length, '0')
  throw new ExpressionError(`the format '${how}' is not supported`)
}
