import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { fault, isFault } from '../faults.ts'
import { hopByHop } from '../hop-by-hop.ts'
import { isLoopback } from './connect.ts'
import { refuse } from './errors.ts'
import { dial, type Outbound } from './upstream.ts'

/** Forwards a plain-HTTP proxy request (`GET http://host/…`) that is none of Azure's, as any proxy does. */
export function forwarder(out: Outbound) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '')
    const target = `${url.hostname}:${url.port || 80}`
    if (url.protocol !== 'http:') {
      return refuse(response, fault('TunnelFailed', { target, reason: 'https goes through CONNECT' }))
    }
    if (!isLoopback(request.socket.remoteAddress)) return refuse(response, fault('TunnelForbidden', { target }))
    try {
      // Through an upstream proxy a plain request rides in a CONNECT tunnel too: one way out, one set of rules.
      const far = await dial({ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || 80 }, out)
      const onward = httpRequest({
        createConnection: () => far,
        method: request.method,
        path: `${url.pathname}${url.search}`,
        headers: { ...endToEnd(request), host: url.host, connection: 'close' },
      })
      onward.once('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, endToEnd(answer))
        pipeline(answer, response, () => far.destroy())
      })
      onward.once('error', (error) => {
        far.destroy()
        refuse(response, fault('TunnelFailed', { target, reason: error.message }))
      })
      response.once('close', () => far.destroy())
      pipeline(request, onward, () => undefined)
    } catch (error) {
      refuse(response, isFault(error) ? error : fault('TunnelFailed', { target, reason: String(error) }))
    }
  }
}

function endToEnd(message: IncomingMessage): OutgoingHttpHeaders {
  const named = new Set((message.headers.connection ?? '').toLowerCase().split(/[\s,]+/))
  const kept: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(message.headersDistinct)) {
    if (value && !hopByHop.has(name) && !named.has(name)) kept[name] = value.length === 1 ? value[0] : value
  }
  // A chunked body has no length to pass on; it is chunked anew.
  if (message.headers['transfer-encoding'] !== undefined) kept['transfer-encoding'] = 'chunked'
  return kept
}
