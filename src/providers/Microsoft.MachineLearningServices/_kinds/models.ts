import { ownerOf } from '../../../domain/assets/asset-kinds.ts'
import { checkAssetUri } from '../../../domain/assets/check-asset-uri.ts'
import { withLongUri } from '../../../domain/datastores/resolve-uri.ts'
import { completeModel } from '../../../domain/models/complete-model.ts'
import { fault } from '../../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../../json.ts'
import type { AssetDeclaration } from '../_assets.ts'
import { startPendingUpload } from './upload.ts'

/** A model's version. Clients read `flavors` without looking whether it is there. */
export const models: AssetDeclaration = {
  kind: 'models',
  bytes: 'modelUri',
  defaults: { flavors: {}, modelType: 'custom_model' },
  normal: (properties, owner) => withLongUri(owner, withKnownType(properties), 'modelUri'),
  async check({ store }, _properties, { id, body }) {
    // As it was sent: it may name a job, of which the place of its files no longer tells whether it is there.
    const uri = textAt(objectAt(body.properties).modelUri)
    if (!uri) throw fault('AssetInvalid', { reason: "A model needs a 'modelUri'." })
    await checkAssetUri(store, ownerOf(id.text), uri)
  },
  complete: completeModel,
  actions: { startPendingUpload },
}

const TYPES = ['custom_model', 'mlflow_model', 'triton_model']

/** A version of 2022 wrote `CustomModel`; the later ones take any text, and write `custom_model`. */
function withKnownType(properties: JsonObject): JsonObject {
  const folded = textAt(properties.modelType)?.toLowerCase().replaceAll('_', '')
  const modelType = TYPES.find((type) => type.replaceAll('_', '') === folded)
  return modelType === undefined ? properties : { ...properties, modelType }
}
