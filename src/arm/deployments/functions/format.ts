import type { Json } from '../../../json.ts'
import { ExpressionError } from '../expressions/parse.ts'
import { demandLength } from '../expressions/size.ts'
import { textOf } from '../expressions/values.ts'

const BLANK = /\{\{|\}\}|\{(\d+)(?:,(-?\d+))?(?::([^}]*))?\}/g

/** .NET's composite format, as far as templates use it: `{0}`, `{0,8}`, and for numbers `{0:D3}`, `{0:X2}`, `{0:N0}`, `{0:F2}`, `{0:P0}`, `{0:E3}`, `{0:000}`, `{0:#,##0.00}`. */
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

/** One of .NET's standard or custom formats of numbers, in the invariant culture; texts have none. */
function formatted(value: Json, how: string): string {
  if (typeof value !== 'number') return textOf(value)
  const [, letter = '', digits = ''] = /^([a-zA-Z])(\d*)$/.exec(how) ?? []
  const size = digits === '' ? undefined : Number(digits)
  if (size !== undefined && size > MOST_DIGITS) {
    throw new ExpressionError(`the format '${how}' asks for more than ${MOST_DIGITS} digits`)
  }
  switch (letter.toLowerCase()) {
    case 'd':
      return signed(value, String(Math.abs(value)).padStart(size ?? 0, '0'))
    case 'x': {
      // Negative ones as the two's complement of 64 bits.
      const hexadecimal = BigInt.asUintN(64, BigInt(Math.trunc(value)))
        .toString(16)
        .padStart(size ?? 0, '0')
      return letter === 'X' ? hexadecimal.toUpperCase() : hexadecimal
    }
    case 'n':
      return grouped(value, size ?? 2)
    case 'f':
      return value.toFixed(size ?? 2)
    case 'p':
      return `${grouped(value * 100, size ?? 2)} %`
    case 'c':
      return signed(value, `¤${grouped(Math.abs(value), size ?? 2)}`)
    case 'e': {
      const [mantissa = '', exponent = ''] = value.toExponential(size ?? 6).split('e')
      const power = exponent.slice(1).padStart(3, '0')
      return `${mantissa}${letter}${exponent.startsWith('-') ? '-' : '+'}${power}`
    }
    case 'g':
    case 'r':
      return textOf(value)
    default:
      return custom(value, how)
  }
}

const signed = (value: number, text: string): string => (value < 0 ? `-${text}` : text)

const grouped = (value: number, places: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places })

/** Zeros and hashes with a comma for groups and a point: the custom formats that templates use. */
function custom(value: number, how: string): string {
  const [, whole = '', places = ''] = /^([#0,]*[#0])(?:\.([#0]+))?$/.exec(how) ?? []
  // As many digits as the runtime's own formatting takes.
  if (whole === '' || how.length > 20) throw new ExpressionError(`the format '${how}' is not supported`)
  return signed(
    value,
    Math.abs(value).toLocaleString('en-US', {
      useGrouping: whole.includes(','),
      minimumIntegerDigits: Math.max(whole.replaceAll(/[^0]/g, '').length, 1),
      minimumFractionDigits: places.replaceAll('#', '').length,
      maximumFractionDigits: places.length,
    }),
  )
}
