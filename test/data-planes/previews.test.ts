import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { codeOf, regionOf } from './region.ts'

const { server, service, arm, write, workspace } = await regionOf()
const one = service('/dataset/v1.0')
const data = service('/data/v2.0')
const place = (path: string) => `azureml://datastores/workspaceblobstore/paths/${path}`
const table = (path: string, steps = '  - read_delimited:\n      delimiter: ","\n') =>
  `paths:\n  - pattern: ${place(path)}\ntransformations:\n${steps}`
const values = (answer: { json: { rows: { value: unknown }[][] } }) =>
  answer.json.rows.map((row) => row.map(({ value }) => value))

let datasetId = ''
before(async () => {
  await write('workspaceblobstore', 'csv/a.csv', 'x,y,z\r\n1,"a, ""b""\nc",1.5\r\n2,,2.5\r\n')
  await write('workspaceblobstore', 'csv/b.csv', 'x,y,z\n3,d,\n\n')
  await write('workspaceblobstore', 'csv/deep/c.csv', 'x,y,z\n4,e,0.5\n')
  await write('workspaceblobstore', 'lines/a.jsonl', '{"p": 1}\n{"p": 2, "q": [1]}\n')
  const latest = { dataflow: table('csv/*.csv') }
  const made = await one('POST', '/datasets', { name: 'rows', datasetType: 'tabular', latest })
  assert.equal(made.status, 200, made.text)
  datasetId = made.json.datasetId
})

describe('what a dataset holds', () => {
  test('its first rows, with types: quotation marks, several files, what is empty', async () => {
    const shown = await one('GET', `/datasets/${datasetId}/preview`)
    assert.deepEqual(shown.json.schema, [
      { id: 'x', type: 'Integer' },
      { id: 'y', type: 'String' },
      { id: 'z', type: 'Decimal' },
    ])
    assert.deepEqual(values(shown), [
      [1, 'a, "b"\nc', 1.5],
      [2, null, 2.5],
      [3, 'd', null],
    ])
    const all = await one('POST', '/datasets/dataflow/preview', JSON.stringify(table('csv/**')))
    assert.equal(all.json.rows.length, 4)
    const lines = await one(
      'POST',
      '/datasets/dataflow/preview',
      JSON.stringify(table('lines/a.jsonl', '  - read_json_lines\n')),
    )
    assert.deepEqual(values(lines), [
      [1, null],
      [2, [1]],
    ])
    const dataPath = { datastoreName: 'workspaceblobstore', relativePath: 'csv/b.csv' }
    assert.deepEqual(values(await one('POST', '/datasets/preview', { dataPath })), [[3, 'd', null]])
  })

  test('columns are kept, dropped and converted, rows skipped and taken', async () => {
    const steps = [
      '  - read_delimited:\n      delimiter: ","\n      infer_column_types: false\n',
      '  - drop_columns: [z]\n',
      '  - convert_column_types:\n      - columns: [x]\n        column_type: int\n',
      '  - skip: 1\n  - take: 1\n',
    ]
    const shown = await one('POST', '/datasets/dataflow/preview', JSON.stringify(table('csv/a.csv', steps.join(''))))
    assert.deepEqual(values(shown), [[2, '']])
  })

  test('its columns by numbers', async () => {
    const [x, y] = (await one('GET', `/datasets/${datasetId}/quickprofile`)).json
    assert.deepEqual([x.columnName, x.type, x.count, x.min.value, x.max.value], ['x', 'Integer', 3, 1, 3])
    assert.deepEqual([x.moments.mean, x.moments.variance, x.quantiles.p50, x.uniqueValues], [2, 1, 2, 3])
    assert.deepEqual([y.type, y.missingCount, y.moments], ['String', 1, null])
    const other = await one('POST', '/datasets/quickprofile/dataflow', JSON.stringify(table('csv/b.csv')))
    assert.equal(other.json.length, 3)
    const dataPath = { datastoreName: 'workspaceblobstore', relativePath: 'csv/b.csv' }
    assert.equal((await one('POST', '/datasets/quickprofile', { dataPath })).json[0].count, 1)
  })

  test('an MLTable by its place, as an asset and by its name', async () => {
    await write(
      'workspaceblobstore',
      'mltable/MLTable',
      'paths:\n  - file: ./a.csv\ntransformations:\n  - read_delimited\n',
    )
    await write('workspaceblobstore', 'mltable/a.csv', 'k\n7\n')
    const properties = { dataType: 'mltable', dataUri: place('mltable/') }
    await arm('PUT', '/data/mltable/versions/1', { properties })
    for (const call of [
      { dataUri: place('mltable/') },
      { assetId: 'azureml:mltable:1' },
      { dataContainerName: 'mltable', versionId: '1' },
    ]) {
      assert.deepEqual(values(await data('POST', '/datacall/preview', call)), [[7]], JSON.stringify(call))
    }
    assert.deepEqual((await data('POST', '/datacall/schema', { assetId: 'azureml:mltable:1' })).json, [
      { id: 'k', type: 'Integer' },
    ])
    assert.equal((await data('POST', '/datacall/quickprofile', { assetId: 'azureml:mltable:1' })).json[0].count, 1)
  })

  for (const [why, dataflow, code] of [
    ['parquet', table('csv/a.csv', '  - read_parquet\n'), 'DatasetUnreadable'],
    ['a filter', table('csv/a.csv', '  - read_delimited\n  - filter: col("x") > 1\n'), 'DatasetUnreadable'],
    ['files without a reader', `paths:\n  - file: ${place('csv/a.csv')}\n`, 'DatasetUnreadable'],
    [
      'data elsewhere',
      'paths:\n  - file: https://example.com/a.csv\ntransformations:\n  - read_delimited\n',
      'DatasetUnreadable',
    ],
    ['lines that are no JSON', table('csv/a.csv', '  - read_json_lines\n'), 'DatasetUnreadable'],
    ['no dataflow', '{', 'ValidationError'],
  ] as const) {
    test(`refused: ${why}`, async () => {
      const answer = await one('POST', '/datasets/dataflow/preview', JSON.stringify(dataflow))
      assert.deepEqual([answer.status, codeOf(answer)], [400, code], answer.text)
    })
  }
})

