/** Feature stores: entities, feature sets, the features that their specification names, and what is refused. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer, type TestServer } from '../support/server.ts'
import { ArmClient, ML } from './arm-client.ts'

let server: TestServer
let arm: ArmClient
let store: string
before(async () => {
  server = await startServer()
  arm = new ArmClient(server)
  const { storageAccount, keyVault } = (await arm.get(arm.workspace)).json.properties
  store = `${arm.group}/providers/${ML}/workspaces/features`
  await arm.made(store, {
    location: 'eastus',
    kind: 'FeatureStore',
    identity: { type: 'SystemAssigned' },
    properties: { storageAccount, keyVault, featureStoreSettings: { computeRuntime: { sparkRuntimeVersion: '3.4' } } },
  })
})
after(() => server.stop())

const ENTITY = 'azureml:account:1'
const entity = (columns: readonly object[]) => ({ properties: { indexColumns: columns, tags: { a: 'b' } } })
const features = [
  { name: 'amount', type: 'double', description: 'how much', tags: { of: 'money' } },
  { name: 'count', type: 'integer' },
]
const set = (more: object = {}) => ({
  properties: {
    entities: [ENTITY],
    specification: { path: 'azureml://datastores/workspaceblobstore/paths/spec/' },
    properties: { featuresetPropertiesVersion: '1', featuresetProperties: JSON.stringify({ features }) },
    ...more,
  },
})

test('an entity holds its columns; its container knows the latest', async () => {
  const at = `${store}/featurestoreEntities/account/versions/1`
  assert.equal((await arm.put(at, entity([{ columnName: 'id', dataType: 'String' }]))).status, 201)
  const { properties } = (await arm.get(at)).json
  assert.deepEqual([properties.indexColumns[0].columnName, properties.stage], ['id', 'Development'])
  assert.equal((await arm.get(`${store}/featurestoreEntities/account`)).json.properties.latestVersion, '1')
})

test('a feature set is put, its stage changed, its features listed', async () => {
  const at = `${store}/featuresets/payments/versions/1`
  assert.equal((await arm.put(at, set())).status, 201)
  assert.equal((await arm.put(at, set({ stage: 'Production' }))).json.properties.stage, 'Production')
  const listed = (await arm.get(`${at}/features`)).json.value
  assert.deepEqual(
    listed.map(({ properties }: { properties: { featureName: string; dataType: string } }) => [
      properties.featureName,
      properties.dataType,
    ]),
    [
      ['amount', 'Double'],
      ['count', 'Integer'],
    ],
  )
  assert.equal((await arm.get(`${at}/features/amount`)).json.properties.tags.of, 'money')
  assert.equal((await arm.get(`${at}/features/none`)).status, 404)
  assert.equal((await arm.get(`${at}/features?featureName=count`)).json.value.length, 1)
  assert.equal((await arm.get(`${at}/features?$top=1`)).json.value.length, 1)
  assert.equal((await arm.remove(at)).status, 200)
})

describe('is refused', () => {
  for (const { name, target, body, says } of [
    {
      name: 'an entity without columns',
      target: 'featurestoreEntities/e/versions/1',
      body: entity([]),
      says: /indexColumns/,
    },
    {
      name: 'an entity with a column twice',
      target: 'featurestoreEntities/e/versions/1',
      body: entity([{ columnName: 'a' }, { columnName: 'a' }]),
      says: /same name/,
    },
    { name: 'a set of no entities', target: 'featuresets/s/versions/1', body: set({ entities: [] }), says: /entities/ },
    {
      name: 'a set of an entity that is not there',
      target: 'featuresets/s/versions/1',
      body: set({ entities: ['azureml:nobody:1'] }),
      says: /nobody/,
    },
    {
      name: 'a set without its specification',
      target: 'featuresets/s/versions/1',
      body: set({ specification: {} }),
      says: /specification/,
    },
    {
      name: 'a set that is to be materialised',
      target: 'featuresets/s/versions/1',
      body: set({ materializationSettings: { storeType: 'Offline' } }),
      says: /no Spark/,
    },
  ]) {
    test(name, async () => {
      assert.match((await arm.refusal(`${store}/${target}`, body)).message, says)
      assert.equal((await arm.get(`${store}/${target}`)).status, 404)
    })
  }

  test('an entity outside of a feature store', async () => {
    const at = `${arm.workspace}/featurestoreEntities/e/versions/1`
    assert.match((await arm.refusal(at, entity([{ columnName: 'a' }]))).message, /none/)
  })

  test('a backfill, by name', async () => {
    const at = `${store}/featuresets/filled/versions/1`
    await arm.made(at, set())
    const answer = await arm.post(`${at}/backfill`)
    assert.equal(answer.status, 501)
    assert.match(answer.json.error.message, /Spark/)
  })
})
