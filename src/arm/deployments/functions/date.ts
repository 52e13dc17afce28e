import { ExpressionError } from '../expressions/parse.ts'
import type { FunctionTable } from '../expressions/scope.ts'
import { asInteger, asText } from '../expressions/values.ts'

const DURATION = /^(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/** Times in UTC. */
export const dateFunctions: FunctionTable = {
  dateTimeAdd: {
    min: 2,
    max: 3,
    call: ([base, duration, how]) => {
      const date = added(dateOf(asText(base)), asText(duration))
      return how === undefined ? iso(date) : dateText(date, asText(how))
    },
  },
  dateTimeFromEpoch: { min: 1, call: ([seconds]) => iso(new Date(asInteger(seconds) * 1_000)) },
  dateTimeToEpoch: { min: 1, call: ([text]) => Math.floor(dateOf(asText(text)).getTime() / 1_000) },
  utcNow: {
    min: 0,
    max: 1,
    call: ([how], { now }) => {
      if (!now) throw new ExpressionError('it may stand in the default value of a parameter only')
      return dateText(now, how === undefined ? 'yyyyMMddTHHmmssZ' : asText(how))
    },
  },
}

const iso = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z')

function dateOf(text: string): Date {
  const compact = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text)
  const date = new Date(compact ? `${compact.slice(1, 4).join('-')}T${compact.slice(4, 7).join(':')}Z` : zoned(text))
  if (Number.isNaN(date.getTime())) throw new ExpressionError(`'${text}' is no time`)
  return date
}

/** A time that names no zone is in UTC. */
const zoned = (text: string): string => {
  const spaced = text.replace(/^(\d{4}-\d{2}-\d{2}) (\d)/, '$1T$2')
  return /T[^Z+-]*$/.test(spaced) ? `${spaced}Z` : spaced
}

function added(date: Date, duration: string): Date {
  const found = DURATION.exec(duration)
  if (!found || duration.endsWith('P') || duration.endsWith('T')) {
    throw new ExpressionError(`'${duration}' is no ISO 8601 duration`)
  }
  const sign = found[1] ? -1 : 1
  const [years, months, weeks, days, hours, minutes, seconds] = found
    .slice(2)
    .map((part?: string) => sign * Number(part ?? 0)) as [number, number, number, number, number, number, number]
  const moved = new Date(date)
  moved.setUTCMonth(moved.getUTCMonth() + years * 12 + months)
  return new Date(moved.getTime() + (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1_000)
}

const PART = /yyyy|yy|MMMM|MMM|MM|M|dddd|ddd|dd|d|HH|H|hh|h|mm|m|ss|s|f{1,7}|F{1,7}|tt|zzz|'[^']*'|\\./g

const STANDARD: Readonly<Record<string, string>> = {
  d: 'MM/dd/yyyy',
  o: 'yyyy-MM-ddTHH:mm:ss.fffffffZ',
  O: 'yyyy-MM-ddTHH:mm:ss.fffffffZ',
  s: 'yyyy-MM-ddTHH:mm:ss',
  u: 'yyyy-MM-dd HH:mm:ssZ',
  t: 'HH:mm',
  T: 'HH:mm:ss',
}

/** .NET's date formats, the common ones. */
function dateText(date: Date, how: string): string {
  const pattern = STANDARD[how] ?? how
  if (pattern.length === 1) throw new ExpressionError(`the date format '${how}' is not supported`)
  const two = (value: number): string => String(value).padStart(2, '0')
  const name = (part: 'month' | 'weekday', style: 'long' | 'short'): string =>
    date.toLocaleDateString('en-US', { [part]: style, timeZone: 'UTC' })
  const hour = date.getUTCHours()
  const parts: Readonly<Record<string, string>> = {
    yyyy: String(date.getUTCFullYear()).padStart(4, '0'),
    yy: two(date.getUTCFullYear() % 100),
    MMMM: name('month', 'long'),
    MMM: name('month', 'short'),
    MM: two(date.getUTCMonth() + 1),
    M: String(date.getUTCMonth() + 1),
    dddd: name('weekday', 'long'),
    ddd: name('weekday', 'short'),
    dd: two(date.getUTCDate()),
    d: String(date.getUTCDate()),
    HH: two(hour),
    H: String(hour),
    hh: two(hour % 12 || 12),
    h: String(hour % 12 || 12),
    mm: two(date.getUTCMinutes()),
    m: String(date.getUTCMinutes()),
    ss: two(date.getUTCSeconds()),
    s: String(date.getUTCSeconds()),
    tt: hour < 12 ? 'AM' : 'PM',
    zzz: '+00:00',
  }
  return pattern.replace(PART, (part) => {
    if (/^f+$/i.test(part))
      return String(date.getUTCMilliseconds()).padStart(3, '0').padEnd(7, '0').slice(0, part.length)
    if (part.startsWith("'")) return part.slice(1, -1)
    return part.startsWith('\\') ? part.slice(1) : (parts[part] ?? part)
  })
}
