/**
 * Malformed filters, orders, page tokens and bodies at every operation of MLflow's: each answer is a success or a refusal, never
 * a 5xx of our own, and what was there stays.
 *
 *     bin/node test/mlflow/fuzz.test.ts [COUNT [SEED]]
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { mlflowFace } from '../../src/data-planes/mlflow/face.ts'
import { startServer, type TestServer } from '../support/server.ts'

const [count = '300', seed = '20261125'] = process.argv.slice(2).filter((word) => /^\d+$/.test(word))

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server?.stop())

/** mulberry32: the same requests for the same seed. */
function random(state: number): () => number {
  let at = state
  return () => {
    at = (at + 0x6d2b79f5) | 0
    let value = Math.imul(at ^ (at >>> 15), 1 | at)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
}
const next = random(Number(seed))
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)] as Item

const WORDS = [
  ...[
    'metrics',
    'params',
    'tags',
    'attributes',
    'datasets',
    'span',
    'feedback',
    'run_id',
    'name',
    'status',
    'start_time',
  ],
  ...['.', '.a', '.`a b`', '."x"', '=', '!=', '<>', '>=', '<', 'LIKE', 'ILIKE', 'IN', 'NOT', 'IS', 'NULL', 'AND', 'OR'],
  ...["'x'", "'%a%'", "'it''s'", '"q"', '(', ')', ',', "('a','b')", '1', '-1e9', '1e999', 'NaN', ';', '--', '/*', "'"],
  ...["'; DROP TABLE runs; --", '\u0000', '💥', '__proto__', 'constructor', 'é', '\\', '\n'],
]
const filter = (): string =>
  Array.from({ length: 1 + Math.floor(next() * 9) }, () => pick(WORDS)).join(pick(['', ' ', ' ']))
const ODD = [
  null,
  true,
  0,
  -1,
  1e308,
  2 ** 53,
  '',
  'x'.repeat(300),
  [],
  {},
  [[]],
  [null],
  [{}],
  '\u0000',
  '../..',
  '%00',
  'NaN',
]
const token = (): string => Buffer.from(`1:${filter()}`).toString('base64url')

/** A value for a field by its name: what might be right, and what is not. */
function valueFor(key: string, known: readonly string[]): unknown {
  if (next() < 0.25) return pick(ODD)
  if (/filter/.test(key)) return filter()
  if (key === 'order_by') return [filter(), `${pick(WORDS)} DESC`]
  if (key === 'page_token') return token()
  if (/experiment_ids|run_ids|trace_ids/.test(key)) return [pick(known)]
  if (/_id$|_uuid$|^name$/.test(key)) return pick(known)
  if (/max_|step|timestamp/.test(key)) return pick([1, 10, '5', 1000])
  if (key === 'events') return [{ entity: pick(['MODEL_VERSION', filter()]), action: pick(['CREATED', 'x']) }]
  if (/tags|params|metrics/.test(key)) return [{ key: filter(), value: pick(['1', filter()]), timestamp: 1, step: 1 }]
  return filter()
}

test(`${count} requests with seed ${seed}`, async () => {
  const post = async (path: string, body: object) =>
    (await server.ask(`/api/2.0/mlflow${path}`, { method: 'POST', body })).json
  const { experiment_id } = await post('/experiments/create', { name: 'fuzzed' })
  const { run } = await post('/runs/create', { experiment_id })
  const kept = await post('/runs/create', { experiment_id: '0', run_name: 'kept' })
  await post('/registered-models/create', { name: 'model' })
  const known = [experiment_id, run.info.run_id, 'model', 'none', '0', "x' OR '1'='1"]
  for (let sent = 0; sent < Number(count); sent++) {
    const { method, path, query, body } = pick(mlflowFace.operations)
    const filled = path.replace(/\{\w+\}/g, () => encodeURIComponent(pick(known)))
    const schema = (method === 'GET' ? query : body) as { properties?: object } | undefined
    const fields = Object.keys(schema?.properties ?? {}).filter(() => next() < 0.8)
    const input = Object.fromEntries(fields.map((key) => [key, valueFor(key, known)]))
    const pairs = Object.entries(input).flatMap(([key, value]) =>
      [value].flat().map((one): [string, string] => [key, String(one)]),
    )
    const search = method === 'GET' ? `?${new URLSearchParams(pairs)}` : ''
    const answer = await server.ask(`${filled}${search}`, { method, ...(method !== 'GET' && { body: input }) })
    const named = answer.status < 500 || answer.status === 501
    assert.ok(named, `${sent}: ${method} ${filled} ${JSON.stringify(input)}: ${answer.status} ${answer.text}`)
  }
  const still = await server.ask(`/api/2.0/mlflow/runs/get?run_id=${kept.run.info.run_id}`)
  assert.equal(still.json.run.info.run_name, 'kept')
})
