import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** One kind of request, sent again and again by several keep-alive clients. */
export interface Load {
  readonly port: number
  readonly clients: number
  readonly seconds: number
  /** The bytes of request `n`: made before the clock starts where they are always the same. */
  readonly request: Buffer | ((n: number) => Buffer)
  /** The authority of a server that is asked over TLS; left out, plain HTTP. */
  readonly authority?: Buffer
}

/** What came back: only complete answers below 300 count. Times in milliseconds. */
export interface Measured {
  readonly perSecond: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly failed: number
}

/** Makes a request's bytes. */
export function request(
  method: string,
  path: string,
  { headers = {}, body = '' }: { headers?: Readonly<Record<string, string>>; body?: string | Buffer } = {},
): Buffer {
  const length = method === 'GET' || method === 'HEAD' ? [] : [`content-length: ${Buffer.byteLength(body)}`]
  const lines = [`${method} ${path} HTTP/1.1`, 'host: 127.0.0.1', ...length]
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(body)])
}

/**
 * Sends one request per client at a time over raw sockets: node's own client would be slower than the server that it
 * measures. Warms up for a second that does not count.
 */
export async function load({ port, clients, seconds, request: make, authority }: Load): Promise<Measured> {
  const start = performance.now() + 1000
  const end = start + seconds * 1000
  const times: number[] = []
  let failed = 0
  let sent = 0
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const wire = await openWire({ port, authority })
      for (let began = performance.now(); began < end; ) {
        const status = await wire.ask(typeof make === 'function' ? make(sent++) : make)
        const now = performance.now()
        if (began >= start && now <= end) {
          if (status >= 200 && status < 300) times.push(now - began)
          else failed++
        }
        began = now
      }
      wire.close()
    }),
  )
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? Number.NaN
  return { perSecond: times.length / seconds, p50: at(0.5), p95: at(0.95), p99: at(0.99), failed }
}

interface Wire {
  /** Sends a request and answers its status once the whole answer has come. */
  ask(bytes: Buffer): Promise<number>
  close(): void
}

/** A connection that is made anew where the server closes it after each answer, as gunicorn does. */
async function openWire(to: Pick<Load, 'port'> & { readonly authority: Buffer | undefined }): Promise<Wire> {
  let one = await openOnce(to)
  return {
    async ask(bytes) {
      if (one.isClosed()) one = await openOnce(to)
      return one.ask(bytes)
    },
    close: () => one.close(),
  }
}

async function openOnce({ port, authority }: Parameters<typeof openWire>[0]): Promise<Wire & { isClosed(): boolean }> {
  const socket: Socket = authority
    ? connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: authority })
    : connect({ port, host: '127.0.0.1', noDelay: true })
  const ready = authority ? 'secureConnect' : 'connect'
  await new Promise<void>((resolve, reject) => socket.once(ready, resolve).once('error', reject))
  let waiting: { resolve(status: number): void; reject(error: Error): void } | undefined
  let head = ''
  let status = 0
  /** Bytes of the body still to come; -1 while the head comes, -2 for a chunked body. */
  let left = -1
  let isClosed = false
  const done = () => {
    const { resolve } = waiting ?? {}
    waiting = undefined
    if (/\r\nconnection: close/i.test(head)) {
      isClosed = true
      socket.destroy()
    }
    head = ''
    left = -1
    resolve?.(status)
  }
  socket.on('data', (chunk: Buffer) => {
    if (left >= 0) {
      left -= chunk.length
      if (left <= 0) done()
      return
    }
    head += chunk.toString('latin1')
    const split = head.indexOf('\r\n\r\n')
    if (split < 0) return
    status = Number(head.slice(9, 12))
    const length = /\r\ncontent-length: (\d+)/i.exec(head.slice(0, split))?.[1]
    if (length !== undefined) {
      left = Number(length) - (head.length - split - 4)
      if (left <= 0) done()
    } else if (status === 204 || status === 304 || head.endsWith('\r\n0\r\n\r\n')) done()
  })
  socket.on('error', (error) => waiting?.reject(error))
  socket.on('close', () => {
    isClosed = true
    waiting?.reject(new Error('the server closed the connection'))
  })
  return {
    isClosed: () => isClosed,
    ask: (bytes) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(bytes)
      }),
    close: () => socket.destroy(),
  }
}
