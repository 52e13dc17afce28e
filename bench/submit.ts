import { spawnSync } from 'node:child_process'
import { type TestServer, until } from '../test/support/server.ts'
import type { Row } from './table.ts'

/** From the PUT of a job to its first line in the log, with its environment built and a node up. */
export async function submitToFirstOutput(server: TestServer): Promise<Row> {
  const workspace = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
  const version = 'api-version=2023-10-01'
  const environmentId = `${workspace}/environments/submit/versions/1`
  const image = 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04'
  const environment = await server.ask(`${environmentId}?${version}`, {
    method: 'PUT',
    body: { properties: { image } },
  })
  if (environment.status >= 300) throw new Error(`no environment: ${environment.status} ${environment.text}`)
  const token = await server.token({ resource: 'https://storage.azure.com/' })

  const once = async (name: string): Promise<number> => {
    const began = performance.now()
    const made = await server.ask(`${workspace}/jobs/${name}?${version}`, {
      method: 'PUT',
      body: {
        properties: {
          jobType: 'Command',
          command: 'python -c "print(\'first\')"',
          environmentId,
          computeId: `${workspace}/computes/cpu-cluster`,
        },
      },
    })
    if (made.status !== 201) throw new Error(`no job: ${made.status} ${made.text}`)
    const first = await until(
      `output of ${name}`,
      async () => {
        const details = await server.ask(`/history/v1.0${workspace}/runs/${name}/details?api-version=v1.0`)
        const link = details.json.logFiles?.['user_logs/std_log.txt']
        if (details.json.status === 'Failed') throw new Error(`the job failed: ${details.text}`)
        if (!link) return false
        const log = await server.ask(pathOf(link), { token })
        return log.text.includes('first') && performance.now() - began
      },
      120_000,
    )
    await until(`${name} is over`, async () => {
      const { json } = await server.ask(`${workspace}/jobs/${name}?${version}`)
      return json.properties.status === 'Completed'
    })
    return first
  }

  await once('submit-warm')
  const times: number[] = []
  for (let at = 0; at < 7; at++) times.push(await once(`submit-${at}`))
  times.sort((a, b) => a - b)
  const median = times[3] ?? Number.NaN
  const bare = barePython()
  return {
    what: 'submit to first output, environment built, node up (median of 7)',
    ours: `${median.toFixed(0)} ms`,
    goal: `bare python ${bare.toFixed(0)} ms + 100 ms`,
    ratio: `${median < bare ? '' : '+'}${(median - bare).toFixed(0)} ms`,
    met: median - bare <= 100,
  }
}

const pathOf = (link: string): string => {
  const url = new URL(link)
  return url.pathname + url.search
}

/** The interpreter itself: a shim before it would flatter us. */
function barePython(): number {
  const { stdout } = spawnSync('python3', ['-c', 'import sys; print(sys.executable, end="")'], { encoding: 'utf8' })
  const times = Array.from({ length: 7 }, () => {
    const began = performance.now()
    spawnSync(stdout, ['-c', 'print("first")'])
    return performance.now() - began
  }).sort((a, b) => a - b)
  return times[3] ?? Number.NaN
}
