import { fault } from '../../faults.ts'
import type { SurfaceHandler } from '../../gateway/surface.ts'
import { authenticate, authorize } from './authorize.ts'
import { type Call, header, readTarget } from './call.ts'
import { refuse } from './errors.ts'
import type { Plane } from './plane.ts'
import { refuseUnknown } from './request-headers.ts'
import { route } from './routes.ts'

/**
 * The blob service under an account's host or `/_blob/{account}`: `context.name` is the account, `context.url` the
 * target below it. Bodies are streams from end to end; nothing of this goes through a body parser.
 */
export function blobService(plane: Plane): SurfaceHandler {
  return async (request, response, context) => {
    const version = header({ request }, 'x-ms-version') ?? ''
    try {
      const account = await plane.accounts.get(context.name.toLowerCase())
      if (!account) throw fault('StorageAccountNotFound', { account: context.name })
      const call: Call = { request, response, context, account, version, ...readTarget(context.url) }
      const asker = await authenticate(plane, call)
      const operation = route(call)
      refuseUnknown(call)
      await operation.run(plane, await authorize(plane, call, operation, asker))
    } catch (error) {
      refuse({ request, response, context, version }, error)
    }
  }
}

/** The hosts of an account's other services (dfs, file, queue, table), which say that they are not there. */
export function otherStorageServices(): SurfaceHandler {
  return async (request, response, context) => {
    const version = header({ request }, 'x-ms-version') ?? ''
    const service =
      /^[^.]+\.(dfs|file|queue|table)\./.exec(context.host)?.[1] ??
      /^\/_(dfs|file|queue|table)\//.exec(request.url ?? '')?.[1] ??
      'asked'
    const operation = `The ${service} service of storage account '${context.name}' (only its blob service is)`
    refuse({ request, response, context, version }, fault('NotImplementedHere', { operation }))
  }
}
