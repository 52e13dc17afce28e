import type { FileHandle } from 'node:fs/promises'
import type { Md5Stream } from './remote-md5.ts'
import type { Seal } from './seals.ts'

/** Bytes are gathered into slabs of this size, and as many are under way at most. */
const SLAB_BYTES = 512 * 1024
const SLABS = 16
/** Every so many bytes the disk is asked to begin: the last fdatasync finds most of the work done. */
const FLUSHED = 16 * 1024 * 1024

/**
 * Writes what arrives into a file, and has its checksum computed meanwhile. Whoever brings bytes faster than the disk
 * or the checksum takes them is held up.
 */
export class FileSink {
  readonly #handle: FileHandle
  readonly #md5: Md5Stream | undefined
  readonly #seal: Seal | undefined
  readonly #free: SharedArrayBuffer[] = []
  readonly #busy = new Set<Promise<void>>()
  #made = 0
  #slab: SharedArrayBuffer | undefined
  #used = 0
  #position = 0
  #unflushed = 0
  #flushing: Promise<void> = Promise.resolve()
  #failure: { readonly error: unknown } | undefined

  constructor(handle: FileHandle, md5: Md5Stream | undefined, seal?: Seal) {
    this.#handle = handle
    this.#md5 = md5
    this.#seal = seal
  }

  /** Takes a chunk in; the promise, where there is one, must be awaited before the next. */
  add(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#failure) throw this.#failure.error
    if (this.#slab && this.#used + chunk.length < SLAB_BYTES) {
      this.#copy(this.#slab, chunk)
      return undefined
    }
    return this.#addSlowly(chunk)
  }

  /** Resolves when all is handed to the disk, with the checksum where one was asked for. */
  async finish(): Promise<string | undefined> {
    this.#send()
    await Promise.all(this.#busy)
    await this.#flushing
    if (this.#failure) throw this.#failure.error
    return this.#md5?.digest()
  }

  /** Waits for what is under way, whatever comes of it. */
  async abandon(): Promise<void> {
    await Promise.allSettled([...this.#busy, this.#flushing])
    await this.#md5?.digest().catch(() => undefined)
  }

  async #addSlowly(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      this.#slab ??= await this.#take()
      const part = chunk.subarray(at, at + SLAB_BYTES - this.#used)
      this.#copy(this.#slab, part)
      at += part.length
      if (this.#used === SLAB_BYTES) this.#send()
    }
  }

  #copy(slab: SharedArrayBuffer, bytes: Uint8Array): void {
    new Uint8Array(slab).set(bytes, this.#used)
    this.#used += bytes.length
  }

  async #take(): Promise<SharedArrayBuffer> {
    while (this.#free.length === 0 && this.#made >= SLABS) {
      await Promise.race(this.#busy)
      if (this.#failure) throw this.#failure.error
    }
    const known = this.#free.pop()
    if (known) return known
    this.#made += 1
    return new SharedArrayBuffer(SLAB_BYTES)
  }

  #send(): void {
    const slab = this.#slab
    const length = this.#used
    if (!slab || length === 0) return
    const clear = new Uint8Array(slab, 0, length)
    const written = this.#write(this.#seal ? this.#seal.seal(clear) : clear, this.#position)
    const both = Promise.all([written, this.#md5?.update(slab, length)]).then(
      () => {
        this.#free.push(slab)
      },
      (error: unknown) => {
        this.#failure ??= { error }
      },
    )
    this.#busy.add(both)
    both.finally(() => this.#busy.delete(both))
    this.#slab = undefined
    this.#used = 0
    this.#position += length
    this.#unflushed += length
    if (this.#unflushed >= FLUSHED) this.#flush(written)
  }

  #flush(written: Promise<void>): void {
    this.#unflushed = 0
    this.#flushing = Promise.all([this.#flushing, written])
      .then(() => this.#handle.datasync())
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, position + at)
      at += bytesWritten
    }
  }
}
