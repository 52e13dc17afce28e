import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { regionOf } from './region.ts'

const { service, arm, write } = await regionOf()
const management = service('/modelmanagement/v1.0')
const registry = service('/modelregistry/v1.0')
const history = service('/history/v1.0')
const mimeType = 'application/json'

/** Uploads files and names them, as azureml's first client does before it registers a model. */
async function asset(name: string): Promise<string> {
  await write('workspaceartifactstore', `LocalUpload/${name}/model/a.txt`, 'a')
  const artifacts = [{ prefix: `LocalUpload/${name}/model` }]
  const made = await management('POST', '/assets', { name, artifacts, kvTags: { of: name }, type: null })
  assert.equal(made.status, 200, made.text)
  return made.json.id
}

const ids = (list: { json: { value: { id: string }[] } }) => list.json.value.map(({ id }) => id)

for (const { name, ask } of [
  { name: 'model management', ask: management },
  { name: 'the model registry', ask: registry },
]) {
  describe(name, () => {
    const own = name.replaceAll(' ', '-')

    test('a model from an asset: one truth with the resource manager, changed by patch, found by what it has', async () => {
      const url = `aml://asset/${await asset(own)}`
      const sent = { name: own, url, mimeType, framework: 'ScikitLearn', frameworkVersion: '1.5', kvTags: { a: '1' } }
      const made = await ask('POST', '/models', { ...sent, datasets: [{ name: 'training', id: 'D1' }] })
      assert.equal(made.status, 200, made.text)
      assert.deepEqual([made.json.id, made.json.url, made.json.framework], [`${own}:1`, url, 'ScikitLearn'])
      const there = (await arm('GET', `/models/${own}/versions/1`)).json.properties
      assert.match(there.modelUri, /\/datastores\/workspaceartifactstore\/paths\/LocalUpload\/.+\/model$/)
      assert.deepEqual(there.tags, { a: '1' })

      await ask('POST', '/models', { ...sent, framework: 'Custom', properties: { p: 'q' } })
      assert.deepEqual(ids(await ask('GET', `/models?name=${own}`)), [`${own}:2`, `${own}:1`])
      for (const [query, expected] of [
        ['framework=ScikitLearn', [1]],
        ['tags=a=1&orderBy=CreatedAtAsc', [1, 2]],
        ['tags=a=2', []],
        ['properties=p', [2]],
        ['datasetId=D1', [1]],
        ['latestVersionOnly=true', [2]],
        ['version=1', [1]],
        ['listViewType=ArchivedOnly', []],
      ] as const) {
        const found = ids(await ask('GET', `/models?name=${own}&${query}`))
        assert.deepEqual(
          found,
          expected.map((version) => `${own}:${version}`),
          query,
        )
      }
      const first = (await ask('POST', '/models/list', { name: own, count: 1 })).json
      assert.deepEqual(first.value.length, 1)
      const rest = (await ask('POST', '/models/list', first.nextRequest)).json
      assert.deepEqual([rest.value[0].id, rest.nextRequest], [`${own}:1`, null])

      const patch = [
        { op: 'replace', path: '/kvTags', value: { b: '2' } },
        { op: 'add', path: '/properties/x', value: 'y' },
        { op: 'replace', path: '/description', value: 'd' },
        { op: 'add', path: '/datasets', value: [{ name: 'test', id: 'D2' }] },
      ]
      const patched = (await ask('PATCH', `/models/${own}:1`, patch)).json
      assert.deepEqual([patched.kvTags, patched.properties, patched.description], [{ b: '2' }, { x: 'y' }, 'd'])
      assert.deepEqual(ids(await ask('GET', `/models?name=${own}&datasetId=D2`)), [`${own}:1`])
      assert.deepEqual((await arm('GET', `/models/${own}/versions/1`)).json.properties.tags, { b: '2' })
      assert.equal((await ask('DELETE', `/models/${own}:1`)).status, 200)
      assert.equal((await arm('GET', `/models/${own}/versions/1`)).status, 404)
    })

    test('assets: found, changed, and gone; a model that another client made is one, too', async () => {
      const id = await asset(`asset-${own}`)
      assert.equal((await ask('GET', `/assets/${id}`)).json.artifacts[0].prefix, `LocalUpload/asset-${own}/model`)
      assert.deepEqual(ids(await ask('GET', `/assets?tags=of=asset-${own}`)), [id])
      const patch = [{ op: 'add', path: '/kvTags/k', value: 'v' }]
      assert.equal((await ask('PATCH', `/assets/${id}`, patch)).json.kvTags.k, 'v')
      assert.equal((await ask('DELETE', `/assets/${id}`)).status, 200)
      assert.equal((await ask('GET', `/assets/${id}`)).status, 404)

      const modelUri = `azureml://datastores/workspaceartifactstore/paths/LocalUpload/asset-${own}/model`
      await arm('PUT', `/models/arm-${own}/versions/3`, { properties: { modelUri } })
      const { url } = (await ask('GET', `/models/arm-${own}:3`)).json
      const found = await ask('GET', `/assets/${url.replace('aml://asset/', '')}`)
      assert.deepEqual(found.json.artifacts, [{ id: null, prefix: `LocalUpload/asset-${own}/model` }])
    })

    for (const { why, method, path, body, status, code } of [
      { why: 'no such model', method: 'GET', path: '/models/none', status: 404, code: 'ModelNotFound' },
      { why: 'no such version', method: 'GET', path: '/models/none:1', status: 404, code: 'ModelVersionNotFound' },
      { why: 'no such order', method: 'GET', path: '/models?orderBy=x', status: 400, code: 'ParameterInvalid' },
      { why: 'no such view', method: 'GET', path: '/models?listViewType=x', status: 400, code: 'ParameterInvalid' },
      { why: 'no such asset', method: 'GET', path: '/assets/none', status: 404, code: 'AssetNotFound' },
      { why: 'no name', method: 'POST', path: '/assets', body: {}, status: 400, code: 'BodyInvalid' },
      {
        why: 'an artifact that is none',
        method: 'POST',
        path: '/assets',
        body: { name: 'x', artifacts: [{}] },
        status: 400,
        code: 'ParameterInvalid',
      },
      {
        why: 'an artifact outside',
        method: 'POST',
        path: '/assets',
        body: { name: 'x', artifacts: [{ prefix: 'LocalUpload/../x' }] },
        status: 400,
        code: 'ArtifactPathInvalid',
      },
      {
        why: 'a model of no asset',
        method: 'POST',
        path: '/models',
        body: { name: 'x', url: 'aml://asset/none', mimeType },
        status: 404,
        code: 'AssetNotFound',
      },
      {
        why: 'a model of no files',
        method: 'POST',
        path: '/models',
        body: { name: 'x', url: 'aml://artifactId/LocalUpload/none/x', mimeType },
        status: 400,
        code: 'ModelSourceInvalid',
      },
    ]) {
      test(`${why}: ${status} ${code}`, async () => {
        const answer = await ask(method, path, body)
        assert.deepEqual([answer.status, answer.json.code, answer.json.statusCode], [status, code, status], answer.text)
      })
    }

    for (const [why, patch] of Object.entries({
      'another field': { op: 'replace', path: '/name', value: 'x' },
      'another operation': { op: 'move', path: '/description', value: 'x' },
      'tags that are none': { op: 'replace', path: '/kvTags', value: { a: 1 } },
      'a field’s key': { op: 'replace', path: '/description/x', value: 'x' },
      'a prototype': { op: 'replace', path: '/__proto__', value: {} },
    })) {
      test(`a patch of ${why} is refused`, async () => {
        const url = `aml://asset/${await asset(`patch-${own}`)}`
        const made = await ask('POST', '/models', { name: `patch-${own}`, url, mimeType })
        const answer = await ask('PATCH', `/models/${made.json.id}`, [patch])
        assert.deepEqual([answer.status, answer.json.code], [400, 'ParameterInvalid'], answer.text)
      })
    }
  })
}

