import assert from 'node:assert/strict'
import { ArmClient } from '../providers/arm-client.ts'
import { type Answer, type Ask, startServer, type TestServer, until } from '../support/server.ts'

const AUDIENCE = 'https://ml.azure.com'
const SCRIPT = `
import os
import time

def init():
    global model
    model = open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model", "factor.txt")).read().strip()

def run(mini_batch):
    mode = os.environ.get("MODE", "")
    rows = []
    for path in mini_batch:
        if mode == "slow":
            time.sleep(300)
        text = open(path).read()
        if text == "bad":
            raise ValueError("bad data")
        if text == "once" and not os.path.exists(path + ".tried"):
            open(path + ".tried", "w").close()
            raise ValueError("not yet")
        rows.append("%s %s" % (os.path.basename(path), text * int(model)))
    if mode == "own":
        with open(os.path.join(os.environ["AZUREML_BI_OUTPUT_PATH"], "own-%s.txt" % os.path.basename(mini_batch[0])), "w") as file:
            file.write(" ".join(rows))
    return rows
`

/** A server with a model, a scoring script, an environment and some data, and an endpoint to deploy them to. */
export class BatchWorld {
  readonly server: TestServer
  readonly arm: ArmClient
  readonly endpoint: string
  #token = ''

  private constructor(server: TestServer) {
    this.server = server
    this.arm = new ArmClient(server)
    this.endpoint = this.path('batchEndpoints/scores')
  }

  static async start(): Promise<BatchWorld> {
    const world = new BatchWorld(await startServer({ env: { LAZULI_ALLOW_SUBSTITUTE: 'true' } }))
    const { arm } = world
    await arm.made(world.path('environments/plain/versions/1'), { properties: { image: 'python:3.11-slim' } })
    await world.upload('code/score.py', SCRIPT)
    await arm.made(world.path('codes/score/versions/1'), { properties: { codeUri: await world.address('code') } })
    await world.upload('registered/model/factor.txt', '2')
    const modelUri = 'azureml://datastores/workspaceblobstore/paths/registered/model'
    await arm.made(world.path('models/factor/versions/1'), { properties: { modelUri, modelType: 'custom_model' } })
    for (let at = 0; at < 5; at++) await world.upload(`letters/${at}.txt`, String.fromCharCode(97 + at))
    await arm.made(world.endpoint, { location: 'eastus', properties: { authMode: 'aadToken' } })
    await arm.made(`${world.endpoint}/deployments/main`, world.deployment())
    const properties = { authMode: 'aadToken', defaults: { deploymentName: 'main' } }
    await arm.made(world.endpoint, { location: 'eastus', properties })
    world.#token = await world.server.token({ resource: AUDIENCE })
    return world
  }

  path = (rest: string): string => `${this.arm.workspace}/${rest}`

  deployment = (properties: object = {}): object => ({
    location: 'eastus',
    properties: {
      model: { referenceType: 'Id', assetId: this.path('models/factor/versions/1') },
      codeConfiguration: { codeId: this.path('codes/score/versions/1'), scoringScript: 'score.py' },
      environmentId: this.path('environments/plain/versions/1'),
      compute: this.path('computes/cpu-cluster'),
      miniBatchSize: 2,
      maxConcurrencyPerInstance: 2,
      ...properties,
    },
  })

  /** A request to an endpoint's own host, with a token for Azure Machine Learning. */
  ask = (path = '/jobs', { headers, ...ask }: Ask & { readonly endpoint?: string } = {}): Promise<Answer> =>
    this.server.ask(path, {
      host: `${ask.endpoint ?? 'scores'}.eastus.inference.ml.azure.com`,
      token: this.#token,
      ...ask,
      ...(headers && { headers }),
    })

  invoke = (properties: object, headers: Readonly<Record<string, string>> = {}, endpoint = 'scores'): Promise<Answer> =>
    this.ask('/jobs', { method: 'POST', body: { properties }, headers, endpoint })

  folder = (name: string, more: object = {}): object => ({
    inputData: {
      letters: { jobInputType: 'UriFolder', uri: `azureml://datastores/workspaceblobstore/paths/${name}` },
    },
    ...more,
  })

  /** An invocation that must be taken, followed to its end: the job as its endpoint shows it. */
  async done(properties: object, headers: Readonly<Record<string, string>> = {}, endpoint = 'scores') {
    const begun = await this.invoke(properties, headers, endpoint)
    assert.equal(begun.status, 201, begun.text)
    return await this.ended(begun.json.name, endpoint)
  }

  ended = (job: string, endpoint = 'scores'): Promise<Answer['json']> =>
    until(
      `job ${job} is over`,
      async () => {
        const { json } = await this.ask(`/jobs/${job}`, { endpoint })
        return json.properties.provisioningState !== 'InProgress' && json
      },
      120_000,
    )

  until = async (what: string, look: () => Promise<boolean>): Promise<void> => {
    await until(what, look, 60_000)
  }

  /** What a job's step has said, for a test that fails. */
  why = async (job: string): Promise<string> =>
    await this.artifact((await this.child(job))?.runId, 'user_logs/std_log.txt')

  history = async (rest: string): Promise<Answer['json']> =>
    (await this.server.ask(`/history/v1.0${this.arm.workspace}/${rest}?api-version=v1.0`)).json

  child = async (job: string): Promise<Answer['json']> => (await this.history(`runs/${job}/children`)).value[0]

  /** What a job has put out as `score`, line by line, in no order. */
  rows = async ({ properties }: Answer['json'], file = 'predictions.csv'): Promise<readonly string[]> => {
    const path = properties.output.path.replace(/\/$/, '')
    const isFile = properties.outputData.score.jobOutputType === 'UriFile'
    const found = await this.blob(isFile ? path : `${path}/${file}`)
    return found.status === 200 ? found.text.split('\n').filter(Boolean).toSorted() : []
  }

  artifact = async (run: string, path: string): Promise<string> => {
    const { accountName, containerName } = (await this.arm.get(this.path('datastores/workspaceartifactstore'))).json
      .properties
    return (await this.#blobAt(accountName, containerName, `ExperimentRun/dcid.${run}/${path}`)).text
  }

  blob = async (name: string, body?: string): Promise<Answer> => {
    const { accountName, containerName } = await this.#store()
    return await this.#blobAt(accountName, containerName, name, body)
  }

  upload = async (name: string, body: string): Promise<void> => {
    const stored = await this.blob(name, body)
    assert.equal(stored.status, 201, stored.text)
  }

  address = async (name: string): Promise<string> => {
    const { accountName, containerName } = await this.#store()
    return `https://${accountName}.blob.core.windows.net/${containerName}/${name}`
  }

  #store = async () => (await this.arm.get(this.path('datastores/workspaceblobstore'))).json.properties

  #blobAt = async (account: string, container: string, name: string, body?: string): Promise<Answer> =>
    this.server.ask(`/_blob/${account}/${container}/${name}`, {
      token: await this.server.token({ resource: 'https://storage.azure.com/' }),
      headers: { 'x-ms-version': '2021-12-02', ...(body !== undefined && { 'x-ms-blob-type': 'BlockBlob' }) },
      ...(body !== undefined && { method: 'PUT', body }),
    })
}
