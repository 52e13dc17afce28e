import { Type } from 'typebox'
import { defineResource } from '../../../arm/define-resource.ts'
import {
  CREDENTIALS,
  openedCredentials,
  withOwnCredentials,
} from '../../../domain/connections/connection-credentials.ts'
import { connectionGroup } from '../../../domain/connections/connection-groups.ts'
import { fault } from '../../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../../json.ts'
import { foldId } from '../../../resource-id.ts'

/**
 * A connection: how a workspace signs in at a service elsewhere. Its credentials are sealed and answered to
 * `listsecrets` alone. A project sees those of its hub that are shared.
 */
export default defineResource({
  type: 'Microsoft.MachineLearningServices/workspaces/connections',
  // Longer than the facts say: the SDK names those of a feature store with 35 characters.
  name: /^[a-zA-Z0-9][a-zA-Z0-9_-]{2,99}$/,
  hides: ['provisioningState'],
  reads: Type.Object({ properties: Type.Object({ authType: Type.String(), category: Type.Optional(Type.String()) }) }),
  secret: [CREDENTIALS],
  tolerates: withKnownCategory,
  statuses: { created: 200, createdDone: 200, updated: 200 },
  defaults: () => ({ properties: { isSharedToAll: false, sharedUserList: [], metadata: {} } }),
  async check(_deps, { id, body, existing }) {
    if (!textAt(body.properties.category)) {
      throw fault('ConnectionInvalid', { connection: id.name, reason: "It needs a 'category'." })
    }
    return withOwnCredentials(id.name, body, existing)
  },
  list(query) {
    const category = query.get('category')?.toLowerCase()
    const target = query.get('target')?.toLowerCase()
    return {
      keep({ body }) {
        const properties = objectAt(body.properties)
        if (category !== undefined && textAt(properties.category)?.toLowerCase() !== category) return false
        return target === undefined || textAt(properties.target)?.toLowerCase() === target
      },
    }
  },
  borrows: {
    async from({ store }, workspace) {
      const found = await store.resources.get(workspace)
      return textAt(objectAt(found?.body.properties).hubResourceId)
    },
    shows: ({ body }) => objectAt(body.properties).isSharedToAll === true,
  },
  view: async (_deps, { id, body }) => ({
    properties: {
      credentials: null,
      group: connectionGroup(textAt(objectAt(body.properties).category) ?? ''),
      createdByWorkspaceArmId: id.slice(0, foldId(id).lastIndexOf('/connections/')),
    },
  }),
  actions: {
    listsecrets: {
      async answer(_deps, { resource, secret, arm, context }) {
        const shown = await arm.present(resource, context)
        const credentials = openedCredentials(resource, secret(CREDENTIALS))
        return { ...shown, properties: { ...objectAt(shown.properties), credentials } }
      },
    },
  },
})

/** The template of a feature store names the category of its store in another way than its readers look for it. */
function withKnownCategory(body: JsonObject): JsonObject {
  const properties = objectAt(body.properties)
  const isOther = textAt(properties.category)?.toLowerCase() === 'azuredatalakegen2'
  return isOther ? { ...body, properties: { ...properties, category: 'ADLSGen2' } } : body
}
