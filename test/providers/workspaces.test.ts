import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer, type TestServer, until } from '../support/server.ts'
import { ArmClient, ML } from './arm-client.ts'

let server: TestServer
let arm: ArmClient
/** What the first workspace stands on. */
let standing: Record<string, string>
before(async () => {
  server = await startServer()
  arm = new ArmClient(server)
  const { storageAccount, keyVault, applicationInsights } = (await arm.get(arm.workspace)).json.properties
  standing = { storageAccount, keyVault, applicationInsights }
})
after(() => server.stop())

const path = (name: string) => `${arm.group}/providers/${ML}/workspaces/${name}`
const body = (properties: object = {}, rest: object = {}) => ({
  location: 'East US',
  identity: { type: 'systemAssigned' },
  properties: { friendlyName: 'f', ...standing, ...properties },
  ...rest,
})
const vault = async (name: string, properties: object = {}, location = 'eastus') => {
  const id = `${arm.group}/providers/Microsoft.KeyVault/vaults/${name}`
  await arm.made(id, {
    location,
    properties: {
      tenantId: server.facts.tenantId,
      sku: { family: 'A', name: 'standard' },
      accessPolicies: [],
      ...properties,
    },
  })
  return id
}

describe('making a workspace', () => {
  test('is answered 202 with a Location that can be polled; it comes with identity, datastores and containers', async () => {
    const answer = await arm.put(path('made'), body())
    assert.equal(answer.status, 202, answer.text)
    const location = new URL(String(answer.headers.location))
    assert.ok((await server.ask(location.pathname + location.search)).status < 300)
    assert.equal((await arm.ended(answer)).json.status, 'Succeeded')
    const { location: region, identity, sku, properties } = (await arm.get(path('made'))).json
    assert.equal(region, 'eastus')
    assert.equal(identity.type, 'SystemAssigned')
    assert.match(identity.principalId, /^[0-9a-f-]{36}$/)
    assert.deepEqual(sku, { name: 'Basic', tier: 'Basic' })
    assert.match(properties.workspaceId, /^[0-9a-f]{8}-[0-9a-f]{4}-4/)
    assert.match(properties.mlFlowTrackingUri, /^azureml:\/\/.+\/workspaces\/made$/)
    const stores = (await arm.get(`${path('made')}/datastores`)).json.value
    assert.deepEqual(stores.map((store: { name: string }) => store.name).sort(), [
      'workspaceartifactstore',
      'workspaceblobstore',
      'workspacefilestore',
      'workspaceworkingdirectory',
    ])
    const account = standing.storageAccount?.split('/').at(-1)
    const token = await server.token({ resource: 'https://storage.azure.com/' })
    const listing = await server.ask(
      `/_blob/${account}/azureml-blobstore-${properties.workspaceId}?restype=container&comp=list`,
      { token, headers: { 'x-ms-version': '2021-12-02' } },
    )
    assert.equal(listing.status, 200, listing.text)
  })

  test('takes an id without its leading slash, as the article writes one', async () => {
    const id = standing.applicationInsights?.slice(1)
    const made = await arm.made(path('slashless'), body({ applicationInsights: id }))
    assert.equal(made.properties.applicationInsights, standing.applicationInsights)
  })

  test('gives each user-assigned identity with its principal', async () => {
    const id = `${arm.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/for-workspace`
    const person = await arm.made(id, { location: 'eastus' })
    const made = await arm.made(
      path('identified'),
      body(
        { primaryUserAssignedIdentity: id },
        { identity: { type: 'SystemAssigned,UserAssigned', userAssignedIdentities: { [id]: {} } } },
      ),
    )
    assert.equal(made.identity.type, 'SystemAssigned,UserAssigned')
    assert.equal(made.identity.userAssignedIdentities[id].principalId, person.properties.principalId)
  })

  test('an update answers 200 and keeps the workspace what it is', async () => {
    const before = (await arm.get(path('made'))).json
    const changed = await arm.put(path('made'), body({ description: 'd' }))
    assert.equal(changed.status, 200)
    assert.equal(changed.json.properties.workspaceId, before.properties.workspaceId)
    assert.equal(changed.json.identity.principalId, before.identity.principalId)
    const patched = await arm.patch(path('made'), { properties: { friendlyName: 'g' }, tags: { a: 'b' } })
    assert.equal(patched.status, 200, patched.text)
    assert.deepEqual(
      [patched.json.properties.friendlyName, patched.json.properties.description, patched.json.tags],
      ['g', 'd', { a: 'b' }],
    )
  })
})

