import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type ArmEngine, type Reply, startArmEngine } from '../../../test/support/arm-engine.ts'

const READER = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
const CONTRIBUTOR = 'b24988ac-6180-42a0-ab88-20f7382dd24c'
const AUTHORIZATION = 'providers/Microsoft.Authorization'
const V = 'api-version=2022-04-01'
const GROUPS = 'api-version=2021-04-01'
const LOCKS = 'api-version=2016-09-01'

let engine: ArmEngine
let sub = ''
before(async () => {
  engine = await startArmEngine()
  sub = engine.subscription
})
after(() => engine.stop())

type Sent = Parameters<ArmEngine['ask']>[1]
const ask = (path: string, sent?: Sent) => engine.ask(path, sent)
const put = (path: string, body: object, token?: string) =>
  ask(path, { method: 'PUT', body, ...(token !== undefined && { token }) })
const remove = (path: string, token?: string) => ask(path, { method: 'DELETE', ...(token !== undefined && { token }) })
const outcome = ({ status, body }: Reply) => [status, body?.error?.code]

async function group(name: string): Promise<string> {
  assert.ok((await put(`${sub}/resourceGroups/${name}?${GROUPS}`, { location: 'eastus' })).status < 300)
  return `${sub}/resourceGroups/${name}`
}
async function someone(role?: string, scope = sub) {
  const { appId, secret, objectId } = await engine.identity.addPrincipal({ name: 'someone' })
  if (role !== undefined) assert.equal((await assign(objectId, role, scope)).status, 201)
  return { objectId, token: await engine.tokenFor({ clientId: appId, secret }) }
}
const assign = (principalId: string, role: string, scope: string) =>
  put(`${scope}/${AUTHORIZATION}/roleAssignments/${randomUUID()}?${V}`, {
    properties: { principalId, roleDefinitionId: `${sub}/${AUTHORIZATION}/roleDefinitions/${role}` },
  })

