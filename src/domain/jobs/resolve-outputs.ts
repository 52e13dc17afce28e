import type { JobOutput } from '../../compute/engine.ts'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject, textAt } from '../../json.ts'
import { DATASTORES } from '../datastores/datastore.ts'
import { datastoreUri, longUri, type Reads, resolveUri } from '../datastores/resolve-uri.ts'
import type { JobSubmission } from '../runs/submit-job.ts'
import { dataType, isName } from './resolve-inputs.ts'

/** By ARM's names, and by those that components use. */
const MODES: Readonly<Record<string, JobOutput['mode']>> = {
  rw_mount: 'rw_mount',
  readwritemount: 'rw_mount',
  upload: 'upload',
  direct: 'direct',
}

export interface ResolvedOutputs {
  readonly outputs: readonly JobOutput[]
  /** What is to become of each: its place by URI, and the asset that it will be. */
  readonly submitted: JobSubmission['outputs']
}

/**
 * A job's named outputs with the place of each: the one that it names, or `azureml/{job}/{output}/` in the default
 * datastore. `default` is every job's own and no output of the command; `artifacts` is the same place by a name that
 * later steps can use.
 *
 * @throws JobInvalid, and what a reference is refused with
 */
export async function resolveOutputs(
  from: Reads,
  { workspace, job, sent }: { readonly workspace: string; readonly job: string; readonly sent: JsonObject },
): Promise<ResolvedOutputs> {
  const outputs: JobOutput[] = []
  const submitted: Record<string, JobSubmission['outputs'][string]> = {}
  const store = await defaultDatastore(from, workspace)
  for (const [name, output] of Object.entries(sent)) {
    if (name === 'default' || output === null || output === undefined) continue
    if (!isObject(output)) throw invalid(name, 'is no object')
    if (!isName(name)) throw invalid(name, 'has a name that no command can use')
    const type = dataType(textAt(output.jobOutputType))
    if (!type) throw invalid(name, `is of the unknown type '${textAt(output.jobOutputType) ?? ''}'`)
    const mode = MODES[(textAt(output.mode) ?? 'ReadWriteMount').toLowerCase()]
    if (!mode) throw invalid(name, `has the unknown mode '${textAt(output.mode)}'`)
    const own = `azureml/${job}/${name}${type === 'uri_file' ? '' : '/'}`
    const asked = textAt(output.uri)?.replaceAll('${{name}}', job).replaceAll('${{default_datastore}}', store)
    const uri = asked
      ? longUri(workspace, asked)
      : name === 'artifacts'
        ? datastoreUri(workspace, 'workspaceartifactstore', `ExperimentRun/dcid.${job}/`)
        : datastoreUri(workspace, store, own)
    const target = await resolveUri(from, workspace, uri)
    if (!target) throw invalid(name, `leads to '${uri}', which is in no datastore of this workspace`)
    outputs.push({ name, type, mode, target, uri })
    submitted[name] = { type, uri, ...assetOf(output) }
  }
  return { outputs, submitted }
}

function assetOf(output: JsonObject): { assetName?: string; assetVersion?: string } {
  const name = textAt(output.assetName)
  const version = textAt(output.assetVersion)
  return { ...(name && { assetName: name }), ...(version && { assetVersion: version }) }
}

async function defaultDatastore(from: Reads, workspace: string): Promise<string> {
  const { items } = await from.resources.children(workspace, DATASTORES, { where: { 'properties.isDefault': true } })
  return items[0]?.name ?? 'workspaceblobstore'
}

const invalid = (name: string, problem: string) =>
  fault('JobInvalid', { reason: `The output '${name}' ${problem}.` }, { target: `properties.outputs.${name}` })