describe('a workspace is refused', () => {
  const registry = () => `${arm.group}/providers/Microsoft.ContainerRegistry/registries/noadminuser1`
  const cases: readonly { name: string; wish: () => Promise<object>; code: string; says: RegExp }[] = [
    {
      name: 'that leaves out what it must stand on',
      wish: async () => body({ keyVault: undefined }),
      code: 'BadRequest',
      says: /keyVault/,
    },
    {
      name: 'whose registry has no admin user',
      wish: async () => {
        await arm.made(registry(), { location: 'eastus', sku: { name: 'Basic' } })
        return body({ containerRegistry: registry() })
      },
      code: 'AdminUserDisabled',
      says: /admin/,
    },
    {
      name: 'whose identity type names no identity',
      wish: async () => body({}, { identity: { type: 'UserAssigned' } }),
      code: 'InvalidIdentity',
      says: /userAssignedIdentities/,
    },
    {
      name: 'of a kind that there is not',
      wish: async () => body({}, { kind: 'Castle' }),
      code: 'WorkspaceKindNotSupported',
      says: /Castle/,
    },
  ]
  for (const { name, wish, code, says } of cases) {
    test(name, async () => {
      const refusal = await arm.refusal(path('refused'), await wish())
      assert.equal(refusal.code, code, refusal.message)
      assert.match(refusal.message, says)
      assert.notEqual((await arm.get(path('refused'))).json.properties?.provisioningState, 'Succeeded')
    })
  }

  test('all that is wrong is told at once', async () => {
    const wrong = body({ storageAccount: `${standing.storageAccount}x`, keyVault: standing.storageAccount })
    const { details } = (await arm.refusal(path('refused2'), wrong)) as unknown as { details: object[] }
    assert.equal(details.length, 2)
  })

  test('an update that moves it to another account, or breaks what it stands on, changes nothing', async () => {
    const before = (await arm.get(path('made'))).json.properties
    const moved = await arm.refusal(path('made'), body({ storageAccount: `${standing.storageAccount}x` }))
    assert.match(moved.message, /storageAccount/)
    const broken = await arm.refusal(path('made'), body({ applicationInsights: `${standing.applicationInsights}x` }))
    assert.match(broken.message, /applicationInsights/)
    assert.deepEqual((await arm.get(path('made'))).json.properties, before)
  })
})

describe('customer-managed keys: each condition that is not met is named', () => {
  const encryption = (keyVaultArmId: string, keyIdentifier: string) => ({
    encryption: { status: 'Enabled', keyVaultProperties: { keyVaultArmId, keyIdentifier } },
  })
  const key = (name: string) => `https://${name}.vault.azure.net/keys/k/0123456789abcdef`
  const cases: readonly { name: string; wish: () => Promise<object>; code: string; says: RegExp }[] = [
    {
      name: 'the vault does not exist',
      wish: async () => encryption(`${standing.keyVault}none`, key('none')),
      code: 'InvalidEncryptionSettings',
      says: /not found/,
    },
    {
      name: 'the id is not a vault’s',
      wish: async () => encryption(standing.storageAccount ?? '', key('none')),
      code: 'InvalidEncryptionSettings',
      says: /Microsoft\.KeyVault/,
    },
    {
      name: 'the vault is in another region',
      wish: async () =>
        encryption(await vault('faraway1', { enablePurgeProtection: true }, 'westus2'), key('faraway1')),
      code: 'InvalidEncryptionSettings',
      says: /region/,
    },
    {
      name: 'the vault has no soft delete',
      wish: async () => encryption(await vault('hard1', { enableSoftDelete: false }), key('hard1')),
      code: 'InvalidEncryptionSettings',
      says: /soft delete/,
    },
    {
      name: 'the vault has no purge protection',
      wish: async () => encryption(await vault('unprotected1'), key('unprotected1')),
      code: 'InvalidEncryptionSettings',
      says: /purge protection/,
    },
    {
      name: 'the key is no version of a key',
      wish: async () =>
        encryption(await vault('cmk1', { enablePurgeProtection: true }), 'https://cmk1.vault.azure.net/'),
      code: 'InvalidEncryptionSettings',
      says: /keyIdentifier/,
    },
    {
      name: 'the key is of another vault',
      wish: async () => encryption(await vault('cmk2', { enablePurgeProtection: true }), key('cmk9')),
      code: 'InvalidEncryptionSettings',
      says: /cmk2/,
    },
    {
      name: 'there is no such key',
      wish: async () => encryption(await vault('cmk3', { enablePurgeProtection: true }), key('cmk3')),
      code: 'InvalidEncryptionSettings',
      says: /not found/,
    },
  ]
  for (const [at, { name, wish, code, says }] of cases.entries()) {
    test(name, async () => {
      const refusal = await arm.refusal(path(`encrypted${at}`), body(await wish()))
      assert.equal(refusal.code, code, refusal.message)
      assert.match(refusal.message, says)
    })
  }

  test('encryption that is Disabled is none', async () => {
    await arm.made(
      path('plain'),
      body({ encryption: { status: 'Disabled', keyVaultProperties: { keyVaultArmId: '', keyIdentifier: '' } } }),
    )
  })
})

