import { foldId, parseResourceId } from '../../resource-id.ts'
import type { DeploymentMetrics } from '../../serving/engine.ts'
import type { Deps } from '../deps.ts'
import { ONLINE_DEPLOYMENTS } from '../endpoints/endpoint.ts'
import { percentile, type RequestTally, type Tally } from '../endpoints/request-tally.ts'
import { partOf } from './dimensions.ts'

type Needs = Pick<Deps, 'store' | 'serving' | 'now'> & { readonly tally: RequestTally }

/** What counters stood at when they were last looked at. */
interface Look {
  readonly at: number
  readonly tally: Tally | undefined
  readonly engine: DeploymentMetrics | undefined
}

/** What was counted between two looks. */
interface Counted {
  readonly seconds: number
  readonly requests: number
  readonly sumMs: number
  readonly bytes: number
  readonly latency: readonly number[]
  readonly byStatus: ReadonlyMap<number, number>
}

/** Measures what online deployments, and endpoints as the sum of theirs, have done since the last call. */
export function endpointSampler({ store, serving, now, tally }: Needs): () => Promise<void> {
  let looks = new Map<string, Look>()
  return async () => {
    const time = now().getTime()
    const { items } = await store.resources.ofType('', ONLINE_DEPLOYMENTS)
    const seen = new Map<string, Look>()
    const byEndpoint = new Map<string, { readonly name: string; readonly counted: Counted }[]>()
    const found: { readonly id: string; readonly values: Readonly<Record<string, number>> }[] = []
    for (const { id } of items) {
      const key = foldId(id)
      const standing = tally.read(key)
      const look = { at: time, tally: standing && frozen(standing), engine: await serving.metrics(key) }
      const before = looks.get(key)
      // A sample has a second of its own: another look in it would write over what was counted up to the first.
      const isToo = before && secondOf(before.at) >= secondOf(time)
      seen.set(key, isToo ? before : look)
      if (!before || isToo) continue
      const counted = between(before, look)
      const endpoint = parseResourceId(id)?.parent?.text ?? ''
      const named = { name: parseResourceId(id)?.name ?? '', counted }
      byEndpoint.set(endpoint, [...(byEndpoint.get(endpoint) ?? []), named])
      const ready = (await serving.observe(key))?.readyInstances ?? 0
      const values = { ...trafficOf([counted]), ...partsOf(named), ...usageOf(before, look), DeploymentCapacity: ready }
      found.push({ id, values })
    }
    for (const [id, all] of byEndpoint) {
      const parts = Object.assign({}, ...all.map(partsOf))
      found.push({ id, values: { ...trafficOf(all.map(({ counted }) => counted)), ...parts } })
    }
    looks = seen
    const at = new Date(secondOf(time) * 1000).toISOString()
    if (found.length === 0) return
    await store.write(async ({ samples }) => {
      for (const { id, values } of found) await samples.add(id, { at, values })
    })
  }
}

const secondOf = (time: number): number => Math.floor(time / 1000)

const frozen = (tally: Tally): Tally => ({
  ...tally,
  latency: [...tally.latency],
  byStatus: new Map(tally.byStatus),
})

function between(before: Look, look: Look): Counted {
  const [old, fresh] = [before.tally, look.tally]
  return {
    seconds: (look.at - before.at) / 1000,
    requests: (fresh?.requests ?? 0) - (old?.requests ?? 0),
    sumMs: (fresh?.sumMs ?? 0) - (old?.sumMs ?? 0),
    bytes: (fresh?.bytesOut ?? 0) - (old?.bytesOut ?? 0),
    latency: (fresh?.latency ?? []).map((count, at) => count - (old?.latency[at] ?? 0)),
    byStatus: new Map(
      [...(fresh?.byStatus ?? [])].map(([status, count]) => [status, count - (old?.byStatus.get(status) ?? 0)]),
    ),
  }
}

function trafficOf(all: readonly Counted[]): Readonly<Record<string, number>> {
  const sum = (value: (one: Counted) => number): number => all.reduce((total, one) => total + value(one), 0)
  const seconds = Math.max(...all.map((one) => one.seconds))
  const requests = sum((one) => one.requests)
  const places = Math.max(...all.map(({ latency }) => latency.length))
  const latency = Array.from({ length: places }, (_, at) => sum((one) => one.latency[at] ?? 0))
  const shares = [50, 90, 95, 99].flatMap((share) => {
    const value = percentile(latency, share / 100)
    return value === undefined ? [] : [[`RequestLatency_P${share}`, value] as const]
  })
  return {
    RequestsPerMinute: (requests * 60) / seconds,
    NetworkBytes: sum((one) => one.bytes) / seconds,
    // Nothing was asked, so nothing took any time: there is no value then.
    ...(requests > 0 && { RequestLatency: sum((one) => one.sumMs) / requests }),
    ...Object.fromEntries(shares),
  }
}

/** The same, told apart: requests by deployment and status, everything else by deployment. */
function partsOf({ name, counted }: { readonly name: string; readonly counted: Counted }): Record<string, number> {
  const { RequestsPerMinute: _all, ...others } = trafficOf([counted])
  const parts = Object.entries(others).map(([metric, value]) => [partOf(metric, name), value] as const)
  for (const [status, count] of counted.byStatus) {
    if (count > 0) parts.push([partOf('RequestsPerMinute', name, status), (count * 60) / counted.seconds])
  }
  return Object.fromEntries(parts)
}

function usageOf(before: Look, { at, engine }: Look): Readonly<Record<string, number>> {
  if (!engine) return {}
  const { cpus, memoryBytes } = engine.granted
  const seconds = (at - before.at) / 1000
  // What a process used goes with it: a sum that has fallen tells nothing of this time.
  const used = Math.max(0, engine.cpuSeconds - (before.engine?.cpuSeconds ?? engine.cpuSeconds))
  return {
    ...(cpus > 0 && { CpuUtilizationPercentage: Math.min(100, (100 * used) / (cpus * seconds)) }),
    ...(memoryBytes > 0 && { CpuMemoryUtilizationPercentage: Math.min(100, (100 * engine.memoryBytes) / memoryBytes) }),
  }
}
