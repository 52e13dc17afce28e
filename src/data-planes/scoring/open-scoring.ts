import type { Deps } from '../../domain/deps.ts'
import type { RequestTally } from '../../domain/endpoints/request-tally.ts'
import { scoringRoutes } from '../../domain/endpoints/scoring-routes.ts'
import { fault } from '../../faults.ts'
import type { SurfaceHandler } from '../../gateway/surface.ts'
import type { AccessControl, Authenticator } from '../../identity/identity.ts'
import { authorizer } from './authorize.ts'
import { refuse, scoringSurface } from './scoring.ts'

export interface ScoringParts {
  readonly deps: Deps
  readonly authenticator: Authenticator
  readonly access: AccessControl
  readonly tally: RequestTally
  /** The real time, as tokens have it. */
  readonly now: () => Date
  /** What answers below `/jobs` at hosts that are of no online endpoint. */
  readonly others?: SurfaceHandler
}

/** The hosts of endpoints. */
export function openScoring({ deps, authenticator, access, tally, now, others }: ScoringParts): SurfaceHandler {
  return scoringSurface({
    routes: scoringRoutes(deps),
    authorize: authorizer({ authenticator, access, tokens: deps.tokens, now }),
    serving: deps.serving,
    tally,
    others(request, response, context) {
      if (!others || !JOBS.test(context.url)) return nowhere(request, response, context)
      if (request.headers.expect !== undefined) response.writeContinue()
      return others(request, response, context)
    },
    random: Math.random,
  })
}

/** Where batch endpoints answer, at hosts that they share with online ones. */
const JOBS = /^\/jobs(?:[/?]|$)/i

const nowhere: SurfaceHandler = async (request, response, { name, requestId }) => {
  const [endpoint = '', region = ''] = name.split('.')
  refuse(request, response, fault('ScoringEndpointNotFound', { endpoint, region }), ['x-ms-request-id', requestId])
}
