import type { BlobLocation } from '../../compute/engine.ts'
import { type Fault, fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { Repositories } from '../../store/store.ts'
import { accountIds } from '../assets/pending-upload.ts'
import { blobDatastore, DATASTORES, datastorePlace } from './datastore.ts'

/** What is read to find where a URI leads. */
export type Reads = Pick<Repositories, 'resources' | 'runs'>

const JOB = /^azureml:\/\/jobs\/([^/]+)\/outputs\/([^/]+)(?:\/paths)?(?:\/(.*))?$/i
/** MLflow's name for what a run logged, which clients register models by. */
const RUNS = /^runs:\/+([^/]+)(?:\/(.*))?$/i
const JOB_ARTIFACTS = /^azureml:\/\/jobs\/([^/]+)\/outputs\/(?:artifacts|default)(?:\/paths)?(?:\/(.*))?$/i
const SHORT = /^azureml:\/\/datastores\/([^/]+)(?:\/paths)?(?:\/(.*))?$/i
const LONG =
  /^azureml:\/\/subscriptions\/([^/]+)\/resourcegroups\/([^/]+)(?:\/providers\/Microsoft\.MachineLearningServices)?\/workspaces\/([^/]+)\/datastores\/([^/]+)(?:\/paths)?(?:\/(.*))?$/i
/** Hadoop's schemes are written with the container in the path, too. */
const BLOB_HOST =
  /^(?:https?|wasbs?|abfss?):\/\/([a-z0-9]{3,24})\.(?:blob|dfs)\.[^/]+\/([^/?]+)(?:\/([^?]*))?(?:\?.*)?$/i
const OWN_BLOB = /^https?:\/\/[^/]+\/_(?:blob|dfs)\/([a-z0-9]{3,24})\/([^/?]+)(?:\/([^?]*))?(?:\?.*)?$/i
const HADOOP = /^(?:wasbs?|abfss?):\/\/([^@/]+)@([a-z0-9]{3,24})\.(?:blob|dfs)\.[^/]+(?:\/(.*))?$/i

/**
 * Where the bytes behind a URI lie: undefined for a URI that leads elsewhere (a public web address), which whoever
 * reads it must fetch itself.
 *
 * A URI leads only where its owner may, a workspace or a registry: to its own datastores, and to accounts that one of
 * them, or the owner itself, lies on. Anything else of this server would lend the workspace's rights to whoever writes a job.
 *
 * @throws UriUnresolvable, AssetReferenceNotFound, DatastoreTypeUnsupported
 */
export async function resolveUri(from: Reads, workspace: string, uri: string): Promise<BlobLocation | undefined> {
  const place = await resolveReadable(from, workspace, uri)
  if (place?.anonymous) throw strange(uri, place.account)
  return place
}

/** Where bytes lie that are only read. `anonymous`: they may be, if their container is public, by anybody. */
export type ReadableLocation = BlobLocation & { readonly anonymous?: true }

/** As `resolveUri`, for what is only read: it may also lie on an account that lets its containers be public. */
export async function resolveReadable(
  from: Reads,
  workspace: string,
  uri: string,
): Promise<ReadableLocation | undefined> {
  const short = SHORT.exec(uri)
  if (short) return inDatastore(from, workspace, short[1] ?? '', short[2] ?? '')
  const long = LONG.exec(uri)
  if (long) {
    const [, subscription, group, name, datastore = '', path = ''] = long
    const named = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.MachineLearningServices/workspaces/${name}`
    if (foldId(named) !== foldId(workspace)) throw unresolvable(uri, 'it names a datastore of another workspace')
    return inDatastore(from, workspace, datastore, path)
  }
  const job = JOB.exec(uri)
  if (job) return inJob(from, workspace, { uri, job: job[1] ?? '', output: job[2] ?? '', path: job[3] ?? '' })
  const logged = RUNS.exec(uri)
  if (logged) return inJob(from, workspace, { uri, job: logged[1] ?? '', output: 'artifacts', path: logged[2] ?? '' })
  if (/^azureml:/i.test(uri)) throw unresolvable(uri, 'it names no datastore of this workspace')
  const hadoop = HADOOP.exec(uri)
  if (hadoop) return inAccount(from, workspace, { uri, account: hadoop[2], container: hadoop[1], path: hadoop[3] })
  const blob = BLOB_HOST.exec(uri) ?? OWN_BLOB.exec(uri)
  if (blob) {
    const path = decoded(uri, blob[3] ?? '')
    return inAccount(from, workspace, { uri, account: blob[1], container: blob[2], path })
  }
  if (/^(https?|wasbs?|abfss?):\/\//i.test(uri)) return undefined
  throw unresolvable(uri, 'it is neither a datastore path nor a web address')
}

/** The long form by which a place in a datastore is named from anywhere. */
export const datastoreUri = (workspace: string, datastore: string, path: string): string => {
  const [, , subscription = '', , group = '', , , , name = ''] = workspace.split('/')
  return `azureml://subscriptions/${subscription}/resourcegroups/${group}/workspaces/${name}/datastores/${datastore}/paths/${path}`
}

/** A URI in its long form where it is the short one of a datastore, or names what a job put out beside its outputs. */
export function longUri(workspace: string, uri: string): string {
  const short = SHORT.exec(uri)
  if (short) return datastoreUri(workspace, short[1] ?? '', short[2] ?? '')
  const ofRun = RUNS.exec(uri) ?? JOB_ARTIFACTS.exec(uri)
  return ofRun ? datastoreUri(workspace, ARTIFACTS, artifactPath(ofRun[1] ?? '', ofRun[2] ?? '')) : uri
}

const ARTIFACTS = 'workspaceartifactstore'

const artifactPath = (run: string, path: string): string => `ExperimentRun/dcid.${run}/${path}`

/** Properties with the URI of this name in its long form, as Azure keeps those of assets. */
export function withLongUri(workspace: string, properties: JsonObject, name: string): JsonObject {
  const uri = textAt(properties[name])
  return uri === undefined ? properties : { ...properties, [name]: longUri(workspace, uri) }
}

async function inDatastore(from: Reads, workspace: string, name: string, path: string): Promise<BlobLocation> {
  const { account, container } = await blobDatastore(from.resources, workspace, name)
  if (!(await from.resources.byGlobalName('Microsoft.Storage/storageAccounts', account))) {
    throw unresolvable(
      `azureml://datastores/${name}/paths/${path}`,
      `the storage account '${account}' of datastore '${name}' does not exist here`,
    )
  }
  return { account, container, path }
}

interface InJob {
  readonly uri: string
  readonly job: string
  readonly output: string
  readonly path: string
}

/** A place in what a job put out: in its artifacts, or in a named output. */
async function inJob(from: Reads, workspace: string, { uri, job, output, path }: InJob): Promise<BlobLocation> {
  const run = await from.runs.get(foldId(workspace), job)
  if (!run) throw unresolvable(uri, `the job '${job}' was not found`)
  if (output === 'artifacts' || output === 'default') {
    return inDatastore(from, workspace, ARTIFACTS, artifactPath(run.id, path))
  }
  const named = run.outputs[output]?.uri
  const found = named === undefined ? undefined : await resolveUri(from, workspace, named)
  if (!found) throw unresolvable(uri, `the job '${job}' has no output '${output}'`)
  return { ...found, path: [found.path.replace(/\/$/, ''), path].filter((part) => part !== '').join('/') }
}

interface InAccount {
  readonly uri: string
  readonly account: string | undefined
  readonly container: string | undefined
  readonly path: string | undefined
}

async function inAccount(
  from: Reads,
  workspace: string,
  { uri, account = '', container = '', path = '' }: InAccount,
): Promise<ReadableLocation | undefined> {
  const known = await from.resources.byGlobalName('Microsoft.Storage/storageAccounts', account)
  if (!known || known.deletedAt !== undefined) return undefined
  const place = { account: known.name, container, path }
  if ((await accountsOf(from, workspace)).has(known.name.toLowerCase())) return place
  if (objectAt(known.body.properties).allowBlobPublicAccess !== true) throw strange(uri, known.name)
  return { ...place, anonymous: true }
}

async function accountsOf(from: Reads, owner: string): Promise<ReadonlySet<string>> {
  const own = accountIds(await from.resources.get(owner)).map((id) => id.slice(id.lastIndexOf('/') + 1))
  const { items } = await from.resources.children(owner, DATASTORES)
  const named = items.map((item) => datastorePlace(item)?.account ?? '')
  return new Set([...own, ...named].map((name) => name.toLowerCase()))
}

function decoded(uri: string, path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw unresolvable(uri, 'its path is not percent-encoded correctly')
  }
}

const strange = (uri: string, account: string): Fault =>
  unresolvable(uri, `no datastore of the workspace lies on the account '${account}'; make one first`)

const unresolvable = (uri: string, why: string): Fault => fault('UriUnresolvable', { uri, why })