describe('custom roles', () => {
  const roleAt = (id: string, scope = sub) => `${scope}/${AUTHORIZATION}/roleDefinitions/${id}?${V}`
  const role = (roleName: string, scopes: readonly string[] = [sub], permission: object = { actions: ['*/read'] }) => ({
    properties: { roleName, description: 'x', permissions: [permission], assignableScopes: scopes },
  })

  test('one is made, found, assigned, changed for the next request, and not deleted while it is assigned', async () => {
    const at = await group('custom')
    const id = randomUUID()
    const made = await put(roleAt(id), role('Group reader'))
    assert.deepEqual(outcome(made), [201, undefined])
    assert.equal(made.body.properties.type, 'CustomRole')
    assert.deepEqual((await ask(roleAt(id, at))).body.properties, made.body.properties)
    const filter = encodeURIComponent("roleName eq 'Group reader'")
    const found = await ask(`${at}/${AUTHORIZATION}/roleDefinitions?${V}&$filter=${filter}`)
    assert.deepEqual(
      found.body.value.map((one: { name: string }) => one.name),
      [id],
    )
    const { token } = await someone(id, at)
    assert.equal((await ask(`${at}?${GROUPS}`, { token })).status, 200)
    await put(roleAt(id), role('Group reader', [sub], { actions: ['*/read'], notActions: ['Microsoft.Resources/*'] }))
    assert.equal((await ask(`${at}?${GROUPS}`, { token })).status, 403)
    assert.deepEqual(outcome(await remove(roleAt(id))), [400, 'RoleDefinitionHasAssignments'])
    const elsewhere = await group('elsewhere')
    assert.deepEqual(outcome(await put(roleAt(id), role('Group reader', [elsewhere]))), [
      400,
      'RoleDefinitionHasAssignments',
    ])
    const { body } = await ask(`${at}/${AUTHORIZATION}/roleAssignments?${V}&$filter=atScope()`)
    const own = body.value.find((one: { properties: { roleDefinitionId: string } }) =>
      one.properties.roleDefinitionId.endsWith(id),
    )
    assert.ok((await remove(`${own.id}?${V}`)).status < 300)
    // az reads what was deleted.
    assert.equal((await remove(roleAt(id))).body.properties.roleName, 'Group reader')
    assert.equal((await ask(roleAt(id))).status, 404)
  })

  test('it can be assigned within its scopes only', async () => {
    const [here, there] = [await group('here'), await group('there')]
    const id = randomUUID()
    assert.equal((await put(roleAt(id), role('Here only', [here]))).status, 201)
    const { objectId } = await someone()
    assert.deepEqual(outcome(await assign(objectId, id, there)), [400, 'RoleDefinitionDoesNotExist'])
    assert.deepEqual(outcome(await assign(objectId, id, sub)), [400, 'RoleDefinitionDoesNotExist'])
    assert.equal((await assign(objectId, id, here)).status, 201)
  })

  test('who may not manage roles at all of its scopes makes, widens and deletes none', async () => {
    const [mine, other] = [await group('mine'), await group('other')]
    const { token } = await someone('18d7d88d-d35e-4fb5-a5c3-7773c20a72d9', mine)
    const id = randomUUID()
    assert.deepEqual(outcome(await put(roleAt(id, mine), role('Wide', [mine, other]), token)), [
      403,
      'LinkedAuthorizationFailed',
    ])
    assert.equal((await put(roleAt(id), role('Wide', [mine, other]))).status, 201)
    assert.deepEqual(outcome(await put(roleAt(id, mine), role('Wide', [mine]), token)), [
      403,
      'LinkedAuthorizationFailed',
    ])
    assert.deepEqual(outcome(await remove(roleAt(id, mine), token)), [403, 'LinkedAuthorizationFailed'])
    assert.equal((await ask(roleAt(id))).status, 200)
  })

  for (const { name, wish, code } of [
    { name: 'without a name', wish: { permissions: [{ actions: ['*'] }] }, code: 'InvalidRoleDefinition' },
    { name: 'that allows nothing', wish: { permissions: [{}] }, code: 'InvalidRoleDefinition' },
    { name: 'with two permissions', wish: { permissions: [{ actions: ['*'] }, {}] }, code: 'InvalidRoleDefinition' },
    { name: 'of no action', wish: { permissions: [{ actions: ['all of it'] }] }, code: 'InvalidActionOrNotAction' },
    {
      name: 'of an action without a verb',
      wish: { permissions: [{ actions: ['*/read', 'Microsoft.Storage/storageAccounts/listKeys'] }] },
      code: 'InvalidActionOrNotAction',
    },
    {
      name: 'without an action of no provider',
      wish: { permissions: [{ actions: ['*'], notActions: ['storage/accounts/read'] }] },
      code: 'InvalidActionOrNotAction',
    },
    {
      name: 'of too many stars',
      wish: { permissions: [{ dataActions: ['Microsoft.A/*b*c*d*e*/read'] }] },
      code: 'InvalidRoleDefinition',
    },
    { name: 'without scopes', wish: { assignableScopes: [] }, code: 'InvalidRoleDefinition' },
    { name: 'for the tenant', wish: { assignableScopes: ['/'] }, code: 'InvalidRoleDefinition' },
    { name: 'that calls itself built in', wish: { type: 'BuiltInRole' }, code: 'InvalidRoleDefinition' },
    { name: 'with the name of a built-in one', wish: { roleName: 'reader' }, code: 'RoleDefinitionWithSameNameExists' },
  ]) {
    test(`one ${name} is refused`, async () => {
      const { properties } = role(name === 'without a name' ? '' : `Refused ${name}`)
      const answer = await put(roleAt(randomUUID()), { properties: { ...properties, ...wish } })
      assert.equal(answer.body.error?.code, code, JSON.stringify(answer.body))
      assert.ok(answer.status >= 400 && answer.status < 500)
    })
  }

  test('a built-in one is neither changed nor deleted', async () => {
    const code = 'BuiltInRoleDefinitionUpdateNotPermitted'
    assert.deepEqual(outcome(await put(roleAt(READER), role('Mine'))), [403, code])
    assert.deepEqual(outcome(await remove(roleAt(READER))), [403, code])
  })
})

