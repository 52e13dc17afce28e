import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { constants, gunzip } from 'node:zlib'
import { fault } from '../../faults.ts'

/** Azure's limit for managed online endpoints: 1.5 MB. */
export const MOST_BYTES = 1_572_864

const unzip = promisify(gunzip)
const NONE: readonly Uint8Array[] = []

export interface Body {
  readonly bytes: readonly Uint8Array[]
  /** True where it came packed and is handed on unpacked. */
  readonly unpacked: boolean
}

/**
 * The whole body. A client that waits for `100 Continue` gets it here: who may not ask is refused before it sends.
 * Undefined where the client went away in the middle.
 *
 * @throws ScoringBodyTooLarge, ScoringBodyUnreadable
 */
export async function readBody(request: IncomingMessage, response: ServerResponse): Promise<Body | undefined> {
  const {
    'content-length': length,
    'transfer-encoding': encoding,
    expect,
    'content-encoding': packed,
  } = request.headers
  if (length !== undefined && Number(length) > MOST_BYTES) throw tooLarge()
  if ((length === undefined || length === '0') && encoding === undefined) return { bytes: NONE, unpacked: false }
  if (expect !== undefined) response.writeContinue()
  const bytes = await collect(request)
  if (bytes === undefined || packed === undefined || /^identity$/i.test(packed)) {
    return bytes && { bytes, unpacked: false }
  }
  if (!/^(x-)?gzip$/i.test(packed)) return { bytes, unpacked: false }
  return { bytes: [await unpack(bytes)], unpacked: true }
}

/** By events: an async iterator over the request costs more than everything else of a small one. */
function collect(request: IncomingMessage): Promise<readonly Buffer[] | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MOST_BYTES) {
        request.pause()
        reject(tooLarge())
      } else chunks.push(chunk)
    })
    request.once('end', () => resolve(chunks))
    // Of a socket that broke there is nobody left to tell.
    request.once('error', () => resolve(undefined))
    request.once('close', () => resolve(undefined))
  })
}

async function unpack(bytes: readonly Buffer[]): Promise<Buffer> {
  try {
    return await unzip(Buffer.concat(bytes), { maxOutputLength: MOST_BYTES, finishFlush: constants.Z_FINISH })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw fault('ScoringBodyUnreadable', { reason: 'it is not packed as its content-encoding says' }, { cause })
  }
}

const tooLarge = () => fault('ScoringBodyTooLarge', { limit: MOST_BYTES })
