import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from '../../faults.ts'
import { azureLimits, type Batch, checkBatch, checkWhole, type LogLimits, limitsFor, mlflowLimits } from './limits.ts'

const nothing: Batch = { metrics: [], params: [], tags: [] }
const points = (count: number) =>
  Array.from({ length: count }, (_, step) => ({ key: `m${step}`, value: 1, step, at: 1 }))
const refusal = (work: () => void, message: RegExp) =>
  assert.throws(work, (error) => isFault(error) && error.key === 'ParameterInvalid' && message.test(error.message))

for (const { name, batch, message } of [
  { name: 'metrics of a batch', batch: { ...nothing, metrics: points(201) }, message: /at most 200 metrics. Got 201/ },
  {
    name: 'the length of a param',
    batch: { ...nothing, params: [['p', 'x'.repeat(501)] as const] },
    message: /500 characters/,
  },
  { name: 'the length of a tag’s key', batch: { ...nothing, tags: [['t'.repeat(101), ''] as const] }, message: /100/ },
  { name: 'the length of a tag', batch: { ...nothing, tags: [['t', 'x'.repeat(1001)] as const] }, message: /1000/ },
]) {
  test(`--match-cloud refuses ${name} that MLflow takes`, () => {
    checkBatch(batch, mlflowLimits)
    refusal(() => checkBatch(batch, azureLimits), message)
  })
}

test('--match-cloud refuses more params and tags than a run has in Azure, in its words', () => {
  const many = (count: number) => Object.fromEntries(points(count).map(({ key }) => [key, '']))
  const whole = (params: number, tags: number, limits: LogLimits) =>
    checkWhole({ params: many(params), tags: many(tags) }, limits)
  whole(201, 51, mlflowLimits)
  whole(200, 50, azureLimits)
  refusal(() => whole(201, 0, azureLimits), /FieldName=Parameters, Limit=200, Size=201/)
  refusal(() => whole(0, 51, azureLimits), /FieldName=Tags, Limit=50, Size=51/)
})

test('which limits hold is a setting', () => {
  assert.equal(limitsFor({ matchCloud: true }), azureLimits)
  assert.equal(limitsFor({ matchCloud: false }), mlflowLimits)
})
