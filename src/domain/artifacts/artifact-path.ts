import type { BlobLocation } from '../../compute/engine.ts'
import { fault } from '../../faults.ts'
import type { Repositories } from '../../store/store.ts'
import { datastoreUri, resolveUri } from '../datastores/resolve-uri.ts'
import { artifactStore } from './artifact-store.ts'
import { checkPath } from './artifacts.ts'

const OF_RUN = /^experiments\/[^/]+\/runs\/([^/]+)\/artifacts(?:\/(.*))?$/
const OF_CONTAINER = /^(?:ExperimentRun|LocalUpload|WebUpload)\/[^/]+(?:\/.*)?$/
const OF_DATASTORE = /^datastores\/([^/]+)\/paths(?:\/(.*))?$/
/** Where files lie that a client puts at a path of its own choosing. */
const CHOSEN = 'LocalUpload/mlflow-artifacts'

/** The folder of a trace's files, as a path of `mlflow-artifacts:/…` and as a place in the artifact store. */
export function traceFolder(experiment: string, trace: string): { readonly chosen: string; readonly stored: string } {
  const chosen = `experiments/${experiment}/traces/${trace}/artifacts`
  return { chosen, stored: `${CHOSEN}/${chosen}` }
}

/** Where an artifact of MLflow's artifact service lies. */
export interface ArtifactPlace {
  readonly blobs: BlobLocation
  /** Set for the artifacts of a run. */
  readonly run?: string
  /** Files of a datastore are a model's or an asset's: they are read here, and written where they belong. */
  readonly readOnly: boolean
}

/**
 * The place that a path of `mlflow-artifacts:/…` names: a run's artifacts, an upload, or a place in a datastore, where
 * those of `mlflowSource` lead; any other path is the client's own.
 *
 * @throws ArtifactPathInvalid, ArtifactStoreMissing, AssetReferenceNotFound for a datastore that there is not
 */
export async function artifactPlace(from: Repositories, workspace: string, path: string): Promise<ArtifactPlace> {
  const trimmed = path.replace(/\/+$/, '')
  if (trimmed !== '') checkPath(trimmed)
  const datastore = OF_DATASTORE.exec(trimmed)
  if (datastore) {
    const uri = datastoreUri(workspace, datastore[1] ?? '', datastore[2] ?? '')
    const blobs = await resolveUri(from, workspace, uri)
    if (!blobs) throw fault('ArtifactPathInvalid', { path })
    return { blobs, readOnly: true }
  }
  const store = await artifactStore(from, workspace)
  const run = OF_RUN.exec(trimmed)
  if (run)
    return {
      run: run[1] ?? '',
      readOnly: false,
      blobs: { ...store, path: `ExperimentRun/dcid.${run[1]}/${run[2] ?? ''}` },
    }
  const whole = OF_CONTAINER.test(trimmed) ? trimmed : [CHOSEN, trimmed].join('/')
  const [, id] = /^ExperimentRun\/dcid\.([^/]+)/.exec(whole) ?? []
  return { blobs: { ...store, path: whole }, readOnly: false, ...(id !== undefined && { run: id }) }
}
