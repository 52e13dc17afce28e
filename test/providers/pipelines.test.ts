import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { startServer, type TestServer, until } from '../support/server.ts'
import { ArmClient } from './arm-client.ts'

/** Sweeps and pipelines as raw REST has them; `test/clients/flows/p_pipelines.py` drives the real client. */
let server: TestServer
let arm: ArmClient
before(async () => {
  server = await startServer({ env: { LAZULI_ALLOW_SUBSTITUTE: 'true' } })
  arm = new ArmClient(server)
  await arm.made(path('environments/plain/versions/1'), { properties: { image: 'python:3.11-slim' } })
  await component('write', {
    inputs: { word: { type: 'string' }, times: { type: 'integer', default: '1', min: 1, max: 5, optional: true } },
    outputs: { out: { type: 'uri_folder' } },
    command: 'echo -n ${{inputs.word}} > ${{outputs.out}}/word.txt',
  })
  await component('read', {
    inputs: { data: { type: 'uri_folder' } },
    outputs: { copy: { type: 'uri_folder' } },
    command: 'cp ${{inputs.data}}/word.txt ${{outputs.copy}}/ && cat ${{inputs.data}}/word.txt',
  })
  await component('idle', {
    outputs: { out: { type: 'uri_folder' }, file: { type: 'uri_file' } },
    command: 'echo ${{outputs.out}} ${{outputs.file}}',
  })
  await component('look', {
    inputs: { data: { type: 'uri_folder' } },
    command: 'cd ${{inputs.data}} && echo "entries: $(ls -A | wc -l)"',
  })
  await component('wait', { command: 'sleep 300' })
  await component('fail', { command: 'echo it broke >&2; exit 7' })
})
after(() => server.stop())

const path = (rest: string) => `${arm.workspace}/${rest}`
const component = (name: string, spec: object) =>
  arm.made(path(`components/${name}/versions/1`), {
    properties: {
      componentSpec: {
        name,
        type: 'command',
        environment: `azureml:${path('environments/plain/versions/1')}`,
        ...spec,
      },
    },
  })
const node = (name: string, more: object = {}) => ({
  type: 'command',
  componentId: path(`components/${name}/versions/1`),
  ...more,
})
const pipeline = (jobs: object, more: object = {}) => ({
  properties: {
    jobType: 'Pipeline',
    experimentName: 'pipelines',
    settings: { default_compute: path('computes/cpu-cluster') },
    jobs,
    ...more,
  },
})
const sweep = (more: object = {}) => ({
  properties: {
    jobType: 'Sweep',
    experimentName: 'sweeps',
    computeId: path('computes/cpu-cluster'),
    searchSpace: { lr: ['choice', [[1, 2]]] },
    samplingAlgorithm: { samplingAlgorithmType: 'Grid' },
    objective: { goal: 'Maximize', primaryMetric: 'acc' },
    limits: { jobLimitsType: 'Sweep', maxTotalTrials: 5, maxConcurrentTrials: 1 },
    trial: { command: 'echo lr=${{search_space.lr}}', environmentId: path('environments/plain/versions/1') },
    ...more,
  },
})
const literal = (value: string) => ({ value, job_input_type: 'literal' })
const state = async (name: string) => (await arm.get(path(`jobs/${name}`))).json.properties
const ended = (name: string) =>
  until(
    `job ${name} is over`,
    async () => {
      const properties = await state(name)
      return ['Completed', 'Failed', 'Canceled'].includes(properties.status) && properties
    },
    120_000,
  )
const history = async (rest: string) =>
  (await server.ask(`/history/v1.0${arm.workspace}/${rest}?api-version=v1.0`)).json
// biome-ignore lint/suspicious/noExplicitAny: answers are read as their fields need
const children = async (name: string): Promise<any[]> => (await history(`runs/${name}/children`)).value
const blob = async (uri: string, name: string) => {
  const [, store, folder] = /datastores\/([^/]+)\/paths\/(.*)$/.exec(uri) ?? []
  const { accountName, containerName } = (await arm.get(path(`datastores/${store}`))).json.properties
  const token = await server.token({ resource: 'https://storage.azure.com/' })
  return (await server.ask(`/_blob/${accountName}/${containerName}/${folder}${name}`, { token })).text
}

