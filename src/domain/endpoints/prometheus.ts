import { objectAt } from '../../json.ts'
import { foldId, parseResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'
import { ONLINE_DEPLOYMENTS, regionOf } from './endpoint.ts'
import { latencyBounds, type RequestTally, type Tally } from './request-tally.ts'

interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly lines: string[]
}

/** What deployments have done since the server started, as Prometheus scrapes it. */
export async function prometheusText(
  { store, serving }: Pick<Deps, 'store' | 'serving'>,
  tally: RequestTally,
): Promise<string> {
  const families: Family[] = []
  const family = (name: string, type: Family['type'], help: string): Family => {
    const made = { name: `lazuli_online_${name}`, type, help, lines: [] }
    families.push(made)
    return made
  }
  const requests = family('requests_total', 'counter', 'Requests by the status that callers saw.')
  const duration = family('request_duration_seconds', 'histogram', 'How long requests took.')
  const bytes = family('response_bytes_total', 'counter', 'Bytes that were answered.')
  const gauges = {
    readyInstances: family('instances_ready', 'gauge', 'Instances that answer.'),
    instances: family('instances', 'gauge', 'Instances that are wished.'),
    inFlight: family('requests_in_flight', 'gauge', 'Requests that are worked on.'),
    queued: family('requests_queued', 'gauge', 'Requests that wait for an instance.'),
    memoryBytes: family('memory_bytes', 'gauge', 'Memory of all processes.'),
  }
  const counters = {
    restarts: family('restarts_total', 'counter', 'Starts of processes that had ended unasked.'),
    cpuSeconds: family('cpu_seconds_total', 'counter', 'CPU time of all processes.'),
    collectedLines: family('collected_lines_total', 'counter', 'Lines that the data collector has stored.'),
  }
  const { items } = await store.resources.ofType('', ONLINE_DEPLOYMENTS)
  for (const deployment of items) {
    const labels = labelsOf(deployment)
    const key = foldId(deployment.id)
    const counted = tally.read(key)
    if (counted) tell({ requests, duration, bytes }, labels, counted)
    const seen = { ...(await serving.observe(key)), ...(await serving.metrics(key)) }
    for (const [value, { name, lines }] of [...Object.entries(gauges), ...Object.entries(counters)]) {
      const number = objectAt(seen)[value]
      if (typeof number === 'number') lines.push(`${name}{${labels}} ${number}`)
    }
  }
  return families
    .filter(({ lines }) => lines.length > 0)
    .map(({ name, type, help, lines }) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`)
    .join('')
}

function tell(
  { requests, duration, bytes }: Readonly<Record<'requests' | 'duration' | 'bytes', Family>>,
  labels: string,
  tally: Tally,
): void {
  for (const [status, count] of tally.byStatus)
    requests.lines.push(`${requests.name}{${labels},status="${status}"} ${count}`)
  let upTo = 0
  for (const [at, count] of tally.latency.entries()) {
    upTo += count
    const bound = latencyBounds[at]
    const le = bound === undefined ? '+Inf' : String(bound / 1000)
    duration.lines.push(`${duration.name}_bucket{${labels},le="${le}"} ${upTo}`)
  }
  duration.lines.push(`${duration.name}_sum{${labels}} ${tally.sumMs / 1000}`)
  duration.lines.push(`${duration.name}_count{${labels}} ${tally.requests}`)
  bytes.lines.push(`${bytes.name}{${labels}} ${tally.bytesOut}`)
}

/** Names of Azure's hold nothing that would have to be escaped. */
function labelsOf(deployment: StoredResource): string {
  const id = parseResourceId(deployment.id)
  const labels = {
    workspace: id?.parent?.parent?.name,
    endpoint: id?.parent?.name,
    deployment: id?.name,
    region: regionOf(deployment),
  }
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value ?? ''}"`)
    .join(',')
}
