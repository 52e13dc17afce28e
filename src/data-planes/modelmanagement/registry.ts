import { Type } from 'typebox'
import { longUri } from '../../domain/datastores/resolve-uri.ts'
import type { Deps } from '../../domain/deps.ts'
import { assetOfModel } from '../../domain/models/asset-documents.ts'
import { modelView } from '../../domain/models/models.ts'
import { resolveAsset } from '../../domain/models/resolve-asset.ts'
import { isFault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import { type Asking, makeVersion } from '../asset-writes.ts'
import { type Operation, operation } from '../operation.ts'
import { unregisteredFields, unregisteredName, type Way } from '../unregistered.ts'
import { modelAt, presentModel } from './present-model.ts'

/** A model that a run reads or writes and nobody has named. */
const unregistered = (way: Way) =>
  operation({
    name: `Models.createUnregistered${way}Model`,
    method: 'POST',
    path: `/models/createUnregistered${way}`,
    right: 'models/versions/write',
    body: Type.Object({ ...unregisteredFields(way), path: Type.String(), type: Type.String() }),
    async answer(deps, { body, ...asking }) {
      const { workspace } = asking
      const { run, name } = await unregisteredName(deps, workspace, { way, body })
      const properties = { modelUri: body.path, modelType: body.type, isAnonymous: true, jobName: run.id }
      return presentModel(modelView(await once(deps, asking, { name, properties })))
    },
  })

/** Asked again for the same files, it is what it was. */
async function once(
  deps: Deps,
  asking: Asking,
  { name, properties }: { readonly name: string; readonly properties: { readonly modelUri: string } & JsonObject },
) {
  const { workspace } = asking
  const known = await deps.store.resources.get(`${workspace.id}/models/${name}/versions/1`)
  const same = known && objectAt(known.body.properties).modelUri === longUri(workspace.id, properties.modelUri)
  return same ? known : await makeVersion(deps, asking, { kind: 'models', name, version: '1', properties })
}

/** What the model registry's own plane has beyond model management. */
export const registryOperations: readonly Operation[] = [
  unregistered('Input'),
  unregistered('Output'),
  operation({
    name: 'Models.batchGetResolvedUris',
    method: 'POST',
    path: '/models/batchGetResolvedUris',
    right: 'models/versions/read',
    body: Type.Object({ values: Type.Array(Type.String(), { maxItems: 1000 }) }),
    async answer({ store }, { workspace, body }) {
      const values: Record<string, JsonObject> = {}
      for (const id of body.values) {
        const { uri, type } = await resolveAsset(store, workspace, { id, kind: 'models' })
        values[id] = { path: uri, type }
      }
      return { values }
    },
  }),
  operation({
    name: 'Models.batchQuery',
    method: 'POST',
    path: '/models/querybatch',
    right: 'models/versions/read',
    body: Type.Object({ modelIds: Type.Array(Type.String(), { maxItems: 1000 }) }),
    async answer(deps, { workspace, body }) {
      const models: Record<string, JsonObject> = {}
      for (const id of body.modelIds) {
        try {
          models[id] = presentModel(await modelAt(deps, workspace, id))
        } catch (error) {
          // Of those that are not there nothing is told.
          if (!isFault(error) || error.status !== 404) throw error
        }
      }
      return { models }
    },
  }),
  operation({
    name: 'ExtensiveModel.queryById',
    method: 'GET',
    path: '/extensiveModels/{id}',
    right: 'models/versions/read',
    async answer(deps, { workspace, params }) {
      const model = await modelAt(deps, workspace, params.id)
      const asset = assetOfModel(model)
      const AssetList = asset ? [{ id: asset.id, name: asset.name, artifacts: asset.artifacts }] : []
      // Services of azureml-core, which are retired: there are none.
      return { Model: presentModel(model), ServiceList: [], AssetList: AssetList.map((one) => ({ ...one })) }
    },
  }),
]
