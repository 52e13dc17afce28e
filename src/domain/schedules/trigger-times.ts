import { Cron } from 'croner'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { timeIn, wallClock, zoneNamed } from './time-zone.ts'

/** When a schedule is due. */
export interface Trigger {
  /** The first time after this one; undefined where there is none any more. */
  after(time: Date): Date | undefined
}

const FREQUENCY_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000 }
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
/** Time that has no date in it is looked for this many times before the schedule counts as never due. */
const MOST_STEPS = 10_000

/**
 * Reads a trigger: `Cron` with an expression of five fields, or `Recurrence` with a frequency, an interval and perhaps
 * hours, minutes and days. Times without an offset are of its time zone, which has one of Windows' names, as in Azure,
 * or one of IANA's; UTC unless said.
 *
 * @throws ScheduleInvalid
 */
export function readTrigger(sent: JsonObject, createdAt: Date): Trigger {
  const zone = zoneOf(textAt(sent.timeZone))
  const start = timeOf(sent.startTime, zone, 'startTime')
  const end = timeOf(sent.endTime, zone, 'endTime')
  if (start && end && end <= start) throw invalid('The endTime of a trigger comes after its startTime.')
  const type = textAt(sent.triggerType)?.toLowerCase()
  const times = type === 'cron' ? cron(sent, zone) : recurrence(sent, { zone, start: start ?? createdAt })
  return {
    after(time) {
      // The start itself may be the first time.
      const from = start && start > time ? new Date(start.getTime() - 1) : time
      const next = times(from)
      return next && end && next > end ? undefined : next
    },
  }
}

type Times = (from: Date) => Date | undefined

function cron(sent: JsonObject, zone: string): Times {
  const expression = textAt(sent.expression)?.trim() ?? ''
  if (expression.split(/\s+/).length !== 5) {
    throw invalid(
      `The expression '${expression}' of a cron trigger has to have five fields: MINUTES HOURS DAYS MONTHS DAYS-OF-WEEK.`,
    )
  }
  return pattern(expression, zone)
}

function pattern(expression: string, zone: string): Times {
  try {
    const times = new Cron(expression, { timezone: zone, mode: '5-part', paused: true })
    return (from) => times.nextRun(from) ?? undefined
  } catch (error) {
    throw invalid(
      `The expression '${expression}' is no cron expression: ${error instanceof Error ? error.message : error}.`,
    )
  }
}

function recurrence(sent: JsonObject, { zone, start }: { readonly zone: string; readonly start: Date }): Times {
  const frequency = textAt(sent.frequency)?.toLowerCase() ?? ''
  const interval = Number(sent.interval)
  if (!Number.isInteger(interval) || interval < 1)
    throw invalid("The 'interval' of a recurrence is a whole number from 1.")
  const step = FREQUENCY_MS[frequency]
  if (step !== undefined) return (from) => everySo(start, step * interval, from)
  if (!['day', 'week', 'month'].includes(frequency)) {
    throw invalid(`'${frequency}' is no frequency of a recurrence: Minute, Hour, Day, Week and Month are.`)
  }
  const schedule = objectAt(sent.schedule)
  const begin = wallClock(start, zone)
  const hours = list(schedule.hours, 'hours', [0, 23]) ?? [begin.getUTCHours()]
  const minutes = list(schedule.minutes, 'minutes', [0, 59]) ?? [begin.getUTCMinutes()]
  const weekDays = days(schedule.weekDays) ?? (frequency === 'week' ? [begin.getUTCDay()] : undefined)
  const monthDays =
    list(schedule.monthDays, 'monthDays', [1, 31]) ?? (frequency === 'month' ? [begin.getUTCDate()] : undefined)
  const times = pattern(
    `${minutes.join(',')} ${hours.join(',')} ${frequency === 'month' ? (monthDays ?? ['*']).join(',') : '*'} * ${frequency === 'week' ? (weekDays ?? ['*']).join(',') : '*'}`,
    zone,
  )
  const first = periods(frequency, begin)
  return (from) => {
    let next = times(from)
    for (let steps = 0; next && steps < MOST_STEPS; steps += 1) {
      if ((periods(frequency, wallClock(next, zone)) - first) % interval === 0) return next
      next = times(next)
    }
    return undefined
  }
}

/** Days, weeks (from Sunday) or months since some beginning, of a time on the wall. */
function periods(frequency: string, wall: Date): number {
  if (frequency === 'month') return wall.getUTCFullYear() * 12 + wall.getUTCMonth()
  const day = Math.floor(wall.getTime() / 86_400_000)
  // 1970-01-01 was a Thursday.
  return frequency === 'week' ? Math.floor((day + 4) / 7) : day
}

function everySo(start: Date, step: number, from: Date): Date {
  if (from < start) return start
  return new Date(start.getTime() + (Math.floor((from.getTime() - start.getTime()) / step) + 1) * step)
}

function list(sent: unknown, name: string, [least, most]: readonly [number, number]): readonly number[] | undefined {
  if (!Array.isArray(sent) || sent.length === 0) return undefined
  const numbers = sent.map(Number)
  if (numbers.some((each) => !Number.isInteger(each) || each < least || each > most)) {
    throw invalid(`The '${name}' of a recurrence are whole numbers from ${least} to ${most}.`)
  }
  return numbers
}

function days(sent: unknown): readonly number[] | undefined {
  if (!Array.isArray(sent) || sent.length === 0) return undefined
  return sent.map((day) => {
    const at = WEEKDAYS.indexOf(String(day).toLowerCase())
    if (at < 0) throw invalid(`'${String(day)}' is no day of the week.`)
    return at
  })
}

function zoneOf(name: string | undefined): string {
  const zone = zoneNamed(name)
  if (!zone) throw invalid(`'${name}' is no time zone.`)
  return zone
}

/** A time as a body says it: with an offset, or on the wall of its zone. */
function timeOf(sent: unknown, zone: string, name: string): Date | undefined {
  if (sent === undefined || sent === null || sent === '') return undefined
  const time = timeIn(zone, String(sent))
  if (!time) throw invalid(`The ${name} '${String(sent)}' of a trigger is no time.`)
  return time
}

const invalid = (reason: string) => fault('ScheduleInvalid', { reason })
