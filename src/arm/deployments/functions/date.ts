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
      const date = added(dateOf(asText(base)), asText(duration))
      if (Number.isNaN(date.getTime())) throw new ExpressionError(`'${String(duration)}' leads out of the calendar`)
      return how === undefined ? iso(date) : dateText(date, asText(how))
    },
  },
  dateTimeFromEpoch: {
    min: 1,
    call: ([seconds]) => {
      const date = new Date(asInteger(seconds) * 1_000)
      if (Number.isNaN(date.getTime())) throw new ExpressionError(`${String(seconds)} lies outside of the calendar`)
      return iso(date)
    },
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
  return new Date(
    inMonths(date, years * 12 + months).getTime() +
      (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000 +
      seconds * 1_000,
  )
}
