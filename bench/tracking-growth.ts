/**
 * What 1,000,000 runs and 100,000,000 points cost: the calls of tracking on an empty server and on a full one, how long a
 * start takes and what memory is used. `bin/node bench/tracking-growth.ts [RUNS [POINTS [SECONDS [DATA]]]]`, POINTS a run.
 *
 * The many runs go through the store's own write path without HTTP (`many-runs.ts`). A data directory that is named is
 * kept, and is not filled twice.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestServer } from '../test/support/server.ts'
import { load, request } from './load.ts'
import { seedOurs } from './many-runs.ts'
import { type Row, render } from './table.ts'

const [, , runsText = '1000000', pointsText = '100', secondsText = '2', kept] = process.argv
const [RUNS, POINTS, SECONDS] = [Number(runsText), Number(pointsText), Number(secondsText)]
const MOST = 2
const SEARCH_MS = 50
const OWN_RUNS = 200
const CHART = 10_000

/** By what was measured. */
type Figures = Readonly<Record<string, number>>

const data = kept ?? mkdtempSync(join(tmpdir(), 'lazuli-tracking-growth-'))
const filled = join(data, 'filled.json')
try {
  mkdirSync(data, { recursive: true })
  if (!existsSync(filled)) {
    console.log('empty …')
    const { figures, workspace } = await onServer(measured)
    console.log(`filling with ${RUNS} runs of ${POINTS} points …`)
    const began = performance.now()
    await seedOurs(data, workspace.toLowerCase(), RUNS, POINTS / 2)
    const took = (performance.now() - began) / 1000
    console.log(`filled in ${took.toFixed(0)} s, ${Math.round(RUNS / took)} runs/s, ${sizes()}`)
    writeFileSync(filled, JSON.stringify(figures))
  }
  console.log('full …')
  const empty: Figures = JSON.parse(readFileSync(filled, 'utf8'))
  const full = await onServer(async (asking) => ({ ...(await measured(asking)), searches: await searches(asking) }))
  const rows = [...compared(empty, full.figures), ...full.searches]
  const head = `${RUNS} runs, ${RUNS * POINTS} points, ${sizes()}; ${SECONDS} s each, one client, p95`
  console.log(`\n${render(rows, `${head}; ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}`)}`)
  process.exitCode = rows.every(({ met }) => met !== false) ? 0 : 1
} finally {
  if (kept === undefined) rmSync(data, { recursive: true, force: true })
}

interface Asking {
  readonly server: TestServer
  readonly workspace: string
  readonly startMs: number
  /** The bytes of a call of MLflow's. */
  call(method: 'GET' | 'POST', path: string, body?: unknown): Buffer
  // biome-ignore lint/suspicious/noExplicitAny: a benchmark reads what it has asked for
  ask(path: string, body: unknown): Promise<any>
}

