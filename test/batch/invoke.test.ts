import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BatchWorld } from './batch-world.ts'

/** Batch endpoints as raw REST has them: deployed, invoked, followed, read. */
let world: BatchWorld
before(async () => {
  world = await BatchWorld.start()
})
after(() => world?.server.stop())

const LETTERS = ['0.txt aa', '1.txt bb', '2.txt cc', '3.txt dd', '4.txt ee']

describe('an invocation', () => {
  test('scores a folder with the default deployment; its job is a pipeline with one step, whose rows are its output', async () => {
    const job = await world.done(world.folder('letters'))
    const run = await world.child(job.name)
    assert.equal(
      job.properties.status,
      'Completed',
      `${JSON.stringify(job)} ${await world.artifact(run?.runId, 'user_logs/std_log.txt')}`,
    )
    assert.deepEqual(await world.rows(job), LETTERS)
    assert.equal(job.id, `${world.endpoint}/jobs/${job.name}`)
    assert.equal(job.properties.inputData.letters.jobInputType, 'UriFolder')
    assert.equal(job.properties.experimentName, 'scores')
    const shown = (await world.arm.get(world.path(`jobs/${job.name}`))).json.properties
    assert.equal(shown.jobType, 'Pipeline')
    assert.equal(shown.tags['azureml.batchrun'], 'true')
    assert.equal(run.displayName, 'batchscoring')
    assert.match(
      await world.artifact(run.runId, 'logs/job_progress_overview.txt'),
      /Mini-batches: 3 created, 3 processed/,
    )
    assert.match(await world.artifact(run.runId, 'user_logs/std_log.txt'), /max_concurrency_per_instance 2/)
    assert.match(await world.artifact(job.name, 'logs/azureml/executionlogs.txt'), /batchscoring/)
  })
})
