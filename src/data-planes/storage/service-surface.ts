import type { StorageAccount } from '../../blobs/accounts.ts'
import type { CorsRule } from '../../blobs/service-settings.ts'
import { fault } from '../../faults.ts'
import type { SurfaceHandler } from '../../gateway/surface.ts'
import { authenticate, authorize } from './authorize.ts'
import { type Call, header, readTarget, type Target } from './call.ts'
import { allowOrigin, preflight } from './cors.ts'
import { refuse } from './errors.ts'
import type { Asker, Operation, Plane, PlaneDeps } from './plane.ts'
import { refuseUnknown } from './request-headers.ts'

/** What one of an account's services has of its own. */
export interface ServiceParts {
  readonly service: Call['service']
  /** The operation that is asked. @throws what tells an unknown one apart */
  readonly route: (call: Call) => Operation
  /** What a target names in this service; left out, a container and a blob. */
  readonly target?: (target: Target) => Target
  /** Its rules for pages of other origins, asked only where there is one. */
  readonly cors: (plane: Plane, account: StorageAccount) => readonly CorsRule[] | Promise<readonly CorsRule[]>
  /** What it asks of a call before it looks at rights. */
  readonly demand?: (call: Call, operation: Operation, asker: Asker) => void
}

/**
 * A service of an account: `context.name` is the account, `context.url` the target below it. Bodies are streams from end
 * to end; nothing of this goes through a body parser.
 */
export function serviceSurface(deps: PlaneDeps, parts: ServiceParts): SurfaceHandler {
  const { service, route, target: own, cors, demand } = parts
  const serve = async (call: Call): Promise<void> => {
    const asker = await authenticate(plane, call)
    const operation = route(call)
    refuseUnknown(call, operation)
    demand?.(call, operation, asker)
    await operation.run(plane, await authorize(plane, call, operation, asker))
  }
  const plane: Plane = { ...deps, serve }
  return async (request, response, context) => {
    const version = header({ request }, 'x-ms-version') ?? ''
    try {
      const account = await plane.accounts.get(context.name.toLowerCase())
      if (!account) throw fault('StorageAccountNotFound', { account: context.name })
      const target = readTarget(context.url)
      const call: Call = { request, response, context, account, service, version, ...(own ? own(target) : target) }
      if (request.method === 'OPTIONS') return preflight(call, await cors(plane, account))
      if (header(call, 'origin') !== undefined) allowOrigin(call, await cors(plane, account))
      await serve(call)
    } catch (error) {
      refuse({ request, response, context, version, service }, error)
    }
  }
}
