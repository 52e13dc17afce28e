import type { BatchPlane } from './data-planes/batch/batch-jobs.ts'
import type { DiscoveryDeps } from './data-planes/discovery/discovery.ts'
import type { GraphDeps } from './data-planes/graph/graph.ts'
import type { RegionalDeps } from './data-planes/regional.ts'
import type { ScoringParts } from './data-planes/scoring/open-scoring.ts'
import type { VaultService } from './data-planes/vault/vault-service.ts'
import { type SurfaceHandler, whenAsked } from './gateway/surface.ts'

/** The planes, for `main.ts`: what small requests need at once, and the rest with the first request for it. */
export async function loadPlanes() {
  const [front, batch, seed, storage, direct, discovery, mlflow, bootstrap, vaults, keys] = await Promise.all([
    import('./data-planes/managementfrontend/front.ts'),
    import('./data-planes/batch/batch-paths.ts'),
    import('./domain/registries/seed-built-in.ts'),
    import('./data-planes/storage/storage.ts'),
    import('./data-planes/direct/direct.ts'),
    import('./data-planes/discovery/discovery.ts'),
    import('./data-planes/mlflow/probes.ts'),
    import('./bootstrap.ts'),
    import('./domain/vaults/expire-objects.ts'),
    import('./domain/customer-keys/customer-keys.ts'),
  ])
  return {
    ...front,
    ...seed,
    ...storage,
    ...direct,
    ...bootstrap,
    ...vaults,
    ...keys,
    /** Batch endpoints' jobs are loaded with the first request for one; which paths are theirs is known before. */
    batch(parts: BatchPlane) {
      const load = () => import('./data-planes/batch/batch-surface.ts')
      const below = whenAsked(async () => (await load()).batchBelowWorkspace(parts))
      return {
        scoring: whenAsked(async () => (await load()).batchScoring(parts)),
        below: (url: string) => (batch.jobsPath(url) ? below : undefined),
      }
    },
    /** Microsoft Graph is loaded with the first request for it. */
    graphSurface: (parts: GraphDeps): SurfaceHandler =>
      whenAsked(async () => (await import('./data-planes/graph/graph.ts')).graphSurface(parts)),
    /** Online endpoints' own hosts. */
    scoring: (parts: ScoringParts): SurfaceHandler =>
      whenAsked(async () => (await import('./data-planes/scoring/open-scoring.ts')).openScoring(parts)),
    /** Key Vault's data plane is loaded with the first request for it. */
    vault: (parts: VaultService): SurfaceHandler =>
      whenAsked(async () => (await import('./data-planes/vault/vault-service.ts')).vaultSurface(parts)),
    /** Discovery answers at once; everything else of a region is loaded with the first request for it. */
    regional(
      parts: RegionalDeps,
      servicesOf: DiscoveryDeps['servicesOf'],
      front: (url: string) => SurfaceHandler | undefined,
    ): SurfaceHandler {
      const find = discovery.discoverySurface({ servicesOf })
      const others = whenAsked(async () => (await import('./data-planes/regional.ts')).regionalSurface(parts))
      return (request, response, context) =>
        (find(context.url) ?? front(context.url) ?? mlflow.mlflowProbe(context.url) ?? others)(
          request,
          response,
          context,
        )
    },
  }
}
