import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer, type TestServer } from '../support/server.ts'
import { ArmClient, filesWith } from './arm-client.ts'

let server: TestServer
let arm: ArmClient
before(async () => {
  server = await startServer()
  arm = new ArmClient(server)
})
after(() => server.stop())

describe('storage accounts', () => {
  const path = () => `${arm.group}/providers/Microsoft.Storage/storageAccounts/accounttest1`
  const body = { location: 'eastus', kind: 'StorageV2', sku: { name: 'Standard_LRS' } }

  test('come with two keys of 64 bytes, which a second PUT keeps and nothing stores in clear', async () => {
    const made = await arm.made(path(), body)
    assert.equal(made.sku.tier, 'Standard')
    assert.match(made.properties.primaryEndpoints.blob, /accounttest1\/$/)
    const { keys } = (await arm.post(`${path()}/listKeys`)).json
    assert.deepEqual(
      keys.map((key: { keyName: string; value: string }) => [key.keyName, Buffer.from(key.value, 'base64').length]),
      [
        ['key1', 64],
        ['key2', 64],
      ],
    )
    await arm.made(path(), { ...body, tags: { a: 'b' } })
    assert.deepEqual((await arm.post(`${path()}/listKeys`)).json.keys, keys)
    assert.deepEqual(filesWith(server.data, keys[0].value), [])
  })

  test('one that would only call itself encrypted with customer-managed keys is refused, and so is such a registry', async () => {
    const account = { ...body, properties: { encryption: { keySource: 'Microsoft.Keyvault' } } }
    assert.match((await arm.refusal(path().replace('test1', 'cmk1'), account)).message, /needs keyname and keyvaulturi/)
    const registry = `${arm.group}/providers/Microsoft.ContainerRegistry/registries/registrycmk1`
    const wish = { location: 'eastus', sku: { name: 'Premium' }, properties: { encryption: { status: 'enabled' } } }
    assert.match((await arm.refusal(registry, wish)).message, /customer-managed keys/)
  })

  for (const properties of [{ publicNetworkAccess: 'Disabled' }, { networkAcls: { defaultAction: 'Deny' } }])
    test(`with ${JSON.stringify(properties)} it lets nobody in, and is read again once it is open`, async () => {
      const account = path().replace('test1', 'closed1')
      await arm.made(account, body)
      await arm.made(`${account}/blobServices/default/containers/box`, {})
      const token = await server.token({ resource: 'https://storage.azure.com/' })
      const name = account.slice(account.lastIndexOf('/') + 1)
      const ask = async () => server.ask(`/_blob/${name}/box?restype=container&comp=list`, { token })
      assert.equal((await ask()).status, 200)
      await arm.made(account, { ...body, properties })
      const closed = await ask()
      assert.equal(closed.status, 403)
      assert.match(closed.text, /<Code>AuthorizationFailure</)
      const open = { publicNetworkAccess: 'Enabled', networkAcls: { defaultAction: 'Allow' } }
      await arm.made(account, { ...body, properties: open })
      assert.equal((await ask()).status, 200)
    })

  test('a perimeter is refused, and a closed registry: nobody would be kept out', async () => {
    const perimeter = { ...body, properties: { publicNetworkAccess: 'SecuredByPerimeter' } }
    assert.equal((await arm.refusal(path().replace('test1', 'closed2'), perimeter)).code, 'NetworkRulesNotSupported')
    const registry = `${arm.group}/providers/Microsoft.ContainerRegistry/registries/registryclosed1`
    const wish = { location: 'eastus', sku: { name: 'Premium' }, properties: { publicNetworkAccess: 'Disabled' } }
    assert.equal((await arm.refusal(registry, wish)).code, 'NetworkRulesNotSupported')
  })

  test('regenerateKey changes the key that it names and no other', async () => {
    const [first, second] = (await arm.post(`${path()}/listKeys`)).json.keys
    const answer = await arm.post(`${path()}/regenerateKey`, { keyName: 'key1' })
    assert.notEqual(answer.json.keys[0].value, first.value)
    assert.equal(answer.json.keys[1].value, second.value)
    assert.deepEqual((await arm.post(`${path()}/listKeys`)).json.keys, answer.json.keys)
    assert.equal((await arm.post(`${path()}/regenerateKey`, { keyName: 'key9' })).status, 400)
  })

  test('containers are real: what ARM makes, the blob service serves, and the account takes them along', async () => {
    const container = `${path()}/blobServices/default/containers/made-by-arm`
    await arm.made(container, {})
    const token = await server.token({ resource: 'https://storage.azure.com/' })
    const blob = (method: string, headers = {}) =>
      server.ask('/_blob/accounttest1/made-by-arm/hello', {
        method,
        token,
        headers: { 'x-ms-version': '2021-12-02', 'x-ms-blob-type': 'BlockBlob', ...headers },
        ...(method === 'PUT' && { body: 'hello' }),
      })
    assert.equal((await blob('PUT')).status, 201)
    assert.equal((await blob('GET')).text, 'hello')
    await arm.gone(container)
    assert.equal((await blob('GET')).status, 404)
    const own = (method: string, name: string) =>
      server.ask(`/_blob/accounttest1/${name}?restype=container`, {
        method,
        token,
        headers: { 'x-ms-version': '2021-12-02', 'x-ms-meta-mark': 'by-blob' },
      })
    const names = async () =>
      (await arm.get(`${path()}/blobServices/default/containers`)).json.value.map((one: { name: string }) => one.name)
    const made = `${path()}/blobServices/default/containers/both-ways`
    assert.equal((await own('PUT', 'both-ways')).status, 201)
    assert.deepEqual(await names(), ['both-ways'])
    const shown = (await arm.get(made)).json
    assert.deepEqual([shown.id, shown.properties.metadata], [made, { mark: 'by-blob' }])
    const changed = await arm.made(made, { properties: { metadata: { mark: 'byarm' } } })
    assert.deepEqual(changed.properties.metadata, { mark: 'byarm' })
    assert.equal((await own('HEAD', 'both-ways')).headers['x-ms-meta-mark'], 'byarm')
    assert.equal((await own('DELETE', 'both-ways')).status, 202)
    assert.equal((await arm.get(made)).status, 404)
    assert.deepEqual(await names(), [])
    assert.equal((await own('PUT', 'only-blob')).status, 201)
    await arm.gone(`${path()}/blobServices/default/containers/only-blob`)
    assert.equal((await own('HEAD', 'only-blob')).status, 404)
    await arm.gone(path())
    assert.notEqual((await blob('GET')).status, 200)
  })

  test('the blob service is there without being made, and there is one', async () => {
    await arm.made(path(), body)
    assert.equal((await arm.get(`${path()}/blobServices/default`)).json.name, 'default')
    assert.equal((await arm.get(`${path()}/blobServices`)).json.value.length, 1)
    assert.equal((await arm.get(`${path()}/blobServices/other`)).status, 404)
  })

  for (const { name, at, properties, status, code } of [
    {
      name: 'a retention that does not say how long',
      at: '',
      properties: { deleteRetentionPolicy: { enabled: true } },
      status: 400,
      code: 'InvalidRequestPropertyValue',
    },
    {
      name: 'a change feed',
      at: '',
      properties: { changeFeed: { enabled: true } },
      status: 501,
      code: 'NotImplemented',
    },
    {
      name: 'a public container of a closed account',
      at: '/containers/public-one',
      properties: { publicAccess: 'Blob' },
      status: 409,
      code: 'PublicAccessNotPermitted',
    },
    {
      name: 'an immutable container',
      at: '/containers/for-ever',
      properties: { immutableStorageWithVersioning: { enabled: true } },
      status: 501,
      code: 'NotImplemented',
    },
  ]) {
    test(`what the blob service does not do is refused: ${name}`, async () => {
      const answer = await arm.put(`${path()}/blobServices/default${at}`, { properties })
      assert.deepEqual([answer.status, answer.json.error?.code], [status, code], answer.text)
    })
  }
})

