import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { codeOf, regionOf } from './region.ts'

const { service, arm, write, workspace } = await regionOf()
const one = service('/dataset/v1.0')
const oneTwo = service('/dataset/v1.2')
const two = service('/dataset/v2.0')
const data = service('/data/v1.0')

const place = (path: string) => `azureml://datastores/workspaceblobstore/paths/${path}`
const table = (path: string) =>
  `type: mltable\npaths:\n  - pattern: ${place(path)}\ntransformations:\n  - read_delimited:\n      delimiter: ","\n`
/** A dataflow as azureml-core 1.61 sends it. */
const sent = (text: string) => JSON.stringify({ blocks: [], meta: { RsDataflow: text } })
const dataset = (name: string, dataflow: string, more: object = {}) => ({
  ...{ name, datasetType: 'tabular', isVisible: true, latest: { dataflow, properties: { p: 1 } }, ...more },
})

await write('workspaceblobstore', 'csv/a.csv', 'x,y\n1,a\n2,b\n')
await write('workspaceblobstore', 'csv/b.csv', 'x,y\n3,c\n')

for (const [name, ask] of [
  ['v1.0', one],
  ['v1.2', oneTwo],
] as const) {
  describe(`registered datasets, ${name}`, () => {
    const own = `d-${name.replace('.', '-')}`

    test('one is registered, is a data asset, gets versions, and says what it reads', async () => {
      const made = await ask('POST', '/datasets', dataset(own, sent(table('csv/a.csv')), { tags: { a: '1' } }))
      assert.equal(made.status, 200, made.text)
      assert.deepEqual(
        [made.json.latest.versionId, made.json.tags, made.json.datasetType],
        ['1', { a: '1' }, 'tabular'],
      )
      const there = (await arm('GET', `/data/${own}/versions/1`)).json.properties
      assert.deepEqual([there.dataType, there.tags], ['mltable', { a: '1' }])
      assert.match(there.dataUri, /\/datastores\/workspaceartifactstore\/paths\/LocalUpload\/dataset-[0-9a-f-]{36}\/$/)

      assert.equal((await ask('POST', '/datasets', dataset(own, table('csv/b.csv')))).status, 409)
      const again = '/datasets?ifExistsOk=true&updateDefinitionIfExists=true'
      assert.equal((await ask('POST', again, dataset(own, sent(table('csv/a.csv'))))).json.latest.versionId, '1')
      const next = await ask('POST', again, dataset(own, table('csv/b.csv')))
      assert.equal(next.json.latest.versionId, '2')
      const kept = await ask('POST', '/datasets?ifExistsOk=true', dataset(own, table('csv/**')))
      assert.equal(kept.json.latest.versionId, '2')

      const { datasetId } = next.json
      const byName = await ask('GET', `/datasets/query/name=${own}?versionId=1`)
      assert.deepEqual([byName.json.datasetId, byName.json.latest.dataflow], [datasetId, sent(table('csv/a.csv'))])
      assert.deepEqual((await ask('GET', `/datasets/${datasetId}/versions`)).json.value, ['2', '1'])
      const paged = (await ask('GET', `/datasets/${datasetId}/definitions?pageSize=1`)).json
      assert.deepEqual([paged.value[0].versionId, typeof paged.continuationToken], ['2', 'string'])
      const third = await ask('POST', `/datasets/${datasetId}/definitions`, { dataflow: table('csv/**') })
      assert.equal(third.json.latest.versionId, '3')
      const first = (await ask('GET', `/datasets/${datasetId}/definitions/1`)).json
      assert.deepEqual([first.dataPath.datastoreName, first.dataPath.relativePath], ['workspaceblobstore', 'csv/a.csv'])
      assert.deepEqual(first.properties, { p: 1 })
    })

    test('it is changed, hidden, found, and unregistered with all its versions', async () => {
      const found = (await ask('GET', `/datasets/query/name=${own}`)).json
      const change = { ...found, description: 'new', tags: { b: '2' }, latest: { versionId: found.latest.versionId } }
      const changed = await ask('PUT', `/datasets/${found.datasetId}`, change)
      assert.deepEqual([changed.json.description, changed.json.tags], ['new', { b: '2' }], changed.text)
      const names = async (query: string) =>
        (await ask('GET', `/datasets${query}`)).json.value.map((each: { name: string }) => each.name)
      assert.ok((await names('')).includes(own))
      assert.deepEqual(await names('?searchText=nothing-like-it'), [])
      await ask('PUT', `/datasets/${found.datasetId}`, { name: own, isVisible: false })
      assert.ok(!(await names('')).includes(own))
      assert.ok((await names('?includeInvisible=true')).includes(own))
      const renamed = await ask('PUT', `/datasets/${found.datasetId}`, { name: 'another' })
      assert.deepEqual([renamed.status, codeOf(renamed)], [400, 'ParameterInvalid'])
      assert.equal((await ask('DELETE', `/datasets/${own}`)).status, 200)
      assert.equal((await arm('GET', `/data/${own}/versions/1`)).status, 404)
      assert.equal((await ask('GET', `/datasets/query/name=${own}`)).status, 404)
    })
  })
}

