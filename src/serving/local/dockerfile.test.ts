import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { answer, type Bench, deployed, openBench } from './test-serving.ts'

let bench: Bench
before(async () => {
  bench = await openBench()
})
after(() => bench.close())

test('a deployment in an environment of a Dockerfile has its packages, its variables and what it copies', async () => {
  const buildContext = await bench.store('contexts/scoring', {
    Dockerfile:
      'FROM python:3.10\nRUN pip install six==1.16.0\nWORKDIR /usr/src/scoring\nCOPY words.txt .\nENV GREETING=hello MINE=image\n',
    'words.txt': 'from the image',
  })
  const script =
    'import os, six\ndef init():\n    pass\ndef run(data):\n' +
    '    return [six.__version__, open("/usr/src/scoring/words.txt").read(), os.environ["GREETING"], os.environ["MINE"]]\n'
  const environment = { id: 'docker', variables: {}, buildContext, dockerfilePath: 'Dockerfile' }
  const engine = await bench.engine()
  const spec = await bench.script('docker', script, { environment, variables: { MINE: 'deployment' } })
  await deployed(engine, spec)
  assert.deepEqual(JSON.parse((await answer(engine, spec, '1')).text), [
    '1.16.0',
    'from the image',
    'hello',
    'deployment',
  ])
})
