import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestServer, until } from '../test/support/server.ts'
import type { Row } from './table.ts'

const VERSION = 'api-version=2024-01-01-preview'
const SLOTS = 4
const JOBS = 100
const STEPS = 20

/** Many small jobs beside bare processes, and a long pipeline, cold and reused. */
export async function training(server: TestServer): Promise<readonly Row[]> {
  const workspace = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
  const put = async (rest: string, properties: object): Promise<void> => {
    const answer = await server.ask(`${workspace}/${rest}?${VERSION}`, { method: 'PUT', body: { properties } })
    if (answer.status >= 300) throw new Error(`${rest}: ${answer.status} ${answer.text}`)
  }
  const over = (name: string) =>
    until(
      `${name} is over`,
      async () => {
        const { json } = await server.ask(`${workspace}/jobs/${name}?${VERSION}`)
        if (['Failed', 'Canceled'].includes(json.properties.status))
          throw new Error(`${name} ${json.properties.status}`)
        return json.properties.status === 'Completed'
      },
      300_000,
    )
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const began = performance.now()
    await work()
    return (performance.now() - began) / 1000
  }
  const environmentId = `${workspace}/environments/training/versions/1`
  const computeId = `${workspace}/computes/training`
  await put('environments/training/versions/1', { image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04' })
  await server.ask(`${computeId}?api-version=2023-10-01`, {
    method: 'PUT',
    body: {
      location: 'eastus',
      properties: {
        computeType: 'AmlCompute',
        properties: { vmSize: 'Standard_D1', scaleSettings: { minNodeCount: SLOTS, maxNodeCount: SLOTS } },
      },
    },
  })
  const job = (name: string) =>
    put(`jobs/${name}`, { jobType: 'Command', command: 'echo tiny', environmentId, computeId })
  await job('training-warm')
  await over('training-warm')
  const many = await timed(async () => {
    const names = Array.from({ length: JOBS }, (_, at) => `training-${at}`)
    await Promise.all(names.map(job))
    for (const name of names) await over(name)
  })
  const bare = await timed(() => bareProcesses(JOBS))

  await put('components/training/versions/1', {
    componentSpec: {
      name: 'training',
      type: 'command',
      environment: `azureml:${environmentId}`,
      inputs: { before: { type: 'uri_folder', optional: true }, tag: { type: 'string' } },
      outputs: { out: { type: 'uri_folder' } },
      command: 'echo ${{inputs.tag}} > ${{outputs.out}}/tag $[[; ls ${{inputs.before}}]]',
    },
  })
  const pipeline = (name: string, tag: string) =>
    timed(async () => {
      const jobs = Object.fromEntries(
        Array.from({ length: STEPS }, (_, at) => [
          `s${at}`,
          {
            type: 'command',
            componentId: `${workspace}/components/training/versions/1`,
            inputs: {
              tag: { job_input_type: 'literal', value: `${tag}-${at}` },
              ...(at > 0 && {
                before: { job_input_type: 'literal', value: `\${{parent.jobs.s${at - 1}.outputs.out}}` },
              }),
            },
          },
        ]),
      )
      await put(`jobs/${name}`, { jobType: 'Pipeline', settings: { default_compute: computeId }, jobs })
      await over(name)
    })
  const cold = await pipeline('training-cold', 'bench')
  const reused = await pipeline('training-reused', 'bench')
  return [
    {
      what: `${JOBS} jobs of one echo on ${SLOTS} slots`,
      ours: `${many.toFixed(1)} s`,
      goal: `bare processes, ${SLOTS} at once: ${bare.toFixed(2)} s`,
      ratio: `${((many - bare) * 10).toFixed(0)} ms a job more`,
    },
    { what: `pipeline of ${STEPS} steps in a row, cold`, ours: `${cold.toFixed(1)} s` },
    {
      what: 'the same pipeline, every step reused',
      ours: `${reused.toFixed(2)} s`,
      ratio: `${(cold / reused).toFixed(1)}×`,
    },
  ]
}

async function bareProcesses(count: number): Promise<void> {
  let left = count
  await Promise.all(
    Array.from({ length: SLOTS }, async () => {
      while (left-- > 0) await once(spawn('/bin/bash', ['-c', 'echo tiny'], { stdio: 'ignore' }), 'exit')
    }),
  )
}
