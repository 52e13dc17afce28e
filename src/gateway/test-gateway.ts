import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { pino } from 'pino'
import { openAuthority } from './authority.ts'
import { type GatewayOptions, openGateway } from './listener.ts'
import type { SurfaceHandler } from './surface.ts'

export interface Seen {
  readonly surface: string
  readonly name: string
  readonly url: string
  readonly method: string
  readonly arm: string
  readonly bytes: number
}

/** A plane that reads the body and tells what the gateway handed it. */
export const telling: SurfaceHandler = async (request, response, context) => {
  let bytes = 0
  for await (const chunk of request) bytes += chunk.length
  const { surface, name, url, origin } = context
  const seen: Seen = { surface, name, url, method: request.method ?? '', arm: origin.arm(), bytes }
  const body = JSON.stringify(seen)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** A gateway on a free port of this machine, with planes that tell what they got; ends with the test file. */
export async function startGateway(options: Partial<GatewayOptions> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'lazuli-gateway-'))
  const authority = await openAuthority(join(directory, 'ca'))
  const gateway = openGateway({
    surfaces: { arm: telling, login: telling, regional: telling, blob: telling, scoring: telling, direct: telling },
    authority,
    outbound: { timeoutMs: 1000 },
    accountExists: async (account) => account === 'here',
    log: pino({ level: 'silent' }),
    ...options,
  })
  const port = await gateway.listen('127.0.0.1', 0)
  after(async () => {
    await gateway.close(0)
    rmSync(directory, { recursive: true, force: true })
  })
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    gateway,
    rootFile: join(directory, 'ca', 'root.pem'),
    ca: authority.rootPem,
  }
}

/** Sends bytes as they are and answers everything that came back until the other side ended. */
export function exchange(port: number, ...parts: readonly (string | Uint8Array)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    collect(socket).then(resolve, reject)
    for (const part of parts) socket.write(part)
  })
}

export async function collect(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

/** Resolves when the text has come in; what came is in `socket`'s events only once. */
export function waitFor(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = ''
    const look = (chunk: Buffer) => {
      seen += chunk.toString('latin1')
      if (!seen.includes(text)) return
      socket.off('data', look)
      resolve(seen)
    }
    socket.on('data', look)
    socket.once('close', () => reject(new Error(`Closed before '${text}' came: ${seen}`)))
  })
}
