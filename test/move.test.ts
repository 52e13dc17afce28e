/** Moving resources between groups: all of it or nothing, with what stands below, its secrets and its references. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ArmEngine, type Reply, startArmEngine } from './support/arm-engine.ts'

const V = 'api-version=2021-04-01'
let engine: ArmEngine
let names = 0

before(async () => {
  engine = await startArmEngine()
})
after(() => engine.stop())

const send = (path: string, method: string, body?: unknown, token?: string) =>
  engine.ask(path, { method, ...(body !== undefined && { body }), ...(token !== undefined && { token }) })
const codeOf = ({ status, body }: Reply) => [status, body?.error?.code]

async function newGroup(): Promise<string> {
  const group = `${engine.subscription}/resourceGroups/m${++names}`
  assert.equal((await send(`${group}?${V}`, 'PUT', { location: 'eastus' })).status, 201)
  return group
}

async function newAccount(group: string): Promise<string> {
  const id = `${group}/providers/Microsoft.Storage/storageAccounts/moving${++names}`
  const body = { location: 'eastus', kind: 'StorageV2', sku: { name: 'Standard_LRS' }, tags: { a: 'b' } }
  const made = await send(`${id}?api-version=2022-09-01`, 'PUT', body)
  assert.ok(made.status < 300, JSON.stringify(made.body))
  return id
}

async function newLogs(group: string): Promise<string> {
  const id = `${group}/providers/Microsoft.OperationalInsights/workspaces/logs-${++names}`
  assert.equal((await send(`${id}?api-version=2021-06-01`, 'PUT', { location: 'eastus' })).status, 201)
  return id
}

async function newInsights(group: string, logs: string): Promise<string> {
  const id = `${group}/providers/Microsoft.Insights/components/insights-${++names}`
  const properties = { Application_Type: 'web', WorkspaceResourceId: logs }
  const made = await send(`${id}?api-version=2020-02-02`, 'PUT', { location: 'eastus', kind: 'web', properties })
  assert.equal(made.status, 200, JSON.stringify(made.body))
  return id
}

const move = (from: string, to: string, ids: readonly string[], more: { validate?: true; token?: string } = {}) =>
  send(
    `${from}/${more.validate ? 'validateMoveResources' : 'moveResources'}?${V}`,
    'POST',
    { resources: ids, targetResourceGroup: to },
    more.token,
  )
const at = (id: string, from: string, to: string) => id.replace(from, to)
const account = (id: string) => engine.ask(`${id}?api-version=2022-09-01`)

test('an account moves with what is below it and its keys; roles given at it go', async () => {
  const [from, to] = [await newGroup(), await newGroup()]
  const id = await newAccount(from)
  const service = '/blobServices/default?api-version=2022-09-01'
  await send(`${id}${service}`, 'PUT', { properties: { deleteRetentionPolicy: { enabled: true, days: 7 } } })
  const role = `${id}/providers/Microsoft.Authorization/roleAssignments/c0c0c0c0-0000-4000-8000-000000000001?api-version=2022-04-01`
  const reader = `${engine.subscription}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`
  const { objectId } = await engine.identity.addPrincipal({ name: 'guest' })
  assert.equal(
    (await send(role, 'PUT', { properties: { principalId: objectId, roleDefinitionId: reader } })).status,
    201,
  )
  const keys = async (of: string) => (await send(`${of}/listKeys?api-version=2022-09-01`, 'POST')).body
  const before = await keys(id)
  assert.equal((await move(from, to, [id], { validate: true })).status, 204)
  assert.equal((await account(id)).status, 200, 'validating moves nothing')

  assert.equal((await move(from, to, [id.toUpperCase()])).status, 204)
  const moved = at(id, from, to)
  const shown = await account(moved)
  assert.deepEqual([shown.status, shown.body.id, shown.body.tags], [200, moved, { a: 'b' }])
  assert.deepEqual(await keys(moved), before)
  const { body } = await engine.ask(`${moved}${service}`)
  assert.deepEqual(body.properties.deleteRetentionPolicy, { enabled: true, days: 7 })
  assert.equal(body.id, `${moved}/blobServices/default`)
  assert.equal((await account(id)).status, 404)
  assert.equal((await engine.ask(at(role, from, to))).status, 404)
  assert.equal((await engine.ask(`${from}/resources?${V}`)).body.value.length, 0)
})

test('what refers to it from outside stops the move, and comes along with its reference', async () => {
  const [from, to] = [await newGroup(), await newGroup()]
  const logs = await newLogs(from)
  const insights = await newInsights(from, logs)
  const refused = await move(from, to, [logs])
  assert.deepEqual(codeOf(refused), [409, 'ResourceMoveProviderValidationFailed'])
  assert.deepEqual(
    [refused.body.error.details[0].code, refused.body.error.details[0].target],
    ['ResourceMoveFailed', logs],
  )
  assert.deepEqual(codeOf(await move(from, to, [logs], { validate: true })), [
    409,
    'ResourceMoveProviderValidationFailed',
  ])
  assert.equal((await move(from, to, [insights, logs])).status, 204)
  const { body } = await engine.ask(`${at(insights, from, to)}?api-version=2020-02-02`)
  assert.equal(body.properties.WorkspaceResourceId, at(logs, from, to))
})

/** A move that is asked for once all that it takes is there. */
const asking = (from: string, to: string, ids: readonly string[]) => () => move(from, to, ids)