describe('key vaults', () => {
  const path = (name: string) => `${arm.group}/providers/Microsoft.KeyVault/vaults/${name}`
  const body = (properties: object = {}) => ({
    location: 'eastus',
    properties: {
      tenantId: server.facts.tenantId,
      sku: { family: 'A', name: 'standard' },
      accessPolicies: [],
      ...properties,
    },
  })

  test('stay recoverable when deleted, are listed as such, and come back by createMode', async () => {
    const made = await arm.made(path('recover1'), body({ enablePurgeProtection: true }))
    assert.equal(made.properties.enableSoftDelete, true)
    assert.match(made.properties.vaultUri, /recover1/)
    await arm.gone(path('recover1'))
    const deleted = await arm.get(`${arm.subscription}/providers/Microsoft.KeyVault/deletedVaults`)
    assert.deepEqual(
      deleted.json.value.map((vault: { name: string }) => vault.name),
      ['recover1'],
    )
    const refused = await arm.refusal(path('recover1'), body())
    assert.equal(refused.code, 'ConflictError')
    const back = await arm.made(path('recover1'), body({ createMode: 'recover' }))
    assert.equal(back.properties.enablePurgeProtection, true)
    assert.equal(back.properties.createMode, undefined)
  })

  test('what protects them cannot be taken back', async () => {
    const purge = await arm.refusal(path('recover1'), body({ enablePurgeProtection: false }))
    assert.match(purge.message, /enablePurgeProtection/)
    const soft = await arm.refusal(path('recover1'), body({ enableSoftDelete: false }))
    assert.match(soft.message, /enableSoftDelete/)
  })

  test('an unprotected one can be purged, and its name taken again', async () => {
    await arm.made(path('purge-me1'), body())
    await arm.gone(path('purge-me1'))
    const one = `${arm.subscription}/providers/Microsoft.KeyVault/locations/eastus/deletedVaults/purge-me1`
    assert.equal((await arm.get(one)).json.name, 'purge-me1')
    assert.equal((await arm.post(`${one}/purge`)).status, 202)
    assert.equal((await arm.get(one)).status, 404)
    await arm.made(path('purge-me1'), body())
  })
})

