import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpusOf, grant, memoryLimiter } from './limits.ts'

const machine = { cpus: 4, memoryBytes: 8 * 2 ** 30, availableBytes: () => 0 }

test('a node is granted its size, and never more than the machine has', () => {
  assert.deepEqual(grant({ cpus: 2, memoryBytes: 2 ** 30 }, machine), { cpus: 2, memoryBytes: 2 ** 30 })
  assert.deepEqual(grant({ cpus: 16, memoryBytes: 2 ** 40 }, machine), { cpus: 4, memoryBytes: 8 * 2 ** 30 })
  assert.deepEqual(grant(undefined, machine), { cpus: 4, memoryBytes: 8 * 2 ** 30 })
})

test('small nodes start at different CPUs; one as wide as the machine is bound to none', () => {
  assert.deepEqual(cpusOf(0, 2, machine), [0, 1])
  assert.deepEqual(cpusOf(1, 2, machine), [2, 3])
  assert.deepEqual(cpusOf(2, 3, machine), [2, 3, 0])
  assert.deepEqual(cpusOf(0, 4, machine), [])
})

test('two installs share no group, whatever their jobs are called', () => {
  const groups = ['one', 'other'].map((directory) => {
    const limiter = memoryLimiter(directory)
    const { cgroups } = limiter.prepare('limits-test', 2 ** 30)
    limiter.release('limits-test')
    return cgroups
  })
  assert.equal(new Set(groups.flat()).size, groups.flat().length)
  assert.deepEqual(memoryLimiter('one').prepare('limits-test', 2 ** 30).cgroups, groups[0])
  memoryLimiter('one').release('limits-test')
})
