import assert from 'node:assert/strict'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { ArmClient } from '../providers/arm-client.ts'
import type { TestServer } from './server.ts'

export interface Scored {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Makes online endpoints and deployments of scripts through the front door, and asks them. */
export class Endpoints {
  readonly server: TestServer
  readonly arm: ArmClient
  #codes = 0

  constructor(server: TestServer) {
    this.server = server
    this.arm = new ArmClient(server)
  }

  path = (rest: string): string => `${this.arm.workspace}/${rest}`

  /** An environment with nothing but Python. */
  async environment(): Promise<string> {
    const id = this.path('environments/bare/versions/1')
    const image = 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest'
    if ((await this.arm.get(id)).status === 404) await this.arm.made(id, { properties: { image } })
    return id
  }

  async endpoint(name: string, properties: object = {}, more: object = {}): Promise<string> {
    const id = this.path(`onlineEndpoints/${name}`)
    await this.arm.made(id, { location: 'eastus', properties: { authMode: 'Key', ...properties }, ...more })
    return id
  }

  /** Stores bytes in the workspace's own blobs; answers their URL. */
  async store(path: string, content: string | Uint8Array): Promise<string> {
    const { accountName, containerName } = (await this.arm.get(this.path('datastores/workspaceblobstore'))).json
      .properties
    const answer = await this.server.ask(`/_blob/${accountName}/${containerName}/${path}`, {
      method: 'PUT',
      token: await this.server.token({ resource: 'https://storage.azure.com/' }),
      body: content,
      headers: { 'x-ms-version': '2021-12-02', 'x-ms-blob-type': 'BlockBlob' },
    })
    assert.equal(answer.status, 201, answer.text)
    return `https://${accountName}.blob.core.windows.net/${containerName}/${path}`
  }

  /** A code asset of one script; answers its id. */
  async code(source: string): Promise<string> {
    const name = `code-${++this.#codes}`
    const uri = await this.store(`${name}/score.py`, source)
    const id = this.path(`codes/${name}/versions/1`)
    await this.arm.made(id, { properties: { codeUri: uri.slice(0, uri.lastIndexOf('/')) } })
    return id
  }

  async deploymentBody(source: string, properties: object = {}, capacity = 1): Promise<object> {
    return {
      location: 'eastus',
      sku: { name: 'Default', capacity },
      properties: {
        endpointComputeType: 'Managed',
        instanceType: 'Standard_DS2_v2',
        codeConfiguration: { codeId: await this.code(source), scoringScript: 'score.py' },
        environmentId: await this.environment(),
        ...properties,
      },
    }
  }

  /** A deployment of a script, once it answers. */
  async deploy(id: string, source: string, properties: object = {}, capacity = 1) {
    // Its environment is built first, which takes its time on a machine that does much else.
    return this.arm.made(id, await this.deploymentBody(source, properties, capacity), 180_000)
  }

  async traffic(endpoint: string, traffic: object, more: object = {}): Promise<void> {
    const { properties, location, identity } = (await this.arm.get(endpoint)).json
    const { authMode } = properties
    await this.arm.made(endpoint, {
      location,
      identity: { type: identity.type },
      properties: { authMode, traffic, ...more },
    })
  }

  async key(endpoint: string): Promise<string> {
    return (await this.arm.post(`${endpoint}/listKeys`)).json.primaryKey
  }

  /** Asks an endpoint at its own path, on a connection of its own. */
  score(
    endpoint: string,
    options: {
      readonly key: string
      readonly body?: string | Uint8Array
      readonly headers?: Readonly<Record<string, string>>
      readonly path?: string
      readonly method?: string
    },
  ): Promise<Scored> {
    const name = endpoint.slice(endpoint.lastIndexOf('/') + 1)
    const { promise, resolve, reject } = Promise.withResolvers<Scored>()
    const asking = httpRequest(
      {
        host: '127.0.0.1',
        port: this.server.facts.port,
        path: `/_score/eastus/${name}${options.path ?? '/score'}`,
        method: options.method ?? 'POST',
        agent: false,
        headers: { authorization: `Bearer ${options.key}`, 'content-type': 'application/json', ...options.headers },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.once('error', reject)
        response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
      },
    )
    asking.once('error', reject)
    asking.end(options.body ?? '{}')
    return promise
  }
}

/** A script that says who it is: which version of it, which instance, and what it was sent. */
export const saying = (version: string): string => `import json, uuid
def init():
    global instance
    instance = str(uuid.uuid4())
def run(data): return {"version": "${version}", "instance": instance, "said": json.loads(data)}
`
