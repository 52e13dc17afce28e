/** Private endpoints where there is no network: honest listings, and refusals that say why. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../support/server.ts'
import { ArmClient } from './arm-client.ts'

let server: TestServer
let arm: ArmClient
const resources: { id: string; groups: readonly string[] }[] = []

before(async () => {
  server = await startServer()
  arm = new ArmClient(server)
  const { properties } = (await arm.get(arm.workspace)).json
  const registry = `${arm.group}/providers/Microsoft.ContainerRegistry/registries/linked${server.facts.port}`
  await arm.made(registry, { location: 'eastus', sku: { name: 'Premium' } })
  resources.push(
    { id: arm.workspace, groups: ['amlworkspace'] },
    { id: properties.storageAccount, groups: ['blob', 'dfs', 'file', 'queue', 'table', 'web'] },
    { id: properties.keyVault, groups: ['vault'] },
    { id: registry, groups: ['registry'] },
  )
})
after(() => server?.stop())

test('what could be linked is listed, and no connection is', async () => {
  for (const { id, groups } of resources) {
    const { json } = await arm.get(`${id}/privateLinkResources`)
    assert.deepEqual(
      json.value.map((one: { properties: { groupId: string } }) => one.properties.groupId),
      groups,
      id,
    )
    assert.ok(json.value.every((one: { id: string }) => one.id.startsWith(`${id}/privateLinkResources/`)))
    assert.deepEqual((await arm.get(`${id}/privateEndpointConnections`)).json.value, [])
  }
})

test('a connection that is not there can be read, approved and removed by nobody', async () => {
  for (const { id } of resources) {
    const connection = `${id}/privateEndpointConnections/pe.1234`
    assert.equal((await arm.get(connection)).status, 404)
    const put = await arm.put(connection, {
      properties: { privateLinkServiceConnectionState: { status: 'Approved', description: 'ok' } },
    })
    assert.deepEqual([put.status, put.json.error.code], [404, 'ResourceNotFound'], put.text)
    assert.equal((await arm.get(connection)).status, 404)
    assert.equal((await arm.remove(connection)).status, 204)
  }
})

test('a private endpoint is refused with its reason, and their listing is empty', async () => {
  const version = 'api-version=2023-09-01'
  const at = `${arm.group}/providers/Microsoft.Network/privateEndpoints`
  const put = await server.ask(`${at}/pe?${version}`, {
    method: 'PUT',
    body: { location: 'eastus', properties: { privateLinkServiceConnections: [] } },
  })
  assert.deepEqual([put.status, put.json.error.code], [501, 'NotImplemented'])
  assert.match(put.json.error.message, /no virtual networks/)
  assert.deepEqual((await server.ask(`${at}?${version}`)).json.value, [])
  const network = await server.ask(`${arm.group}/providers/Microsoft.Network/virtualNetworks/v?${version}`)
  assert.deepEqual([network.status, network.json.error.code], [404, 'InvalidResourceType'])
})
