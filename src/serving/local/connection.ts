import { open } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { bareFrame, type Frame, frameReader, kinds, partsOf, requestFrame } from './frames.ts'
import type { Ticket } from './ticket.ts'

/** The name of a worker's socket in its folder. */
export const socketName = 'w.sock'

/** Runs of at most so many milliseconds are lined up in the worker's socket, so that it never waits for the next. */
const SHORT_MS = 2
const LINED_UP = 8

export interface ConnectionEvents {
  /** A request or a ping is answered: there is room for another. */
  finished(): void
  /** The worker is gone. The first of what is left is what it was at. */
  closed(left: readonly Ticket[]): void
  /** Something came: it lives. */
  heard(): void
}

/**
 * Requests and answers go over a socket each. Over one, a write that finds the worker dead would drop what it had
 * answered before and is not read yet; a request that was answered would count as the one that it died of.
 */
export interface WorkerSockets {
  readonly requests: Socket
  readonly answers: Socket
}

/**
 * The connection to one worker, which answers in the order in which it was asked: what has no answer yet is a queue,
 * whose first the worker is at.
 */
export class Connection {
  readonly #requests: Socket
  readonly #answers: Socket
  readonly #events: ConnectionEvents
  #queue: (Ticket | undefined)[] = []
  #head = 0
  #number = 0
  #averageMs = SHORT_MS * 2
  #begun = 0
  #isCorked = false
  #streaming: Streamed | undefined

  constructor({ requests, answers }: WorkerSockets, events: ConnectionEvents) {
    this.#requests = requests
    this.#answers = answers
    this.#events = events
    const read = frameReader((frame) => this.#take(frame))
    answers.on('data', (chunk) => {
      events.heard()
      read(chunk)
    })
    // Either breaks when the worker ends; the end of its answers tells what it left.
    requests.on('error', () => undefined)
    answers.on('error', () => undefined)
    answers.on('close', () => {
      requests.destroy()
      const left = this.#left()
      this.#streaming?.fail()
      this.#streaming = undefined
      events.closed(left)
    })
  }

  /** What the worker has, pings among it. */
  get load(): number {
    return this.#queue.length - this.#head
  }
  get depth(): number {
    return this.#averageMs <= SHORT_MS ? LINED_UP : 1
  }

  take(ticket: Ticket): void {
    // A worker that is busy will not read before: what comes until then is written together.
    if (this.load > 0 && !this.#isCorked) {
      this.#isCorked = true
      this.#requests.cork()
      setImmediate(this.#uncork)
    }
    this.#push(ticket)
    const pieces = requestFrame(this.#number, ticket.request)
    for (const piece of pieces) this.#requests.write(piece)
  }

  readonly #uncork = (): void => {
    this.#isCorked = false
    this.#requests.uncork()
  }

  ping(): void {
    this.#push(undefined)
    this.#requests.write(bareFrame(kinds.ping, this.#number))
  }

  /** Tells the worker that nobody reads the answer that it streams. */
  cancelStream(): void {
    if (this.#streaming) this.#requests.write(bareFrame(kinds.cancel, this.#streaming.number))
  }

  close(): void {
    this.#answers.destroy()
  }

  #push(entry: Ticket | undefined): void {
    if (this.load === 0) this.#begun = performance.now()
    this.#number = (this.#number + 1) >>> 0
    this.#queue.push(entry)
  }

  #left(): Ticket[] {
    const left = this.#queue.slice(this.#head).filter((entry) => entry !== undefined)
    this.#queue = []
    this.#head = 0
    return left
  }

  #take(frame: Frame): void {
    const ticket = this.#queue[this.#head]
    if (frame.kind === kinds.answer) {
      if (ticket && !ticket.settled) ticket.settle({ status: frame.status, ...partsOf(frame.rest) })
      this.#next()
    } else if (frame.kind === kinds.begin) this.#begin(frame, ticket)
    else if (frame.kind === kinds.chunk) this.#streaming?.push(frame.rest)
    else if (frame.kind === kinds.end || frame.kind === kinds.broken) {
      if (frame.kind === kinds.end) this.#streaming?.end()
      else this.#streaming?.fail()
      this.#streaming = undefined
      this.#next()
    } else if (frame.kind === kinds.pong) this.#next()
    // Not ours: whoever writes into this socket is no worker.
    else this.#answers.destroy()
  }

  #begin(frame: Frame, ticket: Ticket | undefined): void {
    const streamed = new Streamed(frame.number, this.#answers, () => this.cancelStream())
    this.#streaming = streamed
    if (!ticket || ticket.settled) {
      this.cancelStream()
      return
    }
    ticket.stream = streamed.body
    ticket.settle({ status: frame.status, rawHeaders: partsOf(frame.rest).rawHeaders, body: streamed.body })
  }

  /** Goes on with the queue's next. */
  #next(): void {
    const now = performance.now()
    this.#averageMs += (Math.min(now - this.#begun, 1000) - this.#averageMs) / 8
    this.#begun = now
    this.#queue[this.#head] = undefined
    this.#head += 1
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0
      this.#head = 0
    } else if (this.#head > 512) {
      this.#queue.splice(0, this.#head)
      this.#head = 0
    }
    this.#events.finished()
  }
}

/** An answer that comes in parts. A slow reader stops the worker, not this server's memory. */
class Streamed {
  readonly number: number
  readonly body: Readable
  readonly #socket: Socket
  #done = false

  constructor(number: number, socket: Socket, cancel: () => void) {
    this.number = number
    this.#socket = socket
    this.body = new Readable({
      read: () => {
        socket.resume()
      },
      destroy: (error, callback) => {
        // A reader that went away must not keep the worker: what is left of the answer is not waited for.
        socket.resume()
        if (!this.#done) cancel()
        callback(error)
      },
    })
    // Whoever reads it sees the error; without a reader it must not end the server.
    this.body.on('error', () => undefined)
  }

  push(chunk: Buffer): void {
    if (!this.body.destroyed && !this.body.push(chunk)) this.#socket.pause()
  }

  end(): void {
    this.#done = true
    if (!this.body.destroyed) this.body.push(null)
  }

  fail(): void {
    this.#done = true
    this.body.destroy(new Error('The model broke its answer off.'))
  }
}

/** Connects to the worker of a folder; rejects where none listens (yet). */
export async function connectTo(folder: string): Promise<WorkerSockets> {
  const path = join(folder, socketName)
  // The kernel takes 107 bytes; by the folder's open file any folder's socket has a short name.
  const handle = Buffer.byteLength(path) > 100 && process.platform === 'linux' ? await open(folder) : undefined
  const short = handle ? `/proc/self/fd/${handle.fd}/${socketName}` : path
  try {
    const requests = await connected(short)
    try {
      return { requests, answers: await connected(short) }
    } catch (error) {
      requests.destroy()
      throw error
    }
  } finally {
    await handle?.close()
  }
}

async function connected(path: string): Promise<Socket> {
  const socket = connect(path)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return socket
}
