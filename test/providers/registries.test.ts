/** Registries: storage of their own, the data plane's paths over the same assets, promotion, and the built-in one. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer, type TestServer } from '../support/server.ts'
import { ArmClient, ML } from './arm-client.ts'

let server: TestServer
let arm: ArmClient
let registry: string
const V = '?api-version=2023-10-01'
const DATA = '?api-version=2021-10-01-dataplanepreview'
const details = { storageAccountDetails: [{ systemCreatedStorageAccount: { storageAccountType: 'standard_lrs' } }] }
const body = (more: object = {}) => ({
  location: 'eastus',
  identity: { type: 'SystemAssigned' },
  properties: {
    regionDetails: [
      { location: 'eastus', ...details, acrDetails: [{ systemCreatedAcrAccount: { acrAccountSku: 'Premium' } }] },
    ],
    ...more,
  },
})

before(async () => {
  server = await startServer()
  arm = new ArmClient(server)
  registry = `${arm.group}/providers/${ML}/registries/shared-models`
  const answer = await server.ask(registry + V, { method: 'PUT', body: body() })
  assert.equal(answer.status, 201, answer.text)
  await arm.ended(answer)
})
after(() => server.stop())

const BLOB = { 'x-ms-version': '2021-12-02', 'x-ms-blob-type': 'BlockBlob' }
const storage = () => server.token({ resource: 'https://storage.azure.com/' })

/** A principal of this name with no rights, and a token of it. */
async function principal(name: string): Promise<{ token: string; objectId: string }> {
  const { json } = await server.ask('/lazuli/principals', { method: 'POST', body: { name } })
  return { token: await server.token({ clientId: json.appId, secret: json.secret }), objectId: json.objectId }
}

/** The address of a blob of the workspace, written with this text. */
async function written(path: string, text: string): Promise<string> {
  const { accountName, containerName } = (await arm.get(`${arm.workspace}/datastores/workspaceblobstore`)).json
    .properties
  const put = await server.ask(`/_blob/${accountName}/${containerName}/${path}`, {
    method: 'PUT',
    token: await storage(),
    body: text,
    headers: BLOB,
  })
  assert.equal(put.status, 201, put.text)
  return `azureml://datastores/workspaceblobstore/paths/${path}`
}

/** The text at a long URI of the workspace's own datastore. */
async function textAt(uri: string): Promise<string> {
  const { accountName, containerName } = (await arm.get(`${arm.workspace}/datastores/workspaceblobstore`)).json
    .properties
  const path = uri.split('/paths/')[1]
  const got = await server.ask(`/_blob/${accountName}/${containerName}/${path}`, {
    token: await storage(),
    headers: BLOB,
  })
  assert.equal(got.status, 200, got.text)
  return got.text
}

/** The data plane's path of what stands below the registry, under a subscription and group that need not be its own. */
const mfe = (rest: string, of = 'shared-models') =>
  `/mferp/managementfrontend/subscriptions/any/resourceGroups/any/providers/${ML}/registries/${of}/${rest}${DATA}`
const plane = (method: string, rest: string, sent?: object) =>
  server.ask(mfe(rest), { method, ...(sent && { body: sent }) })
const id = (rest: string) => `azureml://registries/shared-models/${rest}`

async function upload(kind: string, name: string, file: string, text: string): Promise<string> {
  const assetId = id(`${kind}/${name}/versions/1`)
  const place = await plane('PUT', `tempdatarefs/${name}/versions/1`, {
    assetId,
    temporaryDataReferenceType: 'TemporaryBlobReference',
  })
  assert.equal(place.status, 200, place.text)
  const { blobUri, credential } = place.json.blobReferenceForConsumption
  const sas = new URL(credential.sasUri)
  const put = await server.ask(`${sas.pathname}/${file}${sas.search}`, {
    method: 'PUT',
    token: null,
    body: text,
    headers: BLOB,
  })
  assert.equal(put.status, 201, put.text)
  return `${blobUri}/${file}`
}

