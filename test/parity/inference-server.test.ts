/**
 * The same scripts and the same requests to Microsoft's inference server and to ours, in one environment: statuses,
 * bodies and headers are the same but for what no client can rely on.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import type { ServingEngine } from '../../src/serving/engine.ts'
import { answer, type Bench, conda, deployed, eventually, openBench } from '../../src/serving/local/test-serving.ts'
import { type Ask, cases } from './scripts.ts'

const environment = conda('azureml-inference-server-http==1.5.1', 'inference-schema[numpy-support,pandas-support]==1.8')

/** Times, identifiers that are made up, and what the connection adds. */
const volatile = /^(date|server|connection|content-length|transfer-encoding|x-ms-run-fn-exec-ms|x-ms-server-version)$/
/** Named by the request's own header alone; else each server makes one up. */
const names = /^x-(ms-)?request-id$/

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

describe('scripts of Azure in both servers', () => {
  let bench: Bench
  let engine: ServingEngine
  before(async () => {
    bench = await openBench({ plain: true })
    engine = await bench.engine()
  })
  after(() => bench.close())

  for (const { name, script, files = {}, variables = {}, asks } of cases)
    test(name, async (t) => {
      const spec = await deployed(
        engine,
        await bench.script(name, { 'score.py': script, ...files }, { environment, variables }),
      )
      const python = (await environmentOf(engine, spec.id)) ?? ''
      const theirs = await startTheirs(bench, { name, python, files: { 'score.py': script, ...files }, variables })
      try {
        for (const ask of asks)
          await t.test(ask.why, async () => {
            const [one, other] = [await theirs.ask(ask), await askOurs(engine, spec, ask)]
            assert.deepEqual(comparable(other, ask), comparable(one, ask))
          })
      } finally {
        await theirs.stop()
      }
    })
})

/** The Python that our worker runs in, by what it says of itself. */
async function environmentOf(engine: ServingEngine, id: string): Promise<string | undefined> {
  const log = await engine.logs(id, 'storage-initializer', 1000)
  const directory = /The environment is (\S+)/.exec(log)?.[1]
  return directory && join(directory, 'bin', 'python')
}

async function askOurs(engine: ServingEngine, spec: { readonly id: string }, ask: Ask): Promise<Answer> {
  const { status, headers, text } = await answer(engine, spec, ask.body ?? '', {
    method: ask.method ?? 'POST',
    target: ask.target ?? '/score',
    rawHeaders: Object.entries(ask.headers ?? {}).flat(),
  })
  return { status, headers, text }
}

async function startTheirs(
  bench: Bench,
  of: {
    readonly name: string
    readonly python: string
    readonly files: Readonly<Record<string, string>>
    readonly variables: Readonly<Record<string, string>>
  },
) {
  const folder = join(bench.directory, 'theirs', of.name)
  await mkdir(folder, { recursive: true })
  for (const [name, content] of Object.entries(of.files)) await writeFile(join(folder, name), content)
  const port = await freePort()
  const child = spawn(
    of.python,
    ['-m', 'azureml_inference_server_http', '--entry_script', join(folder, 'score.py'), '--port', String(port)],
    { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...of.variables }, stdio: 'ignore' },
  )
  await eventually(
    async () => (await askTheirs(port, { why: '', method: 'GET', target: '/' }).catch(() => undefined)) && true,
  )
  return { ask: (ask: Ask) => askTheirs(port, ask), stop: () => ended(child) }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}

async function askTheirs(port: number, ask: Ask): Promise<Answer> {
  const sent = request({
    port,
    host: '127.0.0.1',
    agent: false,
    method: ask.method ?? 'POST',
    path: ask.target ?? '/score',
    headers: { ...ask.headers, 'content-length': Buffer.byteLength(ask.body ?? '') },
  })
  sent.end(ask.body ?? '')
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
  return { status: response.statusCode ?? 0, headers, text: (await buffer(response)).toString('latin1') }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  await once(server.close(), 'close')
  return typeof address === 'object' && address ? address.port : 0
}

function comparable({ status, headers, text }: Answer, ask: Ask) {
  const named = Object.keys(ask.headers ?? {}).some((name) => names.test(name))
  const kept = Object.entries(headers)
    .filter(([name]) => !volatile.test(name) && (named || !names.test(name)))
    .sort(([one], [other]) => (one < other ? -1 : 1))
  const isJson = headers['content-type'] === 'application/json'
  return {
    status,
    headers: Object.fromEntries(kept),
    body: isJson && text !== '' && !/NaN/.test(text) ? JSON.parse(text) : text,
  }
}
