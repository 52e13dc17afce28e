import { request as httpRequest } from 'node:http'
import { BlockList, isIP, connect as netConnect, type Socket } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { type Fault, fault } from '../faults.ts'

/** The way out of this machine for what is not Azure's: straight, or through the proxy that the user had set. */
export interface Outbound {
  /** The proxy's URL, with credentials if it needs them. */
  readonly proxy?: string | undefined
  /** NO_PROXY as the user had set it. */
  readonly noProxy?: string | undefined
  readonly timeoutMs: number
}

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/**
 * A connection to `to`, through the upstream proxy unless NO_PROXY names it.
 *
 * @throws TunnelFailed, soon: a client that waits for a machine without a network must not hang
 */
export function dial(to: Endpoint, out: Outbound): Promise<Socket> {
  if (out.proxy !== undefined && !bypasses(to, out.noProxy)) return dialThrough(out.proxy, to, out.timeoutMs)
  return new Promise((resolve, reject) => {
    const socket = netConnect({ host: to.host, port: to.port, noDelay: true })
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer within ${out.timeoutMs / 1000} s`)),
      out.timeoutMs,
    )
    const failed = (error: Error) => {
      clearTimeout(timer)
      reject(tunnelFailed(to, error))
    }
    socket.once('error', failed)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', failed)
      resolve(socket)
    })
  })
}

function dialThrough(proxy: string, to: Endpoint, timeoutMs: number): Promise<Socket> {
  const url = new URL(proxy)
  const target = `${isIP(to.host) === 6 ? `[${to.host}]` : to.host}:${to.port}`
  const secure = url.protocol === 'https:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port) || (secure ? 443 : 80)
  return new Promise((resolve, reject) => {
    const failed = (reason: string) => {
      clearTimeout(timer)
      reject(fault('TunnelFailed', { target, reason: `the upstream proxy ${host}:${port} ${reason}` }))
    }
    const connecting = httpRequest({
      method: 'CONNECT',
      path: target,
      headers: {
        host: target,
        ...(url.username && { 'proxy-authorization': `Basic ${credentials(url)}` }),
      },
      createConnection: () =>
        secure ? tlsConnect({ host, port, servername: host }) : netConnect({ host, port, noDelay: true }),
    })
    const timer = setTimeout(() => connecting.destroy(new Error(`gave no answer in ${timeoutMs / 1000} s`)), timeoutMs)
    connecting.once('connect', (response, socket, head) => {
      clearTimeout(timer)
      if (response.statusCode !== 200) {
        socket.destroy()
        failed(`answered ${response.statusCode}`)
        return
      }
      if (head.length > 0) socket.unshift(head)
      resolve(socket as Socket)
    })
    connecting.once('response', (response) => {
      response.destroy()
      failed(`answered ${response.statusCode}`)
    })
    connecting.once('error', (error) => failed(`failed: ${error.message}`))
    connecting.end()
  })
}

const credentials = (url: URL): string =>
  Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')

function tunnelFailed(to: Endpoint, error: NodeJS.ErrnoException): Fault {
  const offline = error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN'
  const reason = offline ? 'its name could not be resolved (is there a network?)' : error.message || String(error.code)
  return fault('TunnelFailed', { target: `${to.host}:${to.port}`, reason }, { cause: error })
}

/** Whether NO_PROXY names the host: `*`, a domain (with or without its leading dot), an address, a range, with a port or not. */
export function bypasses(to: Endpoint, noProxy: string | undefined): boolean {
  const host = to.host.toLowerCase()
  return (noProxy ?? '').split(/[\s,]+/).some((entry) => matches(host, to.port, entry.toLowerCase()))
}

function matches(host: string, port: number, entry: string): boolean {
  if (entry === '') return false
  if (entry === '*') return true
  const range = /^([0-9a-f.:]+)\/(\d+)$/.exec(entry)
  if (range) return inRange(host, range[1] ?? '', Number(range[2]))
  const withPort = /^(.+[^:]):(\d+)$/.exec(entry)
  if (withPort && isIP(entry) === 0) {
    return Number(withPort[2]) === port && matches(host, port, withPort[1] ?? '')
  }
  const domain = entry.replace(/^\*?\./, '').replace(/^\[|\]$/g, '')
  return host === domain || host.endsWith(`.${domain}`)
}

function inRange(host: string, network: string, prefix: number): boolean {
  const family = isIP(host)
  if (family === 0 || family !== isIP(network) || prefix > (family === 4 ? 32 : 128)) return false
  const list = new BlockList()
  list.addSubnet(network, prefix, family === 4 ? 'ipv4' : 'ipv6')
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6')
}
