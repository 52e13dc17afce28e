import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Deployer, identity, nested, startDeployer, stateOf, V, valuesOf } from '../support/deploy.ts'

const VAULTS = '?api-version=2023-07-01'
let deployer: Deployer
let vault: string

const vaultBody = (enabledForTemplateDeployment: boolean) => ({
  location: 'eastus',
  properties: {
    tenantId: deployer.engine.identity.install.tenantId,
    sku: { family: 'A', name: 'standard' },
    accessPolicies: [],
    enabledForTemplateDeployment,
  },
})
const put = (id: string, body: object) => deployer.engine.ask(id + VAULTS, { method: 'PUT', body })

before(async () => {
  deployer = await startDeployer()
  vault = `${deployer.group}/providers/Microsoft.KeyVault/vaults/depl${Date.now() % 1_000_000}`
  assert.equal((await put(vault, vaultBody(true))).status, 201)
  await put(`${vault}/secrets/word`, { properties: { value: 'hunter2' } })
  await put(`${vault}/secrets/object`, { properties: { value: '{"a":"hunter3"}' } })
})
after(() => deployer.stop())

const reference = (secretName: string, more: object = {}) => ({
  reference: { keyVault: { id: vault }, secretName, ...more },
})
const parts = {
  parameters: { word: { type: 'securestring' }, object: { type: 'secureobject', defaultValue: { a: '' } } },
  outputs: {
    sizes: { type: 'array', value: "[createArray(length(parameters('word')), length(parameters('object').a))]" },
  },
}

test('a parameter takes its value from a secret, which is shown nowhere', async () => {
  const made = await deployer.deploy(parts, { parameters: { word: reference('word'), object: reference('object') } })
  assert.equal(stateOf(made), 'Succeeded')
  assert.deepEqual(valuesOf(made).sizes, [7, 7])
  assert.deepEqual(made.end.body.properties.parameters.word, { type: 'securestring', ...reference('word') })
  assert.ok(!JSON.stringify([made, await deployer.engine.store.resources.get(made.id)]).includes('hunter'))
})

test('a nested deployment takes one too, from a vault of the same template', async () => {
  const name = `more${Date.now() % 1_000_000}`
  const id = `[resourceId('Microsoft.KeyVault/vaults', '${name}')]`
  const made = await deployer.deploy({
    resources: [
      { type: 'Microsoft.KeyVault/vaults', apiVersion: '2023-07-01', name, ...vaultBody(true) },
      {
        type: 'Microsoft.KeyVault/vaults/secrets',
        apiVersion: '2023-07-01',
        name: `${name}/own`,
        properties: { value: 'abc' },
        dependsOn: [id],
      },
      nested(
        'inside',
        {
          ...parts,
          parameters: { word: { type: 'securestring' } },
          outputs: { size: { type: 'int', value: "[length(parameters('word'))]" } },
        },
        {
          dependsOn: [`[resourceId('Microsoft.KeyVault/vaults/secrets', '${name}', 'own')]`],
          properties: { parameters: { word: { reference: { keyVault: { id }, secretName: 'own' } } } },
        },
      ),
    ],
    outputs: { size: { type: 'int', value: "[reference('inside').outputs.size.value]" } },
  })
  assert.equal(stateOf(made), 'Succeeded')
  assert.equal(valuesOf(made).size, 3)
})

test('a reference that leads nowhere, or would show what is secret, is refused before anything is made', async () => {
  const closed = `${deployer.group}/providers/Microsoft.KeyVault/vaults/shut${Date.now() % 1_000_000}`
  await put(closed, vaultBody(false))
  await put(`${closed}/secrets/word`, { properties: { value: 'x' } })
  for (const [word, why] of [
    [reference('ghost'), /'ghost'|ghost/],
    [reference('word', { secretVersion: '00000000000000000000000000000000' }), /not found/],
    [{ reference: { keyVault: { id: `${vault}-gone` }, secretName: 'word' } }, /key vault was not found/],
    [{ reference: { keyVault: { id: closed }, secretName: 'word' } }, /enabledForTemplateDeployment/],
    [{ reference: { keyVault: { id: '/nothing' }, secretName: 'word' } }, /names no key vault/],
  ] as const) {
    const made = await deployer.deploy({ ...parts, resources: [identity('never')] }, { parameters: { word } })
    assert.equal(made.put.status, 400, JSON.stringify(made.put.body))
    assert.match(made.put.body.error.message, why)
  }
  const open = await deployer.deploy(
    { parameters: { word: { type: 'string' } } },
    { parameters: { word: reference('word') } },
  )
  assert.match(open.put.body.error.message, /types securestring and secureobject/)
  assert.equal(await deployer.has('never'), false)
})

test('who deploys needs the right to deploy with the vault', async () => {
  const { engine, group } = deployer
  const { appId: clientId, secret, objectId } = await engine.identity.addPrincipal({ name: 'vaultless' })
  const role = crypto.randomUUID()
  const definition = `${engine.subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`
  const properties = {
    roleName: 'deployer only',
    type: 'CustomRole',
    permissions: [{ actions: ['Microsoft.Resources/deployments/*'], notActions: [] }],
    assignableScopes: [engine.subscription],
  }
  await engine.ask(`${definition}?api-version=2022-04-01`, { method: 'PUT', body: { properties } })
  await engine.ask(
    `${group}/providers/Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}?api-version=2022-04-01`,
    {
      method: 'PUT',
      body: { properties: { roleDefinitionId: definition, principalId: objectId, principalType: 'ServicePrincipal' } },
    },
  )
  const token = await engine.tokenFor({ clientId, secret })
  const denied = await deployer.deploy(parts, { parameters: { word: reference('word') } }, { token })
  assert.equal(denied.put.status, 403)
  assert.match(denied.put.body.error.message, /Microsoft\.KeyVault\/vaults\/deploy\/action/)
  const each = await deployer.deploy(
    { resources: [identity('one'), nested('n', { resources: [identity('two')] })] },
    {},
    { token },
  )
  assert.deepEqual([each.put.status, each.put.body.error.code], [403, 'InvalidTemplateDeployment'])
  for (const name of ['one', 'two'])
    assert.match(each.put.body.error.message, new RegExp(`template resource '${name}'`))
  assert.equal(await deployer.has('one'), false)
  const may = await deployer.deploy(
    { outputs: { who: { type: 'string', value: '[deployer().objectId]' } } },
    {},
    { token },
  )
  assert.equal(valuesOf(may).who, objectId)
  assert.equal((await engine.ask(may.id + V)).body.properties.provisioningState, 'Succeeded')
})
