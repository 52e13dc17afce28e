import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { lazuli, type TestServer, until } from '../test/support/server.ts'
import type { Row } from './table.ts'

const VERSION = 'api-version=2023-10-01'
const LINES = 40
const GOAL_MS = 200

/** How long after a job has written a line it stands at its log URL, and in `lazuli logs -f`. Jobs and readers share a clock. */
export async function logLatency(server: TestServer): Promise<readonly Row[]> {
  const workspace = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
  const environmentId = `${workspace}/environments/logs/versions/1`
  const put = async (path: string, properties: object) => {
    const answer = await server.ask(`${path}?${VERSION}`, { method: 'PUT', body: { properties } })
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`)
  }
  await put(environmentId, { image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04' })
  const begin = (name: string) =>
    put(`${workspace}/jobs/${name}`, {
      jobType: 'Command',
      // Odd times: a line is to find the server in any phase of its own rhythm.
      command: `python -c "import time; [(print('at', time.time()), time.sleep(0.25 + 0.0137 * n % 0.3)) for n in range(${LINES})]"`,
      environmentId,
      computeId: `${workspace}/computes/cpu-cluster`,
    })
  const token = await server.token({ resource: 'https://storage.azure.com/' })
  await begin('logs-url')
  const link = await until(
    'the job has a log',
    async () => {
      const details = await server.ask(`/history/v1.0${workspace}/runs/logs-url/details?api-version=v1.0`)
      return details.json.logFiles?.['user_logs/std_log.txt'] as string | undefined
    },
    120_000,
  )
  const url = new URL(link)
  const byUrl: number[] = []
  while (byUrl.length < LINES) {
    const { text } = await server.ask(url.pathname + url.search, { token })
    const now = Date.now()
    const lines = text.split('\n').slice(0, -1)
    for (const line of lines.slice(byUrl.length)) byUrl.push(now - 1000 * Number(line.split(' ')[1]))
    await wait(5)
  }
  await begin('logs-follow')
  const reader = spawn(lazuli, ['logs', '-f', 'logs-follow', '--data', server.data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const followed: number[] = []
  createInterface({ input: reader.stdout }).on('line', (line) =>
    followed.push(Date.now() - 1000 * Number(line.split(' ')[1])),
  )
  await once(reader, 'close')
  if (followed.length !== LINES) throw new Error(`lazuli logs -f printed ${followed.length} of ${LINES} lines`)
  return [row('a line of a job at its log URL', byUrl), row('a line of a job in lazuli logs -f', followed)]
}

/** The first line is left out: a reader that comes after it was written tells nothing. */
function row(what: string, times: readonly number[]): Row {
  const [, ...rest] = times
  const sorted = rest.sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
  return {
    what,
    ours: `p50 ${at(0.5).toFixed(0)} ms, p95 ${at(0.95).toFixed(0)} ms`,
    goal: `p95 ≤ ${GOAL_MS} ms`,
    met: at(0.95) <= GOAL_MS,
  }
}
