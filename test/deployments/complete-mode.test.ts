/** Complete mode over a whole server: what goes has its order too. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { deployOn, identity, stateOf } from '../support/deploy.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

test('a hub goes after its projects', async () => {
  const group = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/emptied`
  await server.ask(`${group}?api-version=2021-04-01`, { method: 'PUT', body: { location: 'eastus' } })
  const suffix = Date.now() % 10_000_000
  const workspace = (name: string, kind: string, properties: object) => ({
    type: 'Microsoft.MachineLearningServices/workspaces',
    apiVersion: '2024-10-01',
    name,
    location: 'eastus',
    kind,
    identity: { type: 'SystemAssigned' },
    properties,
  })
  const account = `emptied${suffix}`
  const vault = `emptied-${suffix}`
  const made = await deployOn(server, {
    group,
    name: 'full',
    parts: {
      resources: [
        {
          type: 'Microsoft.Storage/storageAccounts',
          apiVersion: '2023-01-01',
          name: account,
          location: 'eastus',
          kind: 'StorageV2',
          sku: { name: 'Standard_LRS' },
        },
        {
          type: 'Microsoft.KeyVault/vaults',
          apiVersion: '2023-07-01',
          name: vault,
          location: 'eastus',
          properties: {
            tenantId: '[subscription().tenantId]',
            sku: { family: 'A', name: 'standard' },
            accessPolicies: [],
          },
        },
        {
          ...workspace('a-hub', 'hub', {
            storageAccount: `[resourceId('Microsoft.Storage/storageAccounts', '${account}')]`,
            keyVault: `[resourceId('Microsoft.KeyVault/vaults', '${vault}')]`,
          }),
          dependsOn: [account, vault],
        },
        ...['b-project', 'c-project'].map((name) => ({
          ...workspace(name, 'project', {
            hubResourceId: "[resourceId('Microsoft.MachineLearningServices/workspaces', 'a-hub')]",
          }),
          dependsOn: ['a-hub'],
        })),
        identity('stays'),
      ],
    },
  })
  assert.equal(stateOf(made), 'Succeeded')
  const emptied = await deployOn(server, {
    group,
    name: 'empty',
    parts: { resources: [identity('stays')] },
    more: { mode: 'Complete' },
  })
  assert.equal(stateOf(emptied), 'Succeeded')
  const { json } = await server.ask(`${emptied.id}/operations?api-version=2024-03-01`)
  const gone: string[] = json.value
    .map(({ properties }: { properties: Record<string, unknown> }) => properties)
    .filter((one: { provisioningOperation: string }) => one.provisioningOperation === 'Delete')
    .map((one: { targetResource: { resourceName: string } }) => one.targetResource.resourceName)
  const hub = gone.indexOf('a-hub')
  assert.ok(
    ['b-project', 'c-project'].every((name) => gone.indexOf(name) >= 0 && gone.indexOf(name) < hub),
    `${gone}`,
  )
  const left = await server.ask(`${group}/resources?api-version=2021-04-01`)
  assert.deepEqual(
    left.json.value.map(({ name }: { name: string }) => name),
    ['stays'],
  )
})
