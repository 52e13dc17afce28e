import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { fault } from '../faults.ts'
import { Crc64 } from './crc64.ts'
import type { NewFile, PieceFiles } from './piece-files.ts'

/** Up to this many bytes stand in the database, under its group commit; what is longer is a file. */
export const INLINE_BYTES = 64 * 1024

/** Bytes are gathered up to this before they are written. */
const GATHERED = 1024 * 1024
/** Every so many bytes the disk is asked to begin: the last fdatasync finds most of the work done. */
const FLUSHED = 16 * 1024 * 1024

/** Bytes that have arrived and are safe, and that no row names yet. */
export interface Received {
  readonly size: number
  /** Set where the bytes are few. */
  readonly bytes: Uint8Array | undefined
  /** Set where they are on disk. */
  readonly file: NewFile | undefined
  readonly md5: string | undefined
  readonly crc64: string | undefined
}

export interface ReceiveOptions {
  /** @see RequestBodyTooLarge */
  readonly limit: number
  /** What the sender said the length is: a body that ends before it is refused. */
  readonly expected?: number
  readonly md5?: boolean
  readonly crc64?: boolean
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
  const md5 = options.md5 ? createHash('md5') : undefined
  const crc64 = options.crc64 ? new Crc64() : undefined
  const sink = new Sink(files)
  try {
    const take = (chunk: Uint8Array): Promise<void> | undefined => {
      md5?.update(chunk)
      crc64?.update(chunk)
      if (sink.size + chunk.length > options.limit) throw fault('RequestBodyTooLarge', { limit: options.limit })
      return sink.add(chunk)
    }
    if (source instanceof Uint8Array) await take(source)
    else await drain(source, take)
    if (options.expected !== undefined && sink.size !== options.expected) throw fault('IncompleteBody')
    const { bytes, file } = await sink.finish()
    return { size: sink.size, bytes, file, md5: md5?.digest('base64'), crc64: crc64?.digest() }
  } catch (error) {
    await sink.discard()
    throw error
  }
}

/** Gathers chunks, and moves to a file when they get many. One write is under way while the next is gathered. */
class Sink {
  readonly #files: PieceFiles
  #gathered: Uint8Array[] = []
  #held = 0
  #file: Awaited<ReturnType<PieceFiles['create']>> | undefined
  #writing: Promise<void> = Promise.resolve()
  #unflushed = 0
  #flushing: Promise<void> = Promise.resolve()
  size = 0

  constructor(files: PieceFiles) {
    this.#files = files
  }

  add(chunk: Uint8Array): Promise<void> | undefined {
    this.#gathered.push(chunk)
    this.#held += chunk.length
    this.size += chunk.length
    const isFull = this.#file ? this.#held >= GATHERED : this.#held > INLINE_BYTES
    return isFull ? this.#spill() : undefined
  }

  async finish(): Promise<{ bytes: Uint8Array | undefined; file: NewFile | undefined }> {
    if (!this.#file) {
      const [only] = this.#gathered
      return { bytes: only && this.#gathered.length === 1 ? only : Buffer.concat(this.#gathered), file: undefined }
    }
    await this.#spill()
    await this.#writing
    await this.#flushing
    await this.#file.seal()
    return { bytes: undefined, file: this.#file }
  }

  async discard(): Promise<void> {
    await Promise.allSettled([this.#writing, this.#flushing])
    if (!this.#file) return
    // Already closed where sealing itself failed.
    await this.#file.handle.close().catch(() => undefined)
    await this.#file.discard()
  }

  async #spill(): Promise<void> {
    this.#file ??= await this.#files.create()
    await this.#writing
    const chunks = this.#gathered
    const { handle } = this.#file
    this.#unflushed += this.#held
    this.#gathered = []
    this.#held = 0
    if (chunks.length > 0) this.#writing = writeAll(handle, chunks)
    // Whoever adds or finishes next sees the failure; until then it must not end the process.
    this.#writing.catch(() => undefined)
    if (this.#unflushed < FLUSHED) return
    this.#unflushed = 0
    this.#flushing = Promise.all([this.#flushing, this.#writing.then(() => handle.datasync())]).then(() => undefined)
    this.#flushing.catch(() => undefined)
  }
}

async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  const wanted = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  const { bytesWritten } = await handle.writev(chunks as Uint8Array[])
  if (bytesWritten === wanted) return
  // A short write, as before a full disk: the rest goes one by one, and says why when it can't.
  await handle.writeFile(Buffer.concat(chunks as Uint8Array[]).subarray(bytesWritten))
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
