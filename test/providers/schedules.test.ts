import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer, type TestServer, until } from '../support/server.ts'
import { ArmClient } from './arm-client.ts'

/** Schedules with the clock put forward: `test/clients/flows/f_sweep_pipeline.py` drives them with the real client. */
let server: TestServer
let arm: ArmClient
before(async () => {
  server = await startServer({ env: { LAZULI_ALLOW_SUBSTITUTE: 'true' } })
  arm = new ArmClient(server)
  await arm.made(path('environments/plain/versions/1'), { properties: { image: 'python:3.11-slim' } })
})
after(() => server.stop())

const path = (rest: string) => `${arm.workspace}/${rest}`
const schedule = (more: object = {}, job: object = {}) => ({
  properties: {
    trigger: { triggerType: 'Cron', expression: '0 0 1 1 *' },
    action: {
      actionType: 'CreateJob',
      jobDefinition: {
        jobType: 'Command',
        command: 'echo ${{inputs.when}}',
        inputs: { when: { jobInputType: 'literal', value: '${{creation_context.trigger_time}}' } },
        environmentId: path('environments/plain/versions/1'),
        computeId: path('computes/cpu-cluster'),
        experimentName: 'scheduled',
        ...job,
      },
    },
    ...more,
  },
})
const clock = async (now: string) => {
  const answer = await server.ask('/lazuli/simulation', {
    method: 'PUT',
    body: { properties: { clock: { now } } },
  })
  assert.ok(answer.status < 300, answer.text)
}
const jobs = async (): Promise<string[]> =>
  (await arm.get(path('jobs'))).json.value.map(({ name }: { name: string }) => name)
const job = (name: string) =>
  until(`job ${name} is there`, async () => {
    const answer = await arm.get(path(`jobs/${name}`))
    return answer.status === 200 && answer.json.properties
  })

describe('a schedule', () => {
  test('makes its job when it is due, once, and not while it is disabled', async () => {
    const made = await arm.put(path('schedules/yearly'), schedule())
    assert.equal(made.status, 201, made.text)
    assert.equal(made.json.properties.isEnabled, true)
    await arm.made(path('schedules/off'), schedule({ isEnabled: false }))
    const year = new Date().getUTCFullYear() + 1
    await clock(`${year}-01-01T00:00:05Z`)
    const { command, properties, inputs } = await job(`yearly-${year}0101T000000Z`)
    assert.equal(command, 'echo ${{inputs.when}}')
    assert.equal(inputs.when.value, `${year}-01-01T00:00:00`)
    assert.equal(properties['azureml.schedule_name'], 'yearly')
    assert.deepEqual(await jobs(), [`yearly-${year}0101T000000Z`])
  })

  test('goes on after a restart: a time is made up for a minute after, and never made twice', async () => {
    const year = new Date().getUTCFullYear() + 2
    await arm.made(path('schedules/second'), schedule({ trigger: { triggerType: 'Cron', expression: '0 0 2 2 *' } }))
    await clock(`${year}-02-02T00:00:20Z`)
    await server.kill9()
    await server.restart()
    await job(`second-${year}0202T000000Z`)
    await server.kill9()
    await server.restart()
    assert.equal((await jobs()).filter((name) => name.startsWith('second-')).length, 1)
  })

  test('is triggered at once, with the name of the job in the answer', async () => {
    const answer = await server.ask(`${path('schedules/off/trigger')}?api-version=2024-01-01-preview`, {
      method: 'POST',
      body: { scheduleTime: '2026-05-06T07:08:09Z' },
    })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.json.submissionId, 'off-20260506T070809Z')
    await job('off-20260506T070809Z')
  })

  test('is listed as enabled or disabled', async () => {
    const names = async (query: string) =>
      (await arm.get(path(`schedules${query}`))).json.value.map(({ name }: { name: string }) => name).sort()
    assert.deepEqual(await names(''), ['second', 'yearly'])
    assert.deepEqual(await names('?listViewType=DisabledOnly'), ['off'])
    assert.deepEqual(await names('?listViewType=All'), ['off', 'second', 'yearly'])
  })

  test('that is deleted makes no job', async () => {
    await arm.gone(path('schedules/yearly'))
    assert.equal((await arm.get(path('schedules/yearly'))).status, 404)
  })

  for (const [what, body, says] of [
    ['a trigger that is none', () => schedule({ trigger: { triggerType: 'Cron', expression: 'often' } }), /often/],
    ['a job that is refused', () => schedule({}, { environmentId: 'azureml:nobody:1' }), /nobody/],
    [
      'a job of a kind that is not served',
      () =>
        schedule(
          {},
          {
            jobType: 'AutoML',
            taskDetails: { taskType: 'Regression', trainingData: { jobInputType: 'mltable', uri: 'x' } },
          },
        ),
      /AutoML/i,
    ],
    [
      'an action that is not served',
      () => schedule({ action: { actionType: 'InvokeBatchEndpoint', endpointInvocationDefinition: {} } }),
      /InvokeBatchEndpoint/,
    ],
  ] as const) {
    test(`with ${what} is refused, and nothing of it is there`, async () => {
      const answer = await arm.put(path('schedules/refused'), body())
      assert.ok(answer.status >= 400 && answer.status < 502, answer.text)
      assert.match(answer.json.error.message, says)
      assert.equal((await arm.get(path('schedules/refused'))).status, 404)
    })
  }
})