describe('a pipeline', () => {
  test('runs its steps in their order, keeps its nodes verbatim, and its outputs are those of its steps', async () => {
    const jobs = {
      first: node('write', {
        inputs: { word: literal('${{parent.inputs.word}}-1') },
        _source: 'YAML',
        odd_key: { Kept: 1 },
      }),
      second: node('read', {
        inputs: { data: literal('${{parent.jobs.first.outputs.out}}') },
        outputs: { copy: { value: '${{parent.outputs.final}}', type: 'literal' } },
        queue_settings: { job_tier: 'Premium', priority: 3 },
      }),
    }
    const made = await arm.put(
      path('jobs/line'),
      pipeline(jobs, {
        inputs: { word: { jobInputType: 'literal', value: 'lapis' } },
        outputs: { final: { jobOutputType: 'uri_folder' } },
      }),
    )
    assert.equal(made.status, 201, made.text)
    assert.deepEqual(made.json.properties.jobs, jobs)
    const done = await ended('line')
    assert.equal(done.status, 'Completed', JSON.stringify((await history('runs/line/details')).error))
    assert.equal(await blob(done.outputs.final.uri, 'word.txt'), 'lapis-1')
    const steps = await children('line')
    assert.deepEqual(steps.map(({ displayName }) => displayName).sort(), ['first', 'second'])
    const first = steps.find(({ displayName }) => displayName === 'first')
    const second = steps.find(({ displayName }) => displayName === 'second')
    assert.ok(Date.parse(second.startTimeUtc) >= Date.parse(first.endTimeUtc))
    assert.equal(first.parentRunId, 'line')
    assert.equal(first.properties['azureml.pipelinerunid'], 'line')
    assert.equal((await arm.get(path(`jobs/${first.runId}`))).json.properties.jobType, 'Command')
    assert.deepEqual((await state(second.runId)).queueSettings, { jobTier: 'Premium', priority: 3 })
  })

  test('hands on the folder that a step left empty as an empty folder, and no file that it did not write', async () => {
    const jobs = {
      first: node('idle'),
      second: node('look', { inputs: { data: literal('${{parent.jobs.first.outputs.out}}') } }),
    }
    assert.equal((await arm.put(path('jobs/empty'), pipeline(jobs))).status, 201)
    const done = await ended('empty')
    assert.equal(done.status, 'Completed', JSON.stringify((await history('runs/empty/details')).error))
    const second = (await children('empty')).find(({ displayName }) => displayName === 'second')
    const lazuli = join(import.meta.dirname, '..', '..', 'bin', 'lazuli')
    const { stdout } = await promisify(execFile)(lazuli, ['logs', second.runId, '--data', server.data])
    assert.equal(stdout, 'entries: 0\n')

    const file = { ...jobs, second: node('look', { inputs: { data: literal('${{parent.jobs.first.outputs.file}}') } }) }
    assert.equal((await arm.put(path('jobs/absent'), pipeline(file))).status, 201)
    assert.equal((await ended('absent')).status, 'Failed')
    assert.match(JSON.stringify((await history('runs/absent/details')).error), /nothing is stored at/)
  })

  test('is explained, and the lines of its steps printed, by the command line', async () => {
    const lazuli = (...words: string[]) =>
      promisify(execFile)(join(import.meta.dirname, '..', '..', 'bin', 'lazuli'), [...words, '--data', server.data])
    assert.match(
      (await lazuli('why', 'line')).stdout,
      /^line Completed\n {2}first \(.+\) Completed: Ran: no earlier run/m,
    )
    const [step] = (await children('line')).filter(({ displayName }) => displayName === 'second')
    assert.match((await lazuli('why', 'line/second')).stdout, /^second \(.+\) Completed: Ran:/)
    await assert.rejects(lazuli('why', 'line/third'), /no step 'third': first, second/)
    await assert.rejects(lazuli('why', 'nothing'), /'nothing' was not found/)
    assert.equal((await lazuli('logs', step.runId)).stdout, 'lapis-1')
    assert.match((await lazuli('logs', 'line', '-f')).stdout, /Submitting 1 runs, first five are: first:/)
  })

  test('that is deleted takes its steps along', async () => {
    const [step] = await children('line')
    await arm.gone(path('jobs/line'))
    assert.equal((await arm.get(path(`jobs/${step.runId}`))).status, 404)
  })

  test('fails with the step that failed, and stops the others', async () => {
    await arm.put(path('jobs/broken'), pipeline({ bad: node('fail'), long: node('wait') }))
    await ended('broken')
    const { status, error } = await history('runs/broken/details')
    assert.equal(status, 'Failed')
    assert.match(error.error.message, /\(bad\).*code 7.*it broke/s)
    const long = (await children('broken')).find(({ displayName }) => displayName === 'long')
    assert.ok(long === undefined || long.status === 'Canceled', long?.status)
  })

  test('whose step can no longer be resolved fails with that step, which says why', async () => {
    await arm.made(path('computes/passing'), {
      location: 'eastus',
      properties: {
        computeType: 'AmlCompute',
        properties: { vmSize: 'Standard_D1', scaleSettings: { maxNodeCount: 1 } },
      },
    })
    const data = literal('${{parent.jobs.a.outputs.out}}')
    await component('slow', { outputs: { out: { type: 'uri_folder' } }, command: 'sleep 3' })
    await arm.put(
      path('jobs/orphaned'),
      pipeline({ a: node('slow'), b: node('read', { inputs: { data }, computeId: path('computes/passing') }) }),
    )
    await arm.gone(path('computes/passing'), '&underlyingResourceAction=Delete')
    assert.equal((await ended('orphaned')).status, 'Failed')
    assert.match((await history('runs/orphaned/details')).error.error.message, /\(b\).*passing/s)
  })

  describe('with a first and a last step', () => {
    const around = (jobs: object) => {
      const settings = { default_compute: path('computes/cpu-cluster'), on_init: 'open', on_finalize: 'close' }
      return pipeline({ ...jobs, close: node('idle'), open: node('idle') }, { settings })
    }
    const timesOf = async (name: string) => {
      const runs = await children(name)
      const of = (step: string) => runs.find(({ displayName }) => displayName === step)
      return { open: of('open'), close: of('close'), of }
    }

    test('begins with the one, and ends with the other once all others have', async () => {
      const word = { word: literal('outer') }
      await arm.put(
        path('jobs/outer'),
        around({ a: node('write', { inputs: word }), b: node('write', { inputs: word }) }),
      )
      assert.equal((await ended('outer')).status, 'Completed')
      const { open, close, of } = await timesOf('outer')
      for (const step of [of('a'), of('b')]) {
        assert.ok(Date.parse(step.startTimeUtc) >= Date.parse(open.endTimeUtc))
        assert.ok(Date.parse(close.startTimeUtc) >= Date.parse(step.endTimeUtc))
      }
    })

    test('runs the last one after a failure, which stays the reason', async () => {
      await arm.put(path('jobs/outer-broken'), around({ bad: node('fail'), long: node('wait') }))
      assert.equal((await ended('outer-broken')).status, 'Failed')
      assert.match((await history('runs/outer-broken/details')).error.error.message, /\(bad\).*code 7/s)
      assert.equal((await timesOf('outer-broken')).close.status, 'Completed')
    })

    test('runs the last one when it is canceled, and nothing else any more', async () => {
      await arm.put(path('jobs/outer-canceled'), around({ long: node('wait') }))
      await until('the long step runs', async () => (await timesOf('outer-canceled')).of('long')?.status === 'Running')
      assert.equal((await arm.post(path('jobs/outer-canceled/cancel'))).status, 202)
      assert.equal((await ended('outer-canceled')).status, 'Canceled')
      const { of, close } = await timesOf('outer-canceled')
      assert.equal(of('long').status, 'Canceled')
      assert.equal(close.status, 'Completed')
    })

    test('fails with its last one', async () => {
      const settings = { default_compute: path('computes/cpu-cluster'), on_finalize: 'bad' }
      await arm.put(path('jobs/outer-last'), pipeline({ a: node('idle'), bad: node('fail') }, { settings }))
      assert.equal((await ended('outer-last')).status, 'Failed')
      assert.match((await history('runs/outer-last/details')).error.error.message, /\(bad\).*code 7/s)
    })

    for (const [what, jobs, settings, says] of [
      ['that is not there', () => ({ a: node('wait') }), { on_init: 'no' }, /'no', which the pipeline does not have/],
      ['that is both', () => ({ a: node('wait'), b: node('wait') }), { on_init: 'a', on_finalize: 'a' }, /same step/],
      ['and no other', () => ({ a: node('wait') }), { on_finalize: 'a' }, /needs a step beside/],
      [
        'that gives data to another',
        () => ({
          a: node('idle'),
          b: node('look', { inputs: { data: literal('${{parent.jobs.a.outputs.out}}') } }),
        }),
        { on_init: 'a' },
        /can't be connected/,
      ],
    ] as const)
      test(`${what} is refused`, async () => {
        const refused = await arm.refusal(path('jobs/refused'), pipeline(jobs(), { settings }))
        assert.match(refused.message, says)
      })
  })

  for (const [what, jobs, says] of [
    ['no node', () => ({}), /one node/],
    ['an unknown component', () => ({ a: { componentId: 'azureml:nobody:1' } }), /nobody/],
    ['no component', () => ({ a: { type: 'command' } }), /names no component/],
    ['a kind that is not served', () => ({ a: { type: 'spark', componentId: 'azureml:write:1' } }), /spark/],
    ['an input that is missing', () => ({ a: node('write') }), /input 'word'/],
    ['an input that is not there', () => ({ a: node('wait', { inputs: { x: literal('1') } }) }), /input 'x'/],
    ['an output that is not there', () => ({ a: node('wait', { outputs: { x: {} } }) }), /output 'x'/],
    [
      "a pipeline's input that was not given",
      () => ({ a: node('write', { inputs: { word: literal('${{parent.inputs.no}}') } }) }),
      /'no'/,
    ],
    [
      'a step that is not there',
      () => ({ a: node('read', { inputs: { data: literal('${{parent.jobs.no.outputs.o}}') } }) }),
      /'no'/,
    ],
    [
      "another step's output that is not there",
      () => ({ w: node('wait'), a: node('read', { inputs: { data: literal('${{parent.jobs.w.outputs.o}}') } }) }),
      /output 'o'/,
    ],
    [
      'a literal of the wrong type',
      () => ({ a: node('write', { inputs: { word: literal('x'), times: literal('many') } }) }),
      /no integer/,
    ],
    [
      'a literal that is too great',
      () => ({ a: node('write', { inputs: { word: literal('x'), times: literal('6') } }) }),
      /more than 5/,
    ],
    [
      'a cycle',
      () => ({
        a: node('read', { inputs: { data: literal('${{parent.jobs.b.outputs.copy}}') } }),
        b: node('read', { inputs: { data: literal('${{parent.jobs.a.outputs.copy}}') } }),
      }),
      /wait for each other/,
    ],
    ['an unknown compute', () => ({ a: node('wait', { computeId: 'azureml:nowhere' }) }), /nowhere/],
    [
      'a loop without a limit',
      () => ({
        a: node('write', { inputs: { word: literal('x') } }),
        l: { type: 'do_while', body: '${{parent.jobs.a}}', condition: 'out' },
      }),
      /max_iteration_count/,
    ],
    [
      'an output of the pipeline that it does not have',
      () => ({
        a: node('write', {
          inputs: { word: literal('x') },
          outputs: { out: { value: '${{parent.outputs.no}}', type: 'literal' } },
        }),
      }),
      /'no'/,
    ],
  ] as const) {
    test(`with ${what} is refused, and nothing of it is there`, async () => {
      const answer = await arm.put(path('jobs/refused'), pipeline(jobs()))
      assert.ok(answer.status >= 400 && answer.status < 502, answer.text)
      assert.match(answer.json.error.message, says)
      assert.equal((await arm.get(path('jobs/refused'))).status, 404)
    })
  }
})

