import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Endpoints } from '../test/support/endpoints.ts'
import { startServer, type TestServer, until } from '../test/support/server.ts'
import type { Measured } from './load.ts'
import { measure, pythonWith, scoreBody } from './serving-peers.ts'

const here = import.meta.dirname
const sklearn = 'scikit-learn==1.7.2'
/** What MLflow's and ONNX's models are made with. */
const makers = ['mlflow==2.22.5', 'pandas==2.3.3', 'skl2onnx==1.19.1', 'onnx==1.19.1']
const requestSettings = { maxConcurrentRequestsPerInstance: 32, requestTimeout: 'PT30S' }

/** As many instances as it takes may be wished, though few are kept. */
const QUOTA = { LAZULI_QUOTA_CORES: '10000' }

/** A server with an endpoint whose deployment runs the peers' script, and the model that all of them serve. */
export class ServingWorld {
  readonly server: TestServer
  readonly online: Endpoints
  readonly seconds: number
  /** The folder of the models. */
  readonly model = mkdtempSync(join(tmpdir(), 'lazuli-bench-serving-'))
  readonly #python: string
  readonly #script = readFileSync(join(here, 'peers', 'score.py'), 'utf8')
  #isTrained = false
  #shape: object = {}
  #key = ''
  endpoint = ''

  private constructor(server: TestServer, python: string, seconds: number) {
    this.server = server
    this.online = new Endpoints(server)
    this.#python = python
    this.seconds = seconds
  }

  static async open(seconds: number): Promise<ServingWorld> {
    const python = await pythonWith([sklearn])
    const world = new ServingWorld(await startServer({ env: QUOTA }), python, seconds)
    await world.#begin()
    return world
  }

  async close(): Promise<void> {
    await this.server.stop()
    rmSync(this.model, { recursive: true, force: true })
  }

  async #begin(): Promise<void> {
    execFileSync(this.#python, [join(here, 'peers', 'train.py'), this.model])
    const environmentId = this.online.path('environments/sklearn/versions/1')
    await this.online.arm.made(environmentId, {
      properties: {
        image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest',
        condaFile: JSON.stringify({ name: 'bench', dependencies: ['python=3.11', 'pip', { pip: [sklearn] }] }),
      },
    })
    this.#shape = { environmentId, model: await this.register('iris', 'iris.pkl'), requestSettings }
    this.endpoint = await this.online.endpoint('bench')
    this.#key = await this.online.key(this.endpoint)
    await this.deploy('one', await this.script())
    await this.trafficTo('one')
  }

  /** The same model in the formats that need no script. */
  async trained(): Promise<void> {
    if (this.#isTrained) return
    execFileSync(await pythonWith([sklearn, ...makers]), [
      join(here, 'peers', 'train.py'),
      this.model,
      ...(existsSync(join(this.model, 'mlflow')) ? [] : ['mlflow']),
      'onnx',
    ])
    this.#isTrained = true
  }

  /** A deployment of the peers' script. */
  script(more: object = {}): Promise<object> {
    return this.online.deploymentBody(this.#script, { ...this.#shape, ...more })
  }

  /** A deployment of a model that needs none. */
  async withoutScript(name: string, file: string): Promise<object> {
    return {
      location: 'eastus',
      sku: { name: 'Default', capacity: 1 },
      properties: {
        endpointComputeType: 'Managed',
        instanceType: 'Standard_DS2_v2',
        model: await this.register(name, file),
        requestSettings,
      },
    }
  }

  async register(name: string, file: string): Promise<string> {
    const modelUri = await this.online.store(`models/${name}/${file}`, readFileSync(join(this.model, file)))
    const id = this.online.path(`models/${name}/versions/1`)
    await this.online.arm.made(id, { properties: { modelUri, modelType: 'custom_model' } })
    return id
  }

  /** Resolves when it answers; an environment may have to be built first. */
  async deploy(name: string, wish: object, endpoint = this.endpoint): Promise<void> {
    const id = `${endpoint}/deployments/${name}`
    const answer = await this.online.arm.put(id, wish)
    if (answer.status >= 300) throw new Error(answer.text)
    await until(
      `${name} answers`,
      async () => {
        const { provisioningState } = (await this.online.arm.get(id)).json.properties
        if (provisioningState === 'Failed') throw new Error(`${name} failed`)
        return provisioningState === 'Succeeded'
      },
      600_000,
    )
  }

  trafficTo(name: string): Promise<void> {
    return this.online.traffic(this.endpoint, { [name]: 100 })
  }

  ask(clients: number, body = scoreBody): Promise<Measured> {
    const { seconds } = this
    return measure(this.server.facts.port, '/_score/eastus/bench/score', { body, seconds, clients, key: this.#key })
  }

  /** One answer. */
  async score(endpoint = this.endpoint, body = scoreBody): Promise<void> {
    const key = endpoint === this.endpoint ? this.#key : await this.online.key(endpoint)
    const answer = await this.online.score(endpoint, { key, body })
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`)
  }

  /** How long the script alone takes from nothing to its first result, in milliseconds. */
  bareStart(): number {
    const code = `import score; score.init(); score.run('${scoreBody}')`
    const env = { AZUREML_MODEL_DIR: this.model, PYTHONPATH: join(here, 'peers'), PYTHONDONTWRITEBYTECODE: '1' }
    const began = performance.now()
    execFileSync(this.#python, ['-c', code], { env })
    return performance.now() - began
  }

  /** How often run() alone can be called in a second. */
  bare(): number {
    const asked = [join(here, 'peers', 'bare.py'), scoreBody, String(this.seconds)]
    return Number(execFileSync(this.#python, asked, { env: { AZUREML_MODEL_DIR: this.model }, encoding: 'utf8' }))
  }
}
