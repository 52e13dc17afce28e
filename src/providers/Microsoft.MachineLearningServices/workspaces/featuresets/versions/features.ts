import { Type } from 'typebox'
import { defineResource } from '../../../../../arm/define-resource.ts'
import { featureRows } from '../../../../../domain/assets/feature-rows.ts'

/** A feature of a feature set: read out of the specification that its version was made with. */
export default defineResource({
  type: 'Microsoft.MachineLearningServices/workspaces/featuresets/versions/features',
  name: /^\w[\w-]*$/,
  reads: Type.Object({}),
  verbs: [],
  hides: ['provisioningState'],
  backing: featureRows,
})
