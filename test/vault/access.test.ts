import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ARM_VERSION, startVault, type VaultServer } from './vault-server.ts'

let vault: VaultServer
let other: { clientId: string; secret: string; objectId: string }
let token: string

before(async () => {
  vault = await startVault('kv-access')
  const { server } = vault
  const added = await server.ask('/lazuli/principals', { method: 'POST', body: { name: 'other' } })
  assert.ok(added.status < 300, added.text)
  other = { clientId: added.json.appId, secret: added.json.secret, objectId: added.json.objectId }
  token = await server.token({ resource: 'https://vault.azure.net', ...other })
})
after(() => vault.server.stop())

const codes = ({ status, json }: Awaited<ReturnType<VaultServer['ask']>>) => [
  status,
  ...(json.error ? [json.error.code, json.error.innererror?.code] : []),
]

test('access policies: each permission by itself, and nobody without one', async () => {
  const { server } = vault
  const policy = (objectId: string, secrets: readonly string[]) => ({
    tenantId: server.facts.tenantId,
    objectId,
    permissions: { secrets },
  })
  const at = { vault: 'kv-policies' }
  await vault.makeVault('kv-policies', {
    enableRbacAuthorization: false,
    accessPolicies: [policy(other.objectId, ['Set'])],
  })
  // Owner of the subscription and administrator of vaults by role: in this mode roles give nothing.
  const owner = await vault.ask('/secrets/x', at)
  assert.deepEqual(codes(owner), [403, 'Forbidden', 'AccessDenied'])
  assert.match(
    owner.json.error.message,
    /does not have secrets get permission on key vault 'kv-policies;location=eastus'/,
  )
  const set = await vault.ask('/secrets/x', { ...at, token, method: 'PUT', body: { value: 'v' } })
  assert.equal(set.status, 200, set.text)
  assert.deepEqual(codes(await vault.ask('/secrets/x', { ...at, token })), [403, 'Forbidden', 'AccessDenied'])
  assert.deepEqual(codes(await vault.ask('/secrets', { ...at, token })), [403, 'Forbidden', 'AccessDenied'])
  await vault.makeVault('kv-policies', {
    enableRbacAuthorization: false,
    accessPolicies: [policy(other.objectId, ['all'])],
  })
  assert.equal((await vault.ask('/secrets/x', { ...at, token })).json.value, 'v')
  await vault.ask('/secrets/x', { ...at, token, method: 'DELETE' })
  const purge = await vault.ask('/deletedsecrets/x', { ...at, token, method: 'DELETE' })
  assert.deepEqual(codes(purge), [403, 'Forbidden', 'AccessDenied'], "'all' is not purge")
})

test('roles: data actions decide, at the vault and at one secret', async () => {
  const { server } = vault
  await vault.ask('/secrets/one', { method: 'PUT', body: { value: '1' } })
  await vault.ask('/secrets/two', { method: 'PUT', body: { value: '2' } })
  const refused = await vault.ask('/secrets/one', { token })
  assert.deepEqual(codes(refused), [403, 'Forbidden', 'ForbiddenByRbac'])
  assert.match(refused.json.error.message, /Action: 'Microsoft.KeyVault\/vaults\/secrets\/getSecret\/action'/)
  const assigned = await server.ask(
    `${vault.id}/secrets/one/providers/Microsoft.Authorization/roleAssignments/55555555-5555-4555-8555-555555555555?api-version=2022-04-01`,
    {
      method: 'PUT',
      body: {
        properties: {
          roleDefinitionId: `/subscriptions/${server.facts.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6`,
          principalId: other.objectId,
          principalType: 'ServicePrincipal',
        },
      },
    },
  )
  assert.equal(assigned.status, 201, assigned.text)
  assert.equal((await vault.ask('/secrets/one', { token })).json.value, '1')
  assert.deepEqual(codes(await vault.ask('/secrets/two', { token })), [403, 'Forbidden', 'ForbiddenByRbac'])
  const write = await vault.ask('/secrets/one', { token, method: 'PUT', body: { value: 'mine' } })
  assert.deepEqual(codes(write), [403, 'Forbidden', 'ForbiddenByRbac'])
})

test('a deleted vault answers nothing, and its recovery brings all back', async () => {
  const { server } = vault
  const id = await vault.makeVault('kv-comes-back')
  const at = { vault: 'kv-comes-back' }
  await vault.ask('/secrets/x', { ...at, method: 'PUT', body: { value: 'v' } })
  assert.equal((await server.ask(`${id}?${ARM_VERSION}`, { method: 'DELETE' })).status, 200)
  assert.equal((await vault.ask('/secrets/x', at)).json.error.code, 'VaultNotFound')
  await vault.makeVault('kv-comes-back', { createMode: 'recover' })
  assert.equal((await vault.ask('/secrets/x', at)).json.value, 'v')
  await server.ask(`${id}?${ARM_VERSION}`, { method: 'DELETE' })
  const purged = await server.ask(
    `/subscriptions/${server.facts.subscriptionId}/providers/Microsoft.KeyVault/locations/eastus/deletedVaults/kv-comes-back/purge?${ARM_VERSION}`,
    { method: 'POST' },
  )
  assert.ok(purged.status < 300, purged.text)
  await vault.makeVault('kv-comes-back')
  assert.equal((await vault.ask('/secrets/x', at)).json.error.code, 'SecretNotFound', 'a purged vault leaves nothing')
})