describe('role assignments', () => {
  test('a listing has what applies: at the scope, above it, and below unless atScope() is asked', async () => {
    const at = await group('inherit')
    const { objectId } = await someone(READER, sub)
    assert.equal((await assign(objectId, CONTRIBUTOR, at)).status, 201)
    const scopes = async (scope: string, filter: string) => {
      const { body } = await ask(`${scope}/${AUTHORIZATION}/roleAssignments?${V}&$filter=${encodeURIComponent(filter)}`)
      return body.value.map((one: { properties: { scope: string } }) => one.properties.scope).sort()
    }
    assert.deepEqual(await scopes(at, `assignedTo('${objectId}')`), [sub, at])
    assert.deepEqual(await scopes(at, `atScope() and principalId eq '${objectId}'`), [sub, at])
    assert.deepEqual(await scopes(sub, `principalId eq '${objectId}'`), [sub, at])
    assert.deepEqual(await scopes(sub, `atScope() and assignedTo('${objectId}')`), [sub])
    const wrong = await ask(`${sub}/${AUTHORIZATION}/roleAssignments?${V}&$filter=${encodeURIComponent('x lt 1')}`)
    assert.deepEqual(outcome(wrong), [400, 'InvalidFilterInQueryString'])
  })

  test('a condition, which nothing would evaluate, is refused', async () => {
    const { objectId } = await someone()
    const answer = await put(`${sub}/${AUTHORIZATION}/roleAssignments/${randomUUID()}?${V}`, {
      properties: {
        principalId: objectId,
        roleDefinitionId: `${sub}/${AUTHORIZATION}/roleDefinitions/${READER}`,
        condition: '@Resource[name] StringEquals "x"',
      },
    })
    assert.deepEqual(outcome(answer), [501, 'NotImplemented'])
    const empty = await put(`${sub}/${AUTHORIZATION}/roleAssignments/${randomUUID()}?${V}`, {})
    assert.equal(empty.status, 400)
  })

  test('permissions tells what the caller may do at a scope, on a subscription, a group and a resource', async () => {
    const at = await group('permissions')
    const account = `${at}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/permitted`
    assert.ok((await put(`${account}?api-version=2018-11-30`, { location: 'eastus' })).status < 300)
    const { token } = await someone(READER, at)
    const actions = async (scope: string, who?: string) => {
      const { status, body } = await ask(`${scope}/${AUTHORIZATION}/permissions?${V}`, { ...(who && { token: who }) })
      return [status, body.value?.map((one: { actions: string[] }) => one.actions)]
    }
    assert.deepEqual(await actions(at, token), [200, [['*/read']]])
    assert.deepEqual(await actions(account, token), [200, [['*/read']]])
    assert.deepEqual(await actions(sub, token), [403, undefined])
    assert.equal((await actions(sub))[0], 200)
    assert.equal((await actions(`${account}x`))[0], 404)
  })

  test('there are no deny assignments to read, and none to write', async () => {
    const path = `${sub}/${AUTHORIZATION}/denyAssignments`
    assert.deepEqual((await ask(`${path}?${V}`)).body.value, [])
    assert.equal((await ask(`${path}/${randomUUID()}?${V}`)).status, 404)
    assert.equal((await put(`${path}/${randomUUID()}?${V}`, {})).status, 405)
  })
})

describe('linked scopes', () => {
  test('who refers to a resource must be allowed to read it', async () => {
    const [mine, hidden] = [await group('linked'), await group('hidden')]
    const logs = `${hidden}/providers/Microsoft.OperationalInsights/workspaces/logs`
    assert.ok((await put(`${logs}?api-version=2021-06-01`, { location: 'eastus' })).status < 300)
    const { objectId, token } = await someone(CONTRIBUTOR, mine)
    const component = () =>
      put(
        `${mine}/providers/Microsoft.Insights/components/c?api-version=2020-02-02`,
        { location: 'eastus', kind: 'web', properties: { Application_Type: 'web', WorkspaceResourceId: logs } },
        token,
      )
    const refused = await component()
    assert.deepEqual(outcome(refused), [403, 'LinkedAuthorizationFailed'])
    for (const word of [objectId, logs, 'Microsoft.OperationalInsights/workspaces/read']) {
      assert.ok(refused.body.error.message.includes(word), refused.body.error.message)
    }
    assert.equal((await assign(objectId, READER, logs)).status, 201)
    assert.ok((await component()).status < 300)
  })
})