/** The text of the blob behind a version of the registry, by the SAS that it gives for reading. */
async function read(kind: string, name: string, version: string, uri: string): Promise<string> {
  const reference = await plane('POST', `datarefs/${name}/versions/${version}`, {
    assetId: id(`${kind}/${name}/versions/${version}`),
    blobUri: uri,
  })
  assert.equal(reference.status, 200, reference.text)
  const sas = new URL(reference.json.blobReferenceForConsumption.credential.sasUri)
  const path = new URL(uri).pathname.split('/').slice(-1)[0]
  const blob = await server.ask(`${sas.pathname}/${path}${sas.search}`, {
    token: null,
    headers: { 'x-ms-version': '2021-12-02' },
  })
  assert.equal(blob.status, 200, blob.text)
  return blob.text
}

test('a registry brings an account and a container registry, in a group of its own', async () => {
  const { properties, identity } = (await server.ask(registry + V)).json
  assert.match(identity.principalId, /^[0-9a-f-]{36}$/)
  const group = properties.managedResourceGroup.resourceId
  const { resourceId } = properties.regionDetails[0].storageAccountDetails[0].systemCreatedStorageAccount.armResourceId
  assert.ok(resourceId.startsWith(`${group}/providers/Microsoft.Storage/`))
  assert.equal((await arm.get(resourceId)).json.sku.name, 'Standard_LRS')
  assert.equal(properties.regionDetails[0].acrDetails[0].systemCreatedAcrAccount.acrAccountSku, 'Premium')
})

test('discovery leads to it by its name alone; an unknown one is 404, no token 401', async () => {
  const at = (name: string) => `/registrymanagement/v1.0/registries/${name}/discovery?api-version=v1.0`
  const { json } = await server.ask(at('shared-models'))
  assert.deepEqual(
    [json.registryName, json.subscriptionId, json.resourceGroup, json.primaryRegion],
    ['shared-models', server.facts.subscriptionId, 'lazuli', 'eastus'],
  )
  assert.match(json.primaryRegionResourceProviderUri, /\/$/)
  assert.equal((await server.ask(at('nobody'))).status, 404)
  assert.equal((await server.ask(at('shared-models'), { token: null })).status, 401)
})

describe('its assets', () => {
  test('are uploaded, put and read at the data plane; ARM shows the same by its own ids', async () => {
    const modelUri = await upload('models', 'm', 'm.txt', 'weights')
    const put = await plane('PUT', 'models/m/versions/1', { properties: { modelUri, modelType: 'custom_model' } })
    assert.equal(put.status, 201, put.text)
    assert.equal(put.json.id, id('models/m/versions/1'))
    assert.equal((await server.ask(`${registry}/models/m/versions/1${V}`)).json.id, `${registry}/models/m/versions/1`)
    assert.equal(await read('models', 'm', '1', modelUri), 'weights')
    const listed = await server.ask(`${mfe('models')}&listViewType=ListViewType.ACTIVE_ONLY`)
    assert.deepEqual(
      listed.json.value.map((one: { name: string }) => one.name),
      ['m'],
    )
    assert.equal((await plane('GET', 'models/m')).json.properties.nextVersion, '2')
  })

  test('that are there already need no upload: 409', async () => {
    const again = await plane('PUT', 'tempdatarefs/m/versions/1', { assetId: id('models/m/versions/1') })
    assert.equal(again.status, 409)
    const changed = await plane('PUT', 'models/m/versions/1', { properties: { modelUri: 'https://example.org/other' } })
    assert.equal(changed.status, 409)
  })

  test('never lie outside of its accounts', async () => {
    const { storageAccount } = (await arm.get(arm.workspace)).json.properties
    const account = storageAccount.split('/').at(-1)
    const put = await plane('PUT', 'models/stolen/versions/1', {
      properties: { modelUri: `https://${account}.blob.core.windows.net/azureml/x`, modelType: 'custom_model' },
    })
    assert.equal(put.status, 400, put.text)
  })

  test('need the rights of a registry user, and a reader may not write', async () => {
    const { token, objectId } = await principal('registry-reader')
    const asked = () => server.ask(mfe('models'), { token })
    assert.equal((await asked()).status, 403)
    const role = '/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7'
    const assignment = `${registry}/providers/Microsoft.Authorization/roleAssignments/11111111-2222-4333-8444-555555555555?api-version=2022-04-01`
    const properties = { roleDefinitionId: arm.subscription + role, principalId: objectId }
    const given = await server.ask(assignment, { method: 'PUT', body: { properties } })
    assert.equal(given.status, 201, given.text)
    assert.equal((await asked()).status, 200)
    const put = { method: 'PUT', token, body: { assetId: id('models/x/versions/1') } }
    assert.equal((await server.ask(mfe('tempdatarefs/x/versions/1'), put)).status, 403)
  })
})

