import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../json.ts'
import { textAt } from '../../json.ts'
import { madeBy, type StoredResource, standing } from '../../store/resources.ts'
import type { Run } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'
import { normalRegion } from '../workspaces/region.ts'
import { workspaceGuid } from '../workspaces/workspace-guid.ts'
import { handedJob } from './read-job.ts'

const ML = 'Microsoft.MachineLearningServices/workspaces'

/**
 * Registers what a completed job put out, and answers the run with the assets' ids: data as `data` versions, models as
 * `models` versions, under the names that the job gave or `azureml_{run}_output_{name}`. To be called inside a write.
 */
export async function registerOutputs(within: Repositories, run: Run, now: string): Promise<Run> {
  const declared = handedJob(run)?.outputs ?? {}
  const workspace = await within.resources.get(run.workspace)
  if (!workspace) return run
  const outputs: Record<string, Run['outputs'][string]> = { ...run.outputs }
  for (const [name, output] of Object.entries(declared)) {
    const asset = {
      name: output.assetName ?? `azureml_${run.id}_output_${name}`,
      version: output.assetVersion ?? '1',
      kind: output.type.endsWith('_model') ? ('models' as const) : ('data' as const),
      anonymous: output.assetName === undefined,
    }
    const version = await put(within, { workspace, run, now, output, asset })
    outputs[name] = {
      type: output.type,
      uri: output.uri,
      assetId: assetId(workspace, asset.kind, asset.name, version),
    }
  }
  return { ...run, outputs }
}

/** The id by which the data planes name an asset of a workspace. */
export function assetId(workspace: StoredResource, kind: 'data' | 'models', name: string, version: string): string {
  const region = normalRegion(textAt(workspace.body.location) ?? '')
  return `azureml://locations/${region}/workspaces/${workspaceGuid(workspace)}/${kind}/${name}/versions/${version}`
}

interface Registration {
  readonly workspace: StoredResource
  readonly run: Run
  readonly now: string
  readonly output: { readonly type: string; readonly uri: string }
  readonly asset: {
    readonly name: string
    readonly version: string
    readonly kind: 'data' | 'models'
    readonly anonymous: boolean
  }
}

/** Puts container and version; a version that another holds already is left, and the next number is taken. */
async function put(within: Repositories, { workspace, run, now, output, asset }: Registration): Promise<string> {
  const container = `${workspace.id}/${asset.kind}/${asset.name}`
  const system = run.resource?.system ?? madeBy(run.createdBy.objectId, now)
  const make = (id: string, type: string, name: string, properties: JsonObject): StoredResource =>
    standing({
      id,
      type,
      name,
      body: { properties },
      etag: randomUUID(),
      system: { ...system, createdAt: now, lastModifiedAt: now },
    })
  const common = { tags: {}, properties: {}, isArchived: false }
  if (!(await within.resources.get(container))) {
    const own = asset.kind === 'data' ? { dataType: output.type } : {}
    await within.resources.put(make(container, `${ML}/${asset.kind}`, asset.name, { ...common, ...own }))
  }
  let version = asset.version
  while (await within.resources.get(`${container}/versions/${version}`)) version = String((Number(version) || 0) + 1)
  const own =
    asset.kind === 'data'
      ? { dataType: output.type, dataUri: output.uri }
      : { modelType: output.type, modelUri: output.uri, jobName: run.id, flavors: {} }
  await within.resources.put(
    make(`${container}/versions/${version}`, `${ML}/${asset.kind}/versions`, version, {
      ...common,
      isAnonymous: asset.anonymous,
      ...own,
    }),
  )
  return version
}
