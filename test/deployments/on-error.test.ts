import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Deployer, identity, startDeployer, stateOf, V } from '../support/deploy.ts'

let deployer: Deployer
before(async () => {
  deployer = await startDeployer()
})
after(() => deployer.stop())

const failing = {
  type: 'Microsoft.Storage/storageAccounts',
  apiVersion: '2022-09-01',
  name: 'NOT_A_NAME',
  location: 'eastus',
  sku: { name: 'Standard_LRS' },
  kind: 'StorageV2',
}

test('a failed deployment runs the last successful one again, in Complete mode', async () => {
  const group = await deployer.makeGroup('back')
  const good = await deployer.deploy(
    { parameters: { secret: { type: 'securestring' } }, resources: [identity('good', { tags: { v: '1' } })] },
    { parameters: { secret: { value: 'hunter2' } } },
    { scope: group, name: 'good' },
  )
  assert.equal(stateOf(good), 'Succeeded')
  const bad = await deployer.deploy(
    { resources: [identity('good', { tags: { v: '2' } }), identity('extra'), failing] },
    { onErrorDeployment: { type: 'LastSuccessful' } },
    { scope: group, name: 'bad' },
  )
  const { properties } = bad.end.body
  assert.equal(properties.provisioningState, 'Failed')
  assert.equal(properties.error.code, 'DeploymentFailed')
  assert.deepEqual(properties.onErrorDeployment, {
    type: 'LastSuccessful',
    deploymentName: 'good',
    provisioningState: 'Succeeded',
  })
  assert.equal(await deployer.has('extra', group), false)
  const id = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/good?api-version=2023-01-31`
  assert.equal((await deployer.engine.ask(id)).body.tags.v, '1')
  const again = await deployer.engine.ask(good.id + V)
  assert.equal(again.body.properties.mode, 'Complete')
  assert.deepEqual(again.body.properties.parameters.secret, { type: 'securestring' })
})

test('a successful deployment falls back to nothing', async () => {
  const group = await deployer.makeGroup('forth')
  await deployer.deploy({ resources: [identity('one')] }, {}, { scope: group, name: 'one' })
  const made = await deployer.deploy(
    { resources: [identity('two')] },
    { onErrorDeployment: { type: 'SpecificDeployment', deploymentName: 'one' } },
    { scope: group },
  )
  assert.equal(stateOf(made), 'Succeeded')
  assert.equal(made.end.body.properties.onErrorDeployment.provisioningState, 'NotSpecified')
  assert.ok((await deployer.has('one', group)) && (await deployer.has('two', group)))
})

test('nothing begins where there is nothing to fall back to', async () => {
  for (const [onErrorDeployment, why] of [
    [{ type: 'LastSuccessful' }, /no successful deployment to fall back to/],
    [{ type: 'SpecificDeployment', deploymentName: 'ghost' }, /no successful deployment 'ghost'/],
    [{ type: 'SpecificDeployment' }, /names a deployment where/],
    [{ type: 'Whatever' }, /'Whatever' and must be one of/],
  ] as const) {
    const { put } = await deployer.deploy({ resources: [identity('never')] }, { onErrorDeployment })
    assert.equal(put.status, 400)
    assert.match(put.body.error.message, why)
  }
  const wide = await deployer.deploy(
    {},
    { onErrorDeployment: { type: 'LastSuccessful' } },
    { scope: deployer.engine.subscription },
  )
  assert.match(wide.put.body.error.message, /for resource groups only/)
  assert.equal(await deployer.has('never'), false)
})
