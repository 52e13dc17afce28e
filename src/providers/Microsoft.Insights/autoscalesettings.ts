import { Type } from 'typebox'
import { defineResource } from '../../arm/define-resource.ts'
import { AUTOSCALE_SETTINGS } from '../../domain/autoscale/autoscale-setting.ts'
import { checkAutoscale } from '../../domain/autoscale/check-autoscale.ts'
import { objectAt, textAt } from '../../json.ts'

/** How many instances an online deployment is to have, by rules over what is measured of it. */
export default defineResource({
  type: AUTOSCALE_SETTINGS,
  name: /^[^*#&+:<>?/\\|]{1,260}$/,
  hides: ['provisioningState'],
  statuses: { created: 201, createdDone: 201 },
  reads: Type.Object({
    properties: Type.Object({
      targetResourceUri: Type.String(),
      profiles: Type.Array(Type.Object({})),
    }),
  }),
  defaults: ({ id }) => ({ tags: {}, properties: { enabled: true, name: id.name, notifications: [] } }),
  // Who makes a setting changes the deployment by it.
  linked({ body }) {
    const scope = textAt(objectAt(body.properties).targetResourceUri)
    return scope
      ? [{ action: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/write', scope }]
      : []
  },
  async check({ store }, { body }) {
    await checkAutoscale(store.resources, objectAt(body.properties))
    return undefined
  },
})
