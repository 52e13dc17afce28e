import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { DataCollector, ServingEngine } from '../engine.ts'
import { answer, at, type Bench, deployed, eventually, openBench } from './test-serving.ts'

const collector = (rates: Readonly<Record<string, number>>): DataCollector => ({
  collections: Object.entries(rates).map(([name, samplingRate]) => ({
    name,
    samplingRate,
    target: at(`modelDataCollector/ep/blue/${name}`),
  })),
  rollingRate: 'Hour',
  captureHeaders: ['x-mine'],
})

/** A table without pandas: what a script hands over needs `to_json` alone. */
const script =
  'import json\nfrom azureml.ai.monitoring import Collector\n' +
  'class Table:\n    def __init__(self, rows):\n        self.rows = rows\n    def to_json(self, orient):\n        return json.dumps(self.rows)\n' +
  'def init():\n    global inputs, outputs\n    inputs = Collector(name="model_inputs")\n    outputs = Collector(name="model_outputs")\n' +
  'def run(data):\n    context = inputs.collect(Table([{"x": json.loads(data)}]))\n    outputs.collect(Table([{"y": 1}]), context)\n    return "ok"\n'

describe('collected data', () => {
  let bench: Bench
  let engine: ServingEngine
  before(async () => {
    bench = await openBench()
    engine = await bench.engine()
  })
  after(() => bench.close())

  const lines = async (name: string): Promise<readonly Record<string, unknown>[]> => {
    const { items } = await bench.blobs.list(at(`modelDataCollector/ep/blue/${name}/`))
    const texts = await Promise.all(items.map((item) => bench.textAt(item.name)))
    return texts
      .join('')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  }

  test('what a script collects stands in the datastore, by date and hour, inputs tied to outputs', async () => {
    const spec = await bench.script('collects', script, { collector: collector({ model_inputs: 1, model_outputs: 1 }) })
    await deployed(engine, spec)
    for (const value of [1, 2, 3]) assert.equal((await answer(engine, spec, String(value))).status, 200)
    const [inputs, outputs] = await eventually(async () => {
      const found = [await lines('model_inputs'), await lines('model_outputs')]
      return found.every((each) => each.length === 3) ? found : undefined
    })
    assert.deepEqual(
      inputs?.map((line) => line.data),
      [[{ x: 1 }], [{ x: 2 }], [{ x: 3 }]],
    )
    assert.deepEqual(
      inputs?.map((line) => line.correlationid),
      outputs?.map((line) => line.correlationid),
    )
    assert.equal(inputs?.[0]?.type, 'azureml.inference.model_inputs')
    assert.equal(inputs?.[0]?.specversion, '1.0')
    const { items } = await bench.blobs.list(at('modelDataCollector/ep/blue/model_inputs/'))
    assert.equal(items.length, 1)
    assert.match(items[0]?.name ?? '', /model_inputs\/\d{4}\/\d\d\/\d\d\/\d\d\/[0-9a-f]{32}\.jsonl$/)
    // The lines are there a moment before they are counted.
    await eventually(async () => ((await engine.metrics(spec.id))?.collectedLines === 6 ? true : undefined))
  })

  test('a rate of 0 keeps nothing; requests and answers are kept as they are with the headers that are asked for', async () => {
    const spec = await bench.script('payloads', 'def init():\n    pass\ndef run(data):\n    return [data]\n', {
      collector: collector({ request: 1, response: 1, model_inputs: 0 }),
    })
    await deployed(engine, spec)
    await answer(engine, spec, 'hello', { rawHeaders: ['X-Mine', 'yes', 'X-Other', 'no'] })
    const [requests, answers] = await eventually(async () => {
      const found = [await lines('request'), await lines('response')]
      return found.every((each) => each.length === 1) ? found : undefined
    })
    assert.equal(requests?.[0]?.data, 'hello')
    assert.deepEqual(requests?.[0]?.headers, { 'x-mine': 'yes' })
    assert.equal(requests?.[0]?.correlationid, 'r-1')
    assert.equal(answers?.[0]?.data, '["hello"]')
    assert.equal(answers?.[0]?.statuscode, 200)
  })

  test('a collection that the deployment does not keep fails init(), as with Microsoft’s package', async () => {
    const spec = await bench.script('unknown', script, { collector: collector({ model_inputs: 1 }) })
    await engine.apply(spec)
    const failure = await eventually(async () => (await engine.observe(spec.id))?.failure)
    assert.equal(failure.reason, 'Init')
    assert.match(failure.message, /collection model_outputs is not enabled/)
  })
})
