import type { BlobLocation } from '../../compute/engine.ts'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import { findAsset, isAssetReference } from '../assets/asset-reference.ts'
import { resolveData } from '../assets/resolve-data.ts'
import type { Reads } from '../datastores/resolve-uri.ts'
import { type DataType, dataType } from '../jobs/resolve-inputs.ts'

export interface DeploymentModel {
  /** As a job's input names it. */
  readonly uri: string
  readonly type: DataType
  readonly place: BlobLocation
}

/**
 * The model that a deployment names: a registered one, a place in a datastore, or what a job put out.
 *
 * @throws DeploymentInvalid, and what a reference is refused with
 */
export async function deploymentModel(
  from: Reads,
  workspace: string,
  properties: JsonObject,
): Promise<DeploymentModel | undefined> {
  if (!isObject(properties.model)) return undefined
  const uri = uriOf(properties.model)
  const { source } = await resolveData(from, workspace, { uri, kind: 'models' })
  if (!source) throw invalid(`'${uri}' lies outside this workspace; register the model, then name it.`)
  return { uri, type: await typeOf(from, workspace, uri), place: source }
}

async function typeOf(from: Reads, workspace: string, uri: string): Promise<DataType> {
  if (!isAssetReference(uri)) return 'custom_model'
  const version = await findAsset(from.resources, workspace, { kind: 'models', reference: uri })
  return dataType(textAt(objectAt(version.body.properties).modelType)) ?? 'custom_model'
}

function uriOf(model: JsonObject): string {
  const path = (textAt(model.path) ?? '').replace(/^\/+/, '')
  const last = (id: JsonObject[string]) => (textAt(id) ?? '').replace(/^.*[/:]/, '')
  switch ((textAt(model.referenceType) ?? '').toLowerCase()) {
    case 'id': {
      const id = textAt(model.assetId)
      if (id) return id
      throw invalid("A model by Id needs its 'assetId'.")
    }
    case 'datapath':
      return `azureml://datastores/${last(model.datastoreId)}/paths/${path}`
    case 'outputpath':
      return `azureml://jobs/${last(model.jobId)}/outputs/artifacts/paths/${path}`
    default:
      throw invalid(`'${String(model.referenceType)}' is no way to name a model: Id, DataPath and OutputPath are.`)
  }
}

const invalid = (reason: string) => fault('DeploymentInvalid', { reason }, { target: 'properties.model' })
