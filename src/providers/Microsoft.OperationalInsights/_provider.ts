import { defineProvider, type ScopeOperation } from '../../arm/define-resource.ts'
import { deletedWorkspaces } from '../../domain/workspaces/deleted-workspaces.ts'

/** Log Analytics workspaces: what Application Insights components write to. */
export default defineProvider({
  namespace: 'Microsoft.OperationalInsights',
  knownVersions: [
    '2015-03-20',
    '2015-11-01-preview',
    '2017-04-26-preview',
    '2019-09-01',
    '2020-03-01-preview',
    '2020-08-01',
    '2020-10-01',
    '2021-06-01',
    '2022-10-01',
    '2023-09-01',
    '2025-02-01',
    '2025-07-01',
  ],
  operations: (['subscription', 'resourceGroup'] as const).map(
    (at): ScopeOperation => ({
      method: 'GET',
      path: 'deletedWorkspaces',
      scope: at,
      right: 'workspaces/read',
      answer: async ({ store }, { scope }) => ({
        body: await deletedWorkspaces(store.resources, scope.text, 'Microsoft.OperationalInsights/workspaces'),
      }),
    }),
  ),
})
