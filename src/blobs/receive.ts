import { hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { fault } from '../faults.ts'
import { Crc64 } from './crc64.ts'
import { FileSink } from './file-sink.ts'
import type { NewFile, PieceFiles } from './piece-files.ts'
import type { Seal } from './seals.ts'

/** Up to this many bytes stand in the database, under its group commit; what is longer is a file. */
export const INLINE_BYTES = 64 * 1024

/** Bytes that have arrived and are safe, and that no row names yet. */
export interface Received {
  readonly size: number
  /** Set where the bytes are few. */
  readonly bytes: Uint8Array | undefined
  /** Set where they are on disk. */
  readonly file: NewFile | undefined
  readonly md5: string | undefined
  readonly crc64: string | undefined
  /** How the bytes are opened again, where they are sealed; the checksums are of the clear ones. */
  readonly sealed: string | undefined
}

export interface ReceiveOptions {
  /** @see RequestBodyTooLarge */
  readonly limit: number
  /** What the sender said the length is: a body that ends before it is refused. */
  readonly expected?: number
  readonly md5?: boolean
  readonly crc64?: boolean
  readonly seal?: Seal | undefined
}

/**
 * Takes in a body: few bytes in memory, more into a file that is on disk when this resolves.
 *
 * @throws RequestBodyTooLarge, IncompleteBody
 */
export async function receive(
  source: Readable | Uint8Array,
  files: PieceFiles,
  options: ReceiveOptions,
): Promise<Received> {
  const crc64 = options.crc64 ? new Crc64() : undefined
  const sink = new Sink(files, options.md5 ?? false, options.seal)
  try {
    const take = (chunk: Uint8Array): Promise<void> | undefined => {
      crc64?.update(chunk)
      if (sink.size + chunk.length > options.limit) throw fault('RequestBodyTooLarge', { limit: options.limit })
      return sink.add(chunk)
    }
    if (source instanceof Uint8Array) await take(source)
    else await drain(source, take)
    if (options.expected !== undefined && sink.size !== options.expected) throw fault('IncompleteBody')
    return { size: sink.size, ...(await sink.finish()), crc64: crc64?.digest(), sealed: options.seal?.note }
  } catch (error) {
    await sink.discard()
    throw error
  }
}

/** Keeps few bytes, and moves to a file when they get many. */
class Sink {
  readonly #files: PieceFiles
  readonly #md5: boolean
  readonly #seal: Seal | undefined
  #kept: Uint8Array[] = []
  #file: Awaited<ReturnType<PieceFiles['create']>> | undefined
  #sink: FileSink | undefined
  size = 0

  constructor(files: PieceFiles, md5: boolean, seal: Seal | undefined) {
    this.#files = files
    this.#md5 = md5
    this.#seal = seal
  }

  add(chunk: Uint8Array): Promise<void> | undefined {
    this.size += chunk.length
    if (this.#sink) return this.#sink.add(chunk)
    this.#kept.push(chunk)
    return this.size > INLINE_BYTES ? this.#spill() : undefined
  }

  async finish(): Promise<Pick<Received, 'bytes' | 'file' | 'md5'>> {
    if (!this.#sink || !this.#file) {
      const [only] = this.#kept
      const bytes = only && this.#kept.length === 1 ? only : Buffer.concat(this.#kept)
      const md5 = this.#md5 ? hash('md5', bytes, 'base64') : undefined
      return { bytes: this.#seal ? this.#seal.seal(bytes) : bytes, file: undefined, md5 }
    }
    const md5 = await this.#sink.finish()
    await this.#file.seal()
    return { bytes: undefined, file: this.#file, md5 }
  }

  async discard(): Promise<void> {
    await this.#sink?.abandon()
    if (!this.#file) return
    // Already closed where sealing itself failed.
    await this.#file.handle.close().catch(() => undefined)
    await this.#file.discard()
  }

  async #spill(): Promise<void> {
    this.#file = await this.#files.create()
    this.#sink = new FileSink(this.#file.handle, this.#md5 ? this.#files.md5.begin() : undefined, this.#seal)
    const kept = this.#kept
    this.#kept = []
    for (const chunk of kept) await this.#sink.add(chunk)
  }
}

/** Hands on each chunk; what takes time to store holds up the sender. Rejects where the stream ends before its end. */
function drain(source: Readable, take: (chunk: Uint8Array) => Promise<void> | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (error: unknown): void => {
      source.off('data', onData)
      // What is still on its way is read and dropped, so that the answer gets through on a connection that stays.
      source.resume()
      reject(error)
    }
    const onData = (chunk: Uint8Array | string): void => {
      try {
        const busy = take(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
        if (!busy) return
        source.pause()
        busy.then(() => source.resume(), stop)
      } catch (error) {
        stop(error)
      }
    }
    if (source.readableEnded) return resolve()
    if (source.destroyed) return reject(fault('IncompleteBody'))
    source.on('data', onData)
    let ended = false
    source.once('end', () => {
      ended = true
      resolve()
    })
    source.once('error', stop)
    source.once('close', () => {
      // Every stream closes in the end; one that closes before its end has broken off.
      if (!ended) stop(fault('IncompleteBody'))
    })
  })
}
