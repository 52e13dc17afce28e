import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Fault } from '../faults.ts'

/** A gateway's refusal as Azure's error envelope. */
export const envelope = (fault: Fault): string =>
  JSON.stringify({ error: { code: fault.code, message: fault.message } })

/** Answers a request with the refusal; the connection ends with it, since an unread body may stand behind. */
export function refuse(response: ServerResponse, fault: Fault): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = envelope(fault)
  response.writeHead(fault.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    ...fault.extra.headers,
  })
  response.end(body)
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
  502: 'Bad Gateway',
}

/** Answers on a bare socket, where no request object exists (CONNECT, bytes that did not parse), and ends it. */
export function refuseSocket(socket: Duplex, fault: Fault): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = `${envelope(fault)}\n`
  const head = [
    `HTTP/1.1 ${fault.status} ${reasons[fault.status] ?? 'Error'}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.once('finish', () => socket.destroy())
}
