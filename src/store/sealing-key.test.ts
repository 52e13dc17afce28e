import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSealing } from './sealing-key.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'lazuli-sealing-'))

test('a sealed value opens again, also after a restart, and does not show its text', () => {
  const directory = folder()
  const sealed = openSealing(directory).seal('top secret ü', '/a#key')
  assert.ok(!sealed.includes('secret'))
  assert.equal(openSealing(directory).open(sealed, '/a#key'), 'top secret ü')
  assert.equal(statSync(join(directory, 'sealing-key')).mode & 0o777, 0o600)
  assert.equal(readFileSync(join(directory, 'sealing-key')).length, 32)
})

for (const { name, change } of [
  { name: 'another context', change: (sealed: string) => [sealed, '/b#key'] },
  { name: 'a changed byte', change: (sealed: string) => [`${sealed.slice(0, -2)}AA`, '/a#key'] },
  { name: 'a short text', change: () => ['v1.AAAA', '/a#key'] },
  { name: 'a changed value key', change: (sealed: string) => [sealed.replace(/\.[\w-]{4}/, '.AAAA'), '/a#key'] },
  { name: 'a clear text', change: () => ['clear', '/a#key'] },
]) {
  test(`opening refuses ${name}`, () => {
    const sealing = openSealing(folder())
    const [text = '', context = ''] = change(sealing.seal('top secret', '/a#key'))
    assert.throws(() => sealing.open(text, context), /sealed/)
  })
}

test('a rotation: what was sealed opens, is wrapped anew, and the key before opens it no longer', () => {
  const directory = folder()
  const before = folder()
  const sealing = openSealing(directory)
  const old = readFileSync(join(directory, 'sealing-key'))
  writeFileSync(join(before, 'sealing-key'), old)
  const sealed = sealing.seal('top secret', '/a#key')
  sealing.rotate()
  assert.equal(sealing.open(sealed, '/a#key'), 'top secret')
  const looks = `v2.00000000.${'A'.repeat(80)}.x`
  const [first, second, rest] = sealing
    .rewrap(JSON.stringify([sealed, looks, 'v2.']))
    .slice(1, -1)
    .split(',')
  const again = JSON.parse(first ?? '')
  assert.notEqual(again, sealed)
  assert.deepEqual([JSON.parse(second ?? ''), rest], [looks, '"v2."'], 'other texts stay')
  for (const reader of [sealing, openSealing(directory)]) assert.equal(reader.open(again, '/a#key'), 'top secret')
  assert.equal(openSealing(before).open(sealed, '/a#key'), 'top secret')
  assert.throws(() => openSealing(before).open(again, '/a#key'), /another key/)
  assert.throws(() => sealing.open(again, '/b#key'), /another place/)
  assert.equal(readFileSync(join(directory, 'sealing-key')).length, 64)
  assert.equal(statSync(join(directory, 'sealing-key')).mode & 0o777, 0o600)
})

test('another install cannot open it, and a file that is no key is refused', () => {
  const sealed = openSealing(folder()).seal('x', 'c')
  assert.throws(() => openSealing(folder()).open(sealed, 'c'), /another key/)
  const broken = folder()
  writeFileSync(join(broken, 'sealing-key'), 'short')
  assert.throws(() => openSealing(broken), /32 bytes/)
})
