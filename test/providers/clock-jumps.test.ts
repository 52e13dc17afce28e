import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer, until } from '../support/server.ts'
import { ArmClient } from './arm-client.ts'

/** Jobs and schedules of a server whose clock jumps forward and back while they run. */
let server: TestServer
let arm: ArmClient
before(async () => {
  server = await startServer({ env: { LAZULI_ALLOW_SUBSTITUTE: 'true' } })
  arm = new ArmClient(server)
  await arm.made(path('environments/plain/versions/1'), { properties: { image: 'python:3.11-slim' } })
})
after(() => server.stop())

const DAY = 86_400
const path = (rest: string) => `${arm.workspace}/${rest}`
const clock = async (sent: object) => {
  const answer = await server.ask('/lazuli/simulation', { method: 'PUT', body: { properties: { clock: sent } } })
  assert.ok(answer.status < 300, answer.text)
}
const command = (text: string) => ({
  jobType: 'Command',
  command: text,
  environmentId: path('environments/plain/versions/1'),
  computeId: path('computes/cpu-cluster'),
})
const put = async (name: string, properties: object) => {
  const answer = await arm.put(path(`jobs/${name}`), { properties })
  assert.equal(answer.status, 201, answer.text)
}
const reaches = (name: string, ...wanted: string[]) =>
  until(
    `${name} is ${wanted.join(' or ')}`,
    async () => {
      const { properties } = (await arm.get(path(`jobs/${name}`))).json
      if (wanted.includes(properties?.status)) return properties
      if (['Completed', 'Failed', 'Canceled'].includes(properties?.status)) {
        const { text } = await server.ask(`/history/v1.0${arm.workspace}/runs/${name}/details?api-version=v1.0`)
        throw new Error(`${name} ended otherwise: ${text}`)
      }
      return false
    },
    120_000,
  )
const run = async (name: string) =>
  (await server.ask(`/history/v1.0${arm.workspace}/runs/${name}?api-version=v1.0`)).json
const jobs = async (): Promise<string[]> =>
  (await arm.get(path('jobs'))).json.value.map(({ name }: { name: string }) => name)

test('a job runs on while the clock jumps, and its times stay in order', async () => {
  // It ends when the test says so: its limit is an hour of its own, not of the clock's.
  await put('through', {
    ...command('while [ ! -e "${{outputs.go}}/go" ]; do sleep 0.2; done'),
    limits: { jobLimitsType: 'Command', timeout: 'PT1H' },
    outputs: { go: { jobOutputType: 'uri_folder' } },
  })
  await reaches('through', 'Running')
  await clock({ offsetSeconds: 2 * DAY })
  await put('ahead', command('true'))
  await reaches('ahead', 'Completed')
  assert.equal((await reaches('through', 'Running')).status, 'Running')
  await clock({ offsetSeconds: -2 * DAY })
  await put('behind', command('true'))
  await reaches('behind', 'Completed')
  await arm.post(path('jobs/through/cancel'))
  await reaches('through', 'Canceled')
  for (const name of ['through', 'ahead', 'behind']) {
    const { createdUtc, startTimeUtc, endTimeUtc } = await run(name)
    assert.ok(Date.parse(startTimeUtc) <= Date.parse(endTimeUtc), `${name}: ${startTimeUtc} to ${endTimeUtc}`)
    assert.ok(!Number.isNaN(Date.parse(createdUtc)))
  }
})

test('a pipeline goes on over a jump, each step once', async () => {
  const spec = { type: 'command', environment: `azureml:${path('environments/plain/versions/1')}` }
  await arm.made(path('components/makes/versions/1'), {
    properties: {
      componentSpec: {
        ...spec,
        name: 'makes',
        outputs: { out: { type: 'uri_folder' } },
        command: 'sleep 2; echo x > ${{outputs.out}}/x',
      },
    },
  })
  await arm.made(path('components/takes/versions/1'), {
    properties: { componentSpec: { ...spec, name: 'takes', inputs: { x: { type: 'uri_folder' } }, command: 'true' } },
  })
  await clock({ offsetSeconds: 0 })
  const node = (name: string) => ({ type: 'command', componentId: path(`components/${name}/versions/1`) })
  await put('line', {
    jobType: 'Pipeline',
    settings: { default_compute: path('computes/cpu-cluster') },
    jobs: {
      a: node('makes'),
      b: { ...node('takes'), inputs: { x: { job_input_type: 'literal', value: '${{parent.jobs.a.outputs.out}}' } } },
    },
  })
  await reaches('line', 'Running')
  await clock({ offsetSeconds: DAY })
  await clock({ offsetSeconds: -DAY })
  await reaches('line', 'Completed')
  const { json } = await server.ask(`/history/v1.0${arm.workspace}/runs/line/children?api-version=v1.0`)
  assert.deepEqual(json.value.map(({ displayName }: { displayName: string }) => displayName).sort(), ['a', 'b'])
})

test('of a schedule’s times a jump makes up for the last minute alone, and a clock put back makes none twice', async () => {
  const year = new Date().getUTCFullYear() + 3
  await clock({ now: `${year}-03-01T00:00:00Z` })
  const schedule = (expression: string) => ({
    properties: {
      trigger: { triggerType: 'Cron', expression },
      action: { actionType: 'CreateJob', jobDefinition: { ...command('true'), experimentName: 'scheduled' } },
    },
  })
  await arm.made(path('schedules/missed'), schedule('0 0 3 3 *'))
  await arm.made(path('schedules/due'), schedule('9 0 3 3 *'))
  await clock({ now: `${year}-03-03T00:09:05Z` })
  const due = `due-${year}0303T000900Z`
  await reaches(due, 'Completed')
  // The one that is due was found at a look that went over the other too.
  assert.deepEqual(
    (await jobs()).filter((name) => name.startsWith('missed-')),
    [],
  )
  await clock({ now: `${year}-03-02T23:59:50Z` })
  await reaches(`missed-${year}0303T000000Z`, 'Completed')
  await clock({ now: `${year}-03-03T00:08:55Z` })
  await arm.made(path('schedules/sign'), schedule('9 0 3 3 *'))
  await reaches(`sign-${year}0303T000900Z`, 'Completed')
  assert.equal((await jobs()).filter((name) => name === due).length, 1)
  assert.equal((await jobs()).filter((name) => name.startsWith('missed-')).length, 1)
})
