import { Type } from 'typebox'
import { defineResource } from '../../../arm/define-resource.ts'
import { onlyChild } from '../../../domain/dependencies/only-child.ts'
import { fault } from '../../../faults.ts'
import { objectAt } from '../../../json.ts'

const TYPE = 'Microsoft.Storage/storageAccounts/fileServices'

/** An account's file service. Every account has exactly one, named default; a PUT only changes its settings. */
export default defineResource({
  type: TYPE,
  name: /^default$/,
  reads: Type.Object({}),
  statuses: { created: 200, createdDone: 200 },
  verbs: ['put'],
  hides: ['provisioningState'],
  async check(_deps, { body }) {
    const { enabled } = objectAt(objectAt(objectAt(body).properties).shareDeleteRetentionPolicy)
    if (enabled === true) throw fault('NotImplementedHere', { operation: 'Keeping deleted file shares' })
    return undefined
  },
  backing: onlyChild({
    type: TYPE,
    name: () => 'default',
    body: () => ({ properties: { cors: { corsRules: [] }, shareDeleteRetentionPolicy: { enabled: false } } }),
  }),
})
