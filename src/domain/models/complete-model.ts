import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { resolveUri } from '../datastores/resolve-uri.ts'
import type { Deps } from '../deps.ts'
import { mlflowFlavors } from './model-source.ts'

const JOB = /^azureml:\/\/jobs\/([^/]+)\/outputs\//i
const OF_RUN = /\/ExperimentRun\/dcid\.([^/]+)\//i

/**
 * A model with what its bytes tell: the flavors of an MLflow model, and the job that it is an output of.
 *
 * @throws AssetInvalid where something else lies where an MLflow model should
 */
export async function completeModel(deps: Deps, owner: string, properties: JsonObject): Promise<JsonObject> {
  const uri = textAt(properties.modelUri) ?? ''
  const job = textAt(properties.jobName) || (JOB.exec(uri) ?? OF_RUN.exec(uri))?.[1]
  const known = { ...properties, ...(job && { jobName: job }) }
  if (textAt(properties.modelType)?.toLowerCase() !== 'mlflow_model') return known
  const blobs = await resolveUri(deps.store, owner, uri)
  if (!blobs) return known
  const flavors = await mlflowFlavors(deps, { uri, blobs })
  if (flavors) return Object.keys(objectAt(properties.flavors)).length > 0 ? known : { ...known, flavors }
  const { items } = await deps.blobs.list(blobs, { limit: 1 })
  // The name may be given before the bytes come.
  if (items.length === 0) return known
  throw fault('AssetInvalid', { reason: `'${uri}' is no MLflow model: there is no file 'MLmodel' in it.` })
}
