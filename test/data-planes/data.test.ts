import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { codeOf, regionOf } from './region.ts'

const { service, arm, workspace } = await regionOf()
const data = service('/data/v1.0')
const history = service('/history/v1.0')
const uri = 'azureml://datastores/workspaceblobstore/paths/in/'
const longUri = `azureml://subscriptions/${workspace.split('/')[2]}/resourcegroups/lazuli/workspaces/default/datastores/workspaceblobstore/paths/in/`
const version = (name: string, more: object = {}) => ({
  ...{ dataContainerName: name, dataType: 'uri_folder', dataUri: uri },
  ...more,
})

describe('one truth with the resource manager', () => {
  test('what is made here is a data asset there, and the other way round', async () => {
    const made = await data(
      'POST',
      '/dataversion/mine/versions',
      version('mine', { mutableProps: { tags: { a: '1' } } }),
    )
    assert.equal(made.status, 200, made.text)
    const { dataVersion, entityMetadata } = made.json
    assert.deepEqual(
      [dataVersion.versionId, dataVersion.dataUri, dataVersion.mutableProps.tags],
      ['1', longUri, { a: '1' }],
    )
    assert.ok(Date.parse(entityMetadata.createdTime) > 0)
    const there = (await arm('GET', '/data/mine/versions/1')).json.properties
    assert.deepEqual([there.dataType, there.dataUri, there.tags], ['uri_folder', longUri, { a: '1' }])

    const put = { properties: { dataType: 'uri_file', dataUri: 'https://example.com/x.csv', description: 'theirs' } }
    assert.equal((await arm('PUT', '/data/theirs/versions/7', put)).status, 201)
    const here = (await data('GET', '/dataversion/theirs/versions/7')).json.dataVersion
    assert.deepEqual([here.dataType, here.mutableProps.description], ['uri_file', 'theirs'])
    assert.match(here.assetId, /^azureml:\/\/locations\/eastus\/workspaces\/[0-9a-f-]{36}\/data\/theirs\/versions\/7$/)
    const byId = await data('POST', '/dataversion/getByAssetId', { value: here.assetId })
    assert.deepEqual(byId.json.dataVersion, here)
    const resolved = await data('POST', '/dataversion/batchGetResolvedUris', {
      values: [here.assetId, 'azureml:mine:1'],
    })
    assert.deepEqual(
      Object.values(resolved.json.values).map((one) => (one as { type: string }).type),
      ['uri_file', 'uri_folder'],
    )
  })

  test('versions are numbered, asked for, changed, paged, and go', async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => data('POST', '/dataversion/many/versions', version('many'))))
    assert.deepEqual(made.map((one) => one.json.dataVersion.versionId).sort(), ['1', '2', '3', '4'])
    const first = (await data('GET', '/dataversion/many/versions?top=3')).json
    assert.equal(first.value.length, 3)
    const next = new URL(first.nextLink)
    const rest = (await data('GET', `/dataversion/many/versions${next.search}`)).json
    assert.equal(rest.value.length, 1)
    assert.equal((await data('GET', '/dataversion/many/versions/2/exists')).json, true)
    assert.equal((await data('GET', '/dataversion/many/versions/9/exists')).json, false)

    const patch = { description: 'new', tags: { b: '2' }, isArchived: true }
    const changed = (await data('PATCH', '/dataversion/many/versions/2', patch)).json.dataVersion
    assert.deepEqual(changed.mutableProps, { dataExpiryTime: null, ...patch })
    assert.equal((await arm('GET', '/data/many/versions/2')).json.properties.isArchived, true)
    assert.equal((await data('DELETE', '/dataversion/many/versions/2')).status, 200)
    assert.equal((await arm('GET', '/data/many/versions/2')).status, 404)
    assert.equal((await data('DELETE', '/dataversion/many/versions/2')).status, 404)
  })

  test('containers: made, listed with their latest version, changed, removed with their versions', async () => {
    const made = await data('POST', '/datacontainer', { name: 'box', dataType: 'uri_folder' })
    assert.deepEqual(
      [made.json.dataContainer.name, made.json.latestVersion, made.json.nextVersionId],
      ['box', null, '1'],
    )
    await data('POST', '/dataversion/box/versions', version('box', { versionId: '5' }))
    const { latestVersion, nextVersionId } = (await data('GET', '/datacontainer/box')).json
    assert.deepEqual([latestVersion.dataVersion.versionId, nextVersionId], ['5', '6'])
    const changed = await data('PATCH', '/datacontainer/box', { description: 'd' })
    assert.equal(changed.json.dataContainer.mutableProps.description, 'd')
    const listed = (await data('GET', '/datacontainer')).json.value
    assert.ok(listed.some((one: { dataContainer: { name: string } }) => one.dataContainer.name === 'box'))
    assert.equal((await data('DELETE', '/datacontainer/box')).status, 200)
    assert.equal((await arm('GET', '/data/box/versions/5')).status, 404)
  })

  test('a run’s unnamed data, which gets a name later', async () => {
    await history('PATCH', '/experiments/e/runs/R', { status: 'Running' })
    const sent = { runId: 'R', outputName: 'out', uri, type: 'uri_folder' }
    const made = await data('POST', '/dataversion/createUnregisteredOutput', sent)
    assert.equal(made.json.dataContainer.isRegistered, false, made.text)
    const again = await data('POST', '/dataversion/createUnregisteredOutput', sent)
    assert.deepEqual(again.json, made.json)
    const input = await data('POST', '/dataversion/createUnregisteredInput', { ...sent, inputName: 'in' })
    assert.equal(input.json.dataContainer.name, 'azureml_R_input_in')
    const { assetId } = made.json.latestVersion.dataVersion
    const body = { existingUnregisteredAssetId: assetId, name: 'named' }
    const named = await data('POST', '/dataversion/registerExisting', body)
    assert.equal(named.json.latestVersion.dataVersion.dataUri, longUri)
    assert.equal((await arm('GET', '/data/named/versions/1')).json.properties.isAnonymous, false)
  })
})

