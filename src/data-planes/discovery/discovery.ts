import type { Origin, SurfaceHandler } from '../../gateway/surface.ts'

export interface DiscoveryDeps {
  readonly servicesOf: (origin: Origin, region: string) => Readonly<Record<string, string>>
}

/** Where clients of the own origin are, which names no region. */
const HOME_REGION = 'eastus'

/**
 * `GET /discovery` on a region's hosts and on the own origin: the region's services by name, without a token.
 *
 * Answers undefined for any other path, which is the regional plane's.
 */
export function discoverySurface(deps: DiscoveryDeps) {
  return (url: string): SurfaceHandler | undefined => {
    const path = url.split('?', 1)[0]?.replace(/\/$/, '').toLowerCase()
    if (path !== '/discovery') return undefined
    return async (request, response, context) => {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.writeHead(405, { allow: 'GET, HEAD', 'content-length': 0 }).end()
        return
      }
      const body = JSON.stringify(deps.servicesOf(context.origin, context.name || HOME_REGION))
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        'x-ms-request-id': context.requestId,
      })
      response.end(request.method === 'HEAD' ? undefined : body)
    }
  }
}
