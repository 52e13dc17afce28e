import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import { defineResource, done } from '../../arm/define-resource.ts'
import { newAccountKey } from '../../domain/dependencies/account-keys.ts'
import { RETENTION_DAYS } from '../../domain/workspaces/retention.ts'

const KEYS = { primary: 'primarySharedKey', secondary: 'secondarySharedKey' } as const

/** A Log Analytics workspace: its ids and keys are real; queries are a later issue. */
export default defineResource({
  type: 'Microsoft.OperationalInsights/workspaces',
  name: /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
  moves: true,
  reads: Type.Object({}),
  defaults: () => ({
    properties: {
      sku: { name: 'PerGB2018' },
      retentionInDays: 30,
      publicNetworkAccessForIngestion: 'Enabled',
      publicNetworkAccessForQuery: 'Enabled',
    },
  }),
  // A PUT in the place of a deleted one brings it back with its ids and keys, as Azure does without being asked.
  recovers: () => true,
  softDelete: (_workspace, query) => ({
    days: query.get('force')?.toLowerCase() === 'true' ? 0 : RETENTION_DAYS,
    keepsName: true,
  }),
  async apply(deps, { state }) {
    if (state.customerId !== undefined) return done()
    return done(
      { customerId: randomUUID(), createdAt: deps.now().toISOString() },
      { [KEYS.primary]: newAccountKey(), [KEYS.secondary]: newAccountKey() },
    )
  },
  view: async (_deps, { state, system }) => ({
    properties: {
      ...(state.customerId !== undefined && { customerId: state.customerId, createdDate: state.createdAt }),
      modifiedDate: system.lastModifiedAt,
    },
  }),
  actions: {
    sharedKeys: {
      answer: async (_deps, { secret }) => ({
        primarySharedKey: secret(KEYS.primary),
        secondarySharedKey: secret(KEYS.secondary),
      }),
    },
    regenerateSharedKey: {
      async answer(_deps, { keep }) {
        const keys = { [KEYS.primary]: newAccountKey(), [KEYS.secondary]: newAccountKey() }
        await keep(keys)
        return keys
      },
    },
  },
})
