import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VaultObject, VaultVersion } from '../../store/vault-objects.ts'
import { shifted } from './durations.ts'
import { rotationIsDue } from './key-rotation.ts'

const made = Date.parse('2026-01-31T00:00:00Z') / 1000
const key = { vault: '/v', kind: 'keys', name: 'k', version: '1' } as const
const withPolicy = (trigger: object, type = 'Rotate'): VaultObject => ({
  ...key,
  body: { rotationPolicy: { lifetimeActions: [{ trigger: { ...trigger }, action: { type } }], attributes: {} } },
})
const current = (exp?: string): VaultVersion => ({
  ...key,
  body: { attributes: { created: made, ...(exp !== undefined && { exp: Date.parse(exp) / 1000 }) } },
})

for (const { name, object, exp, at, due } of [
  { name: 'after its time', object: withPolicy({ timeAfterCreate: 'P90D' }), at: '2026-05-01', due: true },
  { name: 'a day before it', object: withPolicy({ timeAfterCreate: 'P90D' }), at: '2026-04-30', due: false },
  {
    name: 'near its end',
    object: withPolicy({ timeBeforeExpiry: 'P30D' }),
    exp: '2026-12-31',
    at: '2026-12-02',
    due: true,
  },
  {
    name: 'far from its end',
    object: withPolicy({ timeBeforeExpiry: 'P30D' }),
    exp: '2026-12-31',
    at: '2026-11-30',
    due: false,
  },
  { name: 'without an end', object: withPolicy({ timeBeforeExpiry: 'P30D' }), at: '2030-01-01', due: false },
  { name: 'only notified', object: withPolicy({ timeAfterCreate: 'P90D' }, 'Notify'), at: '2030-01-01', due: false },
  { name: 'no policy', object: { ...key, body: {} }, at: '2030-01-01', due: false },
]) {
  test(`a key is rotated by itself: ${name}`, () => {
    assert.equal(rotationIsDue(object, current(exp), new Date(`${at}T00:00:00Z`)), due)
  })
}

test('durations are of the calendar', () => {
  const day = (from: string, duration: string) => shifted(new Date(from), duration).toISOString().slice(0, 10)
  assert.equal(day('2026-01-15', 'P1Y6M'), '2027-07-15')
  assert.equal(day('2026-01-15', 'P2W'), '2026-01-29')
  for (const bad of ['', 'P', '90D', 'PT5H', 'P-1D']) assert.throws(() => day('2026-01-15', bad), /no duration/)
})
