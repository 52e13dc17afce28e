import { ExpressionError } from '../expressions/parse.ts'
import type { FunctionTable } from '../expressions/scope.ts'
import { asInteger, asText } from '../expressions/values.ts'
import { dateText } from './date-format.ts'

const DURATION = /^(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/** Times in UTC. */
export const dateFunctions: FunctionTable = {
  dateTimeAdd: {
    min: 2,
    max: 3,
    call: ([base, duration, how]) => {
      const date = inRange(added(dateOf(asText(base)), asText(duration)))
      return how === undefined ? iso(date) : dateText(date, asText(how))
    },
  },
  dateTimeFromEpoch: {
    min: 1,
    call: ([seconds]) => iso(new Date(asInteger(seconds) * 1_000)),
  },
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

/** The same day some months on, or the last of its month where that is shorter. */
function inMonths(date: Date, months: number): Date {
  const moved = new Date(date)
  moved.setUTCMonth(moved.getUTCMonth() + months)
  if (moved.getUTCDate() !== date.getUTCDate()) moved.setUTCDate(0)
  return moved
}

function iso(date: Date): string {
  return inRange(date)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
}

/** .NET knows the years 1 to 9999. @throws ExpressionError */
function inRange(date: Date): Date {
  const year = date.getUTCFullYear()
  if (year >= 1 && year <= 9999) return date
  throw new ExpressionError('it leads out of the calendar, whose years are 1 to 9999')
}

const TIME = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?\s?(Z|[+-]\d{2}:?\d{2})?)?$/
/** As `utcNow` writes it. */
const COMPACT = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/

/** A time in ISO 8601, also with a blank for the T; in UTC where it names no zone. */
function dateOf(text: string): Date {
  const [, year, month, day, hour = '00', minute = '00', second = '00', part = '0', zone = 'Z'] =
    TIME.exec(text) ?? COMPACT.exec(text) ?? []
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${part.slice(0, 3)}${offset}`)
  // The 30th of February would be one of March.
  const isDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate() >= Number(day)
  if (Number.isNaN(date.getTime()) || !isDay) throw new ExpressionError(`'${text}' is no time`)
  return date
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
  return new Date(
    inMonths(date, years * 12 + months).getTime() +
      (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000 +
      seconds * 1_000,
  )
}
