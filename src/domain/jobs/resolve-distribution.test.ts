import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from '../../faults.ts'
import { resolveDistribution } from './resolve-distribution.ts'

test('what is left out is Azure’s default', () => {
  assert.equal(resolveDistribution(undefined, 2), undefined)
  assert.deepEqual(resolveDistribution({ distributionType: 'pytorch' }, 2), { kind: 'PyTorch', processesPerNode: 1 })
  assert.deepEqual(resolveDistribution({ distributionType: 'TensorFlow' }, 2), {
    kind: 'TensorFlow',
    workers: 2,
    parameterServers: 0,
  })
  assert.deepEqual(resolveDistribution({ distributionType: 'Ray', port: 6379 }, 2), {
    kind: 'Ray',
    port: 6379,
    includeDashboard: false,
    headArguments: '',
    workerArguments: '',
  })
})

for (const { name, sent, says } of [
  { name: 'a Ray of somewhere else', sent: { distributionType: 'Ray', address: '10.0.0.1:6379' }, says: /'address'/ },
  { name: 'a port of the system', sent: { distributionType: 'Ray', port: 80 }, says: /'port'/ },
  {
    name: 'more processes than a machine bears',
    sent: { distributionType: 'Mpi', processCountPerInstance: 1e9 },
    says: /from 1 to 64/,
  },
  { name: 'half a worker', sent: { distributionType: 'TensorFlow', workerCount: 1.5 }, says: /workerCount/ },
])
  test(`${name} is refused`, () => {
    assert.throws(
      () => resolveDistribution(sent, 1),
      (error) => isFault(error) && says.test(error.message),
    )
  })
