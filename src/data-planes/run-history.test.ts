/** What run history keeps of a run beside its states: events, typed metrics, services, spans; as azureml-core sends it. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer } from '../../test/support/server.ts'

const server = await startServer()
after(() => server.stop())
const workspace = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
const ask = (method: string, path: string, body?: unknown, prefix = '/history/v1.0') =>
  server.ask(`${prefix}${workspace}${path}`, { method, host: 'eastus.api.azureml.ms', body })
const metric = (method: string, path: string, body?: unknown) => ask(method, path, body, '/metric/v2.0')
const make = async (id: string) => (await ask('PATCH', `/experiments/kept/runs/${id}`, { status: 'NotStarted' })).json
const event = (run: string, name: string, data: object = {}) =>
  ask('POST', `/experiments/kept/runs/${run}/events`, {
    name: `Microsoft.MachineLearning.Run.${name}`,
    timestamp: '2026-01-01T00:00:05.123456+00:00',
    data: { RunId: run, ...data },
  })

describe('events', () => {
  test('they bring a run from state to state, with the times that they tell', async () => {
    await make('E1')
    assert.equal((await event('E1', 'Start', { StartTime: '2026-01-01T00:00:01Z' })).status, 200)
    await event('E1', 'Warning', { Source: 'train.py', Message: 'few rows' })
    await event('E1', 'Error', { ErrorResponse: { error: { code: 'UserError', message: 'no file' } } })
    await event('E1', 'Failed', { EndTime: '2026-01-01T00:00:09Z' })
    const run = (await ask('GET', '/runs/E1')).json
    assert.deepEqual(
      [run.status, run.startTimeUtc, run.endTimeUtc, run.warnings, run.error.error.message],
      [
        'Failed',
        '2026-01-01T00:00:01.000Z',
        '2026-01-01T00:00:09.000Z',
        [{ message: 'few rows', source: 'train.py' }],
        'no file',
      ],
    )
    const spans = (await ask('GET', '/runs/E1/spans', undefined, '/history/v1.0/private')).json.value
    assert.deepEqual(
      spans.map(({ status }: { status: string }) => status),
      ['NotStarted', 'Running', 'Failed'],
    )
    const events = (await ask('GET', '/runs/E1/events')).json.value
    assert.deepEqual(
      events.map(({ name }: { name: string }) => name.split('.').at(-1)),
      ['Start', 'Warning', 'Error', 'Failed'],
    )
  })

  test('one that is sent again is kept once; one of a client’s own changes nothing', async () => {
    await make('E2')
    for (const _ of [1, 2]) assert.equal((await event('E2', 'Completed')).status, 200)
    await ask('POST', '/runs/E2/events', { name: 'My.Event', data: { a: 1 } })
    const events = (await ask('GET', '/runs/E2/events')).json.value
    assert.deepEqual(
      events.map(({ name }: { name: string }) => name),
      ['Microsoft.MachineLearning.Run.Completed', 'My.Event'],
    )
    assert.equal((await ask('GET', '/runs/E2')).json.status, 'Completed')
  })

  test('a batch tells which runs it is of, and what was wrong with which', async () => {
    await make('E3')
    const events = [
      { name: 'Microsoft.MachineLearning.Run.Start', data: { RunId: 'E3' } },
      { name: 'Microsoft.MachineLearning.Run.Start', data: { RunId: 'nobody' } },
      { name: 'Microsoft.MachineLearning.Run.Start' },
    ]
    const { errors, successes } = (await ask('POST', '/experiments/kept/batch/events', { events })).json
    assert.deepEqual(successes, ['E3'])
    assert.deepEqual(
      errors.map(({ value }: { value: { error: { message: string } } }) => value.error.message),
      ["Run 'nobody' was not found.", 'An event of a batch names its run as RunId.'],
    )
    assert.equal((await ask('POST', '/batch/events', { events: [{}] })).status, 400)
  })

  test('a wish to stop is one', async () => {
    await make('E4')
    await event('E4', 'Start')
    await event('E4', 'CancelRequested')
    assert.equal((await ask('GET', '/runs/E4')).json.status, 'Canceled')
  })

  for (const { name, path, body, status } of [
    { name: 'of no run', path: '/runs/nobody/events', body: { name: 'a' }, status: 404 },
    { name: 'without a name', path: '/runs/E1/events', body: { data: {} }, status: 400 },
    { name: 'at no time', path: '/runs/E1/events', body: { name: 'a', timestamp: 'soon' }, status: 400 },
  ]) {
    test(`an event ${name} is refused`, async () => assert.equal((await ask('POST', path, body)).status, status))
  }
})

describe('typed metrics', () => {
  before(async () => {
    await make('M1')
    const scalar = (value: number, createdUtc: string) => ({
      name: 'loss',
      columns: { loss: 'double' },
      properties: { uxMetricType: 'azureml.v1.scalar' },
      value: [{ metricId: createdUtc, createdUtc, step: null, data: { loss: value } }],
    })
    const values = [
      // Three within one millisecond, in the order in which they were logged.
      scalar(0.5, '2026-01-01T00:00:00.000100+00:00'),
      scalar(0.4, '2026-01-01T00:00:00.000200+00:00'),
      scalar(0.45, '2026-01-01T00:00:00.000300+00:00'),
      {
        name: 'table',
        columns: { a: 'int', b: 'string' },
        properties: { uxMetricType: 'azureml.v1.table' },
        value: [
          { metricId: 't0', data: { a: 1, b: 'x' } },
          { metricId: 't1', data: { a: 2, b: 'y' } },
        ],
      },
      {
        name: 'picture',
        columns: { picture: 'artifact' },
        properties: { uxMetricType: 'azureml.v2.image' },
        value: [{ metricId: 'p0', data: { picture: 'aml://artifactId/ExperimentRun/dcid.M1/picture_1.png' } }],
      },
      { name: 'word', columns: { word: 'string' }, value: [{ metricId: 'w0', data: { word: 'good' } }] },
    ]
    assert.deepEqual((await metric('POST', '/runs/M1/batch', { values, reportErrors: true })).json, { errors: [] })
    // A retry of all of it.
    await metric('POST', '/runs/M1/batch', { values })
  })

  test('all are listed with their kinds and columns', async () => {
    const { value } = (await metric('POST', '/runs/M1/list', {})).json
    const seen = value.map(
      (one: { metricKey: { name: string }; columns: object; properties: { uxMetricType: string } }) => [
        one.metricKey.name,
        one.properties.uxMetricType,
        one.columns,
      ],
    )
    assert.deepEqual(seen, [
      ['loss', 'azureml.v1.scalar', { loss: 'Double' }],
      ['picture', 'azureml.v2.image', { picture: 'artifact' }],
      ['table', 'azureml.v1.table', { a: 'int', b: 'string' }],
      ['word', 'azureml.v1.scalar', { word: 'string' }],
    ])
  })

  for (const { name, rows } of [
    { name: 'loss', rows: [{ loss: 0.5 }, { loss: 0.4 }, { loss: 0.45 }] },
    {
      name: 'table',
      rows: [
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ],
    },
    { name: 'picture', rows: [{ picture: 'aml://artifactId/ExperimentRun/dcid.M1/picture_1.png' }] },
    { name: 'word', rows: [{ word: 'good' }] },
  ]) {
    test(`${name} comes back as it was logged, each row once`, async () => {
      for (const kind of ['full', 'sample']) {
        const { value } = (await metric('POST', `/runs/M1/${kind}`, { metricName: name })).json
        assert.deepEqual(
          value.map(({ data }: { data: object }) => data),
          rows,
          kind,
        )
      }
    })
  }

  test('numbers are what MLflow sees, at whole milliseconds', async () => {
    const path = '/api/2.0/mlflow/metrics/get-history?run_id=M1&metric_key=loss'
    const { metrics } = (await ask('GET', path, undefined, '/mlflow/v2.0')).json
    assert.deepEqual(
      metrics.map(({ value, timestamp }: { value: number; timestamp: number }) => [value, timestamp % 1]),
      [
        [0.5, 0],
        [0.4, 0],
        [0.45, 0],
      ],
    )
  })

  test('as azureml-core wrote them before: cells, asked for by run and by id', async () => {
    const { experimentId } = await make('M2')
    const old = (name: string, cells: object[], more: object = {}) => ({
      metricId: `old-${name}`,
      metricType: 'azureml.v1.scalar',
      createdUtc: '2026-01-01T00:00:00.5Z',
      name,
      cells,
      schema: { numProperties: 1, properties: [{ propertyId: name, name, type: 'float' }] },
      ...more,
    })
    const matrix = { metricType: 'azureml.v1.confusion_matrix', dataLocation: 'aml://artifactId/a/b/c' }
    await ask('POST', '/experiments/kept/runs/M2/metrics', old('acc', [{ acc: 0.9 }]))
    const values = [old('list', [{ list: 1 }, { list: 1 }, { list: 2 }]), old('matrix', [], matrix)]
    assert.equal((await ask('POST', '/experiments/kept/runs/M2/batch/metrics', { values })).status, 200)
    assert.equal((await ask('GET', '/experiments/kept/runs/M2/metricsingest/wait')).status, 200)
    const query = { filter: "(RunId eq 'M2' or RunId eq 'nobody')" }
    const found = (await ask('POST', '/experiments/kept/metrics:query', query)).json.value
    const seen = found.map((one: { name: string; cells: object[]; dataLocation: string }) => [
      one.name,
      one.cells.length,
      one.dataLocation,
    ])
    assert.deepEqual(seen, [
      ['acc', 1, null],
      ['list', 3, null],
      ['matrix', 1, 'aml://artifactId/a/b/c'],
    ])
    for (const { metricId, name } of found) {
      const one = (await ask('GET', `/experimentids/${experimentId}/metrics/${encodeURIComponent(metricId)}`)).json
      assert.equal(one.name, name)
    }
    const named = { filter: 'RunId eq M2 and (name eq list)' }
    assert.equal((await ask('POST', '/experiments/kept/metrics:query', named)).json.value.length, 1)
  })

  test('all of a run’s are deleted, and the run stays', async () => {
    await make('M3')
    const values = [
      { name: 'a', value: [{ data: { a: 1 } }] },
      { name: 'b', value: [{ data: { b: 'x', c: 2 } }] },
    ]
    await metric('POST', '/runs/M3/batch', { values })
    assert.equal((await metric('DELETE', '/runs/M3/deleteMetrics')).status, 200)
    assert.deepEqual((await metric('POST', '/runs/M3/list', {})).json.value, [])
    assert.equal((await metric('POST', '/runs/M3/full', { metricName: 'a' })).status, 404)
    assert.equal((await ask('GET', '/runs/M3')).status, 200)
    await metric('POST', '/runs/M3/batch', { values })
    assert.equal((await metric('POST', '/runs/M3/list', {})).json.value.length, 2)
  })

  for (const { name, method, path, body, status } of [
    {
      name: 'of a run that is not there',
      method: 'POST',
      path: '/runs/nobody/batch',
      body: { values: [] },
      status: 404,
    },
    { name: 'without a name', method: 'POST', path: '/runs/M1/batch', body: { values: [{ value: [] }] }, status: 400 },
    {
      name: 'at no time',
      method: 'POST',
      path: '/runs/M1/batch',
      body: { values: [{ name: 'x', value: [{ createdUtc: 'now', data: { x: 1 } }] }] },
      status: 400,
    },
    {
      name: 'that was never logged',
      method: 'POST',
      path: '/runs/M1/full',
      body: { metricName: 'never' },
      status: 404,
    },
    {
      name: 'of a container that is no run’s',
      method: 'DELETE',
      path: '/experiments/kept/containers/x/deleteMetrics',
      body: undefined,
      status: 404,
    },
  ]) {
    test(`a metric ${name} is refused`, async () => assert.equal((await metric(method, path, body)).status, status))
  }

  for (const filter of ['', "RunId ne 'a'", "RunId eq 'a' and", "Size eq 3 and RunId eq 'a'", "Name eq 'x'"]) {
    test(`the query "${filter}" is refused`, async () =>
      assert.equal((await ask('POST', '/experiments/kept/metrics:query', { filter })).status, 400))
  }
})

describe('artifacts, as azureml-core asks for them', () => {
  const artifact = (method: string, path: string, body?: unknown) => ask(method, path, body, '/artifact/v2.0')
  const place = 'ExperimentRun/dcid.A1'

  test('bytes go in and out through the service; a second upload says whether it may replace', async () => {
    await make('A1')
    const content = `/artifacts/content/${place}/outputs/a/note.txt`
    const made = (await artifact('POST', content, 'first')).json
    assert.deepEqual([made.path, made.artifactId], ['outputs/a/note.txt', `${place}/outputs/a/note.txt`])
    assert.equal((await artifact('POST', `${content}?allowOverwrite=false`, 'second')).status, 409)
    assert.match((await artifact('GET', content)).text, /first/)
    assert.match((await artifact('GET', `/artifacts/${place}/content?path=outputs/a/note.txt`)).text, /first/)
    assert.equal((await artifact('GET', `/artifacts/content/${place}/none.txt`)).status, 404)
  })

  test('they are found by path, by id and by run', async () => {
    const id = `${place}/outputs/a/note.txt`
    assert.equal((await artifact('GET', `/artifacts/metadata/${id}`)).json.path, 'outputs/a/note.txt')
    assert.equal(
      (
        await artifact('POST', '/artifacts/register', {
          origin: 'ExperimentRun',
          container: 'dcid.A1',
          path: 'outputs/a/note.txt',
        })
      ).status,
      200,
    )
    assert.equal(
      (await artifact('POST', '/artifacts/register', { origin: 'ExperimentRun', container: 'dcid.A1', path: 'no' }))
        .status,
      404,
    )
    const many = (await artifact('POST', '/artifacts/batch/metadata', { artifactIds: [id, `${place}/no`] })).json
    assert.deepEqual([Object.keys(many.artifacts), Object.keys(many.errors)], [[id], [`${place}/no`]])
    const ofRun = '/experiments/kept/runs/A1/artifacts'
    assert.equal((await ask('GET', `${ofRun}/path/outputs/a`)).json.value.length, 1)
    const { contentUri } = (await ask('GET', `${ofRun}/contentinfo/outputs/a/note.txt`)).json
    assert.match(contentUri, /note\.txt\?/)
    assert.match((await ask('GET', `${ofRun}/artifacturi/outputs/a/note.txt`)).text, /note\.txt\?/)
    assert.equal((await artifact('GET', `/artifacts/prefix/contentinfo/${place}/outputs`)).json.value.length, 1)
  })

  test('they are deleted one by one and all together', async () => {
    for (const name of ['x', 'y', 'z']) await artifact('POST', `/artifacts/content/${place}/d/${name}`, name)
    const left = async () =>
      (await artifact('GET', `/artifacts/${place}/d/`)).json.value.map(({ path }: { path: string }) => path)
    await artifact('DELETE', `/artifacts/metadata/${place}/d/x`)
    assert.deepEqual(await left(), ['d/y', 'd/z'])
    const paths = [{ path: 'd/y' }, { path: 'd/none' }]
    assert.equal((await artifact('POST', `/artifacts/${place}/batch/metadata:delete`, { paths })).status, 404)
    assert.deepEqual(await left(), ['d/y', 'd/z'])
    assert.equal((await artifact('DELETE', `/artifacts/${place}/batch`)).status, 200)
    assert.deepEqual((await artifact('GET', `/artifacts/${place}`)).json.value, [])
  })
})

describe('what else a client reports of a run', () => {
  test('it is shown again; services are added to and deleted one by one', async () => {
    const sent = {
      runId: 'S1',
      runType: 'automl',
      target: 'local',
      parameters: { depth: 3, name: 'x' },
      inputDatasets: [{ identifier: { savedId: 'd' } }],
      services: { web: { type: 'Web', endpoint: 'http://a' } },
    }
    await ask('PATCH', '/experiments/kept/runs/S1', sent)
    await ask('PATCH', '/experiments/kept/runs/S1', { services: { shell: { type: 'SSH' } } })
    const run = (await ask('GET', '/runs/S1')).json
    assert.deepEqual(
      [run.runType, run.target, run.parameters, run.inputDatasets, Object.keys(run.services)],
      ['automl', 'local', { depth: '3', name: 'x' }, sent.inputDatasets, ['web', 'shell']],
    )
    const left = (await ask('DELETE', '/runs/S1/services', { servicesToDelete: ['web'] })).json
    assert.deepEqual(Object.keys(left.services), ['shell'])
  })

  test('services of a node', async () => {
    await make('S2')
    const path = '/runs/S2/serviceinstances/node-0'
    await ask('PATCH', path, { instances: { web: { port: 80, status: 'Running' } } })
    await ask('PATCH', path, { instances: { shell: { port: 22 } } })
    assert.deepEqual((await ask('GET', path)).json.instances, {
      web: { port: 80, status: 'Running' },
      shell: { port: 22 },
    })
    assert.deepEqual((await ask('GET', '/runs/S2/serviceinstances/node-1')).json.instances, {})
    assert.equal((await ask('GET', '/runs/nobody/serviceinstances/node-1')).status, 404)
  })

  test('runs are reported many at once, and counted by state', async () => {
    const runs = [
      { runId: 'B1', status: 'Running' },
      { runId: 'B2', status: 'Completed' },
      { runId: 'B3', status: 'Dancing' },
      { status: 'Running' },
    ]
    const answer = (await ask('PATCH', '/experiments/many/batch/runs', { runs })).json
    assert.deepEqual(
      [Object.keys(answer.runs), Object.keys(answer.errors)],
      [
        ['B1', 'B2'],
        ['B3', ''],
      ],
    )
    const counts = (await ask('GET', '/experiments/many/runcounts')).json
    assert.deepEqual([counts.running, counts.completed, counts.failed], [1, 1, 0])
  })

  test('spans of its own stand behind its states', async () => {
    await make('S3')
    const spans = [{ name: 'download', context: { spanId: 's1' }, startTimestamp: '2026-01-01T00:00:00Z' }]
    for (const _ of [1, 2]) await ask('POST', '/runs/S3/spans', { spans }, '/history/v1.0/private')
    const found = (await ask('GET', '/runs/S3/spans', undefined, '/history/v1.0/private')).json.value
    assert.deepEqual(
      found.map(({ name }: { name: string }) => name),
      ['NotStarted', 'download'],
    )
  })

  test('runs are not deleted by age, and nothing says so', async () => {
    const prefix = '/history/v1.0/private'
    assert.equal((await ask('GET', '/deleteConfiguration', undefined, prefix)).json.isEnabled, false)
    assert.equal((await ask('PATCH', '/deleteConfiguration', { isEnabled: true }, prefix)).status, 400)
  })
})

describe('filters', () => {
  test('values of one field joined by or, and what is not there', async () => {
    for (const [id, status] of [
      ['F1', 'Running'],
      ['F2', 'Completed'],
      ['F3', 'Failed'],
    ] as const) {
      await ask('PATCH', `/experiments/filtered/runs/${id}`, { status: 'Running', tags: { owner: id } })
      await ask('PATCH', `/experiments/filtered/runs/${id}`, { status })
    }
    const find = async (filter: string) => {
      const query = `$filter=${encodeURIComponent(filter)}&$orderby=runnumber`
      const answer = await ask('GET', `/experiments/filtered/runs?${query}`)
      assert.equal(answer.status, 200, answer.text)
      return answer.json.value.map(({ runId }: { runId: string }) => runId).toSorted()
    }
    assert.deepEqual(await find("Status eq 'Completed' or Status eq 'Failed'"), ['F2', 'F3'])
    assert.deepEqual(await find("(tags/owner eq 'F1' or tags/owner eq 'F3') and Status ne 'Failed'"), ['F1'])
    assert.deepEqual(await find('EndTimeUtc ne null'), ['F2', 'F3'])
    assert.deepEqual(await find('EndTimeUtc eq null'), ['F1'])
    assert.deepEqual(await find("tags/owner ne null and RunId eq 'F2'"), ['F2'])
    for (const filter of ["Status eq 'a' or RunId eq 'b'", "(Status eq 'a'", 'Status gt null']) {
      const answer = await ask('GET', `/experiments/filtered/runs?$filter=${encodeURIComponent(filter)}`)
      assert.equal(answer.status, 400, filter)
    }
  })
})
