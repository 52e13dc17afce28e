/** Every built-in role × every operation that there is × where it is asked: what is decided is what the role's data say. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { loadRegistry } from '../src/arm/registry.ts'
import { faces } from '../src/data-planes/faces.ts'
import { assignRole } from '../src/domain/roles/assign-role.ts'
import type { Role } from '../src/domain/roles/role.ts'
import { builtInRoles } from '../src/domain/roles/roles.ts'
import type { Caller } from '../src/identity/identity.ts'
import { startTenant, type Tenant } from '../src/identity/test-tenant.ts'

type Kind = 'actions' | 'dataActions'

let tenant: Tenant
before(async () => {
  tenant = await startTenant()
})
after(() => tenant.stop())

/** Every right that some verb, action, operation or data plane of the program asks for. */
async function operations(): Promise<readonly (readonly [string, Kind])[]> {
  const { providers, operations: atScopes } = await loadRegistry(join(import.meta.dirname, '..', 'src', 'providers'))
  const ofTypes = providers
    .flatMap(({ types }) => types)
    .flatMap(({ right, declaration }) => [
      ...['read', 'write', 'delete'].map((verb) => `${right}/${verb}`),
      ...Object.entries(declaration.actions ?? {}).map(
        ([name, { method }]) => `${right}/${name}/${method === 'GET' ? 'read' : 'action'}`,
      ),
    ])
  const scoped = atScopes.flatMap(({ provider, operation }) =>
    operation.right === undefined ? [] : [`${provider.namespace}/${operation.right}`],
  )
  const regional = faces
    .flatMap((face) => face.operations)
    .map(({ right }) => `Microsoft.MachineLearningServices/workspaces/${right}`)
  const linked = [
    'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action',
    'Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action',
    'Microsoft.ContainerRegistry/registries/pull/read',
    'Microsoft.ContainerRegistry/registries/push/write',
  ]
  const blob = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
  const data = [
    ...['read', 'write', 'delete', 'add/action', 'move/action', 'tags/read'].map((verb) => `${blob}/${verb}`),
    ...['getSecret/action', 'setSecret/action', 'readMetadata/action', 'delete'].map(
      (verb) => `Microsoft.KeyVault/vaults/secrets/${verb}`,
    ),
    ...['read', 'wrap/action', 'sign/action', 'create/action'].map((verb) => `Microsoft.KeyVault/vaults/keys/${verb}`),
    'Microsoft.Storage/storageAccounts/queueServices/queues/messages/read',
    'Microsoft.Storage/storageAccounts/tableServices/tables/entities/write',
    'Microsoft.Storage/storageAccounts/fileServices/fileshares/files/read',
  ]
  return [
    ...[...new Set([...ofTypes, ...scoped, ...regional, ...linked])].map((action) => [action, 'actions'] as const),
    ...data.map((action) => [action, 'dataActions'] as const),
  ]
}

/** Azure's rule once more, letter by letter: a star is any text, and a segment that is a star may be missing. */
function fits(pattern: string, action: string): boolean {
  if (pattern === '') return action === ''
  if (pattern.startsWith('/*/') && fits(pattern.slice(2), action)) return true
  if (pattern[0] === '*') return fits(pattern.slice(1), action) || (action !== '' && fits(pattern, action.slice(1)))
  return action !== '' && pattern[0] === action[0] && fits(pattern.slice(1), action.slice(1))
}
function grants(role: Role, action: string, kind: Kind): boolean {
  const [yes, no] = kind === 'actions' ? [role.actions, role.notActions] : [role.dataActions, role.notDataActions]
  const any = (patterns: readonly string[]) => patterns.some((one) => fits(one.toLowerCase(), action.toLowerCase()))
  return any(yes) && !any(no)
}

test('every role × every operation × {own scope, below, parent, sibling}', async () => {
  const asked = await operations()
  const sub = `/subscriptions/${tenant.identity.install.subscriptionId}`
  const own = `${sub}/resourceGroups/own`
  const places = [
    { scope: own, reached: true },
    { scope: `${own.toUpperCase()}/providers/Microsoft.MachineLearningServices/workspaces/w`, reached: true },
    { scope: sub, reached: false },
    { scope: `${sub}/resourceGroups/own2`, reached: false },
  ]
  const wrong: string[] = []
  let combinations = 0
  let allowed = 0
  for (const role of builtInRoles) {
    const { objectId, appId, tenantId } = await tenant.identity.addPrincipal({ name: 'one' })
    const caller: Caller = { tenantId, objectId, appId, kind: 'Application', displayName: '' }
    await tenant.store.write((within) =>
      assignRole(within, {
        principalId: objectId,
        principalType: 'ServicePrincipal',
        role: role.id,
        scope: own,
        by: 'test',
        at: new Date(),
      }),
    )
    for (const [action, kind] of asked) {
      const granted = grants(role, action, kind)
      for (const { scope, reached } of places) {
        combinations++
        const expected = granted && reached
        if (expected) allowed++
        const decided = await tenant.identity.access.allows(caller, action, scope, kind)
        if (decided !== expected) wrong.push(`${role.name}: ${action} (${kind}) at ${scope}: ${decided}`)
      }
    }
  }
  assert.deepEqual(wrong, [])
  assert.ok(combinations >= 10_000, `${combinations} combinations`)
  assert.ok(allowed > 500, `${allowed} of them allowed`)
})

test('a Data Scientist neither makes nor deletes a compute, and an operator of computes does both', async () => {
  const named = (name: string) => builtInRoles.find((role) => role.name === name) ?? assert.fail(name)
  const computes = 'Microsoft.MachineLearningServices/workspaces/computes'
  assert.ok(!grants(named('AzureML Data Scientist'), `${computes}/write`, 'actions'))
  assert.ok(grants(named('AzureML Data Scientist'), `${computes}/read`, 'actions'))
  assert.ok(grants(named('AzureML Compute Operator'), `${computes}/write`, 'actions'))
})
