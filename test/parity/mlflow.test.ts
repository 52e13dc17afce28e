/**
 * MLflow models without a script, in the environment that they name themselves: Azure's formats answer as documented,
 * MLflow's own as `mlflow models serve` answers them.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
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
import { askOurs, pythonOf, startBeside } from './beside.ts'

/** FastAPI is pinned to what this MLflow's own server still runs on. */
const training = conda('mlflow==2.22.5', 'scikit-learn==1.7.2', 'pandas==2.3.3', 'fastapi==0.115.12')

/** A classifier with a table's signature, a function of tensors, and one with parameters that answers a table. */
const models = `
import sys, mlflow, numpy as np, pandas as pd
from mlflow.models import infer_signature, ModelSignature
from mlflow.types import Schema, TensorSpec, ParamSchema, ParamSpec
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
root = sys.argv[1]
X, y = load_iris(return_X_y=True, as_frame=True)
model = LogisticRegression(max_iter=1000).fit(X, y)
mlflow.sklearn.save_model(model, root + "/iris", signature=infer_signature(X, model.predict(X)))
class Twice(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input * 2
tensor = ModelSignature(Schema([TensorSpec(np.dtype("float32"), (-1, 2))]), Schema([TensorSpec(np.dtype("float32"), (-1, 2))]))
mlflow.pyfunc.save_model(root + "/tensor", python_model=Twice(), signature=tensor, pip_requirements=["mlflow==2.22.5", "pandas==2.3.3"])
class Scaled(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        if (model_input["a"] < 0).any():
            raise RuntimeError("no negative numbers")
        return pd.DataFrame({"b": model_input["a"] * (params or {}).get("factor", 1), "c": "x"})
frame = pd.DataFrame({"a": [1.5]})
mlflow.pyfunc.save_model(root + "/scaled", python_model=Scaled(), pip_requirements=["mlflow==2.22.5", "pandas==2.3.3"],
    signature=infer_signature(frame, frame.rename(columns={"a": "b"}), params={"factor": 1.0}))
`

const json = { 'content-type': 'application/json' }
const columns = ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)']
const rows = [
  [5.1, 3.5, 1.4, 0.2],
  [6.7, 3, 5.2, 2.3],
]
const records = rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]])))

