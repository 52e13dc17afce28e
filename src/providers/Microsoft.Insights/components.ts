import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import { defineResource, done } from '../../arm/define-resource.ts'
import { textAt } from '../../json.ts'

/** An Application Insights component: its ids and key are real; what is sent to it is a later issue. */
export default defineResource({
  type: 'Microsoft.Insights/components',
  name: /^(?!.*\.$)[\w\-.()]{1,260}$/,
  moves: true,
  reads: Type.Object({ kind: Type.Optional(Type.String()) }),
  statuses: { created: 200, createdDone: 200 },
  references: [{ path: 'properties.WorkspaceResourceId', type: 'Microsoft.OperationalInsights/workspaces' }],
  defaults: () => ({
    properties: {
      Application_Type: 'web',
      Flow_Type: 'Bluefield',
      Request_Source: 'rest',
      RetentionInDays: 90,
      IngestionMode: 'LogAnalytics',
      publicNetworkAccessForIngestion: 'Enabled',
      publicNetworkAccessForQuery: 'Enabled',
    },
  }),
  async apply(deps, { state }) {
    if (state.appId !== undefined) return done()
    return done({ appId: randomUUID(), instrumentationKey: randomUUID(), createdAt: deps.now().toISOString() })
  },
  async view({ tenantId }, { name, state }) {
    const appId = textAt(state.appId)
    const key = textAt(state.instrumentationKey)
    return {
      properties: {
        ApplicationId: name,
        Name: name,
        TenantId: tenantId,
        ...(appId !== undefined && { AppId: appId, CreationDate: state.createdAt }),
        ...(key !== undefined && {
          InstrumentationKey: key,
          ConnectionString: `InstrumentationKey=${key};ApplicationId=${appId}`,
        }),
      },
    }
  },
})
