import { ExpressionError } from '../expressions/parse.ts'

const PART =
  /yyyyy|yyyy|yyy|yy|y|MMMM|MMM|MM|M|dddd|ddd|dd|d|HH?|hh?|mm?|ss?|f{1,7}|F{1,7}|tt?|zzz|zz?|K|gg?|'[^']*'|"[^"]*"|\\.|%/g

/** .NET's standard formats in the invariant culture. Source: "Standard date and time format strings". */
const STANDARD: Readonly<Record<string, string>> = {
  d: 'MM/dd/yyyy',
  D: 'dddd, dd MMMM yyyy',
  f: 'dddd, dd MMMM yyyy HH:mm',
  F: 'dddd, dd MMMM yyyy HH:mm:ss',
  g: 'MM/dd/yyyy HH:mm',
  G: 'MM/dd/yyyy HH:mm:ss',
  m: 'MMMM dd',
  M: 'MMMM dd',
  o: 'yyyy-MM-ddTHH:mm:ss.fffffffZ',
  O: 'yyyy-MM-ddTHH:mm:ss.fffffffZ',
  r: "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
  R: "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
  s: 'yyyy-MM-ddTHH:mm:ss',
  t: 'HH:mm',
  T: 'HH:mm:ss',
  u: 'yyyy-MM-dd HH:mm:ssZ',
  U: 'dddd, dd MMMM yyyy HH:mm:ss',
  y: 'yyyy MMMM',
  Y: 'yyyy MMMM',
}

/**
 * A time in UTC by one of .NET's formats, standard or custom.
 *
 * @throws ExpressionError where a standard format is unknown
 */
export function dateText(date: Date, how: string): string {
  const pattern = STANDARD[how] ?? how
  if (pattern.length === 1) throw new ExpressionError(`'${how}' is no format of a date`)
  const parts = partsOf(date)
  return pattern.replace(PART, (part) => {
    if (/^f+$/i.test(part)) return fraction(date, part)
    if (/^['"]/.test(part)) return part.slice(1, -1)
    if (part.startsWith('\\')) return part.slice(1)
    return part === '%' ? '' : (parts[part] ?? part)
  })
}

/** Hundred-nanosecond digits; in capitals without zeros at the end. */
function fraction(date: Date, part: string): string {
  const digits = String(date.getUTCMilliseconds()).padStart(3, '0').padEnd(7, '0').slice(0, part.length)
  return part.startsWith('F') ? digits.replace(/0+$/, '') : digits
}

function partsOf(date: Date): Readonly<Record<string, string>> {
  const padded = (value: number, width = 2): string => String(value).padStart(width, '0')
  const name = (part: 'month' | 'weekday', style: 'long' | 'short'): string =>
    date.toLocaleDateString('en-US', { [part]: style, timeZone: 'UTC' })
  const year = date.getUTCFullYear()
  const month = date.getUTCMonth() + 1
  const day = date.getUTCDate()
  const hour = date.getUTCHours()
  return {
    yyyyy: padded(year, 5),
    yyyy: padded(year, 4),
    yyy: padded(year, 3),
    yy: padded(year % 100),
    y: String(year % 100),
    MMMM: name('month', 'long'),
    MMM: name('month', 'short'),
    MM: padded(month),
    M: String(month),
    dddd: name('weekday', 'long'),
    ddd: name('weekday', 'short'),
    dd: padded(day),
    d: String(day),
    HH: padded(hour),
    H: String(hour),
    hh: padded(hour % 12 || 12),
    h: String(hour % 12 || 12),
    mm: padded(date.getUTCMinutes()),
    m: String(date.getUTCMinutes()),
    ss: padded(date.getUTCSeconds()),
    s: String(date.getUTCSeconds()),
    tt: hour < 12 ? 'AM' : 'PM',
    t: hour < 12 ? 'A' : 'P',
    zzz: '+00:00',
    zz: '+00',
    z: '+0',
    K: 'Z',
    gg: 'A.D.',
    g: 'A.D.',
  }
}
