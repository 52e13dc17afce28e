import { Type } from 'typebox'
import { defineResource } from '../../../arm/define-resource.ts'
import { onlyChild } from '../../../domain/dependencies/only-child.ts'
import { fault } from '../../../faults.ts'
import { objectAt } from '../../../json.ts'

const TYPE = 'Microsoft.Storage/storageAccounts/blobServices'

/** What a blob service may be told to do and doesn't here: to say yes and do nothing would be a lie. */
const NOT_DONE = [
  ['changeFeed', 'enabled', 'The change feed of a blob service'],
  ['restorePolicy', 'enabled', 'Restoring containers to a point in time'],
  ['lastAccessTimeTrackingPolicy', 'enable', 'Tracking when blobs were last read'],
] as const

/** An account's blob service. Every account has exactly one, named default; a PUT only changes its settings. */
export default defineResource({
  type: TYPE,
  name: /^default$/,
  reads: Type.Object({}),
  statuses: { created: 200, createdDone: 200 },
  verbs: ['put'],
  hides: ['provisioningState'],
  async check(_deps, { body }) {
    const properties = objectAt(objectAt(body).properties)
    for (const [name, flag, operation] of NOT_DONE) {
      if (objectAt(properties[name])[flag] === true) throw fault('NotImplementedHere', { operation })
    }
    for (const name of ['deleteRetentionPolicy', 'containerDeleteRetentionPolicy']) {
      const { enabled, days } = objectAt(properties[name])
      const isLength = typeof days === 'number' && Number.isInteger(days) && days >= 1 && days <= 365
      if (enabled === true && !isLength) throw fault('RetentionDaysInvalid', { policy: name })
    }
    return undefined
  },
  backing: onlyChild({
    type: TYPE,
    name: () => 'default',
    body: () => ({ properties: { cors: { corsRules: [] }, deleteRetentionPolicy: { enabled: false } } }),
  }),
})
