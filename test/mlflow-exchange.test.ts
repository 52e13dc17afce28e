/** `lazuli import mlflow` and `lazuli export mlflow`: what went in comes out, and in again, with nothing lost. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { lazuli, startServer, type TestServer } from './support/server.ts'

const home = mkdtempSync(join(tmpdir(), 'lazuli-exchange-'))
const file = (path: string, text: string) => {
  mkdirSync(dirname(join(home, path)), { recursive: true })
  writeFileSync(join(home, path), text)
}
let first: TestServer
let second: TestServer
before(async () => {
  ;[first, second] = await Promise.all([startServer(), startServer()])
})
after(async () => {
  await Promise.all([first.stop(), second.stop()])
  rmSync(home, { recursive: true, force: true })
})

const command = async (server: TestServer, ...words: string[]) =>
  promisify(execFile)(lazuli, [...words, '--data', server.data]).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, text: stderr }),
  )

/** All that MLflow's API tells of a workspace, without what differs from server to server. */
async function told(server: TestServer) {
  const base = `${new URL(server.facts.mlflowUrl).pathname}/api/2.0/mlflow`
  const ask = async (method: string, path: string, body?: unknown) =>
    (await server.ask(`${base}${path}`, { method, body })).json
  const experiments = (await ask('POST', '/experiments/search', { view_type: 'ALL', max_results: 100 })).experiments
  const names = new Map(experiments.map(({ experiment_id, name }: Record<string, string>) => [experiment_id, name]))
  const search = { experiment_ids: [...names.keys()], run_view_type: 'ALL', order_by: ['start_time ASC', 'run_id ASC'] }
  const { runs } = await ask('POST', '/runs/search', search)
  const described = await Promise.all(
    runs.map(
      async ({
        info,
        data,
        inputs,
      }: {
        info: Record<string, string>
        data: Record<string, { key: string; value: string }[]>
        inputs: object
      }) => ({
        info: [
          info.run_id,
          info.run_name,
          names.get(info.experiment_id),
          info.status,
          info.start_time,
          info.end_time,
          info.lifecycle_stage,
        ],
        params: data.params?.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
        tags: data.tags?.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
        inputs,
        points: await Promise.all(
          (data.metrics ?? []).map(
            async ({ key }) =>
              (await ask('GET', `/metrics/get-history?run_id=${info.run_id}&metric_key=${encodeURIComponent(key)}`))
                .metrics,
          ),
        ),
        files: (await ask('GET', `/artifacts/list?run_id=${info.run_id}&path=model`)).files,
      }),
    ),
  )
  const models = (await ask('GET', '/registered-models/search')).registered_models ?? []
  const versions = (await ask('GET', '/model-versions/search')).model_versions ?? []
  const list = versions.map((one: Record<string, unknown>) => [
    one.name,
    one.version,
    one.run_id,
    one.description,
    one.tags,
    one.aliases,
  ])
  return {
    experiments: experiments
      .map(({ name, lifecycle_stage, tags }: Record<string, unknown>) => [name, lifecycle_stage, tags])
      .toSorted(),
    runs: described,
    models: models.map(({ name, description, tags }: Record<string, unknown>) => [name, description, tags]),
    versions: list.toSorted(),
  }
}

const run = (id: string, name: string, more = '') =>
  `artifact_uri: nowhere\nend_time: 1700000009000\nexperiment_id: '7'\nlifecycle_stage: active\nrun_id: ${id}\nrun_name: ${name}\nstart_time: 1700000001000\nstatus: 3\nuser_id: ada\n${more}`