describe('a sweep', () => {
  test('without the primary metric ends Completed, with a warning and no best child', async () => {
    const made = await arm.put(path('jobs/mute'), sweep())
    assert.equal(made.status, 201, made.text)
    const done = await ended('mute')
    assert.equal(done.status, 'Completed')
    assert.equal(done.properties.best_child_run_id, undefined)
    const { warnings } = await history('runs/mute/details')
    assert.match(warnings[0].message, /'acc'/)
    const trials = await children('mute')
    assert.deepEqual(trials.map(({ parameters }) => parameters.lr).sort(), ['1', '2'])
    assert.deepEqual(trials.map(({ runId }) => runId).sort(), ['mute_0', 'mute_1'])
  })

  test('takes the trial with the best value that was logged, and stops those that its policy gives up', async () => {
    await arm.put(
      path('jobs/judged'),
      sweep({
        trial: { command: 'sleep 300', environmentId: path('environments/plain/versions/1') },
        limits: { jobLimitsType: 'Sweep', maxTotalTrials: 2, maxConcurrentTrials: 2 },
        earlyTermination: { policyType: 'Bandit', slackFactor: 0.1, evaluationInterval: 1 },
      }),
    )
    await until('both trials run', async () => {
      const trials = await children('judged')
      return trials.length === 2 && trials.every(({ status }) => status === 'Running')
    })
    const log = (run: string, value: number) =>
      server.ask(`/mlflow/v2.0${arm.workspace}/api/2.0/mlflow/runs/log-metric`, {
        method: 'POST',
        body: { run_id: run, key: 'acc', value, timestamp: 1, step: 0 },
      })
    assert.equal((await log('judged_0', 0.9)).status, 200)
    assert.equal((await log('judged_1', 0.1)).status, 200)
    await until(
      'the worse trial is stopped',
      async () => (await history('runs/judged_1/details')).status === 'Canceled',
    )
    assert.match((await history('runs/judged_1/details')).warnings[0].message, /bandit/)
    assert.equal((await history('runs/judged_0/details')).status, 'Running')
    const hyperdrive = `/hyperdrive/v1.0${arm.workspace}/runs/judged`
    assert.equal((await server.ask(hyperdrive)).json.runId, 'judged')
    assert.equal((await server.ask(`${hyperdrive}/cancel`, { method: 'POST' })).status, 200)
    assert.equal((await ended('judged')).status, 'Canceled')
    assert.equal((await history('runs/judged_0/details')).status, 'Canceled')
  })

  test('whose trials all fail fails, and says how', async () => {
    await arm.put(
      path('jobs/hopeless'),
      sweep({ trial: { command: 'exit 5', environmentId: path('environments/plain/versions/1') } }),
    )
    assert.equal((await ended('hopeless')).status, 'Failed')
    assert.match((await history('runs/hopeless/details')).error.error.message, /None of the 2 trials.*code 5/s)
  })

  for (const [what, more, says] of [
    ['no search space', { searchSpace: {} }, /searchSpace/],
    ['no objective', { objective: {} }, /objective/],
    ['an unknown goal', { objective: { goal: 'Best', primaryMetric: 'x' } }, /Maximize|goal/],
    ['a grid over a range', { searchSpace: { lr: ['uniform', [0, 1]] } }, /Grid/],
    ['an unknown algorithm', { samplingAlgorithm: { samplingAlgorithmType: 'Magic' } }, /magic|samplingAlgorithmType/i],
    ['an unknown policy', { earlyTermination: { policyType: 'Mood' } }, /mood|policyType/i],
    ['a policy without slack', { earlyTermination: { policyType: 'Bandit' } }, /slackFactor/],
    ['no command', { trial: { command: '', environmentId: 'azureml:plain:1' } }, /command/],
    ['an unknown environment', { trial: { command: 'x', environmentId: 'azureml:nobody:1' } }, /nobody/],
    ['a timeout that is none', { limits: { jobLimitsType: 'Sweep', timeout: 'soon' } }, /timeout/],
  ] as const) {
    test(`with ${what} is refused, and nothing of it is there`, async () => {
      const answer = await arm.put(path('jobs/refused'), sweep(more))
      assert.equal(answer.status >= 400 && answer.status < 500, true, answer.text)
      assert.match(answer.json.error.message, says)
      assert.equal((await arm.get(path('jobs/refused'))).status, 404)
    })
  }
})