describe('what others made', () => {
  test('files and tables of the resource manager are datasets, and lead back by their saved ids', async () => {
    const version = (dataType: string, dataUri: string) => ({ properties: { dataType, dataUri } })
    await arm('PUT', '/data/folder/versions/1', version('uri_folder', place('csv/')))
    await write(
      'workspaceblobstore',
      'mltable/MLTable',
      'paths:\n  - file: ./x.csv\ntransformations:\n  - read_delimited\n',
    )
    await arm('PUT', '/data/table/versions/1', version('mltable', place('mltable/')))
    const folder = (await one('GET', '/datasets/query/name=folder')).json
    assert.deepEqual([folder.datasetType, /paths\/csv\/\*\*/.test(folder.latest.dataflow)], ['file', true])
    const shown = (await one('GET', '/datasets/query/name=table')).json
    assert.deepEqual([shown.datasetType, /paths\/mltable\/x\.csv/.test(shown.latest.dataflow)], ['tabular', true])
    const saved = (await one('GET', `/saveddatasets/${shown.latest.savedDatasetId}`)).json
    assert.equal(saved.dataflowJson, shown.latest.dataflow)
    const back = await one('GET', `/datasets/query/savedDatasetId=${shown.latest.savedDatasetId}`)
    assert.deepEqual(
      back.json.value.map((each: { name: string }) => each.name),
      ['table'],
    )
  })

  test('a file dataset is the files that it names', async () => {
    const file = `paths:\n  - pattern: ${place('csv/a.csv')}\n`
    await one('POST', '/datasets', dataset('file', file, { datasetType: 'file' }))
    const folder = `paths:\n  - pattern: ${place('csv/**')}\n`
    await one('POST', '/datasets', dataset('files', folder, { datasetType: 'file' }))
    const seen = async (name: string) => (await arm('GET', `/data/${name}/versions/1`)).json.properties
    const [alone, all] = [await seen('file'), await seen('files')]
    assert.equal((await data('GET', '/dataversion/file/versions/1')).json.isV2, true, 'mltable.load asks for it')
    assert.deepEqual([alone.dataType, alone.dataUri.split('/paths/')[1]], ['uri_file', 'csv/a.csv'])
    assert.deepEqual([all.dataType, all.dataUri.split('/paths/')[1]], ['uri_folder', 'csv/'])
  })
})

