import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { readTrigger } from './trigger-times.ts'

const MADE = new Date('2026-01-01T10:20:30Z')
const times = (sent: JsonObject, from: string, count: number): string[] => {
  const trigger = readTrigger(sent, MADE)
  const found: string[] = []
  for (let time = trigger.after(new Date(from)); time && found.length < count; time = trigger.after(time)) {
    found.push(time.toISOString().replace(/:00\.000Z$/, 'Z'))
  }
  return found
}
const recurring = (frequency: string, interval: number, more: JsonObject = {}): JsonObject => ({
  triggerType: 'Recurrence',
  frequency,
  interval,
  ...more,
})

describe('when a schedule is due', () => {
  for (const { name, sent, from, due } of [
    {
      name: 'cron, UTC',
      sent: { triggerType: 'Cron', expression: '15 10 * * 1' },
      from: '2026-01-01T00:00:00Z',
      due: ['2026-01-05T10:15Z', '2026-01-12T10:15Z'],
    },
    {
      name: "cron in a zone by Windows' name, over the change to summer time",
      sent: { triggerType: 'Cron', expression: '0 9 * * *', timeZone: 'Pacific Standard Time' },
      from: '2026-03-07T00:00:00Z',
      due: ['2026-03-07T17:00Z', '2026-03-08T16:00Z'],
    },
    {
      name: 'a start on the wall of its zone, and an end',
      sent: {
        triggerType: 'Cron',
        expression: '0 * * * *',
        timeZone: 'W. Europe Standard Time',
        startTime: '2026-07-01T10:00:00',
        endTime: '2026-07-01T11:00:00',
      },
      from: '2026-01-01T00:00:00Z',
      due: ['2026-07-01T08:00Z', '2026-07-01T09:00Z'],
    },
    {
      name: 'every 15 minutes from a start',
      sent: recurring('Minute', 15, { startTime: '2026-01-01T00:07:00Z' }),
      from: '2026-01-01T01:00:00Z',
      due: ['2026-01-01T01:07Z', '2026-01-01T01:22Z'],
    },
    {
      name: 'every second day at two hours',
      sent: recurring('Day', 2, { startTime: '2026-01-01T00:00:00Z', schedule: { hours: [6, 18], minutes: [30] } }),
      from: '2026-01-01T07:00:00Z',
      due: ['2026-01-01T18:30Z', '2026-01-03T06:30Z', '2026-01-03T18:30Z'],
    },
    {
      name: 'each week on two days',
      sent: recurring('Week', 1, { schedule: { hours: [10], minutes: [0], weekDays: ['Monday', 'Friday'] } }),
      from: '2026-01-01T00:00:00Z',
      due: ['2026-01-02T10:00Z', '2026-01-05T10:00Z'],
    },
    {
      name: 'every third month on its last possible day alone',
      sent: recurring('Month', 3, {
        startTime: '2026-01-01T00:00:00Z',
        schedule: { hours: [0], minutes: [0], monthDays: [31] },
      }),
      from: '2026-01-01T00:00:00Z',
      due: ['2026-01-31T00:00Z', '2026-07-31T00:00Z'],
    },
    {
      name: 'a day without hours is due at the time of its start',
      sent: recurring('Day', 1, { startTime: '2026-01-01T23:45:00Z' }),
      from: '2026-01-02T00:00:00Z',
      due: ['2026-01-02T23:45Z'],
    },
    { name: 'never', sent: { triggerType: 'Cron', expression: '0 0 31 2 *' }, from: '2026-01-01T00:00:00Z', due: [] },
  ]) {
    test(name, () => {
      assert.deepEqual(times(sent, from, Math.max(due.length, 1)).slice(0, due.length || 1), due)
    })
  }

  for (const [what, sent] of Object.entries({
    'four fields': { triggerType: 'Cron', expression: '* * * *' },
    seconds: { triggerType: 'Cron', expression: '0 * * * * *' },
    'a minute that is none': { triggerType: 'Cron', expression: '61 * * * *' },
    'an unknown zone': { triggerType: 'Cron', expression: '* * * * *', timeZone: 'Middle Earth Standard Time' },
    'an end before the start': {
      triggerType: 'Cron',
      expression: '* * * * *',
      startTime: '2026-01-02T00:00:00Z',
      endTime: '2026-01-01T00:00:00Z',
    },
    'an interval of nothing': recurring('Day', 0),
    'an unknown frequency': recurring('Fortnight', 1),
    'an hour that is none': recurring('Day', 1, { schedule: { hours: [24], minutes: [0] } }),
    'a day that is none': recurring('Week', 1, { schedule: { hours: [1], minutes: [0], weekDays: ['Moonday'] } }),
    'a start that is none': { triggerType: 'Cron', expression: '* * * * *', startTime: 'soon' },
  } satisfies Record<string, JsonObject>)) {
    test(`${what} is refused`, () => {
      assert.throws(
        () => readTrigger(sent, MADE),
        (error) => isFault(error) && error.key === 'ScheduleInvalid',
      )
    })
  }
})