describe('what only the registry has', () => {
  test('many at once, and a model with its assets', async () => {
    const url = `aml://asset/${await asset('batch')}`
    await registry('POST', '/models', { name: 'batch', url, mimeType })
    const { models } = (await registry('POST', '/models/querybatch', { modelIds: ['batch:1', 'none:1'] })).json
    assert.deepEqual(Object.keys(models), ['batch:1'])
    const whole = (await registry('GET', '/extensiveModels/batch:1')).json
    assert.deepEqual([whole.Model.id, whole.AssetList.length, whole.ServiceList], ['batch:1', 1, []])
  })

  test('models of a run that have no name', async () => {
    await history('PATCH', '/experiments/e/runs/R', { status: 'Running' })
    await write('workspaceartifactstore', 'ExperimentRun/dcid.R/model/x', 'x')
    const path = 'azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.R/model'
    const sent = { runId: 'R', outputName: 'o', path, type: 'custom_model' }
    const made = await registry('POST', '/models/createUnregisteredOutput', sent)
    assert.deepEqual([made.json.isRegistered, made.json.runId, made.json.modelType], [false, 'R', 'custom_model'])
    assert.deepEqual((await registry('POST', '/models/createUnregisteredOutput', sent)).json, made.json)
    const none = await registry('POST', '/models/createUnregisteredInput', { ...sent, runId: 'none', inputName: 'i' })
    assert.equal(none.status, 404)
  })
})