describe('refusals', () => {
  for (const { why, method, path, body, status, code } of [
    { why: 'no such version', method: 'GET', path: '/dataversion/none/versions/1', status: 404, code: 'NotFound' },
    { why: 'no such container', method: 'GET', path: '/datacontainer/none', status: 404, code: 'NotFound' },
    { why: 'versions of nothing', method: 'GET', path: '/dataversion/none/versions', status: 404, code: 'NotFound' },
    {
      why: 'two names',
      method: 'POST',
      path: '/dataversion/a/versions',
      body: version('b'),
      status: 400,
      code: 'ParameterInvalid',
    },
    {
      why: 'no place',
      method: 'POST',
      path: '/dataversion/a/versions',
      body: { dataType: 'uri_file' },
      status: 400,
      code: 'BodyInvalid',
    },
    {
      why: 'a datastore that is none',
      method: 'POST',
      path: '/dataversion/a/versions',
      body: version('a', { dataUri: 'azureml://datastores/none/paths/x' }),
      status: 404,
      code: 'UserError',
    },
    {
      why: 'a time at which it would go',
      method: 'POST',
      path: '/dataversion/a/versions',
      body: version('a', { mutableProps: { dataExpiryTime: '2030-01-01T00:00:00Z' } }),
      status: 400,
      code: 'ParameterInvalid',
    },
    {
      why: 'a run that is none',
      method: 'POST',
      path: '/dataversion/createUnregisteredInput',
      body: { runId: 'none', inputName: 'i', uri, type: 'uri_folder' },
      status: 404,
      code: 'RunNotFound',
    },
    {
      why: 'an id that is none',
      method: 'POST',
      path: '/dataversion/getByAssetId',
      body: { value: 'rubbish' },
      status: 400,
      code: 'ValidationError',
    },
    {
      why: 'a token that is none',
      method: 'GET',
      path: '/datacontainer?continuationToken=x',
      status: 400,
      code: 'ParameterInvalid',
    },
  ]) {
    test(`${why}: ${status} ${code}`, async () => {
      const answer = await data(method, path, body)
      assert.equal(answer.status, status, answer.text)
      assert.equal(codeOf(answer), code, answer.text)
    })
  }

  test('a version that is there stays as it is', async () => {
    await data('POST', '/dataversion/once/versions', version('once', { versionId: '1' }))
    const again = await data('POST', '/dataversion/once/versions', version('once', { versionId: '1' }))
    assert.deepEqual([again.status, codeOf(again)], [409, 'Conflict'])
    const container = await data('POST', '/datacontainer', { name: 'once', dataType: 'uri_folder' })
    assert.equal(container.status, 409)
  })
})
