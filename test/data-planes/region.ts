import { after } from 'node:test'
import { type Answer, startServer } from '../support/server.ts'

/** A real server, and what a test asks of one service of its first workspace's region. */
export async function regionOf(env: Readonly<Record<string, string>> = {}) {
  const server = await startServer({ env })
  after(() => server.stop())
  const workspace = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
  const host = 'eastus.api.azureml.ms'
  return {
    server,
    workspace,
    /** Asks the service at a prefix (`/data/v1.0`), by the region's host name. */
    service:
      (prefix: string) =>
      (method: string, path: string, body?: unknown): Promise<Answer> =>
        server.ask(`${prefix}${workspace}${path}`, { method, host, ...(body !== undefined && { body }) }),
    /** Asks the resource manager for something below the workspace. */
    arm: (method: string, path: string, body?: unknown): Promise<Answer> =>
      server.ask(`${workspace}${path}${path.includes('?') ? '&' : '?'}api-version=2023-10-01`, {
        method,
        ...(body !== undefined && { body }),
      }),
    /** Writes a file below a datastore as a client would, by a token of the storage service. */
    async write(datastore: string, path: string, text: string): Promise<void> {
      const { properties } = (
        await server.ask(`${workspace}/datastores/${datastore}?api-version=2023-10-01`, { method: 'GET' })
      ).json
      const token = await server.token({ resource: 'https://storage.azure.com/' })
      const answer = await server.ask(`/_blob/${properties.accountName}/${properties.containerName}/${path}`, {
        method: 'PUT',
        token,
        body: text,
        headers: { 'x-ms-blob-type': 'BlockBlob', 'x-ms-version': '2022-11-02' },
      })
      if (answer.status !== 201) throw new Error(`The file was not written: ${answer.status} ${answer.text}`)
    },
  }
}

export type Region = Awaited<ReturnType<typeof regionOf>>

/** The code that a run history's refusal narrows down to. */
export const codeOf = (answer: Answer): string => answer.json.error.innerError.innerError.code
