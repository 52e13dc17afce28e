import { fault } from '../../faults.ts'
import type { SurfaceHandler } from '../../gateway/surface.ts'
import { authenticate, authorize } from './authorize.ts'
import { type Call, header, readTarget } from './call.ts'
import { allowOrigin, preflight } from './cors.ts'
import { refuse } from './errors.ts'
import type { Plane, PlaneDeps } from './plane.ts'
import { refuseUnknown } from './request-headers.ts'
import { route } from './routes.ts'

/**
 * The blob service under an account's host or `/_blob/{account}`: `context.name` is the account, `context.url` the
 * target below it. Bodies are streams from end to end; nothing of this goes through a body parser.
 */
export function blobService(deps: PlaneDeps): SurfaceHandler {
  const plane: Plane = { ...deps, serve: (call) => serve(plane, call) }
  return async (request, response, context) => {
    const version = header({ request }, 'x-ms-version') ?? ''
    try {
      const account = await plane.accounts.get(context.name.toLowerCase())
      if (!account) throw fault('StorageAccountNotFound', { account: context.name })
      const target = readTarget(context.url)
      const call: Call = { request, response, context, account, service: 'blob', version, ...target }
      if (request.method === 'OPTIONS') return preflight(call, account.blob.cors)
      allowOrigin(call, account.blob.cors)
      await serve(plane, call)
    } catch (error) {
      refuse({ request, response, context, version }, error)
    }
  }
}

async function serve(plane: Plane, call: Call): Promise<void> {
  const asker = await authenticate(plane, call)
  const operation = route(call)
  refuseUnknown(call, operation)
  await operation.run(plane, await authorize(plane, call, operation, asker))
}
