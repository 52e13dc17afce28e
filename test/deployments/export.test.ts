import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Deployer, identity, startDeployer, stateOf, template, V } from '../support/deploy.ts'

const GROUPS = '?api-version=2021-04-01'
let deployer: Deployer
let account: string
before(async () => {
  deployer = await startDeployer()
  account = `exported${Date.now() % 100_000}`
  const made = await deployer.deploy({
    resources: [
      identity('who', { tags: { odd: '[[text]' } }),
      {
        type: 'Microsoft.KeyVault/vaults',
        apiVersion: '2023-07-01',
        name: account,
        location: 'eastus',
        properties: {
          tenantId: '[subscription().tenantId]',
          sku: { family: 'A', name: 'standard' },
          accessPolicies: [],
        },
        tags: { identity: "[resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'who')]" },
        dependsOn: ['who'],
      },
    ],
  })
  assert.equal(stateOf(made), 'Succeeded')
})
after(() => deployer.stop())

const exported = (body: object) =>
  deployer.engine.ask(`${deployer.group}/exportTemplate${GROUPS}`, { method: 'POST', body })

test('a group as a template that changes nothing when it is deployed again', async () => {
  const { status, body } = await exported({ resources: ['*'], options: 'IncludeParameterDefaultValue' })
  assert.equal(status, 200)
  assert.equal(body.error, undefined)
  const name = `vaults_${account}_name`
  assert.deepEqual(body.template.parameters[name], { defaultValue: account, type: 'String' })
  const vault = body.template.resources.find(({ type }: { type: string }) => type === 'Microsoft.KeyVault/vaults')
  const who =
    "[resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', parameters('userAssignedIdentities_who_name'))]"
  assert.deepEqual([vault.name, vault.tags.identity, vault.dependsOn], [`[parameters('${name}')]`, who, [who]])

  const id = `${deployer.group}/providers/Microsoft.Resources/deployments/again`
  const sent = { properties: { mode: 'Complete', template: body.template } }
  const looked = await deployer.engine.ask(`${id}/whatIf${V}`, { method: 'POST', body: sent })
  assert.deepEqual(
    looked.body.properties.changes.map(({ changeType, delta }: { changeType: string; delta: unknown[] }) => [
      changeType,
      delta,
    ]),
    [
      ['NoChange', []],
      ['NoChange', []],
    ],
  )
  const put = await deployer.engine.ask(id + V, { method: 'PUT', body: sent })
  assert.equal((await deployer.ended(id, put)).body.properties.provisioningState, 'Succeeded')
})

test('some resources, without parameters; what lies outside keeps its id', async () => {
  const id = `${deployer.group}/providers/Microsoft.KeyVault/vaults/${account}`
  const one = await exported({ resources: [id], options: 'SkipAllParameterization' })
  assert.deepEqual(one.body.template.parameters, {})
  assert.deepEqual(
    one.body.template.resources.map(({ name }: { name: string }) => name),
    [account],
  )
  const withParameters = await exported({ resources: [id] })
  assert.deepEqual(withParameters.body.template.parameters, {
    [`vaults_${account}_name`]: { type: 'String' },
    userAssignedIdentities_who_externalid: { type: 'String' },
  })
})

test('what is not there, or is no id, is refused', async () => {
  const ghost = await exported({ resources: [`${deployer.group}/providers/Microsoft.KeyVault/vaults/ghost`] })
  assert.deepEqual([ghost.status, ghost.body.error.code], [404, 'ResourceNotFound'])
  const bicep = await exported({ resources: ['*'], outputFormat: 'Bicep' })
  assert.deepEqual([bicep.status, bicep.body.error.code], [400, 'NotSupported'])
  for (const body of [{}, { resources: ['nothing'] }]) assert.equal((await exported(body)).status, 400)
  const id = `${deployer.engine.subscription}/resourceGroups/ghost/exportTemplate${GROUPS}`
  assert.equal((await deployer.engine.ask(id, { method: 'POST', body: { resources: ['*'] } })).status, 404)
})

test('deployments answer at their old path too, at a group and at a subscription', async () => {
  const { engine, group } = deployer
  for (const scope of [group, engine.subscription]) {
    const id = `${scope}/deployments/old`
    const body = { location: 'eastus', properties: { mode: 'Incremental', template: template({}) } }
    const put = await engine.ask(id + V, {
      method: 'PUT',
      body: scope === group ? { properties: body.properties } : body,
    })
    assert.equal(put.status, 201)
    assert.equal(put.body.id, `${scope}/providers/Microsoft.Resources/deployments/old`)
    assert.equal((await engine.ask(id + V, { method: 'HEAD' })).status, 204)
    assert.equal((await engine.ask(`${id}/operations${V}`)).status, 200)
    assert.ok((await engine.ask(`${scope}/deployments${V}`)).body.value.length > 0)
  }
})