describe('beside a dataset', () => {
  test('a profile is made, kept as an artifact, told to be up to date or not, and forgotten', async () => {
    const made = await one('POST', `/datasets/${datasetId}/actions`, { actionType: 'Profile' })
    assert.deepEqual([made.status, made.json.status], [200, 'Completed'], made.text)
    const { actionId, resultArtifactIds } = made.json
    assert.equal((await one('GET', `/datasets/${datasetId}/actions/${actionId}`)).json.actionId, actionId)
    const content = await server.ask(`/artifact/v2.0${workspace}/artifacts/content/${resultArtifactIds[0]}`, {})
    assert.equal(JSON.parse(content.text)[0].columnName, 'x')
    const result = async () => (await one('POST', `/datasets/${datasetId}/actions/result`, {})).json
    assert.deepEqual([(await result()).isUpToDate, (await result()).resultArtifactIds], [true, resultArtifactIds])
    await write('workspaceblobstore', 'csv/later.csv', 'x,y,z\n9,f,1\n')
    assert.equal((await result()).isUpToDate, false)
    assert.equal((await one('POST', `/datasets/${datasetId}/definitions/1/profile`)).status, 200)
    assert.equal((await one('GET', `/datasets/${datasetId}/definitions/1/profile`)).json.actionResult.isUpToDate, true)
    const { savedDatasetId } = (await one('GET', `/datasets/${datasetId}`)).json.latest
    const again = await one('POST', `/saveddatasets/${savedDatasetId}/profilewithpreview?computeTarget=local`)
    assert.equal(again.json.status, 'Completed')
    const listed = await one('GET', `/datasets/${datasetId}/actions?count=2`)
    assert.deepEqual([listed.json.value.length, typeof listed.json.continuationToken], [2, 'string'])
    const requested = await one('POST', '/datasets/none/actions/listactionsfromrequest', { savedDatasetId })
    assert.equal(requested.json.value.length, 3)
    await one('PUT', `/datasets/${datasetId}/actions/${actionId}/result`, { resultArtifactIds: ['mine'] })
    const changed = await one('GET', `/datasets/${datasetId}/actions/${actionId}`)
    assert.deepEqual(changed.json.resultArtifactIds, ['mine'])
    assert.equal((await one('POST', `/datasets/${datasetId}/actions/${actionId}/cancel`)).status, 200)
    await one('DELETE', `/datasets/${datasetId}/actions`)
    assert.deepEqual((await one('GET', `/datasets/${datasetId}/actions`)).json.value, [])
    assert.equal((await one('GET', `/datasets/${datasetId}/actions/${actionId}`)).status, 404)
    assert.equal((await one('GET', `/datasets/${datasetId}/definitions/1/profile`)).status, 404)
    const strange = await one('POST', `/datasets/${datasetId}/actions`, { actionType: 'Shred' })
    assert.deepEqual([strange.status, codeOf(strange)], [400, 'ParameterInvalid'])
  })

  test('snapshots keep a profile of a version', async () => {
    const body = { datasetSnapshotName: 'then', definitionVersion: '1' }
    const made = await one('POST', `/datasets/${datasetId}/datasetSnapshots`, body)
    assert.deepEqual([made.status, made.json.definitionVersion], [200, '1'], made.text)
    assert.equal((await one('POST', `/datasets/${datasetId}/datasetSnapshots`, body)).status, 409)
    assert.equal((await one('POST', `/datasets/${datasetId}/datasetSnapshots?ifExistsOk=true`, body)).status, 200)
    const found = (await one('GET', `/datasets/${datasetId}/datasetSnapshots/then`)).json
    const action = await one('GET', `/datasets/${datasetId}/actions/${found.profileActionId}`)
    assert.equal(action.json.status, 'Completed')
    assert.equal((await one('GET', `/datasets/${datasetId}/datasetSnapshots`)).json.value.length, 1)
    const copied = { datasetSnapshotName: 'copy', createDatasnapshot: true }
    assert.equal((await one('POST', `/datasets/${datasetId}/datasetSnapshots`, copied)).status, 400)
    assert.equal((await one('DELETE', `/datasets/${datasetId}/datasetSnapshots/then`)).status, 200)
    assert.equal((await one('GET', `/datasets/${datasetId}/datasetSnapshots/then`)).status, 404)
  })

  test('samples are datasets; associations and files are kept', async () => {
    const sample = { sampleDatasetName: 'few', sampleStrategy: 'top_n', sampleArguments: { n: 1 } }
    const few = await one('POST', `/datasets/${datasetId}/sample`, sample)
    assert.equal(few.status, 200, few.text)
    assert.equal((await one('GET', `/datasets/${few.json.datasetId}/preview`)).json.rows.length, 1)
    const odd = { ...sample, sampleDatasetName: 'odd', sampleStrategy: 'stratified' }
    assert.equal((await one('POST', `/datasets/${datasetId}/sample`, odd)).status, 400)

    const association = { associatedDatasetId: few.json.datasetId, relation: 'sample' }
    const made = await one('POST', `/datasets/${datasetId}/associations`, association)
    assert.equal(made.json.targetDatasetId, few.json.datasetId)
    assert.equal((await one('GET', `/datasets/${datasetId}/associations`)).json.value.length, 1)
    assert.equal((await one('POST', `/datasets/${datasetId}/associations/remove`, association)).json, 1)
    assert.deepEqual((await one('GET', `/datasets/${datasetId}/associations`)).json.value, [])
    const strange = await one('POST', `/datasets/${datasetId}/associations`, { associatedDatasetId: 'none' })
    assert.equal(strange.status, 404)

    const file = await one('POST', `/datasets/${datasetId}/artifacts`, { path: 'notes/a.txt', content: 'hello' })
    const content = await server.ask(`/artifact/v2.0${workspace}/artifacts/content/${file.json}`, {})
    assert.equal(content.text, 'hello')
    const outside = await one('POST', `/datasets/${datasetId}/artifacts`, { path: '../a', content: '' })
    assert.deepEqual([outside.status, codeOf(outside)], [400, 'ArtifactPathInvalid'])
  })
})
