import { defineProvider, type ScopeOperation } from '../../arm/define-resource.ts'
import { presentVmSize } from '../../domain/computes/find-vm-size.ts'
import { updateQuotas } from '../../domain/computes/quotas.ts'
import { listQuotas, listUsages } from '../../domain/computes/usages.ts'
import { vmSizes } from '../../domain/computes/vm-sizes.ts'
import { DATA_PLANE_VERSION } from '../../domain/registries/registry-ids.ts'
import { deletedWorkspaces } from '../../domain/workspaces/deleted-workspaces.ts'
import { WORKSPACES } from '../../domain/workspaces/hubs.ts'
import { registryOperations } from './_registry-operations.ts'

/** Azure Machine Learning: workspaces and everything in them. */
export default defineProvider({
  namespace: 'Microsoft.MachineLearningServices',
  knownVersions: [
    '2018-03-01-preview',
    '2018-11-19',
    '2019-05-01',
    '2019-06-01',
    '2019-11-01',
    '2020-01-01',
    '2020-02-18-preview',
    '2020-03-01',
    '2020-04-01',
    '2020-04-01-preview',
    '2020-05-01-preview',
    '2020-05-15-preview',
    '2020-06-01',
    '2020-08-01',
    '2020-09-01-preview',
    '2021-01-01',
    '2021-03-01-preview',
    '2021-04-01',
    '2021-07-01',
    '2021-10-01',
    '2022-01-01-preview',
    '2022-02-01-preview',
    '2022-05-01',
    '2022-06-01-preview',
    '2022-10-01',
    '2022-10-01-preview',
    '2022-12-01-preview',
    '2023-02-01-preview',
    '2023-04-01',
    '2023-04-01-preview',
    '2023-06-01-preview',
    '2023-08-01-preview',
    '2023-10-01',
    '2024-01-01-preview',
    '2024-04-01',
    '2024-04-01-preview',
    '2024-07-01-preview',
    '2024-10-01',
    '2024-10-01-preview',
    '2025-01-01-preview',
    '2025-06-01',
    '2025-07-01-preview',
    '2025-09-01',
    '2025-10-01-preview',
    '2025-12-01',
    '2026-01-15-preview',
    '2026-03-01',
    '2026-03-15-preview',
    '2026-05-01',
    '2026-05-15-preview',
    '2026-07-01',
    '2026-07-15-preview',
    '2026-09-01',
  ],
  servedAs: { [DATA_PLANE_VERSION]: '2023-10-01' },
  operations: [
    ...registryOperations,
    ...(['subscription', 'resourceGroup'] as const).map(
      (at): ScopeOperation => ({
        method: 'GET',
        path: 'deletedWorkspaces',
        scope: at,
        right: 'workspaces/read',
        answer: async ({ store }, { scope }) => ({
          body: await deletedWorkspaces(store.resources, scope.text, WORKSPACES),
        }),
      }),
    ),
    {
      method: 'GET',
      path: 'locations/{location}/vmSizes',
      scope: 'subscription',
      right: 'locations/vmSizes/read',
      answer: async () => ({ body: { value: vmSizes.map(presentVmSize) } }),
    },
    {
      method: 'GET',
      path: 'locations/{location}/usages',
      scope: 'subscription',
      right: 'locations/usages/read',
      answer: async (deps, { scope, params }) => ({ body: await listUsages(deps, scope.text, params.location ?? '') }),
    },
    {
      method: 'GET',
      path: 'locations/{location}/quotas',
      scope: 'subscription',
      right: 'locations/quotas/read',
      answer: async (deps, { scope, params }) => ({ body: await listQuotas(deps, scope.text, params.location ?? '') }),
    },
    {
      method: 'POST',
      path: 'locations/{location}/updateQuotas',
      scope: 'subscription',
      right: 'locations/updateQuotas/action',
      answer: async (deps, { scope, params, body }) => ({
        status: 200,
        body: await updateQuotas(deps, { subscription: scope.text, region: params.location ?? '', body }),
      }),
    },
  ],
})
