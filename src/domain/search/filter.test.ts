import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../../faults.ts'
import { matches, parseFilter } from './filter.ts'
import { parseOrder, sorted } from './order.ts'

const run: Record<string, string | number | undefined> = {
  'metrics.acc': 0.91,
  'metrics.val/loss': Number.NaN,
  'params.lr': '0.1',
  'tags.owner': 'Ada',
  'tags.mlflow.source.name': 'train.py',
  'attributes.status': 'FINISHED',
  'attributes.start_time': 1000,
}
const read = (entity: string, key: string) => run[`${entity}.${key}`]

describe('filters', () => {
  for (const [filter, expected] of [
    ['', true],
    ['metrics.acc > 0.9', true],
    ['metric.acc>=0.92', false],
    ['metrics.acc > 0.9 and params.lr = "0.1" AND tags.owner != \'Bob\'', true],
    ["tags.`mlflow.source.name` LIKE 'train%'", true],
    ['tags."mlflow.source.name" = \'other.py\'', false],
    ['tags.mlflow.source.name = "train.py"', true],
    ["tags.owner LIKE 'a%'", false],
    ["tags.owner ILIKE 'a_a'", true],
    ["tags.missing != 'x'", false],
    ['tags.missing IS NULL', true],
    ['tags.owner IS NOT NULL', true],
    ["status = 'FINISHED'", true],
    ["attributes.status IN ('RUNNING', 'FINISHED')", true],
    ["attributes.status NOT IN ('RUNNING','FINISHED')", false],
    ['start_time < 1e3', false],
    ['metrics."val/loss" = 0', false],
    ['metrics."val/loss" != 0', true],
    ["params.lr = '0.1' and tags.owner = 'x%_'", false],
  ] as const) {
    test(`${filter || '(none)'} is ${expected}`, () => assert.equal(matches(parseFilter(filter), read), expected))
  }

  for (const filter of [
    'metrics.acc >',
    'metrics.acc > 0.9 or metrics.acc < 0.1',
    'nothing.x = 1',
    'acc ~ 3',
    "status IN 'x'",
    '= 3',
    'metrics.acc > 0.9 metrics.acc < 1',
    "tags.a = 'unclosed",
  ]) {
    test(`${filter} is refused`, () =>
      assert.throws(
        () => parseFilter(filter),
        (error) => isFault(error) && error.key === 'FilterInvalid',
      ))
  }
})

test('sorted: several clauses; missing values and NaN last in either direction', () => {
  const items = [
    { a: 1, b: 'x' },
    { a: undefined, b: 'y' },
    { a: 2, b: 'z' },
    { a: Number.NaN, b: 'n' },
    { a: 2, b: 'a' },
  ]
  const by = (clauses: string[]) =>
    sorted(items, parseOrder(clauses), (item, _, key) => (key === 'a' ? item.a : item.b)).map(({ b }) => b)
  assert.deepEqual(by(['metrics.a DESC', 'params.b']), ['a', 'z', 'x', 'n', 'y'])
  assert.deepEqual(by(['metrics.a', 'params.b DESC']), ['x', 'z', 'a', 'y', 'n'])
})
