import { Type } from 'typebox'
import { defineResource, done } from '../../arm/define-resource.ts'
import { checkSetting, DIAGNOSTIC_SETTINGS } from '../../domain/diagnostics/check-setting.ts'
import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'
import { TENANT } from '../../resource-id.ts'

/** How many settings a resource may have, as in Azure. */
const MOST = 5

/** Where a subscription's activity log is archived to: the storage accounts of this server. */
export default defineResource({
  type: DIAGNOSTIC_SETTINGS,
  at: ['subscription', 'resource'],
  name: /^[^*#&+:<>?/\\|]{1,260}$/,
  patch: false,
  hides: ['provisioningState', 'systemData'],
  statuses: { created: 200 },
  reads: Type.Object({ properties: Type.Object({ storageAccountId: Type.Optional(Type.String()) }) }),
  references: [{ path: 'properties.storageAccountId', type: 'Microsoft.Storage/storageAccounts' }],
  // What is archived is written with the account's own rights: who asks for it must have them.
  linked({ body }) {
    const scope = textAt(objectAt(body.properties).storageAccountId)
    return scope ? [{ action: 'Microsoft.Storage/storageAccounts/listKeys/action', scope }] : []
  },
  async check({ store }, { id, body, existing }) {
    checkSetting(id.parent ?? TENANT, objectAt(body.properties))
    const { items } = await store.resources.children(id.parent?.key ?? '', DIAGNOSTIC_SETTINGS, { limit: MOST })
    if (!existing && items.length >= MOST) {
      throw fault('DiagnosticSettingInvalid', {
        reason: `At most ${MOST} diagnostic settings may be made of a resource`,
      })
    }
    return undefined
  },
  // A setting tells of what comes after it.
  async apply({ store }, { state }) {
    return done(state.place === undefined ? { ...state, place: await store.activities.last() } : state)
  },
})
