/**
 * Tracking here and in `mlflow server` on SQLite, with the same raw keep-alive client, in one run:
 * `bin/node bench/tracking.ts PYTHON [SECONDS [RUNS]]`, where PYTHON has the mlflow to compare with; `-` measures Lazuli alone. The runs to search
 * among are written into both stores before the servers start; the peer's straight into its tables.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import type { Run } from '../src/store/runs.ts'
import { openStore } from '../src/store/sqlite/open-store.ts'
import { TestServer } from '../test/support/server.ts'
import { load, request } from './load.ts'
import { type Row, render } from './table.ts'

const [, , python = 'python3', secondsText = '3', runsText = '100000'] = process.argv
const seconds = Number(secondsText)
const RUNS = Number(runsText)
const HISTORY = 100_000
const CHART = 1_000_000
const rows: Row[] = []
const add = (row: Row) => {
  rows.push(row)
  console.log(`  ${row.what}: ${row.ours}${row.goal ? `, ${row.goal}` : ''}${row.ratio ? ` (${row.ratio})` : ''}`)
}

/** A tracking server under test. */
interface Target {
  readonly port: number
  /** What stands before `/api/2.0/mlflow`. */
  readonly base: string
  readonly headers: Readonly<Record<string, string>>
}

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: a benchmark reads what it has asked for
  readonly json: any
  readonly ms: number
}

async function ask({ port, base, headers }: Target, method: string, path: string, body?: unknown): Promise<Answer> {
  const began = performance.now()
  const response = await fetch(`http://127.0.0.1:${port}${base}/api/2.0/mlflow${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const ms = performance.now() - began
  if (response.status !== 200) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`)
  return { status: response.status, json: JSON.parse(text), ms }
}

const points = (from: number, count: number, key = 'loss') =>
  Array.from({ length: count }, (_, at) => ({
    key,
    value: Math.sin(from + at) + at / 7,
    timestamp: 1_700_000_000_000 + from + at,
    step: from + at,
  }))

interface Figures {
  readonly create: number
  readonly create8: number
  readonly logMetric: number
  readonly logMetric8: number
  readonly get: number
  readonly batch: number
  readonly batch8: number
  readonly historyMs: number
  readonly searchMs: number
}

