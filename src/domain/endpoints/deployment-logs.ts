import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import type { LogContainer } from '../../serving/engine.ts'
import type { Deps } from '../deps.ts'

const containers: Readonly<Record<string, LogContainer>> = {
  inferenceserver: 'inference-server',
  storageinitializer: 'storage-initializer',
}
const DEFAULT_TAIL = 100
const MOST_LINES = 5_000

/** The last lines of a deployment's log, by `containerType` and `tail`. @throws DeploymentInvalid */
export async function deploymentLogs(
  { serving }: Pick<Deps, 'serving'>,
  id: string,
  body: JsonObject,
): Promise<string> {
  const named = (textAt(body.containerType) ?? 'InferenceServer').toLowerCase().replaceAll(/[-_]/g, '')
  const container = containers[named]
  if (!container) {
    throw fault('DeploymentInvalid', { reason: "'containerType' must be InferenceServer or StorageInitializer." })
  }
  const tail = body.tail ?? DEFAULT_TAIL
  if (!Number.isInteger(tail) || Number(tail) < 1) {
    throw fault('DeploymentInvalid', { reason: "'tail' must be a whole number of lines from 1." })
  }
  return serving.logs(id, container, Math.min(Number(tail), MOST_LINES))
}
