import type { DirectoryDeps } from '../../domain/directory/directory-deps.ts'
import { fault, isFault } from '../../faults.ts'
import type { RequestContext, SurfaceHandler } from '../../gateway/surface.ts'
import type { Authenticator } from '../../identity/identity.ts'
import { refusalOf, sendAnswer } from './exchange.ts'
import { routeOf } from './routes.ts'

export interface GraphDeps {
  readonly directory: DirectoryDeps
  readonly authenticator: Authenticator
}

/**
 * Microsoft Graph, as far as it is the directory: applications, service principals, users, groups, and how they stand
 * to each other. What else Graph has is refused by name. Every principal of the tenant may read; who may change what is
 * `domain/directory/directory-rights.ts`.
 */
export function graphSurface(deps: GraphDeps): SurfaceHandler {
  return async (request, response, context) => {
    try {
      const caller = await deps.authenticator.authenticate(request.headers.authorization, ['graph'], context.origin)
      if (caller.run) throw fault('GraphAccessDenied')
      const { route, params, query } = routeOf(request.method ?? 'GET', pathOf(context))
      const address = `${context.origin.graph()}${pathOf(context).split('?', 1)[0]}`
      const answer = await route(deps.directory, { request, caller, params, query, address, origin: context.origin })
      sendAnswer(request, response, context, answer)
    } catch (error) {
      if (!isFault(error)) throw error
      sendAnswer(request, response, context, refusalOf(error, context))
      request.resume()
    }
  }
}

const pathOf = ({ url }: RequestContext): string => url
