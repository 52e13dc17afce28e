import { buffer } from 'node:stream/consumers'
import type { BlobLocation } from '../../compute/engine.ts'
import { fault } from '../../faults.ts'
import type { Origin } from '../../gateway/surface.ts'
import type { JsonObject } from '../../json.ts'
import type { Run } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'
import { datastoreUri, resolveUri } from '../datastores/resolve-uri.ts'
import type { Deps } from '../deps.ts'

const STORE = 'workspaceartifactstore'
/** The property of a logged model that names the run it was logged in. */
export const SOURCE_RUN = 'mlflow.sourceRunId'
/** `…/runs/{run}/artifacts[/{path}]`: a run's artifact URI, of whatever host. */
const RUN_ARTIFACTS = /\/runs\/([^/]+)\/artifacts(?:\/(.*))?$/
/** `runs:/{run}/{path}`, as MLflow's clients write a run's artifacts by themselves. */
const OF_RUN = /^runs:\/+([^/]+)(?:\/(.*))?$/
const ARTIFACTS = /^(?:azureml:\/\/artifacts|aml:\/\/artifactId|mlflow-artifacts:)\/([^/]+\/[^/]+(?:\/.*)?)$/i
const JOB_OUTPUT = /^azureml:\/\/jobs\/([^/]+)\/outputs\/(?:artifacts|default)(?:\/paths)?(?:\/(.*))?$/i
const IN_DATASTORE = /^azureml:\/\/.*\/datastores\/([^/]+)\/paths\/(.*)$/i
const IN_STORE = /\/datastores\/workspaceartifactstore\/paths\/(.*)$/i
const RUN_FOLDER = /^ExperimentRun\/dcid\.([^/]+)(?:\/(.*))?$/

/** Where a model's files lie: the URI that ARM shows, and the blobs. */
export interface ModelPlace {
  readonly uri: string
  readonly blobs: BlobLocation
  /** Set for the artifacts of a run. */
  readonly run?: string
}

/**
 * Finds the files that a client names as a model's source: a run's artifacts, an upload, or a place in a datastore.
 *
 * @throws ModelSourceInvalid where there are no files, or none that can be read here
 */
export async function modelPlace(
  deps: Pick<Deps, 'store' | 'blobs'>,
  workspace: string,
  source: string,
): Promise<ModelPlace> {
  const uri = (await ofLoggedModel(deps.store, workspace, source)) ?? inStore(workspace, source) ?? source
  const blobs = await resolveUri(deps.store, workspace, uri)
  if (!blobs) throw fault('ModelSourceInvalid', { source })
  const file = await deps.blobs.info(blobs)
  const folder = file ? undefined : await deps.blobs.list({ ...blobs, path: slashed(blobs.path) }, { limit: 1 })
  if (!file && folder?.items.length === 0) throw fault('ModelSourceInvalid', { source })
  const run = RUN_FOLDER.exec(blobs.path)?.[1]
  return { uri, blobs, ...(run !== undefined && { run }) }
}

/** Where the files of one of MLflow 3's logged models lie: with the run that made it, or by themselves. */
export function loggedModelPath(model: Run): { readonly run: string; readonly path: string } {
  const source = model.properties[SOURCE_RUN]
  return source ? { run: source, path: `models/${model.id}` } : { run: model.id, path: 'model' }
}

async function ofLoggedModel(from: Repositories, workspace: string, source: string): Promise<string | undefined> {
  const id = /^models:\/+(m-[0-9a-f]+)$/.exec(source)?.[1]
  if (id === undefined) return undefined
  const model = await from.runs.get(workspace.toLowerCase(), id)
  if (model?.kind !== 'logged-model') throw fault('ModelSourceInvalid', { source })
  const { run, path } = loggedModelPath(model)
  return datastoreUri(workspace, STORE, `ExperimentRun/dcid.${run}/${path}`)
}

/** A source that names artifacts, as the place in the artifact store that it is. */
function inStore(workspace: string, source: string): string | undefined {
  const run = RUN_ARTIFACTS.exec(source) ?? OF_RUN.exec(source) ?? JOB_OUTPUT.exec(source)
  if (run) return datastoreUri(workspace, STORE, `ExperimentRun/dcid.${run[1]}/${run[2] ?? ''}`)
  const artifacts = ARTIFACTS.exec(source)
  return artifacts ? datastoreUri(workspace, STORE, artifacts[1] ?? '') : undefined
}

/** The flavors of an MLflow model, as ARM shows them; undefined for files that are no MLflow model. */
export async function mlflowFlavors(
  { blobs }: Pick<Deps, 'blobs'>,
  place: ModelPlace,
): Promise<JsonObject | undefined> {
  const at = { ...place.blobs, path: `${slashed(place.blobs.path)}MLmodel` }
  if (!(await blobs.info(at))) return undefined
  const text = (await buffer(await blobs.read(at))).toString('utf8')
  return Object.fromEntries(flavorNames(text).map((name) => [name, { data: {} }]))
}

/** The keys of MLmodel's `flavors`: MLflow writes them two blanks deep. */
function flavorNames(text: string): readonly string[] {
  const block = /^flavors:\r?\n((?:[ ].*\r?\n?)*)/m.exec(text)?.[1] ?? ''
  return [...block.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name ?? '')
}

interface Rendering {
  readonly origin: Origin
  readonly region: string
  readonly workspaceId: string
  /** For MLflow's own client, which reaches artifacts through the tracking server. */
  readonly plain: boolean
}

/**
 * A model's URI as MLflow's client can read it: the Azure plug-in's artifact clients know runs and uploads, no
 * datastores; MLflow's own asks the artifact service (`domain/artifacts/artifact-path.ts`).
 */
export async function mlflowSource(from: Repositories, uri: string, rendering: Rendering): Promise<string> {
  const path = IN_STORE.exec(uri)?.[1]
  if (path === undefined)
    return rendering.plain ? uri.replace(IN_DATASTORE, 'mlflow-artifacts:/datastores/$1/paths/$2') : uri
  const run = RUN_FOLDER.exec(path)
  if (!run) return rendering.plain ? `mlflow-artifacts:/${path}` : `azureml://artifacts/${path}`
  const owner = await from.runs.get(rendering.workspaceId.toLowerCase(), run[1] ?? '')
  const root = artifactRoot(rendering, { id: run[1] ?? '', experimentId: owner?.experimentId ?? '0' })
  return run[2] ? `${root}/${run[2]}` : root
}

/** The root of a run's artifacts, in the form that the Azure plug-in takes apart, or that MLflow's own client asks for. */
export const artifactRoot = (
  rendering: Rendering,
  run: { readonly id: string; readonly experimentId: string },
): string => `${experimentRoot(rendering, run.experimentId)}/runs/${run.id}/artifacts`

/** What an experiment's artifacts have before them. */
export const experimentRoot = ({ origin, region, workspaceId, plain }: Rendering, experiment: string): string =>
  plain
    ? `mlflow-artifacts:/experiments/${experiment}`
    : `${origin.regional(region).replace(/^https?:/, 'azureml:')}/mlflow/v2.0${workspaceId}/experiments/${experiment}`

const slashed = (path: string): string => (path === '' || path.endsWith('/') ? path : `${path}/`)
