import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type JsonObject, objectAt, textAt } from '../../../json.ts'
import { Refusal } from '../command.ts'
import type { ServerFacts } from '../server-facts.ts'

/** What imports and exports ask of a server: MLflow's API and run history's, of one workspace. */
export interface Tracking {
  /** MLflow's; `path` begins after `/api/2.0/mlflow`. */
  mlflow(method: string, path: string, body?: JsonObject): Promise<JsonObject>
  /** What MLflow's GET answers; undefined where there is no such thing. */
  find(path: string): Promise<JsonObject | undefined>
  /** Run history's; `path` begins after the workspace. */
  history(method: string, path: string, body?: JsonObject): Promise<JsonObject>
  /** An artifact of a run. */
  putArtifact(run: string, path: string, bytes: Readable): Promise<void>
  getArtifact(run: string, path: string): Promise<Readable>
}

/** Asks as the first application of the install, whose secret stands in the data directory. */
export async function trackingOf(server: ServerFacts, workspace: string): Promise<Tracking> {
  const secret = (await readFile(join(server.dataDir, 'client-secret'), 'utf8')).trim()
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: server.clientId,
    client_secret: secret,
    resource: 'https://management.azure.com/',
  }).toString()
  const answer = await send(server, `/${server.tenantId}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(Buffer.byteLength(form)) },
    body: Readable.from([form]),
  })
  const token = textAt(objectAt(JSON.parse(await textOf(answer))).access_token)
  if (!token) throw new Refusal('The server gave no token for its own client-secret.')
  const authorization = `Bearer ${token}`
  const [subscription, group, name] = placeOf(server, workspace)
  const id = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.MachineLearningServices/workspaces/${name}`

  const asked = async (method: string, path: string, body?: JsonObject) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const response = await send(server, path, {
      method,
      headers: {
        authorization,
        ...(text && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
      },
      ...(text && { body: Readable.from([text]) }),
    })
    return { status: response.statusCode, text: await textOf(response) }
  }
  const ask = async (method: string, path: string, body?: JsonObject): Promise<JsonObject> => {
    const { status, text } = await asked(method, path, body)
    if (status !== 200) throw refusal(method, path, status, text)
    return text === '' ? {} : objectAt(JSON.parse(text))
  }
  const ofMlflow = `/mlflow/v2.0${id}/api/2.0/mlflow`
  const artifact = (run: string, path: string) =>
    `/artifact/v2.0${id}/artifacts/content/ExperimentRun/dcid.${encodeURIComponent(run)}/${path.split('/').map(encodeURIComponent).join('/')}`
  return {
    mlflow: (method, path, body) => ask(method, `${ofMlflow}${path}`, body),
    async find(path) {
      const { status, text } = await asked('GET', `${ofMlflow}${path}`)
      if (status === 404) return undefined
      if (status !== 200) throw refusal('GET', path, status, text)
      return objectAt(JSON.parse(text))
    },
    history: (method, path, body) => ask(method, `/history/v1.0${id}${path}`, body),
    async putArtifact(run, path, bytes) {
      const headers = { authorization, 'content-type': 'application/octet-stream' }
      const response = await send(server, artifact(run, path), { method: 'POST', headers, body: bytes })
      const answered = await textOf(response)
      if (response.statusCode !== 200) throw refusal('POST', path, response.statusCode, answered)
    },
    async getArtifact(run, path) {
      const response = await send(server, artifact(run, path), { method: 'GET', headers: { authorization } })
      if (response.statusCode !== 200) throw refusal('GET', path, response.statusCode, await textOf(response))
      return response
    },
  }
}

/** `name`, or `group/name`, of the server's first subscription. */
function placeOf({ subscriptionId }: ServerFacts, workspace: string): readonly [string, string, string] {
  const parts = workspace.split('/').filter((part) => part !== '')
  const [first = 'default', second] = parts
  return second === undefined ? [subscriptionId, 'lazuli', first] : [subscriptionId, first, second]
}

function refusal(method: string, path: string, status: number | undefined, text: string): Refusal {
  let message = text.slice(0, 300)
  try {
    const body = objectAt(JSON.parse(text))
    message = textAt(body.message) ?? textAt(objectAt(body.error).message) ?? message
  } catch {
    // Told as it came.
  }
  return new Refusal(`${method} ${path.replace(/^.*\/workspaces\//, '')}: ${status} ${message}`)
}

async function send(
  server: ServerFacts,
  path: string,
  {
    method,
    headers,
    body,
  }: { readonly method: string; readonly headers: Record<string, string>; readonly body?: Readable },
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const asking = request(new URL(path, server.httpUrl), { method, headers }, resolve)
  asking.once('error', reject)
  if (body) pipeline(body, asking).catch(reject)
  else asking.end()
  return await promise
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