async function measure(target: Target): Promise<Figures> {
  const experiment = (await ask(target, 'POST', '/experiments/create', { name: `bench-${Date.now()}` })).json
    .experiment_id
  const newRun = async (): Promise<string> =>
    (await ask(target, 'POST', '/runs/create', { experiment_id: experiment, start_time: Date.now() })).json.run.info
      .run_id
  const post = (path: string, body: unknown) =>
    request('POST', `${target.base}/api/2.0/mlflow${path}`, {
      headers: { ...target.headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const rate = async (clients: number, make: Buffer | ((n: number) => Buffer)): Promise<number> => {
    const { perSecond, failed } = await load({ port: target.port, clients, seconds, request: make })
    if (failed > 0) console.log(`    ${failed} FAILED`)
    return perSecond
  }
  const run = await newRun()
  let step = 0
  const logMetric = () =>
    post('/runs/log-metric', { run_id: run, key: 'm', value: 0.5, timestamp: 1_700_000_000_000, step: step++ })
  const creating = () =>
    post('/runs/create', {
      experiment_id: experiment,
      start_time: Date.now(),
      tags: [{ key: 'mlflow.user', value: 'a' }],
    })
  const create = await rate(1, creating)
  const create8 = await rate(8, creating)
  const logOne = await rate(1, logMetric)
  const log8 = await rate(8, logMetric)
  const get = await rate(
    1,
    request('GET', `${target.base}/api/2.0/mlflow/runs/get?run_id=${run}`, { headers: target.headers }),
  )
  const batched = await newRun()
  const next = counter()
  const batchOf = (id: string, count: number) =>
    post('/runs/log-batch', { run_id: id, metrics: points(next(count), count) })
  const batch = await rate(1, () => batchOf(batched, 1000))
  const many = await Promise.all(Array.from({ length: 8 }, newRun))
  const batch8 = await rate(8, (n) => batchOf(many[n % 8] ?? batched, 1000))
  const long = await newRun()
  for (let at = 0; at < HISTORY; at += 1000) {
    await ask(target, 'POST', '/runs/log-batch', { run_id: long, metrics: points(at, 1000) })
  }
  const historyMs = await best(3, async () => {
    const began = performance.now()
    let token = ''
    let count = 0
    do {
      const page = await ask(
        target,
        'GET',
        `/metrics/get-history?run_id=${long}&metric_key=loss&max_results=25000${token && `&page_token=${encodeURIComponent(token)}`}`,
      )
      count += page.json.metrics.length
      token = page.json.next_page_token ?? ''
    } while (token !== '')
    if (count !== HISTORY) throw new Error(`${count} points of ${HISTORY}`)
    return performance.now() - began
  })
  return {
    create,
    create8,
    logMetric: logOne,
    logMetric8: log8,
    get,
    batch,
    batch8: batch8 * 1000,
    historyMs,
    searchMs: await search(target),
  }
}

/** Where the next batch begins, so that no batch is one that is there already. */
function counter(): (count?: number) => number {
  let from = 0
  return (count = 1000) => {
    from += count
    return from
  }
}

async function best(times: number, work: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let at = 0; at < times; at++) least = Math.min(least, await work())
  return least
}

const filters = [
  { filter: "metrics.acc > 0.9 and params.lr = '0.1'", order_by: ['metrics.acc DESC'] },
  { filter: "tags.team = 'red'", order_by: ['metrics.loss ASC'] },
  { filter: "params.model LIKE 'res%' and metrics.loss < 0.5", order_by: ['params.lr ASC', 'metrics.acc DESC'] },
  { filter: "attributes.status = 'FINISHED' and tags.rare = 'yes'", order_by: ['start_time DESC'] },
]

/** The 95th percentile of searches with filter and order among `RUNS` runs, a hundred results a page. */
async function search(target: Target): Promise<number> {
  const { experiment_id } = (await ask(target, 'GET', '/experiments/get-by-name?experiment_name=many')).json.experiment
  const times: number[] = []
  for (let at = 0; at < 20; at++) {
    const { filter, order_by } = filters[at % filters.length] ?? { filter: '', order_by: [] }
    const found = await ask(target, 'POST', '/runs/search', {
      experiment_ids: [experiment_id],
      filter,
      order_by,
      max_results: 100,
    })
    times.push(found.ms)
    if (at < filters.length)
      console.log(`    ${filter}: ${found.json.runs?.length ?? 0} runs, ${found.ms.toFixed(1)} ms`)
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN
}

/** What run `n` of the many has; the same in both stores. */
const manyRun = (n: number) => ({
  id: n.toString(16).padStart(32, '0'),
  params: { lr: ['0.1', '0.01', '0.001'][n % 3] ?? '', model: ['resnet', 'bert', 'gpt', 'mlp'][n % 4] ?? '' },
  tags: { team: ['red', 'green', 'blue'][n % 3] ?? '', ...(n % 1000 === 0 && { rare: 'yes' }) },
  metrics: { acc: ((n * 7919) % 100_003) / 100_003, loss: ((n * 104_729) % 99_991) / 99_991 },
  at: 1_700_000_000_000 + n * 1000,
})

async function seedOurs(data: string, workspace: string): Promise<void> {
  const store = await openStore({ directory: data })
  const at = '2026-01-01T00:00:00Z'
  await store.write(({ runs }) =>
    runs.putExperiment({ id: 'many-id', workspace, name: 'many', createdAt: at, updatedAt: at, tags: {} }),
  )
  const run = (n: number): Run => {
    const { id, params, tags, at: ms } = manyRun(n)
    const time = new Date(ms).toISOString()
    return {
      id,
      workspace,
      experimentId: 'many-id',
      experimentName: 'many',
      kind: 'interactive',
      displayName: `run-${n}`,
      status: 'Completed',
      createdAt: time,
      startedAt: time,
      endedAt: time,
      createdBy: { objectId: 'a', name: 'a' },
      rootId: id,
      number: n,
      tags,
      properties: {},
      params,
      hidden: false,
      outputs: {},
      warnings: [],
      spans: [],
      etag: '1',
    }
  }
  for (let from = 0; from < RUNS; from += 1000) {
    await store.write(async ({ runs }) => {
      for (let n = from; n < from + 1000; n++) await runs.put(run(n))
    })
    await Promise.all(
      Array.from({ length: 1000 }, (_, index) => {
        const { id, metrics, at: ms } = manyRun(from + index)
        return store.metrics.add(
          workspace,
          id,
          Object.entries(metrics).map(([key, value]) => ({ key, value, step: 0, at: ms })),
        )
      }),
    )
  }
  await store.close()
}

function seedTheirs(path: string): void {
  const database = new DatabaseSync(path)
  const columns = (table: string) =>
    database
      .prepare(`select name from pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => String(name))
  const workspaced = columns('experiments').includes('workspace')
  database.exec(`begin; insert into experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time${workspaced ? ', workspace' : ''})
    values (777, 'many', '/tmp/none', 'active', 0, 0${workspaced ? ", 'default'" : ''})`)
  const run =
    database.prepare(`insert into runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status,
    start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
    values (?, ?, 'UNKNOWN', '', '', 'a', 'FINISHED', ?, ?, '', 'active', '/tmp/none', 777)`)
  const param = database.prepare('insert into params (key, value, run_uuid) values (?, ?, ?)')
  const tag = database.prepare('insert into tags (key, value, run_uuid) values (?, ?, ?)')
  const metric = database.prepare(
    'insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid) values (?, ?, ?, 0, 0, ?)',
  )
  for (let n = 0; n < RUNS; n++) {
    const { id, params, tags, metrics, at } = manyRun(n)
    run.run(id, `run-${n}`, at, at)
    for (const [key, value] of Object.entries(params)) param.run(key, value, id)
    for (const [key, value] of Object.entries(tags)) tag.run(key, String(value), id)
    for (const [key, value] of Object.entries(metrics)) metric.run(key, value, at, id)
  }
  database.exec('commit')
  database.close()
}

async function ours(): Promise<{
  readonly figures: Figures
  readonly chart: number
  readonly whileBusy: { p99: number; batches: number }
}> {
  const data = mkdtempSync(join(tmpdir(), 'lazuli-bench-tracking-'))
  try {
    const first = await TestServer.start({ data })
    const workspace = `/subscriptions/${first.facts.subscriptionId}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
    await first.stopOnly()
    await seedOurs(data, workspace.toLowerCase())
    const server = await TestServer.start({ data })
    const headers = { authorization: `Bearer ${await server.token()}` }
    const target: Target = { port: server.facts.port, base: new URL(server.facts.mlflowUrl).pathname, headers }
    const figures = await measure(target)
    const chart = await chartOf(target, workspace)
    const whileBusy = await busy(target, workspace)
    await server.stop()
    return { figures, chart, whileBusy }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

/** A chart of a long series: what run history's `sample` answers. */
async function chartOf(target: Target, workspace: string): Promise<number> {
  const { json } = await ask(target, 'POST', '/runs/create', { experiment_id: '0', start_time: 1 })
  const id = json.run.info.run_id
  for (let at = 0; at < CHART; at += 1000) {
    await ask(target, 'POST', '/runs/log-batch', { run_id: id, metrics: points(at, 1000) })
  }
  return await best(5, async () => {
    const began = performance.now()
    const response = await fetch(`http://127.0.0.1:${target.port}/metric/v2.0${workspace}/runs/${id}/sample`, {
      method: 'POST',
      headers: { ...target.headers, 'content-type': 'application/json' },
      body: '{"metricName":"loss"}',
    })
    const { value } = (await response.json()) as { value: unknown[] }
    if (value.length < 500) throw new Error(`${value.length} points of a chart`)
    return performance.now() - began
  })
}

/** GETs of a compute while 8 clients send batches of 1,000. */
async function busy(target: Target, workspace: string): Promise<{ p99: number; batches: number }> {
  const { json } = await ask(target, 'POST', '/runs/create', { experiment_id: '0', start_time: 1 })
  const next = counter()
  const batches = load({
    port: target.port,
    clients: 8,
    seconds: seconds + 1,
    request: () =>
      request('POST', `${target.base}/api/2.0/mlflow/runs/log-batch`, {
        headers: { ...target.headers, 'content-type': 'application/json' },
        body: JSON.stringify({ run_id: json.run.info.run_id, metrics: points(next(), 1000) }),
      }),
  })
  const { p99 } = await load({
    port: target.port,
    clients: 1,
    seconds,
    request: request('GET', `${workspace}/computes/cpu-cluster?api-version=2023-10-01`, { headers: target.headers }),
  })
  return { p99, batches: (await batches).perSecond * 1000 }
}

async function theirs(): Promise<Figures> {
  const home = mkdtempSync(join(tmpdir(), 'mlflow-bench-'))
  const port = await freePort()
  const path = join(home, 'mlflow.db')
  const start = async () => {
    const child = spawn(
      python,
      [
        '-m',
        'mlflow',
        'server',
        '--backend-store-uri',
        `sqlite:///${path}`,
        '--artifacts-destination',
        home,
        '--port',
        String(port),
      ],
      {
        stdio: 'ignore',
        cwd: home,
        detached: true,
        env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true', HTTPS_PROXY: '', https_proxy: '' },
      },
    )
    for (const until = Date.now() + 120_000; Date.now() < until; await wait(300)) {
      const up = await fetch(`http://127.0.0.1:${port}/health`).then(
        ({ ok }) => ok,
        () => false,
      )
      if (up) return child
    }
    throw new Error('mlflow server does not start')
  }
  const end = async (child: ReturnType<typeof spawn>) => {
    // The whole group: its workers are processes of their own.
    process.kill(-(child.pid ?? 0), 'SIGTERM')
    while (
      await fetch(`http://127.0.0.1:${port}/health`).then(
        () => true,
        () => false,
      )
    )
      await wait(100)
  }
  try {
    const first = await start()
    await end(first)
    seedTheirs(path)
    const child = await start()
    try {
      return await measure({ port, base: '', headers: {} })
    } finally {
      await end(child)
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

console.log('Lazuli …')
const mine = await ours()
console.log('mlflow server …')
const peer = python === '-' ? mine.figures : await theirs()
const faster = (what: string, name: keyof Figures, wanted: number, unit = '/s') =>
  add({
    what,
    ours: `${Math.round(mine.figures[name])} ${unit}`,
    goal: `≥ ${wanted}× mlflow server (${Math.round(peer[name])} ${unit})`,
    ratio: `${(mine.figures[name] / peer[name]).toFixed(1)}×`,
    met: mine.figures[name] >= wanted * peer[name],
  })
const sooner = (what: string, name: keyof Figures, wanted: number) =>
  add({
    what,
    ours: `${mine.figures[name].toFixed(1)} ms`,
    goal: `≥ ${wanted}× mlflow server (${peer[name].toFixed(1)} ms)`,
    ratio: `${(peer[name] / mine.figures[name]).toFixed(1)}×`,
    met: peer[name] >= wanted * mine.figures[name],
  })
faster('runs/create, 1 client', 'create', 20)
faster('runs/create, 8 clients', 'create8', 20)
faster('runs/log-metric, 1 client', 'logMetric', 20)
faster('runs/log-metric, 8 clients', 'logMetric8', 20)
faster('runs/get, 1 client', 'get', 20)
faster('runs/log-batch of 1,000, 1 client', 'batch', 30)
faster('metrics by 8 clients, batches of 1,000', 'batch8', 30, 'metrics/s')
add({
  what: 'the same, beside the goal',
  ours: `${Math.round(mine.figures.batch8)} metrics/s`,
  goal: '≥ 100000 metrics/s',
  met: mine.figures.batch8 >= 100_000,
})
sooner('get-history of 100,000 points', 'historyMs', 10)
sooner(`runs/search, filter and order, ${RUNS} runs, p95`, 'searchMs', 10)
add({
  what: 'the same, beside the goal',
  ours: `${mine.figures.searchMs.toFixed(1)} ms`,
  goal: '≤ 50 ms',
  met: mine.figures.searchMs <= 50,
})
add({
  what: 'chart of a series of 1,000,000 points',
  ours: `${mine.chart.toFixed(1)} ms`,
  goal: '≤ 30 ms',
  met: mine.chart <= 30,
})
add({
  what: `ARM GET p99 while ${Math.round(mine.whileBusy.batches)} metrics/s come in`,
  ours: `${mine.whileBusy.p99.toFixed(1)} ms`,
  goal: '≤ 25 ms',
  met: mine.whileBusy.p99 <= 25,
})
console.log(
  `\n${render(rows, `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}, ${seconds} s each`)}`,
)
