import type { IncomingMessage, ServerResponse } from 'node:http'
import { fault } from '../faults.ts'
import { refuse } from './errors.ts'

interface Watched {
  readonly response: ServerResponse
  bytes: number
  lateSince: number
}

/**
 * Ends requests whose bodies don't come on. A large upload may take hours as long as it moves; a body that brings
 * less than `leastBytes` in `windowMs` while we wait for it is given up.
 */
export function slowBodyWatch({ windowMs, leastBytes }: { windowMs: number; leastBytes: number }) {
  const watched = new Map<IncomingMessage, Watched>()

  const look = () => {
    const now = Date.now()
    for (const [request, seen] of watched) {
      const bytes = request.socket.bytesRead
      // A body that waits in our own buffers is the plane's doing, not the client's.
      const waiting = request.readableLength > 0
      if (waiting || bytes - seen.bytes >= leastBytes) {
        seen.bytes = bytes
        seen.lateSince = now
      } else if (now - seen.lateSince >= windowMs) {
        watched.delete(request)
        refuse(seen.response, fault('RequestTimeout'))
        // The socket ends when the answer is out: the rest of the body is not waited for.
        seen.response.once('close', () => request.socket.destroy())
      }
    }
  }
  const timer = setInterval(look, Math.max(50, windowMs / 4)).unref()

  return {
    /** Call for every request; those without a body cost a look at two headers. */
    watch(request: IncomingMessage, response: ServerResponse): void {
      const { headers } = request
      const length = headers['content-length']
      if ((length === undefined || length === '0') && headers['transfer-encoding'] === undefined) return
      watched.set(request, { response, bytes: request.socket.bytesRead, lateSince: Date.now() })
      const forget = () => watched.delete(request)
      request.once('end', forget)
      request.once('close', forget)
    },
    stop: () => clearInterval(timer),
  }
}
