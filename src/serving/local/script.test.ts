import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ServingEngine } from '../engine.ts'
import { answer, ask, type Bench, deployed, openBench, reaches } from './test-serving.ts'

/** Both ways of running a script must keep the same promises. */
for (const { name, plain } of [
  { name: 'in the sandbox', plain: false },
  { name: 'without one', plain: true },
])
  describe(`scripts ${name}`, () => {
    let bench: Bench
    let engine: ServingEngine
    before(async () => {
      bench = await openBench({ plain })
      engine = await bench.engine()
    })
    after(() => bench.close())

    test('run() gets the text and its value is the answer, with the headers of Microsoft’s server', async () => {
      const spec = await deployed(
        engine,
        await bench.script(
          'echo',
          'import json\ndef init():\n    global n\n    n = 0\n' +
            'def run(data):\n    global n\n    n += 1\n    return {"n": n, "got": json.loads(data)}\n',
        ),
      )
      const first = await answer(engine, spec, '{"x": [1, 2, "é"]}')
      assert.equal(first.status, 200)
      assert.deepEqual(JSON.parse(first.text), { n: 1, got: { x: [1, 2, 'é'] } })
      assert.equal(first.headers['content-type'], 'application/json')
      assert.equal(first.headers['x-request-id'], 'r-1')
      assert.equal(first.headers['x-ms-request-id'], 'r-1')
      assert.equal(first.headers['x-ms-run-function-failed'], 'False')
      assert.match(first.headers['x-ms-run-fn-exec-ms'] ?? '', /^\d+\.\d{3}$/)
      assert.equal(JSON.parse((await answer(engine, spec, '1')).text).n, 2)
      const big = 'a'.repeat(5_000_000)
      assert.equal(JSON.parse((await answer(engine, spec, JSON.stringify(big))).text).got, big)
    })

    test('the model lies below AZUREML_MODEL_DIR, and the environment is the deployment’s', async () => {
      const spec = await bench.script(
        'model',
        'import os\ndef init():\n    pass\ndef run(data):\n' +
          '    d = os.environ["AZUREML_MODEL_DIR"]\n' +
          '    return [open(os.path.join(d, "weights", "w.txt")).read(), d[-9:], os.environ["MINE"], os.environ["AZUREML_ENTRY_SCRIPT"]]\n',
        {
          model: {
            name: 'net',
            version: '7',
            location: await bench.store('models/abc/weights', { 'w.txt': 'forty-two' }),
          },
          variables: { MINE: 'yes' },
        },
      )
      await deployed(engine, spec)
      const { text } = await answer(engine, spec, '')
      assert.deepEqual(
        JSON.parse(text),
        ['forty-two', 'ls/net/7', 'yes', 'score.py'].map((each, index) => (index === 1 ? 'els/net/7' : each)),
      )
    })

    test('a run() that raises is 500, and the log has its traceback', async () => {
      const spec = await deployed(
        engine,
        await bench.script(
          'raises',
          'def init():\n    print("hello from init")\ndef run(data):\n    raise ValueError("no such column")\n',
        ),
      )
      const failed = await answer(engine, spec, '1')
      assert.equal(failed.status, 500)
      assert.deepEqual(JSON.parse(failed.text), {
        message: 'An unexpected error occurred in scoring script. Check the logs for more info.',
      })
      assert.equal(failed.headers['x-ms-run-function-failed'], 'True')
      const log = await engine.logs(spec.id, 'inference-server', 100)
      assert.match(log, /azmlinfsrv\.print - hello from init/)
      assert.match(log, /Traceback.*ValueError: no such column/s)
      assert.match(
        await engine.logs(spec.id, 'storage-initializer', 100),
        /Downloading code to \/var\/azureml-app\/raises/,
      )
    })

    test('a streamed answer comes in parts, and a reader that leaves does not keep the worker', async () => {
      const spec = await deployed(
        engine,
        await bench.script(
          'stream',
          'from azureml.contrib.services.aml_request import AMLRequest, rawhttp\n' +
            'from azureml.contrib.services.aml_response import AMLResponse\n' +
            'def init():\n    pass\n@rawhttp\ndef run(request):\n' +
            '    if request.args.get("endless"):\n        return AMLResponse((b"x" * 1000 for _ in iter(int, 1)), 200)\n' +
            '    return AMLResponse((("data: %d\\n\\n" % i).encode() for i in range(3)), 201, {"Content-Type": "text/event-stream"})\n',
        ),
      )
      const streamed = await answer(engine, spec, '')
      assert.equal(streamed.status, 201)
      assert.equal(streamed.text, 'data: 0\n\ndata: 1\n\ndata: 2\n\n')
      assert.equal(streamed.headers['content-type'], 'text/event-stream')
      const leaving = new AbortController()
      const endless = ask(engine, spec, '', { target: '/score?endless=1', signal: leaving.signal })
      setImmediate(() => setTimeout(() => leaving.abort(), 50))
      await endless.catch(() => undefined)
      assert.equal((await answer(engine, spec, '')).status, 201)
    })

    for (const { what, source, reason, message } of [
      {
        what: 'a module that is missing',
        source: 'import nowhere_at_all\n',
        reason: 'Import',
        message: /No module named 'nowhere_at_all'; add its package/,
      },
      { what: 'a syntax error', source: 'def init(:\n', reason: 'Import', message: /SyntaxError/ },
      {
        what: 'an init() that raises',
        source: 'def init():\n    raise OSError("no weights")\ndef run(d):\n    pass\n',
        reason: 'Init',
        message: /OSError: no weights/,
      },
      {
        what: 'no run()',
        source: 'def init():\n    pass\n',
        reason: 'EntryScript',
        message: /does not have a run\(\)/,
      },
      {
        what: 'an exit in init()',
        source: 'import os\ndef init():\n    os._exit(7)\ndef run(d):\n    pass\n',
        reason: 'Crash',
        message: /exit status 7/,
      },
    ])
      test(`${what} fails the deployment with its reason and log`, async () => {
        const spec = await bench.script('bad', source)
        await engine.apply(spec)
        const view = await reaches(engine, spec, 'Failed')
        assert.equal(view.failure?.reason, reason)
        assert.match(view.failure?.message ?? '', message)
        assert.deepEqual(await ask(engine, spec, '1').then((each) => 'refused' in each && each.refused), 'unavailable')
        if (reason !== 'Crash' && reason !== 'EntryScript')
          assert.match(await engine.logs(spec.id, 'inference-server', 50), message)
      })
  })
