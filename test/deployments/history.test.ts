import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Deployer, identity, startDeployer, stateOf, template, V } from '../support/deploy.ts'

let deployer: Deployer
before(async () => {
  deployer = await startDeployer()
})
after(() => deployer.stop())

/** Finished deployments of a group, written past the verbs: 800 real ones would take a minute. */
async function fill(group: string, count: number): Promise<void> {
  const { store } = deployer.engine
  const made = await deployer.deploy({}, {}, { scope: group, name: 'template' })
  const like = await store.resources.get(made.id)
  assert.ok(like)
  await store.write(async (within) => {
    for (let at = 1; at < count; at++) {
      const name = `old${String(at).padStart(4, '0')}`
      const when = new Date(Date.UTC(2020, 0, 1) + at * 60_000).toISOString()
      const system = { ...like.system, createdAt: when, lastModifiedAt: when }
      await within.resources.put({
        ...like,
        id: `${group}/providers/Microsoft.Resources/deployments/${name}`,
        name,
        system,
      })
    }
  })
}

async function namesIn(group: string): Promise<readonly string[]> {
  const { items } = await deployer.engine.store.resources.children(group, 'Microsoft.Resources/deployments')
  return items.map(({ name }) => name).sort()
}

test('a scope remembers 750 deployments at least and forgets the oldest by itself', async () => {
  const group = await deployer.makeGroup('many')
  await fill(group, 775)
  assert.equal(stateOf(await deployer.deploy({}, {}, { scope: group, name: 'newest' })), 'Succeeded')
  const names = await namesIn(group)
  assert.equal(names.length, 750)
  assert.ok(names.includes('newest') && names.includes('old0774') && !names.includes('old0001'))
})

test('a lock keeps the history, and a full one takes no further name', async () => {
  const group = await deployer.makeGroup('locked')
  await fill(group, 800)
  await deployer.engine.ask(`${group}/providers/Microsoft.Authorization/locks/keep?api-version=2020-05-01`, {
    method: 'PUT',
    body: { properties: { level: 'CanNotDelete' } },
  })
  const { put } = await deployer.deploy({}, {}, { scope: group, name: 'one-more' })
  assert.deepEqual([put.status, put.body.error.code], [409, 'DeploymentQuotaExceeded'])
  assert.equal(stateOf(await deployer.deploy({}, {}, { scope: group, name: 'old0001' })), 'Succeeded')
  assert.equal((await namesIn(group)).length, 800)
})

test('outside of a group a deployment keeps its location', async () => {
  const { engine } = deployer
  const id = `${engine.subscription}/providers/Microsoft.Resources/deployments/placed${V}`
  const body = (location?: string) => ({
    ...(location && { location }),
    properties: { mode: 'Incremental', template: template({}) },
  })
  assert.equal((await engine.ask(id, { method: 'PUT', body: body('eastus') })).status, 201)
  assert.equal((await engine.ask(id, { method: 'PUT', body: body('East US') })).status, 200)
  const moved = await engine.ask(id, { method: 'PUT', body: body('westus') })
  assert.deepEqual([moved.status, moved.body.error.code], [409, 'InvalidDeploymentLocation'])
  const nowhere = await engine.ask(id.replace('placed', 'nowhere'), { method: 'PUT', body: body() })
  assert.deepEqual([nowhere.status, nowhere.body.error.code], [400, 'LocationRequired'])
})

test('at the tenant a deployment is made; at a management group it is refused', async () => {
  const { engine } = deployer
  const body = {
    location: 'eastus',
    properties: {
      mode: 'Incremental',
      template: template({ outputs: { t: { type: 'string', value: '[tenant().tenantId]' } } }),
    },
  }
  const id = '/providers/Microsoft.Resources/deployments/wide'
  const denied = await engine.ask(id + V, { method: 'PUT', body })
  assert.deepEqual([denied.status, denied.body.error.code], [403, 'AuthorizationFailed'])
  const elevate = '/providers/Microsoft.Authorization/elevateAccess?api-version=2016-07-01'
  const { appId: clientId, secret, objectId } = await engine.identity.addPrincipal({ name: 'not the administrator' })
  const other = await engine.tokenFor({ clientId, secret })
  assert.equal((await engine.ask(elevate, { method: 'POST', token: other })).status, 403)
  for (const _twice of [1, 2]) assert.equal((await engine.ask(elevate, { method: 'POST' })).status, 200)
  const owner = '/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635'
  const properties = { roleDefinitionId: owner, principalId: engine.identity.install.objectId }
  const assignment = `/providers/Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}?api-version=2022-04-01`
  assert.equal((await engine.ask(assignment, { method: 'PUT', body: { properties } })).status, 201)
  assert.ok(objectId)
  const put = await engine.ask(id + V, { method: 'PUT', body })
  assert.equal(put.status, 201)
  assert.equal((await deployer.ended(id, put)).body.properties.outputs.t.value, engine.identity.install.tenantId)
  assert.equal((await engine.ask(id + V, { method: 'HEAD' })).status, 204)
  const managed = await engine.ask(`/providers/Microsoft.Management/managementGroups/m${id}${V}`, {
    method: 'PUT',
    body,
  })
  assert.ok(managed.status >= 400 && managed.status < 500, String(managed.status))
  assert.ok(managed.body.error.code)
})

test("Azure's limits of a template hold", async () => {
  const many = <T>(count: number, one: (at: number) => T) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, one(at)]))
  for (const [parts, why] of [
    [
      { parameters: many(257, () => ({ type: 'int', defaultValue: 1 })) },
      /template parameters limit exceeded\. Limit: '256' and actual: '257'/,
    ],
    [{ outputs: many(65, (at) => ({ type: 'int', value: at })) }, /template outputs limit/],
    [
      { resources: [identity("[concat('a', copyIndex())]", { copy: { name: 'l', count: 800 } }), identity('b')] },
      /template resources limit/,
    ],
    [{ outputs: { a: { type: 'string', value: `[concat('${'x'.repeat(25_000)}')]` } } }, /24576 at most/],
  ] as const) {
    const { put } = await deployer.deploy(parts)
    assert.equal(put.status, 400)
    assert.match(put.body.error.message, why)
  }
})

test('200 resources in a loop, each after the one before, take seconds', async () => {
  const before = performance.now()
  const made = await deployer.deploy({
    resources: [
      identity('root'),
      identity("[format('chain{0}', copyIndex())]", {
        copy: { name: 'chain', count: 200 },
        dependsOn: ["[if(greater(copyIndex(), 0), format('chain{0}', sub(copyIndex(), 1)), 'root')]"],
      }),
    ],
  })
  assert.equal(stateOf(made), 'Succeeded')
  assert.equal(made.end.body.properties.outputResources.length, 201)
  assert.ok(performance.now() - before < 90_000, `${performance.now() - before} ms`)
})
