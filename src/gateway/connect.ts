import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import { fault, isFault } from '../faults.ts'
import { malformed } from './dispatch.ts'
import { refuseSocket } from './errors.ts'
import { targetOf } from './hosts.ts'
import { dial, type Endpoint, type Outbound } from './upstream.ts'

export interface ConnectOptions {
  readonly outbound: Outbound
  /** Whether a storage account exists here; an unknown one is left to the network. */
  readonly accountExists: (account: string) => Promise<boolean>
  /** Takes a socket whose bytes are a client's own: TLS or HTTP, to be told apart anew. */
  readonly serve: (socket: Socket) => void
  /** Told of the sockets of tunnels, which a stop ends without waiting. */
  readonly tunnelled: (socket: Socket) => void
  readonly log: Logger
}

/** Takes CONNECT: what is served here goes back to the sniffer, everything else is tunnelled untouched. */
export function connectHandler(options: ConnectOptions) {
  return async (request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> => {
    socket.on('error', () => socket.destroy())
    const to = endpoint(request.url ?? '')
    if (!to) return refuseSocket(socket, malformed('CONNECT takes host:port'))
    try {
      if (await servedHere(to, options.accountExists)) {
        establish(socket, head)
        return options.serve(socket)
      }
      const target = `${to.host}:${to.port}`
      if (!isLoopback(socket.remoteAddress)) return refuseSocket(socket, fault('TunnelForbidden', { target }))
      const far = await dial(to, options.outbound)
      options.tunnelled(socket)
      options.tunnelled(far)
      join(socket, far, head)
    } catch (error) {
      if (!isFault(error)) options.log.error({ err: error, target: request.url }, 'a tunnel failed')
      refuseSocket(
        socket,
        isFault(error) ? error : fault('TunnelFailed', { target: request.url ?? '', reason: 'see log' }),
      )
    }
  }
}

async function servedHere(to: Endpoint, accountExists: ConnectOptions['accountExists']): Promise<boolean> {
  if (to.port !== 443 && to.port !== 80) return false
  const target = targetOf(to.host)
  if (!target) return false
  return !target.ifAccountExists || accountExists(target.name)
}

function establish(socket: Socket, head: Buffer): void {
  socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
  if (head.length > 0) socket.unshift(head)
}

function join(near: Socket, far: Socket, head: Buffer): void {
  if (near.destroyed) {
    far.destroy()
    return
  }
  establish(near, head)
  const end = () => {
    near.destroy()
    far.destroy()
  }
  for (const socket of [near, far]) {
    socket.on('error', end)
    socket.on('close', end)
    socket.setNoDelay(true)
  }
  near.pipe(far)
  far.pipe(near)
}

/** `host:port` of a CONNECT, lower case. */
function endpoint(target: string): Endpoint | undefined {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([^:@/\s]+)):(\d{1,5})$/i.exec(target)
  const host = (parts?.[1] ?? parts?.[2])?.toLowerCase().replace(/\.$/, '')
  const port = Number(parts?.[3])
  return host && port > 0 && port < 65536 ? { host, port } : undefined
}

/** Others on the network may use Azure's hosts here, but not this machine's way out. */
export const isLoopback = (address = ''): boolean =>
  address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
