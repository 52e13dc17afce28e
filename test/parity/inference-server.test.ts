/**
 * The same scripts and the same requests to Microsoft's inference server and to ours, in one environment: statuses,
 * bodies and headers are the same but for what no client can rely on.
 */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ServingEngine } from '../../src/serving/engine.ts'
import { type Bench, conda, deployed, openBench } from '../../src/serving/local/test-serving.ts'
import { type Answer, type Ask, askOurs, pythonOf, startBeside } from './beside.ts'
import { cases } from './scripts.ts'

const environment = conda('azureml-inference-server-http==1.5.1', 'inference-schema[numpy-support,pandas-support]==1.8')

/** Times, and what the connection or the server's name adds. */
const volatile = /^(date|server|connection|content-length|transfer-encoding|x-ms-run-fn-exec-ms|x-ms-server-version)$/
/** Named by the request's own header alone; else each server makes one up. */
const names = /^x-(ms-)?request-id$/

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
      const code = { 'score.py': script, ...files }
      const spec = await deployed(engine, await bench.script(name, code, { environment, variables }))
      const folder = join(bench.directory, 'theirs', name)
      await mkdir(folder, { recursive: true })
      for (const [file, content] of Object.entries(code)) await writeFile(join(folder, file), content)
      const python = await pythonOf(engine, spec)
      const start = [
        python,
        '-m',
        'azureml_inference_server_http',
        '--entry_script',
        join(folder, 'score.py'),
        '--port',
      ]
      const theirs = await startBeside((port) => [...start, String(port)], { cwd: folder, variables, health: '/' })
      try {
        for (const ask of asks)
          await t.test(ask.why, async () =>
            assert.deepEqual(comparable(await askOurs(engine, spec, ask), ask), comparable(await theirs.ask(ask), ask)),
          )
      } finally {
        await theirs.stop()
      }
    })
})

function comparable({ status, headers, text }: Answer, ask: Ask) {
  const isNamed = Object.keys(ask.headers ?? {}).some((name) => names.test(name))
  const kept = Object.entries(headers)
    .filter(([name]) => !volatile.test(name) && (isNamed || !names.test(name)))
    .sort(([one], [other]) => (one < other ? -1 : 1))
  const isJson = headers['content-type'] === 'application/json' && text !== '' && !text.includes('NaN')
  return { status, headers: Object.fromEntries(kept), body: isJson ? JSON.parse(text) : text }
}
