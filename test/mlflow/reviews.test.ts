import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer, type TestServer } from '../support/server.ts'

/** What people say of traces, at MLflow's paths: issues, the questions that are asked, the queues of what is looked at. */
let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server?.stop())

type Json = ReturnType<typeof JSON.parse>
/** Paths that begin at the server's root; the rest is below MLflow's newest API. */
const WHOLE = /^\/(api|get-artifact|model-versions)\b/
const ask = async (method: string, path: string, sent: Json = {}) => {
  const query = method === 'GET' ? `?${new URLSearchParams(sent)}` : ''
  const at = `${WHOLE.test(path) ? '' : '/api/3.0/mlflow'}${path}${query}`
  return server.ask(at, { method, ...(method !== 'GET' && { body: sent }) })
}
async function ok(method: string, path: string, sent: Json = {}): Promise<Json> {
  const answer = await ask(method, path, sent)
  assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`)
  return answer.json
}
async function refused(method: string, path: string, sent: Json, code: string): Promise<void> {
  const answer = await ask(method, path, sent)
  assert.equal(answer.json.error_code, code, `${method} ${path} ${JSON.stringify(sent)}: ${answer.text}`)
}
const BAD = 'INVALID_PARAMETER_VALUE'
const GONE = 'RESOURCE_DOES_NOT_EXIST'
const TAKEN = 'RESOURCE_ALREADY_EXISTS'

let names = 0
const newExperiment = async (): Promise<string> =>
  (await ok('POST', '/api/2.0/mlflow/experiments/create', { name: `e${names++}` })).experiment_id
async function newTrace(experiment_id: string): Promise<string> {
  const trace_id = `tr-${crypto.randomUUID().replaceAll('-', '')}`
  const trace_location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } }
  const trace_info = { trace_id, trace_location, request_time: new Date().toISOString(), state: 'OK' }
  await ok('POST', '/traces', { trace: { trace_info } })
  return trace_id
}

describe('issues', () => {
  test('filed, changed, found: the most severe first, with how many traces name them', async () => {
    const experiment_id = await newExperiment()
    const file = async (name: string, more: Json = {}) =>
      (await ok('POST', '/issues', { experiment_id, name, description: 'd', ...more })).issue
    const low = await file('low', { severity: 'low', root_causes: ['a'], source_run_id: 'R' })
    const high = await file('high', { severity: 'high' })
    const none = await file('none')
    assert.deepEqual([low.status, low.root_causes], ['pending', ['a']])
    const trace = await newTrace(experiment_id)
    const assessment = {
      assessment_name: none.issue_id,
      issue: { issue_name: 'none' },
      source: { source_type: 'HUMAN', source_id: 'x' },
    }
    await ok('POST', `/traces/${trace}/assessments`, { assessment: { ...assessment, trace_id: trace } })
    const search = async (more: Json = {}) => (await ok('POST', '/issues/search', { experiment_id, ...more })).issues
    const found = await search({ include_trace_count: true })
    assert.deepEqual(
      found.map((one: Json) => [one.name, one.trace_count]),
      [
        ['high', 0],
        ['low', 0],
        ['none', 1],
      ],
    )
    const changed = (await ok('PATCH', `/issues/${high.issue_id}`, { status: 'resolved', description: 'new' })).issue
    assert.deepEqual([changed.status, changed.description, changed.name], ['resolved', 'new', 'high'])
    assert.deepEqual((await ok('GET', `/issues/${high.issue_id}`)).issue, changed)
    const by = async (filter_string: string) => (await search({ filter_string })).map((one: Json) => one.name)
    assert.deepEqual(await by("status = 'resolved'"), ['high'])
    assert.deepEqual(await by("status != 'resolved' AND source_run_id = 'R'"), ['low'])
    const page = await ok('POST', '/issues/search', { experiment_id, max_results: 2 })
    const rest = await ok('POST', '/issues/search', { experiment_id, max_results: 2, page_token: page.next_page_token })
    assert.deepEqual([page.issues.length, rest.issues.length, rest.next_page_token], [2, 1, undefined])

    await refused('POST', '/issues', { experiment_id, name: 'x' }, BAD)
    await refused('POST', '/issues', { experiment_id: '404', name: 'x', description: 'd' }, GONE)
    await refused('POST', '/issues', { experiment_id, name: 'x', description: 'd', severity: 'dire' }, BAD)
    await refused('POST', '/issues/search', { filter_string: 'name = 1' }, BAD)
    await refused('PATCH', '/issues/none', { status: 'resolved' }, GONE)
    await refused('PATCH', `/issues/${high.issue_id}`, { status: 'gone' }, BAD)
    await refused('GET', '/issues/none', {}, GONE)
  })
})

describe('label schemas', () => {
  test('made, found by id and by name, changed and deleted; the default one is always there', async () => {
    const experiment_id = await newExperiment()
    const input = { pass_fail: { positive_label: 'yes', negative_label: 'no' } }
    const create = (more: Json = {}) => ({ experiment_id, name: 'good', type: 'FEEDBACK', input, ...more })
    const made = (await ok('POST', '/label-schemas/create', create())).label_schema
    assert.match(made.schema_id, /^ls-[0-9a-f]{32}$/)
    assert.deepEqual([made.input, made.enable_comment, made.is_default], [input, false, false])
    assert.deepEqual((await ok('GET', '/label-schemas/get', { schema_id: made.schema_id })).label_schema, made)
    assert.deepEqual(
      (await ok('GET', '/label-schemas/get-by-name', { experiment_id, name: 'good' })).label_schema,
      made,
    )
    const list = async () => (await ok('GET', '/label-schemas/list', { experiment_id })).label_schemas
    const [first, second] = await Promise.all([list(), list()])
    assert.deepEqual(first, second, 'the default one is made once')
    const own = first.find((one: Json) => one.is_default)
    assert.equal(own.name, 'Feedback')
    const one = await ok('GET', '/label-schemas/list', { experiment_id, max_results: 1 })
    assert.equal(one.label_schemas.length, 1)
    const update = { schema_id: made.schema_id, name: 'better', input: { categorical: { options: ['a', 'b'] } } }
    const changed = (await ok('PATCH', '/label-schemas/update', update)).label_schema
    assert.deepEqual([changed.name, changed.input], ['better', update.input])

    await ok('POST', '/label-schemas/create', create({ name: 'other' }))
    await refused('POST', '/label-schemas/create', create({ name: 'other' }), TAKEN)
    await refused('PATCH', '/label-schemas/update', { schema_id: made.schema_id, name: 'other' }, TAKEN)
    await refused('PATCH', '/label-schemas/update', { schema_id: own.schema_id, instruction: 'x' }, BAD)
    await refused('DELETE', '/label-schemas/delete', { schema_id: own.schema_id }, BAD)
    for (const wrong of [
      { name: 'Feedback' },
      { name: 'x'.repeat(251) },
      { name: 'x', type: 'OPINION' },
      { name: 'x', instruction: 'x'.repeat(1001) },
      { name: 'x', input: {} },
      { name: 'x', input: { ...input, text: {} } },
      { name: 'x', input: { pass_fail: { positive_label: 'a', negative_label: 'a' } } },
      { name: 'x', input: { categorical: { options: ['a', 'a'] } } },
      { name: 'x', input: { numeric: { min_value: 2, max_value: 1 } } },
      { name: 'x', input: { text: { max_length: 0 } } },
    ]) {
      await refused('POST', '/label-schemas/create', create(wrong), BAD)
    }
    await ok('DELETE', '/label-schemas/delete', { schema_id: made.schema_id })
    await ok('DELETE', '/label-schemas/delete', { schema_id: made.schema_id })
    await refused('GET', '/label-schemas/get', { schema_id: made.schema_id }, GONE)
    await refused('GET', '/label-schemas/get-by-name', { experiment_id, name: 'none' }, GONE)
    await refused('GET', '/label-schemas/list', { experiment_id: '404' }, GONE)
  })
})

describe('review queues', () => {
  test('made, found, changed and deleted; a person has one of their own', async () => {
    const experiment_id = await newExperiment()
    const input = { text: {} }
    const { schema_id } = (
      await ok('POST', '/label-schemas/create', { experiment_id, name: 's', type: 'FEEDBACK', input })
    ).label_schema
    const create = (more: Json = {}) => ({
      experiment_id,
      name: 'Mine',
      queue_type: 'CUSTOM',
      users: [' Ada '],
      ...more,
    })
    const made = (await ok('POST', '/review-queues/create', create({ schema_ids: [schema_id] }))).review_queue
    assert.deepEqual([made.users, made.schema_ids, made.queue_type], [['ada'], [schema_id], 'CUSTOM'])
    assert.deepEqual((await ok('GET', '/review-queues/get', { queue_id: made.queue_id })).review_queue, made)
    assert.deepEqual(
      (await ok('GET', '/review-queues/get-by-name', { experiment_id, name: 'mine' })).review_queue,
      made,
    )
    const user = { experiment_id, user: 'Bob' }
    const his = (await ok('POST', '/review-queues/get-or-create-user', user)).review_queue
    assert.deepEqual((await ok('POST', '/review-queues/get-or-create-user', user)).review_queue, his)
    assert.deepEqual([his.name, his.users], ['bob', ['bob']])
    const list = async (more: Json = {}) =>
      (await ok('GET', '/review-queues/list', { experiment_id, ...more })).review_queues.map((one: Json) => one.name)
    assert.deepEqual((await list()).toSorted(), ['Mine', 'bob'])
    assert.deepEqual(await list({ user: 'ADA' }), ['Mine'])
    const update = { queue_id: made.queue_id, name: 'Ours', update_users: true, users: [], new_owner: 'eve' }
    const changed = (await ok('POST', '/review-queues/update', update)).review_queue
    assert.deepEqual(
      [changed.name, changed.users, changed.created_by, changed.schema_ids],
      ['Ours', [], 'eve', [schema_id]],
    )

    await refused('POST', '/review-queues/create', create({ name: 'OURS' }), TAKEN)
    await refused('POST', '/review-queues/create', create({ name: 'default' }), BAD)
    await refused('POST', '/review-queues/create', create({ name: 'x', queue_type: 'ODD' }), BAD)
    await refused('POST', '/review-queues/create', create({ name: 'x', schema_ids: ['none'] }), BAD)
    await refused(
      'POST',
      '/review-queues/create',
      create({ name: 'x', users: Array.from({ length: 11 }, (_, at) => `u${at}`) }),
      BAD,
    )
    await refused('POST', '/review-queues/update', { queue_id: his.queue_id, name: 'x' }, BAD)
    await refused('GET', '/review-queues/get-by-name', { experiment_id, name: 'none' }, GONE)
    await ok('POST', '/review-queues/delete', { queue_id: made.queue_id })
    await refused('GET', '/review-queues/get', { queue_id: made.queue_id }, GONE)
  })

  test('traces in them: added once, looked at, and removed; a trace of another experiment is none', async () => {
    const experiment_id = await newExperiment()
    const { queue_id } = (await ok('POST', '/review-queues/create', { experiment_id, name: 'q', queue_type: 'CUSTOM' }))
      .review_queue
    const [a, b] = [await newTrace(experiment_id), await newTrace(experiment_id)]
    const added = (await ok('POST', '/review-queues/items/add', { queue_id, item_ids: [a, b, a], item_type: 'TRACE' }))
      .items
    assert.deepEqual(
      added.map((one: Json) => [one.item_id, one.status]),
      [
        [a, 'PENDING'],
        [b, 'PENDING'],
      ],
    )
    const status = { queue_id, item_id: a, status: 'COMPLETE', completed_by: 'Ada' }
    const { item } = await ok('POST', '/review-queues/items/set-status', status)
    assert.deepEqual([item.status, item.completed_by, item.completed_time_ms > 0], ['COMPLETE', 'ada', true])
    await ok('POST', '/review-queues/items/add', { queue_id, item_ids: [a] })
    const items = async (more: Json = {}) =>
      (await ok('GET', '/review-queues/items/list', { queue_id, ...more })).items.map((one: Json) => one.item_id)
    assert.deepEqual(await items({ status: 'COMPLETE' }), [a])
    assert.equal((await items()).length, 2)
    const queues = await ok('GET', '/review-queues/list', { experiment_id, item_id: a })
    assert.deepEqual(
      queues.review_queues.map((one: Json) => one.queue_id),
      [queue_id],
    )
    const reopened = await ok('POST', '/review-queues/items/set-status', { queue_id, item_id: a, status: 'PENDING' })
    assert.deepEqual([reopened.item.status, reopened.item.completed_by], ['PENDING', undefined])

    await refused('POST', '/review-queues/update', { queue_id, update_schema_ids: true, schema_ids: [] }, BAD)
    await refused('POST', '/review-queues/items/set-status', { queue_id, item_id: a, status: 'COMPLETE' }, BAD)
    await refused('POST', '/review-queues/items/set-status', { ...status, status: 'PENDING' }, BAD)
    await refused('POST', '/review-queues/items/set-status', { ...status, status: 'ODD' }, BAD)
    await refused('POST', '/review-queues/items/set-status', { ...status, item_id: 'none' }, GONE)
    await refused('POST', '/review-queues/items/add', { queue_id, item_ids: [] }, BAD)
    await refused(
      'POST',
      '/review-queues/items/add',
      { queue_id, item_ids: [await newTrace(await newExperiment())] },
      GONE,
    )
    await refused('POST', '/review-queues/items/add', { queue_id: 'none', item_ids: [a] }, GONE)
    await ok('POST', '/review-queues/items/remove', { queue_id, item_ids: [a] })
    assert.deepEqual(await items(), [b])
    await refused('GET', '/review-queues/items/list', { queue_id: 'none' }, GONE)
  })
})

describe('what is worked out from traces, and their files', () => {
  test('two filters are compared by how often they fit the same traces', async () => {
    const experiment_id = await newExperiment()
    const ids = [await newTrace(experiment_id), await newTrace(experiment_id), await newTrace(experiment_id)]
    for (const id of ids.slice(0, 2)) await ok('PATCH', `/api/2.0/mlflow/traces/${id}/tags`, { key: 'a', value: '1' })
    for (const id of ids.slice(0, 2)) await ok('PATCH', `/api/2.0/mlflow/traces/${id}/tags`, { key: 'b', value: '1' })
    const correlate = (filter_string1: string, filter_string2: string) =>
      ok('POST', '/traces/calculate-filter-correlation', {
        experiment_ids: [experiment_id],
        filter_string1,
        filter_string2,
      })
    const same = await correlate("tag.a = '1'", "tag.b = '1'")
    assert.deepEqual([same.npmi, same.joint_count, same.total_count, same.filter1_count], [1, 2, 3, 2])
    assert.ok(same.npmi_smoothed > 0 && same.npmi_smoothed < 1)
    const never = await correlate("tag.a = '1'", `trace_id = '${ids[2]}'`)
    assert.deepEqual([never.npmi, never.joint_count], [-1, 0])
    assert.equal((await correlate("tag.a = '1'", "tag.c = '1'")).npmi, 'NaN')
    const asked = { experiment_ids: [experiment_id], filter_string1: "tag.a = '1'" }
    await refused('POST', '/traces/calculate-filter-correlation', asked, BAD)
    await refused('POST', '/traces/calculate-filter-correlation', { ...asked, filter_string2: 'a ~ b' }, BAD)
  })

  test('numbers of traces, spans and what was said of them, by groups', async () => {
    const experiment_id = await newExperiment()
    const value = (of: Json) => ({ stringValue: JSON.stringify(of) })
    const put = async (index: number, ms: number, tokens: number) => {
      const trace_id = `tr-${crypto.randomUUID().replaceAll('-', '')}`
      const trace_info = {
        ...{ trace_id, trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } } },
        ...{ request_time: new Date(60_000 * index).toISOString(), execution_duration: `${ms / 1000}s` },
        state: index === 2 ? 'ERROR' : 'OK',
        tags: { 'mlflow.traceName': index === 2 ? 'other' : 'ask' },
        trace_metadata: {
          'mlflow.trace.session': 'one session',
          'mlflow.trace.tokenUsage': JSON.stringify({
            input_tokens: tokens,
            output_tokens: 1,
            total_tokens: tokens + 1,
          }),
        },
      }
      await ok('POST', '/traces', { trace: { trace_info } })
      const body = {
        ...{ traceId: crypto.randomUUID().replaceAll('-', ''), spanId: `${index}`.repeat(16), name: 'llm' },
        ...{ startTimeUnixNano: `${60_000 * index}000000`, endTimeUnixNano: `${60_000 * index + ms}000000` },
        attributes: [
          { key: 'mlflow.traceRequestId', value: { stringValue: trace_id } },
          { key: 'mlflow.spanType', value: value('LLM') },
          { key: 'mlflow.llm.model', value: value('small') },
          { key: 'mlflow.llm.cost', value: value({ total_cost: 0.25 * index }) },
        ],
        status: { code: 1 },
      }
      const headers = { 'x-mlflow-experiment-id': experiment_id }
      const sent = { method: 'POST', body: { resourceSpans: [{ scopeSpans: [{ spans: [body] }] }] }, headers }
      assert.equal((await server.ask('/v1/traces', sent)).status, 200)
      return trace_id
    }
    const ids = [await put(1, 100, 10), await put(2, 200, 20), await put(3, 300, 30)]
    const source = { source_type: 'HUMAN', source_id: 'x' }
    for (const [index, said] of [true, 'no', 'yes'].entries()) {
      const assessment = { assessment_name: 'good', feedback: { value: said }, source, trace_id: ids[index] }
      await ok('POST', `/traces/${ids[index]}/assessments`, { assessment })
    }
    const query = (view_type: string, metric_name: string, more: Json) => ({
      ...{ experiment_ids: [experiment_id], view_type, metric_name },
      ...more,
      aggregations: [more.aggregations ?? 'COUNT']
        .flat()
        .map((type: string) =>
          type.startsWith('P')
            ? { aggregation_type: 'PERCENTILE', percentile_value: Number(type.slice(1)) }
            : { aggregation_type: type },
        ),
    })
    const points = async (...asked: Parameters<typeof query>) =>
      (await ok('POST', '/traces/metrics', query(...asked))).data_points.map((point: Json) => [
        ...Object.values(point.dimensions),
        point.values,
      ])
    assert.deepEqual(await points('TRACES', 'trace_count', { dimensions: ['trace_name', 'trace_status'] }), [
      ['ask', 'OK', { COUNT: 2 }],
      ['other', 'ERROR', { COUNT: 1 }],
    ])
    assert.deepEqual(await points('TRACES', 'session_count', {}), [[{ COUNT: 1 }]])
    const numbers = ['AVG', 'MIN', 'MAX', 'P50', 'P12.5']
    assert.deepEqual(await points('TRACES', 'latency', { aggregations: numbers }), [
      [{ AVG: 200, MIN: 100, MAX: 300, 'P50.0': 200, 'P12.5': 125 }],
    ])
    assert.deepEqual(
      await points('TRACES', 'input_tokens', { aggregations: 'SUM', filters: ["trace.tag.mlflow.traceName = 'ask'"] }),
      [[{ SUM: 40 }]],
    )
    const within = { time_interval_seconds: 120, start_time_ms: 120_000, end_time_ms: '180000' }
    assert.deepEqual(await points('TRACES', 'trace_count', within), [['1970-01-01T00:02:00+00:00', { COUNT: 2 }]])
    assert.deepEqual(
      await points('SPANS', 'total_cost', {
        aggregations: 'SUM',
        dimensions: ['span_model_name'],
        end_time_ms: 120_000,
      }),
      [['small', { SUM: 0.75 }]],
    )
    assert.deepEqual(await points('SPANS', 'span_count', { filters: ["span.type = 'LLM'", "trace.status = 'OK'"] }), [
      [{ COUNT: 2 }],
    ])
    const scores = {
      aggregations: ['AVG', 'MIN'],
      filters: ["assessment.name = 'good'"],
      dimensions: ['assessment_name'],
    }
    assert.deepEqual(await points('ASSESSMENTS', 'assessment_value', scores), [['good', { AVG: 2 / 3, MIN: 0 }]])
    for (const wrong of [
      query('PEOPLE', 'trace_count', {}),
      query('TRACES', 'span_count', {}),
      query('TRACES', 'constructor', {}),
      query('TRACES', 'trace_count', { aggregations: 'SUM' }),
      query('TRACES', 'latency', { aggregations: 'P101' }),
      query('TRACES', 'latency', { aggregations: 'PERCENTILE' }),
      query('TRACES', 'trace_count', { dimensions: ['span_name'] }),
      query('TRACES', 'trace_count', { time_interval_seconds: 60 }),
      query('TRACES', 'trace_count', { filters: ["span.name = 'a'"] }),
      query('TRACES', 'trace_count', { filters: ["trace.status != 'OK'"] }),
      query('TRACES', 'trace_count', { filters: ["trace.status = 'OK' AND trace.status = 'OK'"] }),
      query('TRACES', 'trace_count', { filters: ["trace.tag = 'a'"] }),
      query('TRACES', 'trace_count', { filters: ['trace.status = 1'] }),
      { ...query('TRACES', 'trace_count', {}), experiment_ids: undefined },
    ])
      await refused('POST', '/traces/metrics', wrong, BAD)
    assert.deepEqual(await points('TRACES', 'trace_count', { experiment_ids: ['none'] }), [])
  })

  test('the file of a trace’s spans is that of MLflow’s client: every digit of its times', async () => {
    const experiment_id = await newExperiment()
    const trace = await newTrace(experiment_id)
    const span = {
      ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 's', startTimeUnixNano: '1700000000123456789' },
      endTimeUnixNano: '1700000001123456789',
      attributes: [{ key: 'mlflow.traceRequestId', value: { stringValue: JSON.stringify(trace) } }],
      status: { code: 1 },
    }
    const otlp = await server.ask('/v1/traces', {
      method: 'POST',
      body: { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] },
      headers: { 'x-mlflow-experiment-id': experiment_id },
    })
    assert.equal(otlp.status, 200, otlp.text)
    const found = (
      await ok('POST', '/traces/search', {
        locations: [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } }],
      })
    ).traces
    const files = await Promise.all(
      found.map((one: Json) => ask('GET', '/get-trace-artifact', { request_id: one.trace_id })),
    )
    const file = files.find(({ status }) => status === 200)
    assert.ok(file, files.map(({ text }) => text).join())
    assert.match(file.text, /"start_time_unix_nano":1700000000123456789,/)
    const [shown] = JSON.parse(file.text).spans
    assert.deepEqual([shown.name, shown.status.code, shown.parent_span_id], ['s', 'STATUS_CODE_OK', null])
    await refused('GET', '/get-trace-artifact', {}, BAD)
    await refused('GET', '/get-trace-artifact', { request_id: 'none' }, GONE)
    await refused('GET', '/get-trace-artifact', { request_id: trace, path: 'none.bin' }, GONE)
    await refused('GET', '/get-trace-artifact', { request_id: trace, path: '../x' }, BAD)
  })

  test('a file of a run or of a model’s version is saved from a page, and nothing beside it', async () => {
    const experiment_id = await newExperiment()
    const run_id = (await ok('POST', '/api/2.0/mlflow/runs/create', { experiment_id })).run.info.run_id
    const upload = `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run_id}&path=m/a%20b.html`
    assert.equal((await server.ask(upload, { method: 'POST', body: '<script>' })).status, 200)
    await ok('POST', '/api/2.0/mlflow/registered-models/create', { name: 'saved' })
    const source = `runs:/${run_id}/m`
    await ok('POST', '/api/2.0/mlflow/model-versions/create', { name: 'saved', source, run_id })
    const version = { name: 'saved', version: '1' }
    for (const [path, query] of [
      ['/get-artifact', { run_uuid: run_id, path: 'm/a b.html' }],
      ['/get-artifact', { run_id, path: 'm/a b.html' }],
      ['/model-versions/get-artifact', { ...version, path: 'a b.html' }],
    ] as const) {
      const file = await ask('GET', path, query)
      assert.deepEqual([file.status, file.text], [200, '<script>'])
      assert.equal(file.headers['content-disposition'], "attachment; filename*=UTF-8''a%20b.html")
      assert.equal(file.headers['x-content-type-options'], 'nosniff')
    }
    await refused('GET', '/get-artifact', { run_id }, BAD)
    await refused('GET', '/get-artifact', { path: 'm/a b.html' }, BAD)
    await refused('GET', '/get-artifact', { run_id, path: '../m/a b.html' }, BAD)
    await refused('GET', '/get-artifact', { run_id, path: 'm/none' }, GONE)
    await refused('GET', '/get-artifact', { run_id: 'none', path: 'm/a b.html' }, GONE)
    await refused('GET', '/model-versions/get-artifact', { ...version, path: '../a b.html' }, BAD)
    await refused('GET', '/model-versions/get-artifact', { ...version, version: '2', path: 'a b.html' }, GONE)
  })

  test('a run’s artifact is uploaded from a page; a batch is complete when it is acknowledged', async () => {
    const experiment_id = await newExperiment()
    const run_id = (await ok('POST', '/api/2.0/mlflow/runs/create', { experiment_id })).run.info.run_id
    const upload = (query: string, body: string) =>
      server.ask(`/ajax-api/2.0/mlflow/upload-artifact?${query}`, { method: 'POST', body })
    assert.equal((await upload(`run_uuid=${run_id}&path=dir/a.txt`, 'text')).status, 200)
    const { files } = await ok('GET', '/api/2.0/mlflow/artifacts/list', { run_id, path: 'dir' })
    assert.deepEqual(files, [{ path: 'dir/a.txt', is_dir: false, file_size: 4 }])
    for (const [query, body, code] of [
      [`run_uuid=${run_id}&path=../a`, 'x', BAD],
      [`run_uuid=${run_id}&path=a`, '', BAD],
      [`run_uuid=${run_id}`, 'x', BAD],
      ['run_uuid=none&path=a', 'x', GONE],
    ] as const) {
      assert.equal((await upload(query, body)).json.error_code, code, query)
    }
    const status = '/api/2.0/preview/mlflow/runs/get-run-data-status'
    assert.deepEqual(await ok('GET', status, { run_id, batch_tracking_id: 'b' }), { is_complete: true })
    await refused('GET', status, { run_id: 'none', batch_tracking_id: 'b' }, GONE)
  })
})
