/**
 * `bin/node bench/serving.ts [SECONDS]`: online scoring through the front door beside the servers that people use, with
 * the same script and model and 16 clients, and beside run() alone; prints a table.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Endpoints } from '../test/support/endpoints.ts'
import { startServer, until } from '../test/support/server.ts'
import { measure, measurePeer, peers, pythonWith, scoreBody } from './serving-peers.ts'
import { type Row, render } from './table.ts'

const seconds = Number(process.argv[2] ?? 4)
const here = import.meta.dirname
const model = mkdtempSync(join(tmpdir(), 'lazuli-bench-serving-'))
const packages = ['scikit-learn==1.7.2']
const requests = { maxConcurrentRequestsPerInstance: 32, requestTimeout: 'PT30S' }

const server = await startServer()
const results: Row[] = []
const say = (row: Row) => {
  results.push(row)
  console.log(`${row.what}: ${row.ours} ${row.goal ?? ''} ${row.ratio ?? ''}`)
}
const rate = (perSecond: number) => `${Math.round(perSecond)}/s`

try {
  const trainer = await pythonWith([...packages, 'mlflow==2.22.5', 'pandas==2.3.3', 'skl2onnx==1.19.1', 'onnx==1.19.1'])
  execFileSync(trainer, [join(here, 'peers', 'train.py'), model, 'mlflow', 'onnx'])
  const python = await pythonWith(packages)

  const online = new Endpoints(server)
  const environmentId = online.path('environments/sklearn/versions/1')
  await online.arm.made(environmentId, {
    properties: {
      image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest',
      condaFile: JSON.stringify({ name: 'bench', dependencies: ['python=3.11', 'pip', { pip: packages }] }),
    },
  })
  const register = async (name: string, file: string) => {
    const uri = await online.store(`models/${name}/${file}`, readFileSync(join(model, file)))
    const id = online.path(`models/${name}/versions/1`)
    await online.arm.made(id, { properties: { modelUri: uri, modelType: 'custom_model' } })
    return id
  }
  const iris = await register('iris', 'iris.pkl')
  const endpoint = await online.endpoint('bench')
  const key = await online.key(endpoint)
  const script = readFileSync(join(here, 'peers', 'score.py'), 'utf8')
  const shape = { environmentId, model: iris, requestSettings: requests }
  /** An environment may have to be built first. */
  const deploy = async (name: string, wish: object) => {
    const id = `${endpoint}/deployments/${name}`
    const answer = await online.arm.put(id, wish)
    if (answer.status >= 300) throw new Error(answer.text)
    await until(
      `${name} answers`,
      async () => {
        const { provisioningState } = (await online.arm.get(id)).json.properties
        if (provisioningState === 'Failed') throw new Error(`${name} failed`)
        return provisioningState === 'Succeeded'
      },
      600_000,
    )
  }
  await deploy('one', await online.deploymentBody(script, shape))
  await online.traffic(endpoint, { one: 100 })
  const path = '/_score/eastus/bench/score'
  const ask = (clients: number, body = scoreBody) => measure(server.facts.port, path, { body, seconds, clients, key })
  const bare = () =>
    Number(
      execFileSync(python, [join(here, 'peers', 'bare.py'), scoreBody, String(seconds)], {
        env: { AZUREML_MODEL_DIR: model },
        encoding: 'utf8',
      }),
    )

  // Machines are shared: bare runs stand on both sides of ours.
  const [before, ours, after] = [bare(), await ask(16), bare()]
  const alone = (before + after) / 2
  say({
    what: 'online scoring, one worker, 16 clients',
    ours: `${rate(ours.perSecond)}, p50 ${ours.p50.toFixed(2)} ms, p99 ${ours.p99.toFixed(2)} ms, ${ours.failed} failed`,
    goal: `bare run() ${rate(alone)}`,
    ratio: `${((ours.perSecond / alone) * 100).toFixed(0)} % (75 %)`,
    met: ours.perSecond >= 0.75 * alone,
  })
  const single = await ask(1)
  const added = single.p50 - 1000 / alone
  say({
    what: 'one client: what everything adds to run() at p50',
    ours: `${added.toFixed(2)} ms`,
    goal: '0.3 ms',
    met: added <= 0.3,
  })
  for (const peer of peers) {
    const theirs = await measurePeer(peer, { model, seconds }).catch((error: Error) => error)
    if (theirs instanceof Error) {
      say({ what: `the same, beside ${peer.name}`, ours: 'not measured', goal: theirs.message })
      continue
    }
    const now = await ask(16)
    const ratio = now.perSecond / theirs.perSecond
    say({
      what: `the same, beside ${peer.name}`,
      ours: rate(now.perSecond),
      goal: `${rate(theirs.perSecond)}, ${theirs.failed} failed`,
      ratio: `${ratio.toFixed(1)}× (${peer.goal}×)`,
      met: ratio >= peer.goal,
    })
  }
  const body = await online.deploymentBody(script, { ...shape, environmentVariables: { WORKER_COUNT: '2' } })
  const began = performance.now()
  await deploy('two', body)
  await online.traffic(endpoint, { two: 100 })
  await online.score(endpoint, { key, body: scoreBody })
  const put = performance.now() - began
  const two = await ask(16)
  say({
    what: 'PUT to first answer, environment built',
    ours: `${put.toFixed(0)} ms`,
    goal: '2000 ms',
    met: put <= 2000,
  })
  say({
    what: 'two workers',
    ours: rate(two.perSecond),
    goal: `one ${rate(ours.perSecond)}`,
    ratio: `${(two.perSecond / ours.perSecond).toFixed(2)}×`,
  })

  await deploy('onnx', {
    location: 'eastus',
    sku: { name: 'Default', capacity: 1 },
    properties: {
      endpointComputeType: 'Managed',
      instanceType: 'Standard_DS2_v2',
      model: await register('iris-onnx', 'iris.onnx'),
      requestSettings: requests,
    },
  })
  await online.traffic(endpoint, { onnx: 100 })
  const onnx = await ask(16, JSON.stringify({ input_data: [[5.1, 3.5, 1.4, 0.2]] }))
  say({
    what: 'ONNX, one worker',
    ours: `${rate(onnx.perSecond)}, ${onnx.failed} failed`,
    goal: '10000/s',
    met: onnx.perSecond >= 10_000,
  })
} finally {
  await server.stop()
  rmSync(model, { recursive: true, force: true })
}
console.log(`\n${render(results, `${cpus().length} CPUs, ${seconds} s each`)}`)
