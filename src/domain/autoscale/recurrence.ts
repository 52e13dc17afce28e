import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { timeIn, wallClock, zoneNamed } from '../schedules/time-zone.ts'

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const DAY_MS = 86_400_000

/** Times of each week, on the wall of a zone. */
export interface Recurrence {
  readonly frequency: string
  /** Undefined where the body's is no zone's name. */
  readonly zone: string | undefined
  /** From Sunday, 0; -1 for what is no day. */
  readonly days: readonly number[]
  readonly hours: readonly number[]
  readonly minutes: readonly number[]
}

export function recurrenceOf(recurrence: JsonObject): Recurrence {
  const schedule = objectAt(recurrence.schedule)
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
  return {
    frequency: (textAt(recurrence.frequency) ?? '').toLowerCase(),
    zone: zoneNamed(textAt(schedule.timeZone)),
    days: list(schedule.days).map((day) => DAYS.indexOf(String(day).toLowerCase())),
    hours: list(schedule.hours).map(Number),
    minutes: list(schedule.minutes).map(Number),
  }
}

/** What a recurrence lacks to be one, in words; undefined where it is one. */
export function lackOf({ frequency, zone, days, hours, minutes }: Recurrence): string | undefined {
  const within = (numbers: readonly number[], most: number) =>
    numbers.length > 0 && numbers.every((each) => Number.isInteger(each) && each >= 0 && each <= most)
  if (frequency !== 'week') return "the frequency 'Week', the only one that Azure has"
  if (!zone) return 'a timeZone that there is'
  if (!within(days, 6)) return 'days of the week'
  if (!within(hours, 23)) return 'hours from 0 to 23'
  return within(minutes, 59) ? undefined : 'minutes from 0 to 59'
}

/** When it began last, up to a time; epoch milliseconds. */
export function begunLast({ zone = 'UTC', days, hours, minutes }: Recurrence, now: Date): number {
  const today = wallClock(now, zone)
  // A week and a day: of the day a week ago, the hour may not have come yet today.
  const begun = Array.from({ length: 8 }, (_, back) => new Date(today.getTime() - back * DAY_MS))
    .filter((day) => days.includes(day.getUTCDay()))
    .flatMap((day) => hours.flatMap((hour) => minutes.map((minute) => startOn(day, hour, minute))))
    .map((wall) => timeIn(zone, wall)?.getTime() ?? Number.NaN)
    .filter((start) => start <= now.getTime())
  return Math.max(...begun)
}

const two = (number: number): string => String(number).padStart(2, '0')
const startOn = (day: Date, hour: number, minute: number): string =>
  `${day.toISOString().slice(0, 10)}T${two(hour)}:${two(minute)}:00`