describe('MLflow models without a script', () => {
  let bench: Bench
  let engine: ServingEngine
  let folder: string
  let python: string
  before(async () => {
    bench = await openBench({ plain: true })
    engine = await bench.engine()
    folder = join(bench.directory, 'models')
    const first = await bench.script('train', 'def init():\n    pass\ndef run(d):\n    pass\n', {
      environment: training,
    })
    await deployed(engine, first)
    python = await pythonOf(engine, first)
    await promisify(execFile)(python, ['-c', models, folder])
  })
  after(() => bench.close())

  async function served(name: string, more: Partial<DeploymentSpec> = {}): Promise<DeploymentSpec> {
    const files: Record<string, Buffer> = {}
    for (const entry of await readdir(join(folder, name), { recursive: true, withFileTypes: true }))
      if (entry.isFile()) {
        const path = join(entry.parentPath, entry.name)
        files[relative(join(folder, name), path)] = await readFile(path)
      }
    const location = await bench.store(`models/${name}`, files)
    const { environment: _, ...spec } = deployment(name, {
      flavour: { kind: 'mlflow' },
      model: { name, version: '1', location },
      ...more,
    })
    return deployed(engine, spec)
  }

  test('Azure’s input_data: a table, records, bare rows; the answer is the predictions alone', async () => {
    const spec = await served('iris')
    for (const data of [
      { columns, index: [0, 1], data: rows },
      { columns, data: rows },
      { data: rows },
      records,
      rows,
    ]) {
      const { status, text } = await answer(engine, spec, JSON.stringify({ input_data: data }))
      assert.deepEqual({ status, text }, { status: 200, text: '[0, 2]' }, JSON.stringify(data))
    }
    const csv = `${columns.join(',')}\n${rows.map((row) => row.join(',')).join('\n')}\n`
    const answered = await answer(engine, spec, csv, { rawHeaders: ['content-type', 'text/csv'] })
    assert.equal(answered.text, '{"predictions": [0, 2]}')
    const swagger = JSON.parse((await answer(engine, spec, '', { method: 'GET', target: '/swagger.json' })).text)
    assert.deepEqual(swagger.definitions.ServiceInput.properties.input_data.properties.columns.example, columns)
  })

  test('tensors by their signature, and parameters', async () => {
    const tensor = await served('tensor')
    assert.equal((await answer(engine, tensor, '{"input_data": [[1, 2], [3, 4]]}')).text, '[[2.0, 4.0], [6.0, 8.0]]')
    const wrong = await answer(engine, tensor, '{"input_data": [[1, 2, 3]]}')
    assert.equal(wrong.status, 400)
    assert.match(JSON.parse(wrong.text).message, /shape/i)
    const scaled = await served('scaled')
    const body = { input_data: { columns: ['a'], data: [[2]] }, params: { factor: 3 } }
    assert.deepEqual(JSON.parse((await answer(engine, scaled, JSON.stringify(body))).text), [{ b: 6, c: 'x' }])
  })

  test('MLflow’s own formats, and what none may be asked, as mlflow models serve has it', async () => {
    const spec = await served('scaled')
    const start = [
      python,
      '-m',
      'mlflow',
      'models',
      'serve',
      '-m',
      join(folder, 'scaled'),
      '--env-manager',
      'local',
      '--workers',
      '1',
      '-p',
    ]
    const variables = { PATH: `${join(python, '..')}:${process.env.PATH}` }
    const theirs = await startBeside((port) => [...start, String(port)], {
      cwd: bench.directory,
      variables,
      health: '/ping',
    })
    try {
      for (const body of [
        '{"dataframe_split": {"columns": ["a"], "data": [[1], [2.5]]}}',
        '{"dataframe_records": [{"a": 1}, {"a": 2}]}',
        '{"instances": [{"a": 1.5}]}',
        '{"inputs": {"a": [1.5, 2]}}',
        '{"dataframe_split": {"columns": ["a"], "data": [[1]]}, "params": {"factor": 2}}',
        '{"dataframe_split": {"columns": ["b"], "data": [[1]]}}',
        '{"dataframe_split": {"columns": ["a"], "data": [["x"]]}}',
        '{"dataframe_records": [{"a": 1}], "instances": []}',
        '{"nothing": 1}',
        '[1]',
        '{"dataframe_',
      ]) {
        const [one, other] = [
          await theirs.ask({ why: body, target: '/invocations', headers: json, body }),
          await askOurs(engine, spec, { why: body, headers: json, body }),
        ]
        assert.equal(other.status, one.status, `${body}: ${other.text} instead of ${one.text}`)
        if (one.status === 200) assert.deepEqual(JSON.parse(other.text), JSON.parse(one.text), body)
        else assert.equal(JSON.parse(other.text).error_code, JSON.parse(one.text).error_code, body)
      }
    } finally {
      await theirs.stop()
    }
    const raised = await answer(engine, spec, '{"dataframe_records": [{"a": -1}]}')
    assert.equal(raised.status, 500)
    assert.match(await engine.logs(spec.id, 'inference-server', 50), /no negative numbers/)
  })

  test('a model that is none, or names no environment, fails with its reason', async () => {
    for (const { files, reason, message } of [
      { files: { 'model.pkl': 'x' }, reason: 'Model', message: /no file MLmodel/ },
      { files: { MLmodel: 'flavors: {}\n' }, reason: 'Environment', message: /names no environment/ },
    ]) {
      const location = await bench.store(`models/bad-${reason}`, files)
      const { environment: _, ...spec } = deployment('bad', {
        flavour: { kind: 'mlflow' },
        model: { name: 'bad', version: '1', location },
      })
      await engine.apply(spec)
      const { failure } = await reaches(engine, spec, 'Failed')
      assert.equal(failure?.reason, reason)
      assert.match(failure?.message ?? '', message)
    }
  })
})
