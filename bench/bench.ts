/**
 * `npm run bench [-- SECONDS]`: what the server does beside the goals and the peers of the design, as one table. Plain
 * HTTP, keep-alive clients on the same machine; compare within one run only.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestServer } from '../test/support/server.ts'
import { batch } from './batch.ts'
import { besideAzurite } from './beside-azurite.ts'
import { environments } from './environments.ts'
import { load, request } from './load.ts'
import { logLatency } from './logs.ts'
import { submitToFirstOutput } from './submit.ts'
import { type Row, render } from './table.ts'
import { training } from './training.ts'

const seconds = Number(process.argv[2] ?? 4)
const rows: Row[] = []
const add = (row: Row) => {
  rows.push(row)
  console.log(`  ${row.what}: ${row.ours}${row.ratio ? ` (${row.ratio})` : ''}`)
}

const data = mkdtempSync(join(tmpdir(), 'lazuli-bench-'))
try {
  console.log('start and memory …')
  await (await TestServer.start({ data })).stopOnly()
  const began = performance.now()
  const server = await TestServer.start({ data })
  const started = (performance.now() - began) / 1000
  add({ what: 'start to ready, a second time', ours: `${started.toFixed(2)} s`, goal: '≤ 0.5 s', met: started <= 0.5 })
  await new Promise((resolve) => setTimeout(resolve, 3000))
  const memory = residentMegabytes(server.pid)
  add({ what: 'memory when idle', ours: `${memory.toFixed(0)} MB`, goal: '≤ 150 MB', met: memory <= 150 })

  console.log('Azure Resource Manager …')
  await resourceManager(server)
  console.log('tokens …')
  await tokens(server)
  console.log('submit to first output …')
  add(await submitToFirstOutput(server))
  console.log('lines of jobs …')
  for (const row of await logLatency(server)) add(row)
  console.log('many jobs, a long pipeline …')
  for (const row of await training(server)) add(row)
  console.log('a batch job …')
  for (const row of await batch(server)) add(row)
  await server.stop()
} finally {
  rmSync(data, { recursive: true, force: true })
}
console.log('environments beside uv …')
for (const row of await environments()) add(row)
console.log('blobs beside Azurite …')
for (const row of await besideAzurite()) add(row)

const table = render(
  rows,
  `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}, ${seconds} s each`,
)
console.log(`\n${table}`)
const results = join(import.meta.dirname, 'results')
mkdirSync(results, { recursive: true })
writeFileSync(join(results, `${new Date().toISOString().slice(0, 16).replace(':', '')}.md`), table)

async function resourceManager(server: TestServer): Promise<void> {
  const headers = { authorization: `Bearer ${await server.token()}`, 'content-type': 'application/json' }
  const port = server.facts.port
  const subscription = `/subscriptions/${server.facts.subscriptionId}`
  const workspace = `${subscription}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
  const rate = async (what: string, clients: number, make: Parameters<typeof load>[0]['request'], goal?: Goal) => {
    const { perSecond, p99, failed } = await load({ port, clients, seconds, request: make })
    add({
      what: `${what}, ${clients} clients`,
      ours: `${Math.round(perSecond)}/s, p99 ${p99.toFixed(1)} ms${failed ? `, ${failed} FAILED` : ''}`,
      ...(goal && {
        goal: `≥ ${goal.perSecond}/s (${goal.peer})`,
        ratio: `${(perSecond / goal.perSecond).toFixed(2)}×`,
        met: perSecond >= goal.perSecond,
      }),
    })
  }
  const compute = `${workspace}/computes/cpu-cluster?api-version=2023-10-01`
  await rate('GET of a compute', 32, request('GET', compute, { headers }), {
    perSecond: 37_000,
    peer: 'miniblue, measured elsewhere',
  })
  await rate('GET of a workspace', 32, request('GET', `${workspace}?api-version=2023-10-01`, { headers }))
  await rate('PUT of a resource group, one of 500', 32, (n) =>
    request('PUT', `${subscription}/resourceGroups/bench-${n % 500}?api-version=2021-04-01`, {
      headers,
      body: '{"location":"eastus","tags":{"a":"b"}}',
    }),
  )
  await rate('PUT of an environment version, always a new one', 32, (n) =>
    request('PUT', `${workspace}/environments/bench/versions/${n}?api-version=2023-10-01`, {
      headers,
      body: '{"properties":{"image":"python:3.11-slim"}}',
    }),
  )
  await rate(
    'list of 100 environment versions',
    8,
    request('GET', `${workspace}/environments/bench/versions?$top=100&api-version=2023-10-01`, { headers }),
  )
  await rate(
    'list of resource groups',
    32,
    request('GET', `${subscription}/resourceGroups?api-version=2021-04-01`, { headers }),
  )
}

interface Goal {
  readonly perSecond: number
  readonly peer: string
}

async function tokens(server: TestServer): Promise<void> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: server.facts.clientId,
    client_secret: readFileSync(join(server.data, 'client-secret'), 'utf8').trim(),
    resource: 'https://management.azure.com/',
  }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const { perSecond, p99, failed } = await load({
    port: server.facts.port,
    clients: 8,
    seconds,
    request: request('POST', `/${server.facts.tenantId}/oauth2/token`, { headers, body }),
  })
  add({
    what: 'tokens (v1, client secret), 8 clients',
    ours: `${Math.round(perSecond)}/s, p99 ${p99.toFixed(1)} ms${failed ? `, ${failed} FAILED` : ''}`,
  })
}

function residentMegabytes(pid: number): number {
  const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })
  return Number(stdout.trim()) / 1024
}
