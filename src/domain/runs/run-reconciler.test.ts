import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { runWorld, WORKSPACE, WORKSPACE_ID } from '../../../test/support/runs.ts'
import { isFault } from '../../faults.ts'
import { objectAt } from '../../json.ts'
import { cancelRun } from './cancel-run.ts'
import { engineJobId } from './submit-job.ts'

const t = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`
const statuses = (run: { spans: readonly { status: string }[] }): string[] => run.spans.map(({ status }) => status)

describe('the run reconciler', async () => {
  const world = await runWorld()
  await world.start()
  after(() => world.stop())
  const { engine } = world

  test('a job goes to its engine with the variables of its run, and its own win', async () => {
    await world.submit('Job1', { spec: { ...(await specOf()), variables: { FOO: 'bar', HTTPS_PROXY: 'http://mine' } } })
    await world.until('job1', ({ status }) => status === 'Queued')
    const [job] = engine.submitted
    assert.equal(job?.run, 'Job1')
    assert.deepEqual(job?.artifacts, { account: 'acc', container: 'azureml', path: 'ExperimentRun/dcid.Job1/' })
    assert.equal(job?.variables.FOO, 'bar')
    assert.equal(job?.variables.HTTPS_PROXY, 'http://mine')
    assert.equal(job?.variables.MLFLOW_RUN_ID, 'Job1')
    assert.equal(job?.variables.MLFLOW_TRACKING_TOKEN, 'token of Job1')
    assert.equal(job?.variables.MLFLOW_TRACKING_URI, `azureml://eastus.api.test/mlflow/v2.0${WORKSPACE_ID}`)
    assert.equal(job?.variables.REQUESTS_CA_BUNDLE, '/ca.pem')
    assert.equal((await world.run('job1'))?.kind, 'command')
  })

  test('states that the engine went through between two looks are kept, in order', async () => {
    engine.show(engineJobId(WORKSPACE, 'Job1'), {
      status: 'Finalizing',
      since: t(9),
      spans: [
        { status: 'Queued', at: t(1) },
        { status: 'Preparing', at: t(2) },
        { status: 'Running', at: t(5) },
      ],
    })
    const run = await world.until('job1', ({ status }) => status === 'Finalizing')
    assert.deepEqual(statuses(run), ['NotStarted', 'Queued', 'Preparing', 'Running', 'Finalizing'])
    assert.equal(run.startedAt, t(5))
    assert.equal(run.endedAt, undefined)
  })

  test('a state that lies behind is not gone back to', async () => {
    engine.show(engineJobId(WORKSPACE, 'Job1'), { status: 'Queued', since: t(10) })
    engine.show(engineJobId(WORKSPACE, 'Job1'), { status: 'Completed', since: t(11), exitCode: 0 })
    const run = await world.until('job1', ({ status }) => status === 'Completed')
    assert.equal(statuses(run).filter((status) => status === 'Queued').length, 1)
    assert.equal(run.endedAt, t(11))
  })

  test('a job whose node was taken away is in the queue again, and its states are told on', async () => {
    const id = engineJobId(WORKSPACE, 'Again')
    await world.submit('Again')
    const begun = [
      { status: 'Queued', at: t(1) },
      { status: 'Preparing', at: t(2) },
      { status: 'Running', at: t(5) },
    ] as const
    engine.show(id, { status: 'Running', since: t(5), spans: begun })
    await world.until('again', ({ status }) => status === 'Running')
    const queued = [...begun, { status: 'Queued', at: t(7) }] as const
    engine.show(id, { status: 'Queued', since: t(7), spans: queued })
    const waits = await world.until('again', ({ status }) => status === 'Queued')
    assert.equal(waits.startedAt, t(5))
    const ended = [...queued, { status: 'Preparing', at: t(8) }, { status: 'Running', at: t(9) }] as const
    engine.show(id, { status: 'Completed', since: t(11), spans: ended, exitCode: 0 })
    const run = await world.until('again', ({ status }) => status === 'Completed')
    const expected = ['NotStarted', 'Queued', 'Preparing', 'Running', 'Queued', 'Preparing', 'Running', 'Completed']
    assert.deepEqual(statuses(run), expected)
    assert.equal(run.endedAt, t(11))
  })

  test('submitting once more changes nothing: a PUT’s apply may be repeated', async () => {
    const again = await world.submit('Job1')
    assert.equal(again.status, 'Completed')
    assert.equal(engine.submitted.filter(({ run }) => run === 'Job1').length, 1)
  })

  test('a completed job’s outputs are assets when it is seen completed', async () => {
    const uri = 'azureml://subscriptions/s/resourcegroups/G/workspaces/W/datastores/d/paths/azureml/j/'
    await world.submit('Job2', {
      outputs: { out: { type: 'uri_folder', uri }, model: { type: 'mlflow_model', uri, assetName: 'best' } },
    })
    await world.until('Job2', ({ status }) => status === 'Queued')
    engine.show(engineJobId(WORKSPACE, 'Job2'), { status: 'Completed', since: t(20), exitCode: 0 })
    const run = await world.until('Job2', ({ status }) => status === 'Completed')
    assert.match(
      run.outputs.out?.assetId ?? '',
      /^azureml:\/\/locations\/eastus\/workspaces\/.+\/data\/azureml_Job2_output_out\/versions\/1$/,
    )
    assert.match(run.outputs.model?.assetId ?? '', /\/models\/best\/versions\/1$/)
    const data = await world.store.resources.get(`${WORKSPACE}/data/azureml_Job2_output_out/versions/1`)
    assert.equal(objectAt(data?.body.properties).dataUri, uri)
  })

  test('a failed job says its code, its exit code and its last lines', async () => {
    await world.submit('Job3')
    await world.until('Job3', ({ status }) => status === 'Queued')
    world.put('ExperimentRun/dcid.Job3/user_logs/std_log.txt', `${'line\n'.repeat(3000)}Traceback: boom\n`)
    engine.show(engineJobId(WORKSPACE, 'Job3'), { status: 'Failed', since: t(30), exitCode: 3 })
    const { error } = await world.until('Job3', ({ status }) => status === 'Failed')
    assert.equal(error?.code, 'UserError')
    assert.match(error?.message ?? '', /exited with code 3[\s\S]*Traceback: boom$/)
    assert.ok((error?.message.length ?? 0) < 2000)
    assert.deepEqual(error?.details, { exitCode: 3 })
  })

  test('cancelling asks the engine, and the run ends canceled', async () => {
    await world.submit('Job4')
    await world.until('Job4', ({ status }) => status === 'Queued')
    const asked = await cancelRun(world.deps, WORKSPACE, 'job4')
    assert.equal(asked.status, 'CancelRequested')
    const run = await world.until('Job4', ({ status }) => status === 'Canceled')
    assert.deepEqual(engine.cancelled, [engineJobId(WORKSPACE, 'Job4')])
    assert.deepEqual(statuses(run).slice(-2), ['CancelRequested', 'Canceled'])
  })

  test('cancelling a finished run leaves it alone', async () => {
    assert.equal((await cancelRun(world.deps, WORKSPACE, 'Job1')).status, 'Completed')
  })

  test('cancelling a run that is not there is refused', async () => {
    await assert.rejects(
      cancelRun(world.deps, WORKSPACE, 'nope'),
      (error) => isFault(error) && error.key === 'RunNotFound',
    )
  })

  test('a compute without an engine is refused before anything is written', async () => {
    await assert.rejects(
      world.submit('Job5', { computeType: 'Databricks' }),
      (error) => isFault(error) && error.key === 'EngineUnavailable',
    )
    assert.equal((await world.run('Job5'))?.engine, undefined)
  })

  test('after a restart a running job is followed on, and one that its engine lost fails', async () => {
    await world.submit('Job6')
    await world.submit('Job7')
    for (const name of ['Job6', 'Job7']) {
      await world.until(name, ({ status }) => status === 'Queued')
      engine.show(engineJobId(WORKSPACE, name), { status: 'Running', since: t(40) })
      await world.until(name, ({ status }) => status === 'Running')
    }
    engine.lose(engineJobId(WORKSPACE, 'Job7'))
    await world.restart()
    const lost = await world.until('Job7', ({ status }) => status === 'Failed')
    assert.equal(lost.error?.code, 'JobLost')
    engine.show(engineJobId(WORKSPACE, 'Job6'), { status: 'Completed', since: t(50), exitCode: 0 })
    await world.until('Job6', ({ status }) => status === 'Completed')
    assert.equal(engine.submitted.filter(({ run }) => run === 'Job6').length, 1)
  })

  async function specOf() {
    return {
      computeId: `${WORKSPACE_ID}/computes/cpu`,
      vmSize: 'Standard_DS3_v2',
      command: 'true',
      environment: { id: 'e', variables: {} },
      inputs: [],
      outputs: [],
      instanceCount: 1,
    }
  }
})
