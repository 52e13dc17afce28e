import type { Readable } from 'node:stream'
import type { NoAnswer, ScoreRequest, ScoreResult } from '../engine.ts'

/** A request on its way through a deployment. */
export interface Ticket {
  readonly request: ScoreRequest
  /** Milliseconds of this process's clock. */
  readonly arrived: number
  /** When it was admitted to the workers: what its time limit counts from. */
  granted: number
  /** Set once its caller has an answer; a worker may still be at it. */
  settled: boolean
  /** The answer that is being streamed. */
  stream?: Readable
  readonly settle: (result: ScoreResult) => void
}

/** What can take tickets: a process, or a model in this process. */
export interface Taker {
  readonly isReady: boolean
  /** Tickets that it has not finished. */
  readonly load: number
  /** How many it should have at once for it never to wait. */
  readonly depth: number
  take(ticket: Ticket): void
}

/** What a taker tells. */
export interface TakerEvents {
  /** It can have another ticket. */
  finished(): void
  /** It never began with these; another may. */
  returned(tickets: readonly Ticket[]): void
}

export const refuse = (refused: NoAnswer['refused'], message: string): NoAnswer => ({ refused, message })
