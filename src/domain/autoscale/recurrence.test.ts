import assert from 'node:assert/strict'
import { test } from 'node:test'
import { profilesOf } from './autoscale-setting.ts'
import { profileAt } from './scale-deployments.ts'

const capacity = { minimum: '1', maximum: '2', default: '1' }
const weekly = (
  name: string,
  days: readonly string[],
  hours: readonly number[],
  timeZone = 'Pacific Standard Time',
) => ({
  name,
  capacity,
  rules: [],
  recurrence: { frequency: 'Week', schedule: { timeZone, days, hours, minutes: [30] } },
})
const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday']
const week = [
  { name: 'usual', capacity, rules: [] },
  weekly('day', weekdays, [8]),
  weekly('night', weekdays, [18]),
  {
    name: 'sale',
    capacity,
    rules: [],
    fixedDate: {
      timeZone: 'W. Europe Standard Time',
      start: '2026-11-27T00:00:00',
      end: '2026-11-27T06:00:00',
    },
  },
]

for (const { at, holds, why } of [
  { at: '2026-11-25T16:29:59Z', holds: 'night', why: 'it is 8:29 in winter there' },
  { at: '2026-11-25T16:30:00Z', holds: 'day', why: 'it begins at its minute' },
  { at: '2026-11-26T02:30:00Z', holds: 'night', why: 'the evening is of the day before in UTC' },
  { at: '2026-11-29T20:00:00Z', holds: 'night', why: 'what began on Friday goes on over the weekend' },
  { at: '2026-07-22T15:30:00Z', holds: 'day', why: 'in summer the clock there is an hour ahead' },
  { at: '2026-07-22T15:29:00Z', holds: 'night', why: 'and not before' },
  { at: '2026-11-26T23:00:00Z', holds: 'sale', why: 'midnight in Berlin is eleven in UTC' },
  { at: '2026-11-27T05:00:00Z', holds: 'night', why: 'the end of dates is not among them' },
]) {
  test(`at ${at} the profile '${holds}' holds: ${why}`, () => {
    assert.equal(profileAt(profilesOf({ profiles: week }), new Date(at))?.name, holds)
  })
}

test('on the day a week after, what begins later that day has begun a week ago', () => {
  const profiles = profilesOf({ profiles: [weekly('monday', ['Monday'], [8], 'UTC')] })
  assert.equal(profileAt(profiles, new Date('2026-11-23T08:29:00Z'))?.name, 'monday')
})

test('without dates that hold and without any that recur, the usual one does', () => {
  const profiles = profilesOf({ profiles: week.filter(({ name }) => name === 'usual' || name === 'sale') })
  assert.equal(profileAt(profiles, new Date('2026-11-25T12:00:00Z'))?.name, 'usual')
})
