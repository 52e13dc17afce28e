import type { SurfaceHandler } from '../../gateway/surface.ts'
import type { PlaneDeps } from './plane.ts'
import { route } from './routes.ts'
import { serviceSurface } from './service-surface.ts'

/** The blob service under an account's host or `/_blob/{account}`. */
export const blobService = (deps: PlaneDeps): SurfaceHandler =>
  serviceSurface(deps, { service: 'blob', route, cors: (_plane, { blob }) => blob.cors })