test('registries: the admin user has two passwords, made new one at a time', async () => {
  const path = `${arm.group}/providers/Microsoft.ContainerRegistry/registries/registrytest1`
  const body = { location: 'eastus', sku: { name: 'Basic' }, properties: { adminUserEnabled: true } }
  const made = await arm.made(path, body)
  assert.match(made.properties.loginServer, /registrytest1/)
  const { username, passwords } = (await arm.post(`${path}/listCredentials`)).json
  assert.equal(username, 'registrytest1')
  assert.notEqual(passwords[0].value, passwords[1].value)
  const changed = (await arm.post(`${path}/regenerateCredential`, { name: 'password2' })).json.passwords
  assert.deepEqual(changed[0], passwords[0])
  assert.notEqual(changed[1].value, passwords[1].value)
  assert.deepEqual(filesWith(server.data, passwords[0].value), [])
})

test('insights, logs and identities have ids that stay, and identities a principal', async () => {
  const logs = `${arm.group}/providers/Microsoft.OperationalInsights/workspaces/logs-test`
  const insights = `${arm.group}/providers/Microsoft.Insights/components/insights-test`
  const identity = `${arm.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/identity-test`
  const { properties } = await arm.made(logs, { location: 'eastus', properties: {} })
  assert.match(properties.customerId, /^[0-9a-f-]{36}$/)
  const { primarySharedKey } = (await arm.post(`${logs}/sharedKeys`)).json
  assert.equal(Buffer.from(primarySharedKey, 'base64').length, 64)
  const component = {
    location: 'eastus',
    kind: 'web',
    properties: { Application_Type: 'web', WorkspaceResourceId: logs },
  }
  const made = await arm.made(insights, component)
  assert.match(made.properties.ConnectionString, new RegExp(made.properties.InstrumentationKey))
  assert.equal((await arm.made(insights, component)).properties.AppId, made.properties.AppId)
  const person = await arm.made(identity, { location: 'eastus' })
  assert.match(person.properties.principalId, /^[0-9a-f-]{36}$/)
  assert.match(person.properties.clientId, /^[0-9a-f-]{36}$/)
  const missing = await arm.refusal(`${arm.group}/providers/Microsoft.Insights/components/orphan`, {
    ...component,
    properties: { Application_Type: 'web', WorkspaceResourceId: `${logs}-none` },
  })
  assert.match(missing.message, /logs-test-none/)
})
