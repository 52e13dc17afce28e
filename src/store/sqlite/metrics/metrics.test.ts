import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { MetricPoint } from '../../metrics.ts'
import { testRun } from '../../test-run.ts'
import { Connection } from '../connection.ts'
import { openStore, type SqliteStore } from '../open-store.ts'
import { pack, unpack } from './packed-points.ts'
import { pendingPoints } from './pending-points.ts'
import { onePoint } from './points.ts'

const W = '/subscriptions/s/resourcegroups/g/providers/microsoft.machinelearningservices/workspaces/w'
const directory = mkdtempSync(join(tmpdir(), 'lazuli-metrics-'))
const store = await openStore({ directory })
after(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

const run = (id: string) => testRun(id, { workspace: W, kind: 'interactive' })
const put = (id: string, into: SqliteStore = store) => into.write(({ runs }) => runs.put(run(id)))
const point = (value: number, step = 0, at = 1_700_000_000_000, key = 'm'): MetricPoint => ({ key, value, step, at })

async function whole(id: string, limit: number, key = 'm'): Promise<readonly MetricPoint[]> {
  const found: MetricPoint[] = []
  let next: string | undefined
  do {
    const page = await store.metrics.history(W, id, key, { limit, ...(next !== undefined && { after: next }) })
    found.push(...page.items)
    next = page.next
  } while (next !== undefined)
  return found
}

/** A generator of whole numbers that is the same for the same seed. */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const textOf = ({ step, at, value }: MetricPoint) => `${step} ${at} ${value}`
const inOrder = (points: Iterable<MetricPoint>) =>
  [...points].sort(
    (a, b) =>
      a.step - b.step ||
      a.at - b.at ||
      (a.value || 0) - (b.value || 0) ||
      +Number.isNaN(a.value) - +Number.isNaN(b.value),
  )

describe('points as they come', () => {
  for (const seed of [1, 2, 3]) {
    test(`in any order, with retries, in batches of any size: each is there once (seed ${seed})`, async () => {
      const random = seeded(seed)
      const id = `random${seed}`
      await put(id)
      const known = new Map<string, MetricPoint>()
      let step = 0
      for (let batch = 0; batch < 150; batch++) {
        const points = Array.from({ length: 1 + random([1, 3, 400][random(3)] ?? 1) }, () => {
          step += 1
          // Mostly further; now and then late, at the same step, or NaN.
          const late = random(20) === 0
          return point(random(9) === 0 ? Number.NaN : random(50), late ? random(step) : step, 1_000 + random(3))
        })
        const retried = random(5) === 0 ? [...points, ...points.slice(0, 5)] : points
        await store.metrics.add(W, id, retried)
        if (random(5) === 0) await store.metrics.add(W, id, points)
        for (const one of points) known.set(textOf(one), one)
      }
      const expected = inOrder(known.values())
      assert.deepEqual((await whole(id, 997)).map(textOf), expected.map(textOf))
      const [summary] = await store.metrics.summaries(W, id)
      const values = expected.map(({ value }) => value).filter((value) => !Number.isNaN(value))
      assert.equal(summary?.points, expected.length)
      assert.deepEqual([summary?.low, summary?.high], [Math.min(...values), Math.max(...values)])
      assert.equal(textOf(summary ?? point(-1)), textOf(expected.at(-1) ?? point(-2)))
    })
  }

  test('all at step 0, which is what a client that names none sends', async () => {
    await put('flat')
    for (let at = 0; at < 300; at++) await store.metrics.add(W, 'flat', [point(at, 0, 5_000 + at)])
    assert.deepEqual(
      (await whole('flat', 100)).map(({ value }) => value),
      Array.from({ length: 300 }, (_, at) => at),
    )
  })

  test('a run that is made anew under its name has none of the earlier one', async () => {
    await put('again')
    await store.metrics.add(W, 'again', [point(1), point(2, 1)])
    await store.write(({ runs }) => runs.remove(W, 'again'))
    await put('again')
    assert.deepEqual(await store.metrics.latest(W, 'again'), [])
  })

  test('a batch of a run that is not there is refused whole', async () => {
    await assert.rejects(store.metrics.add(W, 'nobody', [point(1)]), { key: 'RunNotFound' })
  })
})

test('columns come back as they were packed', () => {
  const columns = {
    stride: Float64Array.from({ length: 9 }, (_, at) => 100 - at * 5),
    near: Float64Array.of(2 ** 40, 2 ** 40 - 7, 2 ** 40 + 3),
    far: Float64Array.of(-(2 ** 52), 0, 2 ** 52),
  }
  for (const steps of Object.values(columns)) {
    for (const ats of Object.values(columns)) {
      const count = Math.min(steps.length, ats.length)
      const points = {
        steps: steps.slice(0, count),
        ats: ats.slice(0, count),
        values: Float64Array.from(steps, Math.sqrt).slice(0, count),
      }
      const packed = pack(points)
      // As SQLite hands it over: at any address.
      const moved = new Uint8Array(packed.length + 3)
      moved.set(packed, 3)
      assert.deepEqual(unpack(moved.subarray(3), count), points)
    }
  }
  const one = onePoint(3, 4, Number.NaN)
  assert.deepEqual(unpack(pack(one), 1), one)
})

describe('samples', () => {
  test('a peak of one point in 50,000 is among 500, with both ends; a range has nothing of outside', async () => {
    await put('long')
    const points = Array.from({ length: 50_000 }, (_, step) => point(step === 31_007 ? 9_999 : Math.sin(step), step))
    for (let from = 0; from < points.length; from += 5_000)
      await store.metrics.add(W, 'long', points.slice(from, from + 5_000))
    const sample = await store.metrics.sample(W, 'long', 'm', { most: 500 })
    assert.ok(sample.length <= 500 && sample.length > 400, String(sample.length))
    assert.deepEqual([sample[0]?.step, sample.at(-1)?.step], [0, 49_999])
    assert.ok(sample.some(({ value }) => value === 9_999))
    assert.deepEqual(sample, inOrder(sample))
    const range = await store.metrics.sample(W, 'long', 'm', { most: 100, from: 1_000, to: 1_050 })
    assert.deepEqual([range.length, range[0]?.step, range.at(-1)?.step], [51, 1_000, 1_050])
    // The same points, of which some came late, in chunks that lie over one another.
    await put('late')
    for (let rest = 0; rest < 3; rest++) {
      const part = points.filter(({ step }) => step % 3 === rest)
      for (let from = 0; from < part.length; from += 5_000)
        await store.metrics.add(W, 'late', part.slice(from, from + 5_000))
    }
    for (const asked of [{ most: 500 }, { most: 300, from: 9_000, to: 40_000 }, { most: 7, to: 20_001 }]) {
      const [one, other] = await Promise.all(['long', 'late'].map((id) => store.metrics.sample(W, id, 'm', asked)))
      assert.deepEqual(one, other)
      assert.ok(one && one.length <= asked.most && one.at(-1)?.step === (asked.to ?? 49_999))
    }
  })

  test('what is short is answered whole, and of nothing there is nothing', async () => {
    await put('short')
    await store.metrics.add(W, 'short', [point(1, 1)])
    assert.deepEqual(await store.metrics.sample(W, 'short', 'm', { most: 100 }), [point(1, 1)])
    assert.deepEqual(await store.metrics.sample(W, 'short', 'other', { most: 100 }), [])
    assert.deepEqual(await store.metrics.sample(W, 'short', 'm', { most: 100, from: 2 }), [])
  })
})

test('64 writers on one run and 64 on a run each: every point is there', async () => {
  await Promise.all(Array.from({ length: 65 }, (_, at) => put(`w${at}`)))
  const write = async (id: string, writer: number) => {
    for (let step = 0; step < 20; step++)
      await store.metrics.add(W, id, [point(writer, step, writer), point(1, step, writer, `k${writer}`)])
  }
  await Promise.all(
    Array.from({ length: 64 }, (_, writer) => [write('w64', writer), write(`w${writer}`, writer)]).flat(),
  )
  assert.equal((await whole('w64', 1_000)).length, 64 * 20)
  assert.equal((await store.metrics.latest(W, 'w64')).length, 65)
  for (let at = 0; at < 64; at++) assert.equal((await whole(`w${at}`, 1_000)).length, 20)
})

test('what is removed gives its space back, also what a stop has left behind', async () => {
  const home = mkdtempSync(join(tmpdir(), 'lazuli-metrics-'))
  const sizeOf = () => statSync(join(home, 'metrics.db')).size
  try {
    const first = await openStore({ directory: home })
    await put('big', first)
    await put('small', first)
    // Values and times that no stride tells, so that they take their room.
    const points = Array.from({ length: 200_000 }, (_, at) => point(Math.sin(at), at, at * at))
    await first.metrics.add(W, 'big', points)
    await first.metrics.add(W, 'small', [point(1), point(2, 1)])
    await first.write(({ runs }) => runs.remove(W, 'big'))
    await first.close()
    const second = await openStore({ directory: home })
    const gone = async () =>
      (await second.database.read.db.selectFrom('metric_garbage').selectAll().execute()).length === 0
    while (!(await gone())) await new Promise(setImmediate)
    // The rest is given back while nobody writes.
    const watcher = new Connection(join(home, 'metrics.db'))
    const free = () => watcher.execute<{ freelist_count: number }>('PRAGMA freelist_count', []).rows[0]
    while (free()?.freelist_count !== 0) await new Promise(setImmediate)
    watcher.close()
    assert.equal((await second.metrics.history(W, 'small', 'm')).items.length, 2)
    await second.close()
    assert.ok(sizeOf() < 400_000, String(sizeOf()))
  } finally {
    rmSync(home, { recursive: true })
  }
})

test('metrics of an earlier version are brought along', async () => {
  const home = mkdtempSync(join(tmpdir(), 'lazuli-metrics-'))
  try {
    const first = await openStore({ directory: home })
    await put('old', first)
    await first.close()
    const database = new Connection(join(home, 'lazuli.db'))
    database.exec(`create table metric_series (id integer primary key, run integer, key text);
      create table metric_points (series integer, step bigint, at bigint, value double precision, nan integer);
      insert into metric_series values (7, (select seq from runs where id = 'old'), 'loss');
      insert into metric_points values (7, 0, 10, 0.5, 0), (7, 1, 20, 0, 1), (7, 2, 30, 0.25, 0)`)
    database.close()
    const second = await openStore({ directory: home })
    assert.deepEqual((await second.metrics.history(W, 'old', 'loss')).items, [
      point(0.5, 0, 10, 'loss'),
      point(Number.NaN, 1, 20, 'loss'),
      point(0.25, 2, 30, 'loss'),
    ])
    const { rows } = { rows: await second.database.read.db.introspection.getTables() }
    assert.deepEqual(
      rows.map(({ name }) => name).filter((name) => /^metric_(series|points)$/.test(name)),
      [],
    )
    await second.close()
  } finally {
    rmSync(home, { recursive: true })
  }
})

describe('points that belong to a write', () => {
  const logged = [point(0.5, 1), point(0.25, 2)]

  test('are there when the write is, and not where it was refused', async () => {
    await put('whole')
    await store.write(({ pendingPoints }) => pendingPoints.add(W, 'whole', logged))
    assert.deepEqual(await whole('whole', 10), logged)
    const refused = store.write(async ({ pendingPoints }) => {
      await pendingPoints.add(W, 'whole', [point(9, 9)])
      throw new Error('refused')
    })
    await assert.rejects(refused, /refused/)
    await assert.rejects(
      store.write(({ pendingPoints }) => pendingPoints.add(W, 'nobody', logged)),
      { code: 'RunNotFound' },
    )
    assert.deepEqual(await whole('whole', 10), logged)
  })

  test('are added by the next start where the server ended in between, and not twice', async () => {
    const home = mkdtempSync(join(tmpdir(), 'lazuli-metrics-'))
    try {
      const first = await openStore({ directory: home })
      await put('half', first)
      await put('gone', first)
      // What a server that ends at once has on disk: the promises, of which one has been kept.
      await first.database.write(async (session) => {
        await pendingPoints(session, []).add(W, 'half', logged)
        await pendingPoints(session, []).add(W, 'gone', logged)
      })
      await first.metrics.add(W, 'half', logged.slice(0, 1))
      await first.write(({ runs }) => runs.remove(W, 'gone'))
      await first.close()
      for (let start = 0; start < 2; start++) {
        const next = await openStore({ directory: home })
        assert.deepEqual((await next.metrics.history(W, 'half', 'm')).items, logged)
        await next.close()
      }
      const rows = new Connection(join(home, 'lazuli.db')).execute('select 1 from pending_points', []).rows
      assert.equal(rows.length, 0)
    } finally {
      rmSync(home, { recursive: true })
    }
  })
})