describe('saved datasets', () => {
  test('by content: the same is the same one, and the client reads its dataflow where it looks for it', async () => {
    const body = { datasetType: 'tabular', dataflowJson: sent(table('csv/a.csv')), properties: {} }
    const saved = (await one('POST', '/saveddatasets', body)).json
    assert.equal((await one('POST', '/saveddatasets', body)).json.id, saved.id)
    const other = { ...body, dataflowJson: sent(table('csv/b.csv')) }
    assert.notEqual((await one('POST', '/saveddatasets', other)).json.id, saved.id)
    assert.equal((await one('GET', `/saveddatasets/${saved.id}`)).json.dataflowJson, body.dataflowJson)
    const legacy = await data('GET', `/dataversion/unregistered-${saved.id}/versions/1?includeSavedDatasets=true`)
    assert.deepEqual([legacy.json.legacyDataflow, legacy.json.isV2], [table('csv/a.csv'), false])
  })

  test('from a path, and from a request that says how files are read', async () => {
    const dataPath = { datastoreName: 'workspaceblobstore', relativePath: 'csv/a.csv' }
    const files = await one('POST', '/saveddatasets/from-data-path', dataPath)
    assert.deepEqual([files.json.datasetType, files.json.dataPath.relativePath], ['file', 'csv/a.csv'])
    const asked = { dataPath, sourceProperties: { delimiter: ';' } }
    const rows = await one('POST', '/saveddatasets/from-request', asked)
    assert.match(rows.json.dataflowJson, /read_delimited:\n\s+delimiter: ;/)
    const parsed = (await one('POST', '/datasets/parse', { dataPath })).json.sourceProperties
    assert.deepEqual([parsed.delimiter, parsed.promoteHeaders], [',', true])
    const made = await one('POST', '/datasets/register', { ...asked, name: 'from-path', tags: { t: '1' } })
    assert.deepEqual([made.json.name, made.json.tags], ['from-path', { t: '1' }])
    assert.equal((await arm('GET', '/data/from-path/versions/1')).json.properties.dataType, 'mltable')
    const { dataVersion, isV2 } = (await data('GET', '/dataversion/from-path/versions/1')).json
    assert.deepEqual([dataVersion.dataType, isV2], ['MLTable', true], 'what mltable.load compares to the letter')
  })

  test('dataflows of the client’s older versions become MLTables', async () => {
    const block = (type: string, more: object) => ({ type: `Microsoft.DPrep.${type}`, arguments: more })
    const datastores = [{ datastoreName: 'workspaceblobstore', path: 'csv/a.csv' }]
    const old = {
      blocks: [block('GetDatastoreFilesBlock', { datastores }), block('ParseDelimitedBlock', { separator: '|' })],
    }
    const saved = (await one('POST', '/saveddatasets', { datasetType: 'tabular', dataflowJson: JSON.stringify(old) }))
      .json
    assert.equal(saved.dataPath.relativePath, 'csv/a.csv')
    const strange = { blocks: [block('GetDatastoreFilesBlock', { datastores }), block('PivotBlock', {})] }
    const refused = await one('POST', '/saveddatasets', { dataflowJson: JSON.stringify(strange) })
    assert.deepEqual([refused.status, /PivotBlock/.test(refused.text)], [400, true])
  })
})

describe('states', () => {
  test('a dataset and a version of it say what became of them', async () => {
    const { datasetId } = (await one('POST', '/datasets', dataset('state', table('csv/a.csv')))).json
    const deprecatedBy = { datasetId: 'other', definitionVersion: '1' }
    assert.equal((await one('PUT', `/datasets/${datasetId}/state`, { state: 'deprecated', deprecatedBy })).status, 200)
    const shown = (await one('GET', `/datasets/${datasetId}`)).json.datasetState
    assert.deepEqual([shown.state, shown.deprecatedBy], ['deprecated', deprecatedBy])
    await one('PUT', `/datasets/${datasetId}/definitions/1/state`, { state: 'archived' })
    assert.equal((await arm('GET', '/data/state/versions/1')).json.properties.isArchived, true)
    assert.equal((await one('PUT', `/datasets/${datasetId}/state`, { state: 'gone' })).status, 400)
  })
})

