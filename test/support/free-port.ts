import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port of loopback that nobody has now, for a peer that can't be told to take any. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  await once(server.close(), 'close')
  return typeof address === 'object' && address ? address.port : 0
}
