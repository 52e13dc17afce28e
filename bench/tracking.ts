/**
 * Tracking here and in `mlflow server` on SQLite, with the same raw keep-alive client, in one run:
 * `bin/node bench/tracking.ts PYTHON [SECONDS [RUNS]]`, where PYTHON has the mlflow to compare with; `-` measures Lazuli alone. The runs to search
 * among are written into both stores before the servers start; the peer's straight into its tables.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestServer } from '../test/support/server.ts'
import { load, request } from './load.ts'
import { seedOurs, seedTheirs } from './many-runs.ts'
import { besideMlflow } from './mlflow-server.ts'
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
    await seedOurs(data, workspace.toLowerCase(), RUNS)
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

console.log('Lazuli …')
const mine = await ours()
if (python !== '-') console.log('mlflow server …')
const peer =
  python === '-'
    ? undefined
    : await besideMlflow(
        python,
        (path) => seedTheirs(path, RUNS),
        (port) => measure({ port, base: '', headers: {} }),
      )
const faster = (what: string, name: keyof Figures, wanted: number, unit = '/s') =>
  add({
    what,
    ours: `${Math.round(mine.figures[name])} ${unit}`,
    ...(peer && {
      goal: `≥ ${wanted}× mlflow server (${Math.round(peer[name])} ${unit})`,
      ratio: `${(mine.figures[name] / peer[name]).toFixed(1)}×`,
      met: mine.figures[name] >= wanted * peer[name],
    }),
  })
const sooner = (what: string, name: keyof Figures, wanted: number) =>
  add({
    what,
    ours: `${mine.figures[name].toFixed(1)} ms`,
    ...(peer && {
      goal: `≥ ${wanted}× mlflow server (${peer[name].toFixed(1)} ms)`,
      ratio: `${(peer[name] / mine.figures[name]).toFixed(1)}×`,
      met: peer[name] >= wanted * mine.figures[name],
    }),
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
