/** ONNX models without a script: made by skl2onnx, asked for what scikit-learn itself answers. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { DeploymentSpec, ServingEngine } from '../../src/serving/engine.ts'
import {
  answer,
  type Bench,
  conda,
  deployed,
  deployment,
  openBench,
  reaches,
} from '../../src/serving/local/test-serving.ts'
import { pythonOf } from './beside.ts'

const training = conda('scikit-learn==1.7.2', 'skl2onnx==1.19.1', 'onnx==1.19.1')

const models = `
import sys, json
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, LinearRegression
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
import numpy as np
X, y = load_iris(return_X_y=True)
X = X.astype(np.float32)
model = LogisticRegression(max_iter=1000).fit(X, y)
open(sys.argv[1] + "/iris.onnx", "wb").write(to_onnx(model, X[:1], options={"zipmap": False}).SerializeToString())
line = LinearRegression().fit(X[:, :2], X[:, 2])
open(sys.argv[1] + "/line.onnx", "wb").write(to_onnx(line, X[:1, :2]).SerializeToString())
print(json.dumps({"rows": X[[0, 100]].tolist(), "labels": model.predict(X[[0, 100]]).tolist(), "line": line.predict(X[:2, :2]).tolist(), "two": X[:2, :2].tolist()}))
`

describe('ONNX models without a script', () => {
  let bench: Bench
  let engine: ServingEngine
  let truth: { readonly rows: number[][]; readonly labels: number[]; readonly line: number[]; readonly two: number[][] }
  before(async () => {
    bench = await openBench()
    engine = await bench.engine()
    const first = await bench.script('train', 'def init():\n    pass\ndef run(d):\n    pass\n', {
      environment: training,
    })
    await deployed(engine, first)
    const { stdout } = await promisify(execFile)(await pythonOf(engine, first), ['-c', models, bench.directory])
    truth = JSON.parse(stdout)
  })
  after(() => bench.close())

  const spec = async (
    name: string,
    files: Readonly<Record<string, string | Uint8Array>>,
    path = '',
  ): Promise<DeploymentSpec> => {
    const folder = await bench.store(`models/${name}`, files)
    const location = path === '' ? folder : { ...folder, path: `${folder.path}/${path}` }
    const { environment: _, ...rest } = deployment(name, {
      flavour: { kind: 'onnx' },
      model: { name, version: '1', location },
    })
    return rest
  }

  test('a file and a folder answer what scikit-learn does', async () => {
    const file = await deployed(
      engine,
      await spec('line', { 'line.onnx': await readFile(join(bench.directory, 'line.onnx')) }, 'line.onnx'),
    )
    const ask = async (body: unknown) => JSON.parse((await answer(engine, file, JSON.stringify(body))).text)
    const near = (found: number[][]) =>
      assert.deepEqual(
        found.map(([value = 0]) => value.toFixed(3)),
        truth.line.map((value) => value.toFixed(3)),
      )
    near(await ask({ input_data: truth.two }))
    near(await ask({ input_data: { columns: ['a', 'b'], data: truth.two } }))
    near((await ask({ inputs: { X: truth.two } })).predictions)
    near((await ask({ instances: truth.two })).predictions)
    const folder = await deployed(
      engine,
      await spec('iris', { 'iris.onnx': await readFile(join(bench.directory, 'iris.onnx')), 'notes.txt': 'x' }),
    )
    const answered = JSON.parse((await answer(engine, folder, JSON.stringify({ input_data: truth.rows }))).text)
    assert.deepEqual(answered.label, truth.labels)
    assert.equal(answered.probabilities.length, 2)
  })

  test('what the model can’t be asked with is 400 and says why', async () => {
    for (const [body, message] of [
      ['{"input_data": [[1, 2, 3]]}', /Got: 3 Expected: 2|refused its input/],
      ['{"input_data": [["a", "b"]]}', /tensor\(float\)/],
      ['{"inputs": {"Y": [[1, 2]]}}', /missing: \['X'\], unknown: \['Y'\]/],
      ['{}', /exactly one of/],
      ['[', /valid JSON/],
    ] as const) {
      const { status, text } = await answer(engine, { id: 'ep/line' }, body)
      assert.equal(status, 400, text)
      assert.match(JSON.parse(text).message, message)
    }
  })

  test('what is no model fails the deployment with the reason', async () => {
    const bad = await spec('bad', { 'm.onnx': 'not a model' })
    await engine.apply(bad)
    const { failure } = await reaches(engine, bad, 'Failed')
    assert.equal(failure?.reason, 'Init')
    assert.match(failure?.message ?? '', /can't be loaded/)
  })
})
