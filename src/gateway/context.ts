import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Origin, RequestContext, Surface } from './surface.ts'

/** A request's context. The id and the child logger are made when first asked for: most requests need neither. */
export class GatewayContext implements RequestContext {
  readonly surface: Surface
  readonly name: string
  readonly url: string
  readonly host: string
  readonly origin: Origin
  readonly #log: Logger
  #requestId: string | undefined
  #child: Logger | undefined

  constructor(place: { surface: Surface; name: string; url: string }, host: string, origin: Origin, log: Logger) {
    this.surface = place.surface
    this.name = place.name
    this.url = place.url
    this.host = host
    this.origin = origin
    this.#log = log
  }

  get requestId(): string {
    this.#requestId ??= randomUUID()
    return this.#requestId
  }

  get log(): Logger {
    this.#child ??= this.#log.child({ request: this.requestId, surface: this.surface })
    return this.#child
  }
}
