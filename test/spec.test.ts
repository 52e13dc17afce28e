import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildSpec, MADE } from '../scripts/spec/build.ts'

const spec = join(import.meta.dirname, '..', 'spec')
const source = join(import.meta.dirname, '..', '..', 'shared', 'spec')
const files = globSync(MADE, { cwd: spec })

test('spec/ is what the facts make of it', { skip: existsSync(source) ? false : 'the facts are not here' }, () => {
  const made = buildSpec(source)
  assert.deepEqual(
    files.filter((path) => !made.has(path)),
    [],
  )
  const stale = [...made].filter(([path, text]) => readFileSync(join(spec, path), 'utf8') !== text)
  assert.deepEqual(
    stale.map(([path]) => path),
    [],
  )
})

test('spec/ stays small', () => {
  const size = files.reduce((sum, path) => sum + statSync(join(spec, path)).size, 0)
  assert.ok(size < 4 * 1024 * 1024, `${size} bytes`)
})
