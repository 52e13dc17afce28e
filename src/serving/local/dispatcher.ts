import type { DeploymentSpec, ScoreRequest, ScoreResult } from '../engine.ts'
import type { Counts } from './counts.ts'
import { refuse, type Taker, type Ticket } from './ticket.ts'

type Limits = Pick<DeploymentSpec, 'requests' | 'instances'>

/** How often limits of time are looked at; they are rough by so much. */
const SWEEP_MS = 20

/**
 * Admits the requests of one deployment and hands them to its takers.
 *
 * As on Azure, an instance has at most `maxConcurrentPerInstance` at once, as many again wait for at most
 * `maxQueueWaitMs`, and what comes beyond that is refused at once.
 */
export class Dispatcher {
  #limits: Limits
  readonly #counts: Counts
  /** Those who take new tickets; asked each time, since they come and go. */
  readonly #takers: () => readonly Taker[]
  /** Asked for a ticket that finds no taker at all: for how many milliseconds one is worth waiting for; 0 for none. */
  readonly #wanted: () => number
  /** Beyond what may run at once, in the order of arrival. */
  readonly #queue = new Set<Ticket>()
  /** Admitted, but all takers are busy. */
  readonly #ready = new Set<Ticket>()
  /** Admitted and not settled, in the order of admission. */
  readonly #granted = new Set<Ticket>()
  #sweep: NodeJS.Timeout | undefined
  lastRequest = performance.now()

  constructor(options: {
    readonly limits: Limits
    readonly counts: Counts
    readonly takers: () => readonly Taker[]
    readonly wanted: () => number
  }) {
    this.#limits = options.limits
    this.#counts = options.counts
    this.#takers = options.takers
    this.#wanted = options.wanted
  }

  set limits(limits: Limits) {
    this.#limits = limits
    this.pump()
  }

  get inFlight(): number {
    return this.#granted.size
  }
  get queued(): number {
    return this.#queue.size
  }

  get #slots(): number {
    return this.#limits.requests.maxConcurrentPerInstance * this.#limits.instances
  }

  score(request: ScoreRequest): Promise<ScoreResult> {
    const now = performance.now()
    this.lastRequest = now
    this.#counts.requests += 1
    if (request.signal?.aborted) return Promise.resolve(this.#count(now, refuse('aborted', 'The caller went away.')))
    if (this.#granted.size + this.#queue.size >= this.#slots * 2) {
      const message = `The deployment has ${this.#granted.size + this.#queue.size} requests, as many as it admits at once.`
      return Promise.resolve(this.#count(now, refuse('overloaded', message)))
    }
    return new Promise((resolve) => this.#admit(request, now, resolve))
  }

  #admit(request: ScoreRequest, now: number, resolve: (result: ScoreResult) => void): void {
    const ticket: Ticket = {
      request,
      arrived: now,
      granted: 0,
      settled: false,
      settle: (result) => {
        if (ticket.settled) return
        ticket.settled = true
        this.#granted.delete(ticket)
        this.#queue.delete(ticket)
        this.#ready.delete(ticket)
        this.#count(now, result)
        resolve(result)
        if (this.#queue.size > 0) this.pump()
      },
    }
    request.signal?.addEventListener('abort', () => {
      ticket.settle(refuse('aborted', 'The caller went away.'))
      ticket.stream?.destroy()
    })
    this.#sweep ??= setInterval(() => this.#expire(), SWEEP_MS).unref()
    if (this.#granted.size < this.#slots) this.#grant(ticket, now)
    else this.#queue.add(ticket)
  }

  /** Hands on what waits, as far as there is room. */
  pump(): void {
    for (const ticket of this.#ready) if (!this.#handOver(ticket)) break
    for (const ticket of this.#queue) {
      if (this.#granted.size >= this.#slots) break
      this.#queue.delete(ticket)
      this.#grant(ticket, performance.now())
    }
  }

  /** A taker is free for one more. */
  finished(): void {
    if (this.#ready.size > 0 || this.#queue.size > 0) this.pump()
  }

  /** Takes tickets back from a taker that is gone before it began with them. */
  returned(tickets: readonly Ticket[]): void {
    const waiting = [...this.#ready]
    this.#ready.clear()
    for (const ticket of [...tickets, ...waiting]) if (!ticket.settled) this.#ready.add(ticket)
    this.pump()
  }

  /** Nothing will take what waits. */
  refuseAll(message: string): void {
    for (const ticket of [...this.#ready, ...this.#queue]) ticket.settle(refuse('unavailable', message))
  }

  close(): void {
    clearInterval(this.#sweep)
    this.#sweep = undefined
  }

  #grant(ticket: Ticket, now: number): void {
    ticket.granted = now
    this.#granted.add(ticket)
    if (!this.#handOver(ticket)) this.#ready.add(ticket)
  }

  #handOver(ticket: Ticket): boolean {
    let best: Taker | undefined
    let some = false
    for (const taker of this.#takers()) {
      if (!taker.isReady) continue
      some = true
      if (taker.load < (best?.load ?? taker.depth)) best = taker
      if (best?.load === 0) break
    }
    if (!best) {
      if (!some && this.#wanted() === 0)
        ticket.settle(refuse('unavailable', 'None of the deployment’s instances is up.'))
      return ticket.settled
    }
    this.#ready.delete(ticket)
    best.take(ticket)
    return true
  }

  #expire(): void {
    const now = performance.now()
    const { timeoutMs, maxQueueWaitMs } = this.#limits.requests
    for (const ticket of this.#queue) {
      if (now - ticket.arrived < maxQueueWaitMs) break
      ticket.settle(refuse('overloaded', `The request waited for more than ${maxQueueWaitMs} ms.`))
    }
    // Where instances start first, their start is no time of the script's.
    const patience = this.#takers().some((taker) => taker.isReady) ? undefined : this.#wanted()
    if (patience !== undefined)
      for (const ticket of this.#ready) {
        ticket.granted = now
        if (now - ticket.arrived > patience)
          ticket.settle(refuse('unavailable', 'None of the deployment’s instances came up in time.'))
      }
    for (const ticket of this.#granted) {
      if (now - ticket.granted < timeoutMs) break
      ticket.settle(refuse('timeout', `The script took longer than the deployment's ${timeoutMs} ms.`))
    }
    if (this.#granted.size === 0 && this.#queue.size === 0) this.close()
  }

  #count(arrived: number, result: ScoreResult): ScoreResult {
    if ('refused' in result) this.#counts.refused(result.refused)
    else this.#counts.answered(result.status, performance.now() - arrived)
    return result
  }
}
