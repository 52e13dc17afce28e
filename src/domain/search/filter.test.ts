import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../../faults.ts'
import { type Fields, runFields } from './fields.ts'
import { parseFilter } from './filter.ts'
import { isLike } from './like.ts'
import { matches } from './matches.ts'
import { parseOrder, sorted } from './order.ts'
import { searchItems } from './search-items.ts'

const fields: Fields = { ...runFields, others: { ...runFields.others, expectations: 'any' } }

const run: Record<string, string | number | readonly string[] | undefined> = {
  'metrics.acc': 0.91,
  'metrics.val/loss': Number.NaN,
  'params.lr': '0.1',
  'tags.owner': 'Ada',
  'tags.mlflow.source.name': 'train.py',
  'attributes.status': 'FINISHED',
  'attributes.start_time': 1000,
  'datasets.name': ['iris', 'wine'],
  'tags.quoted': "it's",
  'tags.für Ada': 'ja',
  'expectations.score': 3,
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
    ["datasets.name = 'wine' and dataset.name = 'iris'", true],
    ["datasets.name IN ('none')", false],
    ["datasets.name != 'iris'", true],
    ["tags.quoted = 'it''s'", true],
    ['tags.quoted = "it\'s"', true],
    ["tags.`für Ada` = 'ja'", true],
    ['tags."für Ada" IS NOT NULL', true],
    ['params.missing IS NULL AND params.lr IS NOT NULL', true],
    ["expectations.score >= 3 and expectation.score < '4'", true],
    ['start_time > 999 and `start_time` <= 1000', true],
    ["params.lr <> '0.2'", true],
  ] as const) {
    test(`${filter || '(none)'} is ${expected}`, () =>
      assert.equal(matches(parseFilter(filter, fields), read), expected))
  }

  for (const [filter, reason] of [
    ['metrics.acc >', /Expected a numeric value for metrics 'acc'; found its end/],
    ['metrics.acc > 0.9 or metrics.acc < 0.1', /expected AND; found 'or' at character 19/],
    ['nothing.x = 1', /Invalid entity type 'nothing'/],
    ['acc ~ 3', /unexpected '~ 3' at character 5/],
    ["status IN 'x'", /a list is quoted strings in parentheses.*character 11/],
    ['status IN ()', /a list is quoted strings/],
    ["status IN ('a',)", /a list is quoted strings/],
    ['status IN (1)', /a list is quoted strings/],
    ['= 3', /expected a name; found '=' at character 1/],
    ['metrics.acc > 0.9 metrics.acc < 1', /expected AND/],
    ["tags.a = 'unclosed", /unexpected ''unclosed' at character 10/],
    ["metrics.acc > 'x'", /Expected a numeric value/],
    ["metrics.acc LIKE 'x'", /Invalid comparator 'LIKE' for metrics 'acc', which takes =, !=/],
    ['params.lr = 0.1', /Expected a quoted string value/],
    ["params.lr > '0.1'", /Invalid comparator '>'/],
    ['status IS NULL', /Invalid comparator 'IS NULL'/],
    ["start_time = 'x'", /Expected a numeric value/],
    ["nope = 'x'", /Invalid attribute key 'nope' specified. Valid keys are 'run_id'/],
    ["attributes.__proto__ = 'x'", /Invalid attribute key/],
    ["datasets.source = 'x'", /Invalid key 'source' of datasets/],
    ["spans.name = 'x'", /Invalid entity type 'spans'/],
    ["tags.a RLIKE 'x'", /regular expressions are not taken/],
    ["tags. = 'x'", /expected a key/],
    ["(tags.a = 'x')", /expected a name; found '\('/],
    ["tags.a = 'x'; DROP TABLE runs", /unexpected ';/],
    [`tags.a = '${'x'.repeat(60_000)}'`, /at most 50000 are read/],
  ] as const) {
    test(`${filter.slice(0, 60)} is refused: ${reason}`, () =>
      assert.throws(
        () => parseFilter(filter, fields),
        (error) => isFault(error) && error.key === 'FilterInvalid' && reason.test(error.message),
      ))
  }
})

test('isLike takes as long as the text is, however many wildcards there are', () => {
  assert.equal(isLike('a'.repeat(20_000), `${'%a'.repeat(100)}%b`), false)
  assert.equal(isLike('train.py', 't%_.%y'), true)
  assert.equal(isLike('😀x', '_x'), true)
  assert.equal(isLike('', '%%'), true)
  assert.equal(isLike('a', ''), false)
})

test('searchItems: a page goes on behind what was seen, whatever is added before or removed', () => {
  const order = [
    { entity: 'attributes', key: 'value', descending: true },
    { entity: 'attributes', key: 'id', descending: false },
  ] as const
  const items = [5, 4, 4, Number.POSITIVE_INFINITY, Number.NaN, undefined].map((value, at) => ({ id: `i${at}`, value }))
  const page = (all: typeof items, after?: string) =>
    searchItems(all, {
      filter: [],
      order,
      read: (item) => (_, key) => (key === 'id' ? item.id : item.value),
      limit: 2,
      after,
    })
  const first = page(items)
  assert.deepEqual(
    first.items.map(({ id }) => id),
    ['i3', 'i0'],
  )
  const second = page([{ id: 'new', value: 99 }, ...items.filter(({ id }) => id !== 'i0')], first.next)
  assert.deepEqual(
    second.items.map(({ id }) => id),
    ['i1', 'i2'],
  )
  const third = page(items, second.next)
  assert.deepEqual(
    third.items.map(({ id }) => id),
    ['i4', 'i5'],
  )
  assert.equal(third.next, undefined)
  for (const wrong of ['7', '[]', '{', '[{},1]']) assert.throws(() => page(items, wrong), isFault)
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
    sorted(items, parseOrder(clauses, fields), (item, _, key) => (key === 'a' ? item.a : item.b)).map(({ b }) => b)
  assert.deepEqual(by(['metrics.a DESC', 'params.b']), ['a', 'z', 'x', 'n', 'y'])
  assert.deepEqual(by(['metrics.a', 'params.b DESC']), ['x', 'z', 'a', 'y', 'n'])
})
