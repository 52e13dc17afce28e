/** Hubs and their projects, the list of features, and workspaces that are deleted and come back. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer, type TestServer } from '../support/server.ts'
import { ArmClient, ML } from './arm-client.ts'

const V = '?api-version=2025-12-01'
let server: TestServer
let arm: ArmClient
let standing: Record<string, string>
before(async () => {
  server = await startServer()
  arm = new ArmClient(server)
  const { storageAccount, keyVault, applicationInsights } = (await arm.get(arm.workspace)).json.properties
  standing = { storageAccount, keyVault, applicationInsights }
})
after(() => server.stop())

const path = (name: string) => `${arm.group}/providers/${ML}/workspaces/${name}`
const put = (name: string, kind: string, properties: object, location = 'eastus') =>
  server.ask(path(name) + V, {
    method: 'PUT',
    body: { location, kind, identity: { type: 'SystemAssigned' }, properties },
  })
const get = async (name: string, rest = '') => (await server.ask(path(name) + rest + V)).json
const remove = async (name: string, query = '') =>
  arm.ended(await server.ask(path(name) + V + query, { method: 'DELETE' }))

async function made(name: string, kind: string, properties: object) {
  const answer = await put(name, kind, properties)
  assert.ok(answer.status < 300, answer.text)
  await arm.ended(answer)
  const shown = await get(name)
  assert.equal(shown.properties?.provisioningState, 'Succeeded', JSON.stringify(shown))
  return shown
}
const hub = (name: string) =>
  made(name, 'hub', { storageAccount: standing.storageAccount, keyVault: standing.keyVault })
const refusal = async (answer: ReturnType<typeof put>) => (await arm.ended(await answer)).json.error

describe('a hub', () => {
  test('does without insights; its projects stand on what it stands on, in containers of their own', async () => {
    const home = await hub('hub-a')
    const project = await made('project-a', 'project', { hubResourceId: home.id })
    assert.equal(project.properties.storageAccount, standing.storageAccount)
    assert.equal(project.properties.keyVault, standing.keyVault)
    assert.equal(project.properties.hubResourceId, home.id)
    assert.deepEqual((await get('hub-a')).properties.associatedWorkspaces, [project.id])
    const { containerName } = (await get('project-a', '/datastores/workspaceblobstore')).properties
    assert.equal(containerName, `${project.properties.workspaceId}-azureml-blobstore`)
    assert.equal(
      (await get('project-a', '/datastores/workspaceartifactstore')).properties.containerName,
      `${project.properties.workspaceId}-azureml`,
    )
  })

  test('hands an insights component that it gets later down to its projects', async () => {
    const patch = { properties: { applicationInsights: standing.applicationInsights } }
    const answer = await server.ask(path('hub-a') + V, { method: 'PATCH', body: patch })
    assert.equal((await arm.ended(answer)).status < 300, true, answer.text)
    assert.equal((await get('project-a')).properties.applicationInsights, standing.applicationInsights)
  })

  test('is not deleted while it has projects, and is when they are gone', async () => {
    const refused = await server.ask(path('hub-a') + V, { method: 'DELETE' })
    assert.equal(refused.status, 409, refused.text)
    assert.match(refused.json.error.message, /project-a/)
    await remove('project-a', '&forceToPurge=true')
    assert.deepEqual((await get('hub-a')).properties.associatedWorkspaces, [])
    await remove('hub-a', '&forceToPurge=true')
    assert.equal((await server.ask(path('hub-a') + V)).status, 404)
  })

  test('shares connections with its projects, and only those that say so', async () => {
    const { id } = await hub('hub-b')
    await made('project-b', 'project', { hubResourceId: id })
    const connection = (isSharedToAll: boolean, key: string) => ({
      properties: { category: 'GenericRest', target: 't', authType: 'ApiKey', isSharedToAll, credentials: { key } },
    })
    const at = (workspace: string, name: string) => `${path(workspace)}/connections/${name}`
    const ask = (target: string, method = 'GET', body?: object) =>
      server.ask(target + V, { method, ...(body && { body }) })
    await ask(at('hub-b', 'open'), 'PUT', connection(true, 'of-hub'))
    await ask(at('hub-b', 'closed'), 'PUT', connection(false, 'hidden'))
    const listed = (await ask(`${path('project-b')}/connections`)).json.value
    assert.deepEqual(
      listed.map((one: { name: string }) => one.name),
      ['open'],
    )
    assert.equal((await ask(at('project-b', 'open'))).json.properties.createdByWorkspaceArmId, id)
    assert.equal((await ask(at('project-b', 'closed'))).status, 404)
    const secrets = await ask(`${at('project-b', 'open')}/listsecrets`, 'POST', {})
    assert.equal(secrets.json.properties.credentials.key, 'of-hub')
    assert.equal((await ask(at('project-b', 'open'), 'DELETE')).status, 204)
    assert.equal((await ask(at('hub-b', 'open'))).status, 200)
    // What the project has itself comes first.
    await ask(at('project-b', 'open'), 'PUT', connection(false, 'of-project'))
    assert.equal(
      (await ask(`${at('project-b', 'open')}/listsecrets`, 'POST', {})).json.properties.credentials.key,
      'of-project',
    )
    assert.equal((await ask(`${path('project-b')}/connections`)).json.value.length, 1)
  })
})

describe('a project is refused', () => {
  for (const { name, properties, location, says } of [
    { name: 'without a hub', properties: () => ({}), says: /hubResourceId/ },
    { name: 'below a hub that is not there', properties: () => ({ hubResourceId: path('nowhere') }), says: /nowhere/ },
    {
      name: 'below a workspace that is no hub',
      properties: () => ({ hubResourceId: arm.workspace }),
      says: /not of kind Hub/,
    },
    {
      name: 'in another region',
      properties: () => ({ hubResourceId: path('hub-b') }),
      location: 'westus',
      says: /westus/,
    },
    {
      name: 'on an account of its own',
      properties: () => ({ hubResourceId: path('hub-b'), storageAccount: `${standing.storageAccount}x` }),
      says: /stands on what its hub/,
    },
  ]) {
    test(name, async () => {
      assert.match((await refusal(put('project-x', 'Project', properties(), location))).message, says)
      assert.equal((await server.ask(path('project-x') + V)).status, 404)
    })
  }

  test('that changes its kind, or its hub', async () => {
    assert.match((await refusal(put('project-b', 'Hub', standing))).message, /kind/)
    const { id } = await hub('hub-c')
    assert.match((await refusal(put('project-b', 'Project', { hubResourceId: id }))).message, /hubResourceId/)
  })

  test('as is a workspace of a kind that there is not', async () => {
    assert.match((await refusal(put('odd', 'Castle', standing))).message, /Castle.*Default, FeatureStore, Hub, Project/)
  })
})

test('workspaces are listed by kind', async () => {
  const listed = async (kind: string) =>
    (await server.ask(`${arm.group}/providers/${ML}/workspaces${V}&kind=${kind}`)).json.value.map(
      (one: { kind: string }) => one.kind.toLowerCase(),
    )
  assert.ok((await listed('hub')).length > 0 && (await listed('hub')).every((kind: string) => kind === 'hub'))
  assert.deepEqual([...new Set(await listed('Hub,Project'))].sort(), ['hub', 'project'])
})

test('features: what is served in a workspace', async () => {
  const { value } = await get('hub-b', '/features')
  const ids = value.map((one: { id: string }) => one.id)
  assert.ok(ids.includes(`${ML}/workspaces/computes`) && !ids.includes(`${ML}/workspaces/online`))
  assert.ok(value.every((one: { displayName: string; description: string }) => one.displayName && one.description))
})

describe('a deleted workspace', () => {
  const deleted = async (scope: string, namespace = ML) =>
    (
      await server.ask(
        `${scope}/providers/${namespace}/deletedWorkspaces${namespace === ML ? V : '?api-version=2021-06-01'}`,
      )
    ).json.value.map((one: { name: string }) => one.name)

  test('is listed at its group and its subscription until it comes back or is purged', async () => {
    await made('gone', 'Default', standing)
    await remove('gone')
    assert.deepEqual(await deleted(arm.group), ['gone'])
    assert.deepEqual(await deleted(arm.subscription), ['gone'])
    await made('gone', 'Default', { ...standing, allowRecoverSoftDeletedWorkspace: true })
    assert.deepEqual(await deleted(arm.subscription), [])
    await remove('gone')
    const again = await server.ask(path('gone') + V, { method: 'DELETE' })
    assert.equal(again.status, 204)
    assert.deepEqual(await deleted(arm.group), ['gone'])
    const purged = await server.ask(`${path('gone')}${V}&forceToPurge=true`, { method: 'DELETE' })
    assert.equal(purged.status, 200, purged.text)
    assert.deepEqual(await deleted(arm.group), [])
    await made('gone', 'Default', standing)
  })

  test('of Log Analytics comes back with its id by the same PUT, or goes for good by force', async () => {
    const logs = 'Microsoft.OperationalInsights'
    const id = `${arm.group}/providers/${logs}/workspaces/kept-logs`
    const first = await arm.made(id, { location: 'eastus' })
    await arm.gone(id)
    assert.deepEqual(await deleted(arm.group, logs), ['kept-logs'])
    const back = await arm.made(id, { location: 'eastus' })
    assert.equal(back.properties.customerId, first.properties.customerId)
    await arm.gone(id, '&force=true')
    assert.deepEqual(await deleted(arm.group, logs), [])
    assert.notEqual((await arm.made(id, { location: 'eastus' })).properties.customerId, first.properties.customerId)
  })
})