for (const { name, refused } of [
  {
    name: 'a type that does not move',
    async refused(from: string, to: string) {
      const id = `${from}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one`
      await send(`${id}?api-version=2018-11-30`, 'PUT', { location: 'eastus' })
      return [asking(from, to, [await newAccount(from), id]), 400, 'ResourceMoveNotSupported'] as const
    },
  },
  {
    name: 'one that is not there',
    async refused(from: string, to: string) {
      const id = await newAccount(from)
      return [asking(from, to, [id, `${id}x`]), 404, 'ResourceNotFound'] as const
    },
  },
  {
    name: 'one of another group',
    refused: async (from: string, to: string) =>
      [asking(from, to, [await newAccount(from), await newAccount(to)]), 400, 'InvalidRequestContent'] as const,
  },
  {
    name: 'a group that is not there',
    refused: async (from: string) =>
      [asking(from, `${from}none`, [await newAccount(from)]), 404, 'ResourceGroupNotFound'] as const,
  },
  {
    name: 'the same group',
    refused: async (from: string) =>
      [asking(from, from, [await newAccount(from)]), 400, 'InvalidRequestContent'] as const,
  },
  {
    name: 'nothing',
    refused: async (from: string, to: string) => [asking(from, to, []), 400, 'InvalidRequestContent'] as const,
  },
  {
    name: 'a name that is there already',
    async refused(from: string, to: string) {
      const id = await newLogs(from)
      await send(`${at(id, from, to)}?api-version=2021-06-01`, 'PUT', { location: 'eastus' })
      return [asking(from, to, [id]), 409, 'ResourceMoveFailed'] as const
    },
  },
  {
    name: 'a lock at the resource',
    async refused(from: string, to: string) {
      const id = await newAccount(from)
      await send(`${id}/providers/Microsoft.Authorization/locks/l?api-version=2016-09-01`, 'PUT', {
        properties: { level: 'CanNotDelete' },
      })
      return [asking(from, to, [id]), 409, 'ScopeLocked'] as const
    },
  },
  {
    name: 'a read-only lock at the target',
    async refused(from: string, to: string) {
      await send(`${to}/providers/Microsoft.Authorization/locks/l?api-version=2016-09-01`, 'PUT', {
        properties: { level: 'ReadOnly' },
      })
      return [asking(from, to, [await newAccount(from)]), 409, 'ScopeLocked'] as const
    },
  },
  {
    name: 'a policy at the target',
    async refused(from: string, to: string) {
      const policy = '/providers/Microsoft.Authorization/policyDefinitions/871b6d14-10aa-478d-b590-94f262ecfa99'
      const assignment = `${to}/providers/Microsoft.Authorization/policyAssignments/p?api-version=2021-06-01`
      const properties = { policyDefinitionId: policy, parameters: { tagName: { value: 'cost' } } }
      assert.equal((await send(assignment, 'PUT', { properties })).status, 201)
      return [asking(from, to, [await newAccount(from)]), 403, 'RequestDisallowedByPolicy'] as const
    },
  },
]) {
  test(`a move is refused and moves nothing: ${name}`, async () => {
    const [from, to] = [await newGroup(), await newGroup()]
    const [ask, status, code] = await refused(from, to)
    const ids = async (group: string) =>
      (await engine.ask(`${group}/resources?${V}`)).body.value.map(({ id }: { id: string }) => id)
    const before = [await ids(from), await ids(to)]
    const answer = await ask()
    assert.deepEqual(codeOf(answer), [status, code], JSON.stringify(answer.body))
    assert.deepEqual([await ids(from), await ids(to)], before)
  })
}

test('it takes a right at both ends', async () => {
  const [from, to] = [await newGroup(), await newGroup()]
  const id = await newAccount(from)
  const { appId, secret, objectId } = await engine.identity.addPrincipal({ name: 'mover' })
  const token = await engine.tokenFor({ clientId: appId, secret })
  const contributor = `${engine.subscription}/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c`
  const give = async (scope: string, name: string) => {
    const path = `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}?api-version=2022-04-01`
    const made = await send(path, 'PUT', { properties: { principalId: objectId, roleDefinitionId: contributor } })
    assert.equal(made.status, 201, JSON.stringify(made.body))
  }
  assert.deepEqual(codeOf(await move(from, to, [id], { token })), [403, 'AuthorizationFailed'])
  await give(from, 'c0c0c0c0-0000-4000-8000-000000000002')
  assert.deepEqual(codeOf(await move(from, to, [id], { token })), [403, 'LinkedAuthorizationFailed'])
  await give(to, 'c0c0c0c0-0000-4000-8000-000000000003')
  assert.equal((await move(from, to, [id], { token })).status, 204)
})
