import { fault } from '../../faults.ts'
import type { SurfaceHandler } from '../../gateway/surface.ts'
import { header } from './call.ts'
import { refuse } from './errors.ts'

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