test('a folder mlruns goes in, out, and into another server', async () => {
  file('mlruns/7/meta.yaml', "experiment_id: '7'\nname: first one\nlifecycle_stage: active\n")
  file('mlruns/7/tags/owner', 'ada')
  file('mlruns/.trash/8/meta.yaml', "experiment_id: '8'\nname: gone one\nlifecycle_stage: deleted\n")
  const [parent, child] = ['a'.repeat(32), 'b'.repeat(32)]
  file(`mlruns/7/${parent}/meta.yaml`, run(parent, 'parent'))
  file(`mlruns/7/${parent}/tags/team/name`, 'red\nand blue')
  file(
    `mlruns/7/${child}/meta.yaml`,
    run(child, 'child').replace('active', 'deleted').replace('status: 3', 'status: 4'),
  )
  file(`mlruns/7/${child}/tags/mlflow.parentRunId`, parent)
  file(`mlruns/7/${child}/params/lr`, '0.1')
  file(
    `mlruns/7/${child}/metrics/val/loss`,
    '1700000002000 0.5 0\n1700000003000 nan 1\n1700000004000 inf 2\n1700000004000 -inf 3\n',
  )
  file(
    `mlruns/7/${child}/metrics/acc`,
    Array.from({ length: 2_500 }, (_, step) => `${1_700_000_000_000 + step} ${step / 7} ${step}\n`).join(''),
  )
  file(`mlruns/7/${child}/artifacts/model/weights.bin`, 'bytes')
  file('mlruns/7/datasets/d1/meta.yaml', 'name: iris\ndigest: abc\nsource: there\nsource_type: local\n')
  file(
    `mlruns/7/${child}/inputs/i1/meta.yaml`,
    `source_id: d1\ndestination_id: ${child}\ntags:\n  mlflow.data.context: training\n`,
  )
  file('mlruns/models/iris/meta.yaml', 'name: iris\ndescription: flowers\n')
  file('mlruns/models/iris/tags/kind', 'small')
  file('mlruns/models/iris/aliases/champion', '3')
  for (const version of [1, 3]) {
    file(
      `mlruns/models/iris/version-${version}/meta.yaml`,
      `name: iris\nversion: ${version}\nsource: runs:/${child}/model\nrun_id: ${child}\ndescription: number ${version}\ncurrent_stage: None\n`,
    )
    file(`mlruns/models/iris/version-${version}/tags/n`, String(version))
  }
  const done = await command(first, 'import', 'mlflow', join(home, 'mlruns'))
  assert.deepEqual(done, { code: 0, text: '2 experiments, 2 runs, 2504 points, 1 artifacts, 2 model versions\n' })
  const seen = await told(first)
  const [first_] = seen.runs.filter(({ info }) => info[0] === child)
  assert.deepEqual(first_?.info, [
    child,
    'child',
    'first one',
    'FAILED',
    1_700_000_001_000,
    1_700_000_009_000,
    'deleted',
  ])
  assert.deepEqual(
    seen.versions.map(([name, version]: string[]) => [name, version]),
    [
      ['iris', '1'],
      ['iris', '3'],
    ],
  )
  assert.equal(first_?.points.flat().length, 2_504)

  assert.equal((await command(first, 'export', 'mlflow', join(home, 'out'))).code, 0)
  assert.equal((await command(second, 'import', 'mlflow', join(home, 'out'))).code, 0)
  assert.deepEqual(await told(second), seen)
  const again = await command(second, 'import', 'mlflow', join(home, 'mlruns'))
  assert.equal(again.code, 0, again.text)
  assert.deepEqual((await told(second)).runs, seen.runs)
  assert.match((await command(first, 'export', 'mlflow', join(home, 'out'))).text, /is not empty/)
})

test('an SQLite database', async () => {
  const path = join(home, 'mlflow.db')
  const database = new DatabaseSync(path)
  database.exec(`
    create table experiments (experiment_id integer, name text, lifecycle_stage text);
    create table experiment_tags (experiment_id integer, key text, value text);
    create table runs (run_uuid text, experiment_id integer, name text, user_id text, status text, start_time bigint, end_time bigint, lifecycle_stage text, artifact_uri text);
    create table params (run_uuid text, key text, value text);
    create table tags (run_uuid text, key text, value text);
    create table metrics (run_uuid text, key text, value double, timestamp bigint, step bigint, is_nan boolean);
    create table trace_info (request_id text);
    insert into experiments values (1, 'from sqlite', 'active');
    insert into runs values ('${'c'.repeat(32)}', 1, 'one', 'bob', 'FINISHED', 1700000000000, 1700000005000, 'active', 'mlflow-artifacts:/1/x/artifacts');
    insert into params values ('${'c'.repeat(32)}', 'depth', '3');
    insert into metrics values ('${'c'.repeat(32)}', 'm', 0.25, 1700000000000, 0, 0), ('${'c'.repeat(32)}', 'm', 0, 1700000000001, 1, 1), ('${'c'.repeat(32)}', 'm', 1.7976931348623157e308, 1700000000002, 2, 0);
    insert into trace_info values ('t')`)
  database.close()
  file('art/1/x/artifacts/note.txt', 'note')
  assert.match((await command(first, 'import', 'mlflow', path)).text, /The source has 1 traces, which are not brought/)
  assert.match(
    (await command(first, 'import', 'mlflow', path, '--leave')).text,
    /Name the folder that holds them with --artifacts/,
  )
  const done = await command(
    first,
    'import',
    'mlflow',
    `sqlite:///${path}`,
    '--leave',
    '--artifacts',
    join(home, 'art'),
  )
  assert.equal(done.text, '1 experiments, 1 runs, 3 points, 1 artifacts, 0 model versions; left: 1 traces\n')
  const [one] = (await told(first)).runs.filter(({ info }) => info[0] === 'c'.repeat(32))
  assert.deepEqual(
    one?.points.flat().map(({ value }: { value: unknown }) => value),
    [0.25, 'NaN', 'Infinity'],
  )
  assert.equal(readFileSync(join(home, 'art/1/x/artifacts/note.txt'), 'utf8'), 'note')
})

for (const { source, says } of [
  { source: 'postgresql://user:secret@there/mlflow', says: /sources are SQLite files and folders/ },
  { source: '/nowhere/at/all', says: /There is no \/nowhere\/at\/all/ },
]) {
  test(`${source} is refused`, async () => {
    const { code, text } = await command(first, 'import', 'mlflow', source)
    assert.equal(code, 1)
    assert.match(text, says)
    assert.ok(!text.includes('secret'))
  })
}