describe('v2.0', () => {
  test('each version is a dataset with an id: made, found, changed, never another dataflow, and gone', async () => {
    const body = { name: 'two', dataflow: table('csv/a.csv'), description: 'd' }
    const made = await two('POST', '/datasets', body)
    assert.deepEqual([made.status, made.json.versionId, made.json.dataflow], [200, '1', body.dataflow], made.text)
    assert.equal((await two('POST', '/datasets', body)).status, 409)
    const next = await two('POST', '/datasets?ifExistsUpdate=true', { ...body, dataflow: table('csv/b.csv') })
    assert.notEqual(next.json.datasetId, made.json.datasetId)
    assert.deepEqual((await two('GET', `/datasets/${made.json.datasetId}`)).json, made.json)
    assert.equal((await two('GET', '/datasets/query/name=two')).json.versionId, '2')
    assert.equal((await two('GET', '/datasets?names=two')).json.value.length, 2)
    const changed = await two('PUT', `/datasets/${made.json.datasetId}`, { tags: { x: 'y' } })
    assert.deepEqual(changed.json.tags, { x: 'y' })
    const other = await two('PUT', '/datasets/two/versions/1', { dataflow: table('csv/**') })
    assert.deepEqual([other.status, codeOf(other)], [409, 'UserError'])
    assert.equal((await two('DELETE', '/datasets/two/versions/1')).status, 200)
    assert.equal((await two('GET', `/datasets/${made.json.datasetId}`)).status, 404)
    assert.equal((await arm('GET', '/data/two/versions/2')).status, 200)
  })
})

describe('refusals', () => {
  for (const { why, method, path, body, status, code } of [
    { why: 'no such dataset', method: 'GET', path: '/datasets/query/name=none', status: 404, code: 'NotFound' },
    { why: 'no such id', method: 'GET', path: '/datasets/none', status: 404, code: 'NotFound' },
    { why: 'nothing saved', method: 'GET', path: '/saveddatasets/none', status: 404, code: 'AssetNotFound' },
    {
      why: 'no definition',
      method: 'POST',
      path: '/datasets',
      body: { name: 'x' },
      status: 400,
      code: 'ParameterInvalid',
    },
    {
      why: 'a definition that says nothing',
      ...{ method: 'POST', path: '/datasets', body: dataset('x', ''), status: 400, code: 'ParameterInvalid' },
    },
    {
      why: 'a dataflow that is none',
      ...{ method: 'POST', path: '/datasets', body: dataset('x', '{'), status: 400, code: 'ValidationError' },
    },
    {
      why: 'a datastore that is none',
      method: 'POST',
      path: '/datasets',
      body: dataset('x', `paths:\n  - file: azureml://datastores/none/paths/x\n`),
      status: 404,
      code: 'UserError',
    },
    {
      why: 'a definition to wait with',
      method: 'POST',
      path: '/datasets?registerAsPending=true',
      body: dataset('x', table('csv/a.csv')),
      status: 400,
      code: 'ParameterInvalid',
    },
    {
      why: 'a database',
      method: 'POST',
      path: '/saveddatasets/from-data-path',
      body: { sqlDataPath: { sqlQuery: 'select 1' } },
      status: 400,
      code: 'ParameterInvalid',
    },
    {
      why: 'files that are no table',
      method: 'POST',
      path: '/datasets/parse',
      body: { dataPath: { datastoreName: 'workspaceblobstore', relativePath: 'a.xlsx' } },
      status: 400,
      code: 'ParameterInvalid',
    },
  ]) {
    test(`${why}: ${status} ${code}`, async () => {
      const answer = await one(method, path, body)
      assert.deepEqual([answer.status, codeOf(answer)], [status, code], answer.text)
      assert.equal((await arm('GET', '/data/x')).status, 404)
    })
  }

  test('all of them go, when that is asked', async () => {
    await one('POST', '/datasets', dataset('last', table('csv/a.csv')))
    assert.equal((await one('DELETE', '/datasets')).status, 200)
    assert.deepEqual((await arm('GET', '/data')).json.value, [])
    assert.ok(workspace)
  })
})
