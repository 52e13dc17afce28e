/**
 * What 100,000 finished jobs in one workspace cost: GET, pages, a search, and a job from its PUT to its end, on an empty
 * server and on a full one. Each must stay within twice of empty. `bin/node bench/job-growth.ts [SECONDS [JOBS]]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../src/store/sqlite/open-store.ts'
import { TestServer, until } from '../test/support/server.ts'
import { load, request } from './load.ts'
import { type Row, render } from './table.ts'

const seconds = Number(process.argv[2] ?? 2)
const many = Number(process.argv[3] ?? 100_000)
const MOST = 2
const VERSION = 'api-version=2023-10-01'
const TINY = 15

const data = mkdtempSync(join(tmpdir(), 'lazuli-job-growth-'))
try {
  let server = await TestServer.start({ data })
  const workspace = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
  const environment = { properties: { image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04' } }
  await server.ask(`${workspace}/environments/tiny/versions/1?${VERSION}`, { method: 'PUT', body: environment })
  // A full page of them, and the environment built and a node up before anything is measured.
  for (let at = 0; at < 30; at++) await tiny(server, workspace, `first-${at}`)
  console.log('empty …')
  const empty = await figures(server, workspace, 'empty')
  await server.stopOnly()
  console.log(`filling with ${many} finished jobs …`)
  await fill(workspace)
  server = await TestServer.start({ data })
  await tiny(server, workspace, 'again')
  console.log('full …')
  const full = await figures(server, workspace, 'full')
  await server.stop()
  const rows: Row[] = [...empty].map(([what, before]) => {
    const after = full.get(what) ?? Number.NaN
    return {
      what,
      ours: `${after.toFixed(2)} ms`,
      goal: `≤ ${MOST}× of empty, ${before.toFixed(2)} ms`,
      ratio: `${(after / before).toFixed(2)}×`,
      met: after <= MOST * before,
    }
  })
  console.log(`\n${render(rows, `${many} finished jobs, ${seconds} s each, p50 of one client`)}`)
  process.exitCode = rows.every(({ met }) => met) ? 0 : 1
} finally {
  rmSync(data, { recursive: true, force: true })
}

async function figures(server: TestServer, workspace: string, run: string): Promise<ReadonlyMap<string, number>> {
  const headers = { authorization: `Bearer ${await server.token()}`, 'content-type': 'application/json' }
  const get = (path: string) => request('GET', path, { headers })
  const { json } = await server.ask(`/history/v1.0${workspace}/runs/first-7?api-version=v1.0`)
  const search = JSON.stringify({ experiment_ids: [json.experimentId], max_results: 25 })
  const asked: Readonly<Record<string, Parameters<typeof load>[0]['request']>> = {
    'GET of a job': get(`${workspace}/jobs/first-7?${VERSION}`),
    'page of 25 jobs': get(`${workspace}/jobs?$top=25&${VERSION}`),
    'details of a run': get(`/history/v1.0${workspace}/runs/first-7/details?api-version=v1.0`),
    'newest 25 runs by MLflow': request('POST', `/mlflow/v2.0${workspace}/api/2.0/mlflow/runs/search`, {
      headers,
      body: search,
    }),
  }
  const found = new Map<string, number>()
  for (const [what, make] of Object.entries(asked)) {
    const { p50, failed } = await load({ port: server.facts.port, clients: 1, seconds, request: make })
    if (failed > 0) throw new Error(`${what}: ${failed} failed`)
    found.set(what, p50)
  }
  const times: number[] = []
  for (let at = 0; at < TINY; at++) times.push(await tiny(server, workspace, `${run}-${at}`))
  found.set('a job of one echo, PUT to Completed', times.sort((a, b) => a - b)[TINY >> 1] ?? Number.NaN)
  return found
}

/** Milliseconds from a job's PUT to its end. */
async function tiny(server: TestServer, workspace: string, name: string): Promise<number> {
  const began = performance.now()
  const properties = {
    jobType: 'Command',
    command: 'echo tiny',
    environmentId: `${workspace}/environments/tiny/versions/1`,
    computeId: `${workspace}/computes/cpu-cluster`,
  }
  const path = `${workspace}/jobs/${name}?${VERSION}`
  const made = await server.ask(path, { method: 'PUT', body: { properties } })
  if (made.status !== 201) throw new Error(made.text)
  await until(`${name} is over`, async () => (await server.ask(path)).json.properties.status === 'Completed', 120_000)
  return performance.now() - began
}

async function fill(workspace: string): Promise<void> {
  const store = await openStore({ directory: data })
  try {
    const model = await store.runs.get(workspace.toLowerCase(), 'first-1')
    if (!model?.resource) throw new Error('there is no finished job')
    for (let at = 0; at < many; ) {
      await store.write(async (within) => {
        for (const end = Math.min(many, at + 1_000); at < end; at++) {
          const id = `old-${at}`
          const resource = { ...model.resource, id: `${workspace}/jobs/${id}` } as NonNullable<typeof model.resource>
          await within.runs.put({ ...model, id, rootId: id, displayName: id, number: at + 1000, resource, etag: id })
        }
      })
    }
  } finally {
    await store.close()
  }
}
