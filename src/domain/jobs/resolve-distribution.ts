import type { JobDistribution } from '../../compute/engine.ts'
import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, textAt } from '../../json.ts'

/** More processes than this on one node of one machine are a slip of the pen and would only bring the machine down. */
const MOST = 64

/**
 * How a job's processes are spread, with Azure's defaults in place; undefined for one process.
 *
 * @throws JobInvalid
 */
export function resolveDistribution(sent: Json | undefined, instanceCount: number): JobDistribution | undefined {
  if (!isObject(sent)) return undefined
  const kind = textAt(sent.distributionType) ?? ''
  switch (kind.toLowerCase()) {
    case 'pytorch':
      return { kind: 'PyTorch', processesPerNode: count(sent, 'processCountPerInstance', { otherwise: 1, least: 1 }) }
    case 'mpi':
      return { kind: 'Mpi', processesPerNode: count(sent, 'processCountPerInstance', { otherwise: 1, least: 1 }) }
    case 'tensorflow':
      return {
        kind: 'TensorFlow',
        workers: count(sent, 'workerCount', { otherwise: instanceCount, least: 1 }),
        parameterServers: count(sent, 'parameterServerCount', { otherwise: 0, least: 0 }),
      }
    case 'ray':
      return ray(sent)
    default:
      throw invalid(`'${kind}' is no type of distribution; there are PyTorch, TensorFlow, Mpi and Ray`)
  }
}

function ray(sent: JsonObject): JobDistribution {
  if (textAt(sent.address)) throw invalid("its 'address' can't be honoured: Ray's head is started with the job here")
  const port = portOf(sent, 'port')
  const dashboardPort = portOf(sent, 'dashboardPort')
  return {
    kind: 'Ray',
    ...(port !== undefined && { port }),
    includeDashboard: sent.includeDashboard === true,
    ...(dashboardPort !== undefined && { dashboardPort }),
    headArguments: textAt(sent.headNodeAdditionalArgs) ?? '',
    workerArguments: textAt(sent.workerNodeAdditionalArgs) ?? '',
  }
}

function portOf(sent: JsonObject, name: string): number | undefined {
  if (sent[name] === undefined || sent[name] === null) return undefined
  const port = Number(sent[name])
  if (!Number.isInteger(port) || port < 1024 || port > 65_535) throw invalid(`'${name}' is no port from 1024`)
  return port
}

function count(
  sent: JsonObject,
  name: string,
  { otherwise, least }: { readonly otherwise: number; readonly least: number },
): number {
  const value = Number(sent[name] ?? otherwise)
  if (!Number.isInteger(value) || value < least || value > MOST)
    throw invalid(`'${name}' must be a whole number from ${least} to ${MOST}`)
  return value
}

const invalid = (problem: string) =>
  fault('JobInvalid', { reason: `The distribution can't be run: ${problem}.` }, { target: 'properties.distribution' })
