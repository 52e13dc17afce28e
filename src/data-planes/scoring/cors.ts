import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EndpointRoute } from '../../domain/endpoints/scoring-routes.ts'

/** The origin as an answer allows it, or undefined where pages of it may not ask. */
export function allowedOrigin({ origins }: EndpointRoute, { headers }: IncomingMessage): string | undefined {
  const { origin } = headers
  if (origin === undefined || origins.size === 0) return undefined
  return origins.has('*') || origins.has(origin) ? origin : undefined
}

/**
 * Answers a page's question before its request, which carries no key: true where it was one. Deployments say in
 * AML_CORS_ORIGINS, as Microsoft's inference server reads it, whose pages may ask.
 */
export function preflight(route: EndpointRoute, request: IncomingMessage, response: ServerResponse): boolean {
  const { origin, 'access-control-request-method': method } = request.headers
  if (request.method !== 'OPTIONS' || origin === undefined || method === undefined) return false
  const allowed = allowedOrigin(route, request)
  response.writeHead(allowed === undefined ? 403 : 204, {
    vary: 'Origin',
    ...(allowed !== undefined && {
      'access-control-allow-origin': allowed,
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers':
        request.headers['access-control-request-headers'] ?? 'authorization, content-type',
      'access-control-max-age': '600',
    }),
  })
  response.end()
  return true
}
