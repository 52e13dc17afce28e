import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Logger } from 'pino'
import { fault } from '../faults.ts'
import type { Authority } from './authority.ts'
import { connectHandler } from './connect.ts'
import { dispatcher, MAX_HEADERS, malformed, type Surfaces } from './dispatch.ts'
import { refuseSocket } from './errors.ts'
import { forwarder } from './forward.ts'
import { targetOf } from './hosts.ts'
import { ownHosts } from './own-hosts.ts'
import { slowBodyWatch } from './slow-bodies.ts'
import type { Outbound } from './upstream.ts'

const TLS_HANDSHAKE = 22
const MAX_HEADER_BYTES = 64 * 1024

export interface GatewayLimits {
  /** How long a connection may say nothing, and a request's head may take. */
  readonly headersTimeoutMs: number
  readonly bodyWindowMs: number
  readonly bodyLeastBytes: number
}

const defaultLimits: GatewayLimits = { headersTimeoutMs: 20_000, bodyWindowMs: 30_000, bodyLeastBytes: 1024 }

export interface GatewayOptions {
  readonly surfaces: Surfaces
  readonly authority: Authority
  readonly outbound: Outbound
  readonly accountExists: (account: string) => Promise<boolean>
  /** Further names of the own origin, beside localhost and its addresses. */
  readonly ownNames?: readonly string[]
  readonly limits?: Partial<GatewayLimits>
  readonly log: Logger
}

export interface Gateway {
  /** Listens; answers with the port, which differs from the asked one when that was 0. */
  listen(host: string, port: number): Promise<number>
  /** Lets requests in flight finish for a while, then ends what is left. May be called twice. */
  close(graceMs?: number): Promise<void>
}

/** The one port: HTTP, TLS and CONNECT told apart by the first byte, inside a tunnel too. */
export function openGateway(options: GatewayOptions): Gateway {
  const { authority, log } = options
  const limits = { ...defaultLimits, ...options.limits }
  const own = ownHosts(options.ownNames ?? [])
  const sockets = new Set<Socket>()
  /** Those that a stop need not wait for: connections that have said nothing yet, and tunnels to elsewhere. */
  const idle = new Set<Socket>()
  const slow = slowBodyWatch({ windowMs: limits.bodyWindowMs, leastBytes: limits.bodyLeastBytes })
  const dispatch = dispatcher({
    surfaces: options.surfaces,
    isOwn: own.has,
    isThisServer: own.isThisServer,
    ownName: own.name,
    forward: forwarder(options.outbound),
    log,
  })

  const http = createHttpServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: limits.headersTimeoutMs,
    // Whole requests have no time limit: an upload may take hours. `slow` ends those that stand still.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(5000, Math.max(100, limits.headersTimeoutMs / 4)),
    keepAliveTimeout: 75_000,
  })
  http.maxHeadersCount = MAX_HEADERS + 1
  http.on('request', (request, response) => {
    slow.watch(request, response)
    dispatch(request, response)
  })
  http.on('checkContinue', (request, response) => {
    slow.watch(request, response)
    dispatch(request, response, true)
  })
  http.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
    else if (error.code === 'HPE_HEADER_OVERFLOW')
      refuseSocket(socket, fault('RequestHeadersTooLarge', { limit: MAX_HEADER_BYTES }))
    else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') refuseSocket(socket, fault('RequestTimeout'))
    else refuseSocket(socket, malformed(error.message))
  })

  const tls = createTlsServer({
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
    handshakeTimeout: limits.headersTimeoutMs,
    // A client that names no host (an address in its URL) gets localhost's certificate, which names the addresses.
    SNICallback: (name, answer) => {
      const host = signable(name.toLowerCase())
      const ready = authority.cached(host)
      if (ready) answer(null, ready)
      else authority.contextFor(host).then((context) => answer(null, context), answer)
    },
  })
  tls.on('secureConnection', (socket) => {
    socket.on('error', () => socket.destroy())
    http.emit('connection', socket)
  })
  tls.on('tlsClientError', (error, socket) => {
    log.debug({ err: error }, 'a TLS handshake failed')
    socket.destroy()
  })

  /** The certificate for clients that send no SNI; made once, before the first handshake. */
  let prepared: Promise<void> | undefined
  const prepare = async (): Promise<void> => {
    const { certificate, key } = await authority.localhost()
    tls.setSecureContext({ cert: certificate, key, minVersion: 'TLSv1.2' })
  }
  const beginTls = async (socket: Socket): Promise<void> => {
    prepared ??= prepare()
    await prepared
    tls.emit('connection', socket)
  }

  const sniff = (socket: Socket): void => {
    const silent = setTimeout(() => socket.destroy(), limits.headersTimeoutMs)
    idle.add(socket)
    socket.once('close', () => {
      clearTimeout(silent)
      idle.delete(socket)
    })
    socket.once('readable', () => {
      clearTimeout(silent)
      idle.delete(socket)
      const first: Buffer | null = socket.read()
      if (!first) {
        socket.destroy()
        return
      }
      socket.unshift(first)
      if (first[0] !== TLS_HANDSHAKE) http.emit('connection', socket)
      else
        beginTls(socket).catch((error: unknown) => {
          log.error({ err: error }, 'no certificate could be made')
          socket.destroy()
        })
    })
  }
  const track = (socket: Socket): void => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  }
  const connect = connectHandler({
    ...options,
    serve: sniff,
    tunnelled: (socket) => {
      idle.add(socket)
      socket.once('close', () => idle.delete(socket))
    },
  })
  http.on('connect', (request, socket, head) => void connect(request, socket as Socket, head))

  const tcp = createTcpServer({ noDelay: true, keepAlive: true, allowHalfOpen: true }, (socket) => {
    // Resets come at any time; each is the end of its socket and of nothing else.
    socket.on('error', () => socket.destroy())
    track(socket)
    sniff(socket)
  })
  let closing: Promise<void> | undefined
  let renewal: NodeJS.Timeout | undefined

  return {
    async listen(host, port) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      tcp.once('error', reject)
      tcp.listen({ host, port }, resolve)
      await promise
      tcp.off('error', reject)
      tcp.on('error', (error) => log.error({ err: error }, 'the listener failed'))
      // Starts the http server's own check of header and keep-alive times, which it else begins on `listen`.
      http.emit('listening')
      const bound = (tcp.address() as AddressInfo).port
      own.listensOn(bound)
      // A leaf lives for 90 days and a server may run longer: look once a day.
      renewal = setInterval(() => {
        prepared = undefined
      }, 86_400_000).unref()
      return bound
    },
    close(graceMs = 5000) {
      closing ??= new Promise((resolve) => {
        slow.stop()
        clearInterval(renewal)
        tcp.close(() => resolve())
        // `close` stops its timer and idle connections; that it never listened itself is expected.
        http.close(() => undefined)
        for (const socket of idle) socket.destroy()
        const idling = setInterval(() => http.closeIdleConnections(), 50).unref()
        const end = setTimeout(() => {
          for (const socket of sockets) socket.destroy()
        }, graceMs)
        tcp.once('close', () => {
          clearInterval(idling)
          clearTimeout(end)
        })
      })
      return closing
    },
  }
}

/** Only served hosts get a certificate of their own; for any other name the client sees localhost's and refuses it. */
const signable = (name: string): string => (targetOf(name) ? name : 'localhost')
