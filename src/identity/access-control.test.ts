import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { assignRole } from '../domain/roles/assign-role.ts'
import { ROLE_ASSIGNMENTS } from '../domain/roles/assignments.ts'
import { builtInRoles } from '../domain/roles/roles.ts'
import { openSealing } from '../store/sealing-key.ts'
import { openStore } from '../store/sqlite/open-store.ts'
import { clientSecretFile } from './bootstrap.ts'
import type { Caller } from './identity.ts'
import { openIdentity } from './open-identity.ts'
import { startTenant, type Tenant } from './test-tenant.ts'

let tenant: Tenant
let sub = ''
before(async () => {
  tenant = await startTenant()
  sub = `/subscriptions/${tenant.identity.install.subscriptionId}`
})
after(() => tenant.stop())

const BLOBS = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
const WS = () => `${sub}/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w`

async function caller(name: string): Promise<Caller> {
  const { objectId, appId, tenantId } = await tenant.identity.addPrincipal({ name })
  return { tenantId, objectId, appId, kind: 'Application', displayName: name }
}
const assign = (to: Caller, role: string, scope: string) =>
  tenant.store.write((within) =>
    assignRole(within, {
      principalId: to.objectId,
      principalType: 'ServicePrincipal',
      role: builtInRoles.find(({ name }) => name === role)?.id ?? role,
      scope,
      by: 'test',
      at: new Date(),
    }),
  )

test('the bootstrap application may do everything in the subscription, by assignments that can be read', async () => {
  const { install, access } = tenant.identity
  const boot: Caller = {
    tenantId: install.tenantId,
    objectId: install.objectId,
    appId: install.clientId,
    kind: 'Application',
    displayName: '',
  }
  assert.ok(await access.allows(boot, 'Microsoft.Authorization/roleAssignments/write', sub.toUpperCase()))
  assert.ok(await access.allows(boot, `${BLOBS}/read`, `${sub}/resourceGroups/g`, 'dataActions'))
  assert.ok(await access.allows(boot, 'Microsoft.KeyVault/vaults/secrets/getSecret/action', sub, 'dataActions'))
  assert.ok(!(await access.allows(boot, 'Microsoft.Resources/subscriptions/read', '/subscriptions/other')))
  const { items } = await tenant.store.resources.ofType(sub, ROLE_ASSIGNMENTS)
  const machineLearning = await tenant.store.identities.principalByApp('0736f41a-0425-4b46-bdb5-1563eff02385')
  assert.deepEqual(
    items.map(({ body }) => (body.properties as { principalId: string }).principalId).sort(),
    [...Array<string>(4).fill(install.objectId), machineLearning?.objectId ?? ''].sort(),
  )
})

