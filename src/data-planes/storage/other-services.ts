import { fault } from '../../faults.ts'
import { type SurfaceHandler, whenAsked } from '../../gateway/surface.ts'
import { header } from './call.ts'
import { refuse } from './errors.ts'
import type { PlaneDeps } from './plane.ts'

/** An account's services beside blobs: dfs and file are there, the queue and table hosts say that they are not. */
export function otherStorageServices(deps: PlaneDeps): SurfaceHandler {
  const dfs = whenAsked(async () => (await import('./dfs/dfs-service.ts')).dfsService(deps))
  const file = whenAsked(async () => (await import('./file/file-service.ts')).fileService(deps))
  return async (request, response, context) => {
    const service =
      /^[^.]+\.(dfs|file|queue|table)\./.exec(context.host)?.[1] ??
      /^\/_(dfs|file|queue|table)\//.exec(request.url ?? '')?.[1]
    if (service === 'dfs') return dfs(request, response, context)
    if (service === 'file') return file(request, response, context)
    const version = header({ request }, 'x-ms-version') ?? ''
    const operation = `The ${service ?? 'asked'} service of storage account '${context.name}'`
    const shape = service === 'table' ? 'table' : 'queue'
    refuse({ request, response, context, version, service: shape }, fault('NotImplementedHere', { operation }))
  }
}
