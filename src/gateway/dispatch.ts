import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Logger } from 'pino'
import { type Fault, fault } from '../faults.ts'
import { GatewayContext } from './context.ts'
import { refuse } from './errors.ts'
import { azureOrigin, type HostTarget, targetOf } from './hosts.ts'
import { ownOrigin } from './origin.ts'
import { pathTarget } from './paths.ts'
import type { Origin, Surface, SurfaceHandler } from './surface.ts'

export const MAX_HEADERS = 256
const MIB = 1024 * 1024
/** Bodies that carry data may be as large as Azure's largest Put Blob; all others are documents. */
const DATA_LIMIT = 5000 * MIB
const DOCUMENT_LIMIT = 16 * MIB
const PLACES_KEPT = 4096
/** A caller that may not score is told so before it sends what it would have scored. */
const decidesToContinue: Surface = 'scoring'

export type Surfaces = Partial<Readonly<Record<Surface, SurfaceHandler>>>

/** A Host header, understood once. `target` is absent on the own origin, where the path decides. */
interface Place {
  readonly host: string
  readonly origin: Origin
  readonly target: HostTarget | undefined
}

export interface DispatchOptions {
  readonly surfaces: Surfaces
  /** True for `host[:port]` of the own origin. */
  readonly isOwn: (host: string) => boolean
  /** True for this very server's `host:port`, in a proxy request's target. */
  readonly isThisServer: (host: string) => boolean
  /** How the own origin is called in refusals. */
  readonly ownName: () => string
  readonly forward: (request: IncomingMessage, response: ServerResponse) => void
  readonly log: Logger
}

/**
 * Hands each request to the plane that its host, or on the own origin its path, stands for. One that `waits` for a word
 * before it sends its body gets it once its size is known to be fine; planes of `decidesToContinue` give it themselves.
 */
export function dispatcher(
  options: DispatchOptions,
): (request: IncomingMessage, response: ServerResponse, waits?: boolean) => void {
  const places = { tls: new Map<string, Place>(), plain: new Map<string, Place>() }

  const learn = (host: string, secure: boolean): Place | undefined => {
    const known = places[secure ? 'tls' : 'plain']
    const lower = host.toLowerCase()
    const target = targetOf(withoutPort(lower))
    if (!target && !options.isOwn(lower)) return undefined
    const origin = target ? azureOrigin : ownOrigin(`${secure ? 'https' : 'http'}://${lower}`)
    if (known.size >= PLACES_KEPT) known.clear()
    const place = { host: lower, origin, target }
    known.set(host, place)
    return place
  }

  return (request, response, waits = false) => {
    const secure = (request.socket as Partial<TLSSocket>).encrypted === true
    let url = request.url ?? '/'
    let host = request.headers.host ?? ''
    if (url.charCodeAt(0) !== 47 /* / */) {
      // A proxy's absolute-form target, or `*`.
      const absolute = absoluteForm(url)
      if (!absolute) return refuse(response, malformed('its target is neither a path nor an http URL'))
      const lower = absolute.host.toLowerCase()
      if (!targetOf(withoutPort(lower)) && !options.isThisServer(lower)) return options.forward(request, response)
      url = absolute.path
      host = absolute.host
    }
    const place = places[secure ? 'tls' : 'plain'].get(host) ?? learn(host, secure)
    if (!place) return refuse(response, fault('MisdirectedRequest', { host, own: options.ownName() }))
    const found = place.target ? azureTarget(place.target, url) : pathTarget(url)
    const tooMuch = overLimit(request, found.surface)
    if (tooMuch) return refuse(response, tooMuch)
    if (waits && found.surface !== decidesToContinue) response.writeContinue()

    const context = new GatewayContext(found, place.host, place.origin, options.log)
    const handler = options.surfaces[found.surface]
    if (!handler) {
      return refuse(response, fault('SurfaceNotImplemented', { surface: found.surface, host: place.host }))
    }
    handler(request, response, context).catch((error: unknown) => {
      // A client that went away in the middle is no error of ours.
      if (request.destroyed && !request.complete) context.log.debug({ err: error }, 'the client went away')
      else context.log.error({ err: error, method: request.method, url: pathOf(request.url) }, 'a plane threw')
      refuse(response, fault('InternalServerError', { requestId: context.requestId }))
    })
  }
}

/** `/metadata/endpoints` on the resource manager's host is answered by the same route as on the own origin. */
function azureTarget(target: HostTarget, url: string): { surface: Surface; name: string; url: string } {
  if (target.surface === 'arm' && url.startsWith('/metadata/')) return { surface: 'direct', name: '', url }
  return { surface: target.surface, name: target.name, url }
}

function overLimit(request: IncomingMessage, surface: Surface): Fault | undefined {
  if (request.rawHeaders.length > 2 * MAX_HEADERS) return fault('RequestHeadersTooMany', { limit: MAX_HEADERS })
  const length = request.headers['content-length']
  if (length === undefined) return undefined
  const limit = surface === 'blob' || surface === 'storage' || surface === 'regional' ? DATA_LIMIT : DOCUMENT_LIMIT
  return Number(length) > limit ? fault('RequestTooLarge', { limit }) : undefined
}

function absoluteForm(target: string): { readonly host: string; readonly path: string } | undefined {
  if (!/^https?:\/\//i.test(target)) return undefined
  const from = target.indexOf('//') + 2
  const end = target.slice(from).search(/[/?]/)
  const host = end < 0 ? target.slice(from) : target.slice(from, from + end)
  const path = end < 0 ? '/' : target.slice(from + end)
  return host === '' || host.includes('@') ? undefined : { host, path: path.startsWith('/') ? path : `/${path}` }
}

export const malformed = (reason: string): Fault => fault('MalformedRequest', { reason })

/** The host without its port: `[::1]:8484` and `localhost:8484` alike. */
export const withoutPort = (host: string): string => host.replace(/:\d+$/, '')

/** A URL without its query, which may carry signatures: what logs may hold. */
const pathOf = (url = ''): string => url.split('?', 1)[0] ?? ''
