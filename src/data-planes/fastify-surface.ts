import type { IncomingMessage } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { fault } from '../faults.ts'
import type { RequestContext, SurfaceHandler } from '../gateway/surface.ts'
import { schemaCompiler } from './schema-compiler.ts'

export type ContextOf = (request: FastifyRequest) => RequestContext | undefined

/**
 * A plane of many small routes as one Fastify instance, which takes JSON whatever the content type says. It is built
 * with the first request: a server that no client of the plane asks never loads its routes.
 */
export function fastifySurface(
  options: { readonly bodyLimit: number; readonly ignoreDuplicateSlashes?: true },
  addRoutes: (app: FastifyInstance, contextOf: ContextOf) => void,
): SurfaceHandler {
  const contexts = new WeakMap<IncomingMessage, RequestContext>()
  let opening: Promise<FastifyInstance> | undefined
  const open = async (): Promise<FastifyInstance> => {
    const app = Fastify({
      logger: false,
      bodyLimit: options.bodyLimit,
      exposeHeadRoutes: false,
      routerOptions: {
        caseSensitive: false,
        ignoreTrailingSlash: true,
        ignoreDuplicateSlashes: options.ignoreDuplicateSlashes === true,
        maxParamLength: 2000,
      },
    })
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
      try {
        done(null, body.length === 0 ? {} : JSON.parse(body.toString('utf8')))
      } catch {
        done(fault('BodyInvalid', { reason: 'it is no JSON' }))
      }
    })
    app.setValidatorCompiler(schemaCompiler())
    addRoutes(app, (request) => contexts.get(request.raw))
    await app.ready()
    return app
  }
  return async (request, response, context) => {
    opening ??= open()
    const app = await opening
    contexts.set(request, context)
    request.url = context.url
    await new Promise<void>((resolve) => {
      response.once('close', resolve)
      app.routing(request, response)
    })
  }
}

/**
 * `/runs/{runId}` as Fastify's router writes it; a colon that belongs to the path is doubled. The last blank of a deep one
 * takes all that follows.
 */
export function routePattern(path: string, deep?: boolean): string {
  const pattern = path.replaceAll(':', '::').replace(/\{(\w+)\}/g, ':$1')
  return deep ? pattern.replace(/:\w+$/, '*') : pattern
}