describe('promotion', () => {
  const share = (source: string, name: string, version = '1') =>
    plane('POST', 'import', {
      properties: { referenceType: 'Id', destinationName: name, destinationVersion: version, sourceAssetId: source },
    })

  test('copies a model with its bytes from a workspace, and says where it is from', async () => {
    const { workspaceId } = (await arm.get(arm.workspace)).json.properties
    const text = await written('w/m.txt', 'from-workspace')
    await arm.made(`${arm.workspace}/models/wm/versions/3`, {
      properties: { modelType: 'custom_model', modelUri: text },
    })
    const done = await share(`azureml://locations/eastus/workspaces/${workspaceId}/models/wm/versions/3`, 'shared')
    assert.equal(done.status, 200, done.text)
    const { properties } = (await plane('GET', 'models/shared/versions/1')).json
    assert.equal(await read('models', 'shared', '1', properties.modelUri), 'from-workspace')
    assert.match(properties.originAssetId, /\/models\/wm\/versions\/3$/)
    assert.equal(
      (await share(`azureml://locations/eastus/workspaces/${workspaceId}/models/wm/versions/3`, 'shared')).status,
      409,
    )
    const missing = await share(`azureml://locations/eastus/workspaces/${workspaceId}/models/none/versions/3`, 'x')
    assert.equal(missing.status, 404)
  })

  test('by publish: a component brings its environment along', async () => {
    await arm.made(`${arm.workspace}/environments/pe/versions/2`, { properties: { image: 'python:3.11-slim' } })
    await arm.made(`${arm.workspace}/components/pc/versions/1`, {
      properties: {
        componentSpec: {
          type: 'command',
          command: 'echo',
          environment: `azureml:${arm.workspace}/environments/pe/versions/2`,
        },
      },
    })
    const published = await server.ask(`${arm.workspace}/components/pc/versions/1/publish?api-version=2025-12-01`, {
      method: 'POST',
      body: { registryName: 'shared-models', destinationName: 'pc', destinationVersion: '1' },
    })
    assert.equal(published.status, 200, published.text)
    const { componentSpec } = (await plane('GET', 'components/pc/versions/1')).json.properties
    assert.equal(componentSpec.environment, id('environments/pe/versions/2'))
    assert.equal((await plane('GET', 'environments/pe/versions/2')).json.properties.image, 'python:3.11-slim')
  })

  test('back into a workspace: a model that names one of the registry gets a copy of its bytes', async () => {
    const made = await arm.made(`${arm.workspace}/models/back/versions/1`, {
      properties: { modelType: 'custom_model', modelUri: id('models/shared/versions/1') },
    })
    assert.match(made.properties.modelUri, /^azureml:\/\/subscriptions\/.+\/workspaces\/default\/datastores\//)
    assert.equal(await textAt(made.properties.modelUri), 'from-workspace')
    const again = await arm.put(`${arm.workspace}/models/back/versions/1`, {
      properties: { modelType: 'custom_model', modelUri: id('models/shared/versions/1') },
    })
    assert.equal(again.status, 200, again.text)
    assert.equal(again.json.properties.modelUri, made.properties.modelUri)
    assert.match(made.properties.originAssetId, /registries\/shared-models/)
  })
})

describe('is refused', () => {
  for (const { name, wish, says } of [
    { name: 'without regions', wish: body({ regionDetails: [] }), says: /regionDetails/ },
    { name: 'away from its own region', wish: { ...body(), location: 'westus' }, says: /westus/ },
    {
      name: 'over an account that is not there',
      wish: body({
        regionDetails: [
          {
            location: 'eastus',
            storageAccountDetails: [{ userCreatedStorageAccount: { armResourceId: { resourceId: '/no/account' } } }],
          },
        ],
      }),
      says: /no\/account/,
    },
    {
      name: 'with a key of its own, which the type does not have',
      wish: body({ encryption: { status: 'Enabled', keyVaultProperties: {} } }),
      says: /customer-managed key.+userCreatedStorageAccount/,
    },
  ]) {
    test(name, async () => {
      const answer = await server.ask(`${arm.group}/providers/${ML}/registries/refused${V}`, {
        method: 'PUT',
        body: wish,
      })
      assert.equal(answer.status, 400, answer.text)
      assert.match(answer.json.error.message, says)
    })
  }

  test('over an account that its maker may not read the keys of', async () => {
    const { token, objectId } = await principal('registry-maker')
    const role = '/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c'
    const properties = { roleDefinitionId: arm.subscription + role, principalId: objectId }
    const group = `${arm.subscription}/resourceGroups/makers`
    await arm.made(group, { location: 'eastus' })
    const at = `${group}/providers/Microsoft.Authorization/roleAssignments/21111111-2222-4333-8444-555555555555`
    const given = await server.ask(`${at}?api-version=2022-04-01`, { method: 'PUT', body: { properties } })
    assert.equal(given.status, 201, given.text)
    const { storageAccount } = (await arm.get(arm.workspace)).json.properties
    const storageAccountDetails = [{ userCreatedStorageAccount: { armResourceId: { resourceId: storageAccount } } }]
    const wish = body({ regionDetails: [{ location: 'eastus', storageAccountDetails }] })
    const target = `${group}/providers/${ML}/registries/lent${V}`
    const refused = await server.ask(target, { method: 'PUT', body: wish, token })
    assert.deepEqual([refused.status, refused.json.error.code], [403, 'LinkedAuthorizationFailed'])
    const owner = await server.ask(target, { method: 'PUT', body: wish })
    assert.equal(owner.status, 201, owner.text)
  })

  test('under a name that somebody has', async () => {
    const taken = await server.ask(`${arm.group}/providers/${ML}/registries/azureml${V}`, {
      method: 'PUT',
      body: body(),
    })
    assert.equal(taken.status, 409, taken.text)
  })
})

describe('the built-in registry', () => {
  const builtIn = (rest: string) => mfe(rest, 'azureml')

  test('is found and read by everybody, and written by nobody', async () => {
    const { token } = await principal('nobody-in-particular')
    const found = await server.ask('/registrymanagement/v1.0/registries/azureml/discovery', { token })
    assert.equal(found.json.registryName, 'azureml')
    const latest = await server.ask(
      `${builtIn('environments/sklearn-1.5/versions')}&$top=1&$orderBy=createdtime%20desc`,
      { token },
    )
    assert.match(latest.json.value[0].properties.image, /curated\/sklearn-1\.5/)
    for (const [method, rest] of [
      ['PUT', 'environments/mine/versions/1'],
      ['DELETE', 'environments/sklearn-1.5/versions/1'],
    ] as const) {
      const refused = await server.ask(builtIn(rest), {
        method,
        ...(method === 'PUT' && { body: { properties: { image: 'x' } } }),
      })
      assert.equal(refused.status, 403, refused.text)
    }
    assert.equal((await server.ask(builtIn('environments/sklearn-1.5/versions/1'))).status, 200)
  })

  test('its environments are known in a workspace by their names, and stand in no listing of it', async () => {
    const at = `${arm.workspace}/environments`
    const one = await arm.get(`${at}/AzureML-sklearn-1.5/versions/1`)
    assert.deepEqual([one.status, one.json.properties.environmentType], [200, 'Curated'])
    const latest = (await arm.get(`${at}/AzureML-sklearn-1.5/versions?$top=1`)).json.value
    assert.equal(latest.length, 1)
    const first = (await arm.get(`${at}/AzureML-sklearn-1.5/versions?$top=30`)).json
    const link = new URL(first.nextLink)
    const rest = (await server.ask(link.pathname + link.search)).json
    assert.equal(new Set([...first.value, ...rest.value].map(({ name }) => name)).size, 40)
    assert.equal(rest.nextLink, undefined)
    const { properties } = (await arm.get(`${at}/AzureML-sklearn-1.5`)).json
    assert.equal(properties.latestVersion, latest[0].name)
    assert.ok(!(await arm.get(at)).text.includes('AzureML-'))
    assert.equal((await arm.get(`${at}/AzureML-nonesuch/versions/1`)).status, 404)
  })
})