describe('locks', () => {
  const identity = (at: string) => `${at}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/locked`
  const MI = 'api-version=2018-11-30'
  const lock = (at: string, level: string, name = 'l') =>
    put(`${at}/${AUTHORIZATION}/locks/${name}?${LOCKS}`, { properties: { level } })
  const unlock = (at: string, name = 'l') => remove(`${at}/${AUTHORIZATION}/locks/${name}?${LOCKS}`)
  async function locked(name: string, level: string, place: (at: string) => string) {
    const at = await group(name)
    assert.ok((await put(`${identity(at)}?${MI}`, { location: 'eastus' })).status < 300)
    assert.equal((await lock(place(at), level)).status, 201)
    return at
  }

  test('CanNotDelete stops deletes of its scope, of what is below and of what is above, and no writes', async () => {
    for (const [name, place] of [
      ['lock-group', (at: string) => at],
      ['lock-resource', identity],
    ] as const) {
      const at = await locked(name, 'CanNotDelete', place)
      const refused = await remove(`${identity(at)}?${MI}`)
      assert.deepEqual(outcome(refused), [409, 'ScopeLocked'])
      assert.ok(refused.body.error.message.includes(place(at).toLowerCase()), refused.body.error.message)
      assert.deepEqual(outcome(await remove(`${at}?${GROUPS}`)), [409, 'ScopeLocked'])
      assert.equal((await put(`${identity(at)}?${MI}`, { location: 'eastus', tags: { a: 'b' } })).status, 200)
      assert.ok((await unlock(place(at))).status < 300)
      assert.ok((await remove(`${identity(at)}?${MI}`)).status < 300)
    }
  })

  test('ReadOnly stops writes, deletes and actions; reading goes on, and the lock itself can go', async () => {
    const at = await locked('read-only', 'ReadOnly', (group) => group)
    assert.deepEqual(outcome(await put(`${identity(at)}?${MI}`, { location: 'eastus' })), [409, 'ScopeLocked'])
    assert.deepEqual(outcome(await put(`${identity(at)}2?${MI}`, { location: 'eastus' })), [409, 'ScopeLocked'])
    assert.deepEqual(outcome(await remove(`${identity(at)}?${MI}`)), [409, 'ScopeLocked'])
    assert.equal((await ask(`${identity(at)}?${MI}`)).status, 200)
    assert.ok((await unlock(at)).status < 300)
    assert.ok((await remove(`${identity(at)}?${MI}`)).status < 300)
  })

  test('a Contributor neither makes nor removes one; an unknown level is refused; a listing has those below', async () => {
    const at = await locked('lock-rights', 'CanNotDelete', identity)
    const { token } = await someone(CONTRIBUTOR, at)
    const path = `${at}/${AUTHORIZATION}/locks/mine?${LOCKS}`
    assert.deepEqual(outcome(await put(path, { properties: { level: 'ReadOnly' } }, token)), [
      403,
      'AuthorizationFailed',
    ])
    assert.deepEqual(outcome(await remove(`${identity(at)}/${AUTHORIZATION}/locks/l?${LOCKS}`, token)), [
      403,
      'AuthorizationFailed',
    ])
    assert.equal((await lock(at, 'Sometimes')).status, 400)
    assert.equal((await put(`${at}/${AUTHORIZATION}/locks/none?${LOCKS}`, {})).status, 400)
    const list = (filter = '') => ask(`${at}/${AUTHORIZATION}/locks?${LOCKS}${filter}`)
    assert.equal((await list()).body.value.length, 1)
    assert.equal((await list('&$filter=atScope()')).body.value.length, 0)
  })
})