async function onServer<Result>(work: (asking: Asking) => Promise<Result>): Promise<Result> {
  const began = performance.now()
  const server = await TestServer.start({ data })
  const startMs = performance.now() - began
  try {
    const { pathname } = new URL(server.facts.mlflowUrl)
    const headers = { authorization: `Bearer ${await server.token()}`, 'content-type': 'application/json' }
    return await work({
      server,
      workspace: pathname.slice(pathname.indexOf('/subscriptions/')),
      startMs,
      call: (method, path, body) =>
        request(method, `${pathname}/api/2.0/mlflow${path}`, {
          headers,
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
      async ask(path, body) {
        const url = `${server.url}${pathname}/api/2.0/mlflow${path}`
        const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
        if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
        return await response.json()
      },
    })
  } finally {
    await server.stopOnly()
  }
}

function points(from: number, count: number) {
  return Array.from({ length: count }, (_, at) => ({
    ...{ key: 'loss', value: Math.sin(from + at) },
    ...{ timestamp: from + at, step: from + at },
  }))
}

/** What every call takes, in an experiment of its own that is as large whatever else is there. */
async function measured(asking: Asking): Promise<{ readonly figures: Figures; readonly workspace: string }> {
  const { server, call, ask } = asking
  const idle = residentMb(server.pid)
  const { experiment_id } = await ask('/experiments/create', { name: `own-${Date.now()}` })
  const newRun = async (): Promise<string> => (await ask('/runs/create', { experiment_id })).run.info.run_id
  const ids: string[] = []
  for (let at = 0; at < OWN_RUNS; at++) {
    const id = await newRun()
    const params = [{ key: 'lr', value: ['0.1', '0.01'][at % 2] }]
    await ask('/runs/log-batch', { run_id: id, params, metrics: points(at, 10) })
    ids.push(id)
  }
  const [one, long, batched] = [ids[7], await newRun(), await newRun()]
  for (let at = 0; at < CHART; at += 1000) await ask('/runs/log-batch', { run_id: long, metrics: points(at, 1000) })
  let next = 1_000_000
  const calls: Readonly<Record<string, Parameters<typeof load>[0]['request']>> = {
    'runs/create': () => call('POST', '/runs/create', { experiment_id, start_time: Date.now() }),
    'runs/get': call('GET', `/runs/get?run_id=${one}`),
    'runs/log-metric': () =>
      call('POST', '/runs/log-metric', { run_id: one, key: 'acc', value: 1, timestamp: 1, step: next++ }),
    'runs/log-parameter': () => call('POST', '/runs/log-parameter', { run_id: one, key: `p${next++}`, value: '1' }),
    'runs/set-tag': () => call('POST', '/runs/set-tag', { run_id: ids[9], key: 'at', value: String(next++) }),
    'runs/log-batch of 100': () =>
      call('POST', '/runs/log-batch', { run_id: batched, metrics: points(next++ * 100, 100) }),
    'metrics/get-history of 10,000': call('GET', `/metrics/get-history?run_id=${long}&metric_key=loss`),
    'chart of 10,000': call(
      'GET',
      `/metrics/get-history-bulk-interval?run_ids=${long}&metric_key=loss&max_results=2500`,
    ),
    'runs/search in an experiment of its own': call('POST', '/runs/search', {
      experiment_ids: [experiment_id],
      filter: "params.lr = '0.1'",
      order_by: ['metrics.loss DESC'],
      max_results: 50,
    }),
    'experiments/get': call('GET', `/experiments/get?experiment_id=${experiment_id}`),
  }
  const figures: Record<string, number> = { 'start to ready, ms': asking.startMs, 'memory after the start, MB': idle }
  for (const [what, made] of Object.entries(calls)) {
    const { p95, failed } = await load({ port: server.facts.port, clients: 1, seconds: SECONDS, request: made })
    if (failed > 0) throw new Error(`${what}: ${failed} failed`)
    figures[`${what}, ms`] = p95
  }
  figures['memory after all of it, MB'] = residentMb(server.pid)
  return { figures, workspace: asking.workspace }
}

/** Searches among all of the many runs, a hundred results a page. */
async function searches({ server, call, ask }: Asking): Promise<readonly Row[]> {
  const { experiments } = await ask('/experiments/search', { filter: "name = 'many'", max_results: 1 })
  const kinds = [
    { filter: '', order_by: [] },
    { filter: "metrics.acc > 0.9 and params.lr = '0.1'", order_by: ['metrics.acc DESC'] },
    { filter: "tags.team = 'red'", order_by: ['metrics.loss ASC'] },
    { filter: "params.model LIKE 'res%' and metrics.loss < 0.5", order_by: ['params.lr ASC', 'metrics.acc DESC'] },
    { filter: "attributes.status = 'FINISHED' and tags.rare = 'yes'", order_by: ['start_time DESC'] },
    { filter: "params.lr = '0.01'", order_by: ['params.model DESC', 'start_time ASC'] },
    { filter: 'metrics.acc > 0.5 and metrics.loss < 0.001', order_by: [] },
    { filter: "attributes.run_name = 'run-77'", order_by: [] },
  ]
  const rows: Row[] = []
  for (const { filter, order_by } of kinds) {
    const body = { experiment_ids: [experiments[0].experiment_id], filter, order_by, max_results: 100 }
    const { p95, failed } = await load({
      port: server.facts.port,
      clients: 1,
      seconds: SECONDS,
      request: call('POST', '/runs/search', body),
    })
    if (failed > 0) throw new Error(`${filter}: ${failed} failed`)
    rows.push({
      what: `search: ${filter || 'all'}${order_by.length > 0 ? ` by ${order_by.join(', ')}` : ''}`,
      ours: `${p95.toFixed(1)} ms`,
      goal: `≤ ${SEARCH_MS} ms`,
      met: p95 <= SEARCH_MS,
    })
    console.log(`  ${rows.at(-1)?.what}: ${rows.at(-1)?.ours}`)
  }
  return rows
}

function compared(empty: Figures, full: Figures): readonly Row[] {
  return Object.entries(empty).map(([what, before]) => {
    const after = full[what] ?? Number.NaN
    return {
      what,
      ours: after.toFixed(2),
      goal: `≤ ${MOST}× empty (${before.toFixed(2)})`,
      ratio: `${(after / before).toFixed(2)}×`,
      met: after <= before * MOST,
    }
  })
}

/** What a process holds in memory that is its own: pages of mapped files may be taken from it at any time. */
function residentMb(pid: number): number {
  const [, kb = 'NaN'] = /RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kb) / 1024
}

function sizes(): string {
  const gb = (file: string) => (statSync(join(data, file)).size / 1e9).toFixed(2)
  return `lazuli.db ${gb('lazuli.db')} GB, metrics.db ${gb('metrics.db')} GB`
}