describe('deleting a workspace', () => {
  test('keeps it for a while: its name is taken, and it comes back with what it had', async () => {
    const made = await arm.made(path('kept'), body())
    const env = `${path('kept')}/environments/e/versions/1`
    await arm.made(env, { properties: { image: 'python:3.11-slim' } })
    await arm.gone(path('kept'))
    assert.equal((await arm.get(path('kept'))).status, 404)
    assert.equal((await arm.put(path('kept'), body())).status, 409)
    const back = await arm.made(path('kept'), body({ allowRecoverSoftDeletedWorkspace: true }))
    assert.equal(back.properties.workspaceId, made.properties.workspaceId)
    assert.equal((await arm.get(env)).status, 200)
  })

  test('with forceToPurge is for good: the next of its name is another', async () => {
    const before = (await arm.get(path('kept'))).json.properties.workspaceId
    await arm.gone(path('kept'), '&forceToPurge=true')
    const next = await arm.made(path('kept'), body())
    assert.notEqual(next.properties.workspaceId, before)
    assert.equal((await arm.get(`${path('kept')}/environments/e/versions/1`)).status, 404)
  })
})

test('keys are those of what it stands on; diagnose looks at it anew; notebooks are refused by name', async () => {
  const keys = (await arm.post(`${path('made')}/listKeys`)).json
  const account = (await arm.post(`${standing.storageAccount}/listKeys`)).json.keys
  assert.equal(keys.userStorageKey, account[0].value)
  assert.match(keys.appInsightsInstrumentationKey, /^[0-9a-f-]{36}$/)
  const found = (await arm.post(`${path('made')}/diagnose`)).json.value
  assert.deepEqual([found.storageAccountResults, found.containerRegistryResults], [[], []])
  assert.equal((await arm.post(`${path('made')}/listNotebookKeys`)).status, 501)
})

test('a managed network is refused: nothing would hold to its rules', async () => {
  for (const managedNetwork of [
    { isolationMode: 'AllowInternetOutbound' },
    { isolationMode: 'AllowOnlyApprovedOutbound', outboundRules: { one: { type: 'FQDN', destination: 'test.com' } } },
  ]) {
    const refused = await arm.refusal(path('managed'), body({ managedNetwork }))
    assert.equal(refused.code, 'NetworkRulesNotSupported', refused.message)
    assert.match(refused.message, new RegExp(managedNetwork.isolationMode))
  }
})

test('one that is closed to public networks is managed as ever, and its services let in its own runs alone', async () => {
  const made = await arm.made(path('closed'), body({ publicNetworkAccess: 'Disabled' }))
  assert.equal(made.properties.publicNetworkAccess, 'Disabled')
  const experiments = `/history/v1.0${path('closed')}/experiments?api-version=v1.0`
  const closed = await server.ask(experiments)
  assert.equal(closed.status, 403)
  assert.match(closed.text, /public network access of the workspace 'closed' is disabled/)
  const tracked = `/mlflow/v2.0${path('closed')}/api/2.0/mlflow/experiments/search`
  assert.equal((await server.ask(tracked, { method: 'POST', body: { max_results: 1 } })).status, 403)
  assert.equal((await arm.get(`${path('closed')}/jobs`)).status, 200)
  const environment = `${path('closed')}/environments/plain/versions/1`
  await arm.made(environment, { properties: { image: 'python:3.11-slim' } })
  await arm.made(`${path('closed')}/computes/cpu`, {
    location: 'eastus',
    properties: {
      computeType: 'AmlCompute',
      properties: { vmSize: 'Standard_D1', scaleSettings: { maxNodeCount: 1 } },
    },
  })
  const ask = `
import json, os, urllib.request
uri = os.environ['MLFLOW_TRACKING_URI'].replace('azureml://', 'https://')
asked = urllib.request.Request(uri + '/api/2.0/mlflow/runs/get?run_id=' + os.environ['MLFLOW_RUN_ID'])
asked.add_header('Authorization', 'Bearer ' + os.environ['MLFLOW_TRACKING_TOKEN'])
print(json.load(urllib.request.urlopen(asked))['run']['info']['status'])`
  const job = {
    jobType: 'Command',
    command: `python3 -c "${ask}"`,
    environmentId: environment,
    computeId: `${path('closed')}/computes/cpu`,
  }
  await arm.made(`${path('closed')}/jobs/inside`, { properties: job })
  const state = await until(
    'the job is over',
    async () => {
      const { status } = (await arm.get(`${path('closed')}/jobs/inside`)).json.properties
      return ['Completed', 'Failed', 'Canceled'].includes(status) && status
    },
    120_000,
  )
  assert.equal(state, 'Completed')
  await arm.made(path('closed'), body({ publicNetworkAccess: 'Enabled' }))
  assert.equal((await server.ask(experiments)).status, 200)
})
