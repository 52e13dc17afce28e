import type { Deps } from '../../domain/deps.ts'
import { assetOfModel, detailsOf } from '../../domain/models/asset-documents.ts'
import { findVersion, type ModelView, versionsOf } from '../../domain/models/models.ts'
import { assetId } from '../../domain/runs/register-outputs.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Workspace } from '../operation.ts'

/** A model by the id that this service gives: `name:version`, or a name for its newest version. */
export async function modelAt({ store }: Pick<Deps, 'store'>, workspace: Workspace, id: string): Promise<ModelView> {
  const colon = id.lastIndexOf(':')
  if (colon > 0)
    return await findVersion(store, workspace.id, { name: id.slice(0, colon), version: id.slice(colon + 1) })
  const [newest] = await versionsOf(store, workspace.id, id)
  if (!newest) throw fault('ModelNotFound', { model: id })
  return newest
}

const userOf = (who: string): JsonObject => ({ userObjectId: who, userName: who })

/**
 * A model in this service's words. Its URL names a set of artifacts where its files are one, since the first clients
 * download by nothing else.
 */
export function presentModel(model: ModelView, workspace?: StoredResource): JsonObject {
  const details = detailsOf(model)
  const asset = assetOfModel(model)
  const properties = objectAt(model.resource.body.properties)
  const { system } = model.resource
  return {
    id: `${model.name}:${model.version}`,
    name: model.name,
    version: /^\d+$/.test(model.version) ? Number(model.version) : model.version,
    framework: details.framework ?? (model.type === 'mlflow_model' ? 'MLflow' : 'Custom'),
    frameworkVersion: details.frameworkVersion ?? null,
    url: details.url ?? (asset ? `aml://asset/${asset.id}` : model.uri),
    mimeType: details.mimeType ?? 'application/x-python',
    modelFormat: model.type,
    description: model.description ?? null,
    createdTime: model.createdAt,
    modifiedTime: model.modifiedAt,
    unpack: details.unpack ?? false,
    parentModelId: details.parentModelId ?? null,
    runId: model.run ?? null,
    experimentName: details.experimentName ?? null,
    kvTags: model.tags,
    tags: Object.keys(model.tags),
    properties: model.properties,
    derivedModelIds: [],
    datasets: details.datasets ?? [],
    sampleInputData: details.sampleInputData ?? null,
    sampleOutputData: details.sampleOutputData ?? null,
    resourceRequirements: details.resourceRequirements ?? null,
    stage: model.stage,
    createdBy: userOf(system.createdBy),
    modifiedBy: userOf(system.lastModifiedBy),
    isArchived: model.archived,
    isAnonymous: properties.isAnonymous === true,
    isRegistered: properties.isAnonymous !== true,
    dataPath: model.uri,
    modelType: model.type,
    ...(workspace && { assetId: assetId(workspace, 'models', model.name, model.version) }),
  }
}
