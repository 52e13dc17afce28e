import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { type JsonObject, objectAt } from '../../json.ts'
import type { ServerFacts } from './server-facts.ts'

/** One small request to a server's own routes. By node:http, since loading `fetch` takes longer than the answer. */
export function askServer(
  server: ServerFacts,
  path: string,
  options: { readonly body?: JsonObject; readonly token?: string; readonly timeoutMs?: number } = {},
): Promise<{ readonly status: number; readonly body: JsonObject }> {
  const { timeoutMs = 10_000 } = options
  const body = options.body && JSON.stringify(options.body)
  return new Promise((resolve, reject) => {
    const asking = request(
      new URL(path, server.httpUrl),
      {
        method: body === undefined ? 'GET' : 'POST',
        timeout: timeoutMs,
        headers: {
          ...(options.token && { authorization: `Bearer ${options.token}` }),
          ...(body && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, body: objectAt(JSON.parse(Buffer.concat(chunks).toString())) }),
        )
        response.once('error', reject)
      },
    )
    asking.once('timeout', () => asking.destroy(new Error(`The server gave no answer within ${timeoutMs / 1000} s.`)))
    asking.once('error', reject)
    asking.end(body)
  })
}

/** A small request as the owner of the install: who can read the data directory. */
export async function askOwner(server: ServerFacts, path: string, body?: JsonObject): ReturnType<typeof askServer> {
  const token = (await readFile(join(server.dataDir, 'owner-token'), 'utf8')).trim()
  return askServer(server, path, { token, ...(body && { body }) })
}