test('a new principal has no rights, and is told so in Azure words', async () => {
  const nobody = await caller('nobody')
  await assert.rejects(
    tenant.identity.access.demand(nobody, 'Microsoft.Resources/subscriptions/resourceGroups/read', sub),
    {
      key: 'AuthorizationFailed',
      status: 403,
      message: `The client '${nobody.appId}' with object id '${nobody.objectId}' does not have authorization to perform action 'Microsoft.Resources/subscriptions/resourceGroups/read' over scope '${sub}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    },
  )
})

for (const { role, action, kind = 'actions', allowed } of [
  { role: 'Reader', action: 'Microsoft.MachineLearningServices/workspaces/READ', allowed: true },
  { role: 'Reader', action: 'Microsoft.MachineLearningServices/workspaces/write', allowed: false },
  { role: 'Reader', action: `${BLOBS}/read`, kind: 'dataActions', allowed: false },
  { role: 'Contributor', action: 'Microsoft.MachineLearningServices/workspaces/delete', allowed: true },
  { role: 'Contributor', action: 'microsoft.authorization/roleAssignments/write', allowed: false },
  { role: 'Owner', action: 'Microsoft.Authorization/roleAssignments/write', allowed: true },
  { role: 'Owner', action: `${BLOBS}/read`, kind: 'dataActions', allowed: false },
  { role: 'Storage Blob Data Reader', action: `${BLOBS}/read`, kind: 'dataActions', allowed: true },
  { role: 'Storage Blob Data Reader', action: `${BLOBS}/write`, kind: 'dataActions', allowed: false },
  { role: 'Storage Blob Data Contributor', action: `${BLOBS}/add/action`, kind: 'dataActions', allowed: true },
  { role: 'User Access Administrator', action: 'Microsoft.Authorization/roleAssignments/delete', allowed: true },
  { role: 'AzureML Data Scientist', action: 'Microsoft.MachineLearningServices/workspaces/jobs/write', allowed: true },
  { role: 'AzureML Data Scientist', action: 'Microsoft.MachineLearningServices/workspaces/write', allowed: false },
  {
    role: 'AzureML Data Scientist',
    action: 'Microsoft.MachineLearningServices/workspaces/listKeys/action',
    allowed: false,
  },
  {
    role: 'Key Vault Administrator',
    action: 'Microsoft.KeyVault/vaults/secrets/setSecret/action',
    kind: 'dataActions',
    allowed: true,
  },
] satisfies { role: string; action: string; kind?: 'actions' | 'dataActions'; allowed: boolean }[]) {
  test(`${role} ${allowed ? 'may' : 'may not'} ${action}`, async () => {
    const someone = await caller('someone')
    await assign(someone, role, `${sub}/resourceGroups/g`)
    assert.equal(await tenant.identity.access.allows(someone, action, WS(), kind), allowed)
  })
}

test('a right reaches down from its scope, not up, and not to a name that only begins alike', async () => {
  const someone = await caller('scoped')
  await assign(someone, 'Reader', `${sub}/resourceGroups/G`)
  const may = (scope: string) => tenant.identity.access.allows(someone, 'a/read', scope)
  assert.ok(await may(`${sub}/resourcegroups/g`))
  assert.ok(await may(WS()))
  assert.ok(!(await may(sub)))
  assert.ok(!(await may(`${sub}/resourceGroups/gg`)))
  assert.ok(!(await may('')))
})

test('an assignment counts at once, and its end too', async () => {
  const someone = await caller('late')
  const may = () => tenant.identity.access.allows(someone, 'a/read', WS())
  assert.ok(!(await may()))
  const id = await assign(someone, 'Reader', WS())
  assert.ok(await may())
  await tenant.store.write(({ resources }) => resources.remove(id))
  assert.ok(!(await may()))
})

test('a role that there is not is refused', async () => {
  await assert.rejects(assign(await caller('x'), 'no-role', sub), { key: 'RoleDefinitionDoesNotExist' })
})

test("a run's token works in its workspace and nowhere else, whatever its principal may do", async () => {
  const { install, access } = tenant.identity
  const run: Caller = {
    tenantId: install.tenantId,
    objectId: install.objectId,
    kind: 'Application',
    displayName: '',
    run: { workspace: WS().toLowerCase(), id: 'r' },
  }
  const write = 'Microsoft.MachineLearningServices/workspaces/models/versions/write'
  assert.ok(await access.allows(run, write, `${WS()}/models/m/versions/1`))
  assert.ok(!(await access.allows(run, write, `${WS()}2/models/m/versions/1`)))
  assert.ok(!(await access.allows(run, 'Microsoft.MachineLearningServices/workspaces/listKeys/action', WS())))
  assert.ok(!(await access.allows(run, 'Microsoft.Storage/storageAccounts/listKeys/action', sub)))
})

test('a name for a principal must be one', async () => {
  for (const name of ['', '  ', 'x'.repeat(121)]) {
    await assert.rejects(tenant.identity.addPrincipal({ name }), { key: 'PrincipalNameInvalid' })
  }
})

test('secrets are kept hashed, the bootstrap one stands in a file of its owner, and a restart changes nothing', async () => {
  const own = await startTenant()
  const { directory, identity, secret } = own
  assert.equal(statSync(clientSecretFile(directory)).mode & 0o777, 0o600)
  assert.ok(secret.length >= 32)
  const kept = await own.store.identities.secretsOf(identity.install.clientId)
  assert.equal(kept.length, 1)
  assert.ok(!JSON.stringify(kept).includes(secret))
  await own.store.close()
  assert.ok(!readFileSync(join(directory, 'lazuli.db')).includes(secret))
  const store = await openStore({ directory })
  const again = await openIdentity({ store, sealing: openSealing(directory), directory, now: () => new Date() })
  assert.deepEqual(again.install, identity.install)
  assert.equal((await store.identities.signingKeys()).length, 1)
  assert.equal((await store.resources.ofType('', ROLE_ASSIGNMENTS)).items.length, 5)
  await store.close()
  await own.stop()
  if (existsSync(directory)) rmSync(directory, { recursive: true })
})
