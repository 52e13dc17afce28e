import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { DataCollector } from '../../serving/engine.ts'
import { resolveData } from '../assets/resolve-data.ts'
import { type Reads, resolveUri } from '../datastores/resolve-uri.ts'

const RATES = ['Year', 'Month', 'Day', 'Hour', 'Minute'] as const

/**
 * What is kept of a deployment's requests, and where: in the data asset that a collection names, else where Azure puts
 * it, below `modelDataCollector` of the workspace's own blobs.
 *
 * @throws DeploymentInvalid, and what a reference is refused with
 */
export async function collectorOf(
  from: Reads,
  workspace: string,
  { id, collector }: { readonly id: string; readonly collector: JsonObject },
): Promise<DataCollector | undefined> {
  const enabled = Object.entries(objectAt(collector.collections)).filter(
    ([, one]) => textAt(objectAt(one).dataCollectionMode)?.toLowerCase() === 'enabled',
  )
  if (enabled.length === 0) return undefined
  const collections = await Promise.all(
    enabled.map(async ([name, one]) => {
      const { dataId, samplingRate } = objectAt(one)
      const rate = typeof samplingRate === 'number' ? samplingRate : 1
      if (!(rate >= 0 && rate <= 1)) throw invalid(`The samplingRate of collection '${name}' must be from 0 to 1.`)
      return { name, samplingRate: rate, target: await targetOf(from, workspace, { id, name, dataId: textAt(dataId) }) }
    }),
  )
  const rolling = RATES.find((one) => one.toLowerCase() === textAt(collector.rollingRate)?.toLowerCase())
  const { captureHeaders } = objectAt(collector.requestLogging)
  return {
    collections,
    rollingRate: rolling ?? 'Hour',
    captureHeaders: Array.isArray(captureHeaders) ? captureHeaders.map(String) : [],
  }
}

async function targetOf(
  from: Reads,
  workspace: string,
  { id, name, dataId }: { readonly id: string; readonly name: string; readonly dataId: string | undefined },
) {
  const parsed = parseResourceId(id)
  const own = `azureml://datastores/workspaceblobstore/paths/modelDataCollector/${parsed?.parent?.name}/${parsed?.name}/${name}`
  const target = dataId
    ? (await resolveData(from, workspace, { uri: dataId, kind: 'data' })).source
    : await resolveUri(from, workspace, own)
  if (!target || ('anonymous' in target && target.anonymous)) {
    throw invalid(`The data of collection '${name}' is in no datastore of this workspace.`)
  }
  const { account, container, path } = target
  return { account, container, path }
}

const invalid = (reason: string) => fault('DeploymentInvalid', { reason }, { target: 'properties.dataCollector' })
