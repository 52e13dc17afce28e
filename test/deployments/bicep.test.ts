/** Templates as the Bicep compiler writes them: languageVersion 2.0, symbolic names, user types and functions, modules, loops. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Deployer, startDeployer, stateOf, valuesOf } from '../support/deploy.ts'

let deployer: Deployer
before(async () => {
  deployer = await startDeployer()
})
after(() => deployer.stop())

const GENERATOR = { _generator: { name: 'bicep', version: '0.30.23.60470', templateHash: '12143228391463106437' } }

/** A module, as Bicep nests it. */
const module = (name: string, template: object, properties: object = {}, more: object = {}) => ({
  type: 'Microsoft.Resources/deployments',
  apiVersion: '2022-09-01',
  name,
  ...more,
  properties: {
    expressionEvaluationOptions: { scope: 'inner' },
    mode: 'Incremental',
    ...properties,
    template: {
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
      languageVersion: '2.0',
      contentVersion: '1.0.0.0',
      metadata: GENERATOR,
      ...template,
    },
  },
})

const storage = {
  parameters: {
    location: { type: 'string' },
    name: { type: 'string', minLength: 3, maxLength: 24 },
    containers: { type: 'array', items: { type: 'string' }, defaultValue: [] },
  },
  resources: {
    account: {
      type: 'Microsoft.Storage/storageAccounts',
      apiVersion: '2023-01-01',
      name: "[parameters('name')]",
      location: "[parameters('location')]",
      sku: { name: 'Standard_LRS' },
      kind: 'StorageV2',
      properties: { supportsHttpsTrafficOnly: true },
    },
  },
  outputs: {
    id: { type: 'string', value: "[resourceId('Microsoft.Storage/storageAccounts', parameters('name'))]" },
    blob: { type: 'string', value: "[reference('account').primaryEndpoints.blob]" },
  },
}

/** What a workspace stands on, as an `ml.bicep` of modules, loops, conditions and types would be compiled. */
const main = {
  languageVersion: '2.0',
  metadata: GENERATOR,
  definitions: {
    tagSet: {
      type: 'object',
      properties: { team: { type: 'string' }, cost: { type: 'int', minValue: 1, nullable: true } },
      additionalProperties: { type: 'string' },
    },
    access: {
      type: 'object',
      discriminator: {
        propertyName: 'kind',
        mapping: { roles: { $ref: '#/definitions/byRoles' }, policies: { $ref: '#/definitions/byPolicies' } },
      },
    },
    byRoles: {
      type: 'object',
      properties: { kind: { type: 'string', allowedValues: ['roles'] }, purge: { type: 'bool' } },
    },
    byPolicies: {
      type: 'object',
      properties: {
        kind: { type: 'string', allowedValues: ['policies'] },
        objectIds: { type: 'array', items: { type: 'string' } },
      },
    },
    chain: {
      type: 'object',
      properties: { name: { type: 'string' }, next: { $ref: '#/definitions/chain', nullable: true } },
    },
  },
  functions: [
    {
      namespace: '__bicep',
      members: {
        short: {
          parameters: [
            { type: 'string', name: 'text' },
            { type: 'int', name: 'size' },
          ],
          output: {
            type: 'string',
            value: "[take(toLower(replace(parameters('text'), '-', '')), parameters('size'))]",
          },
        },
        named: {
          parameters: [{ type: 'string', name: 'kind' }],
          output: { type: 'string', value: "[format('{0}{1}', parameters('kind'), __bicep.short('AB-CD', 3))]" },
        },
      },
    },
  ],
  parameters: {
    location: { type: 'string', defaultValue: '[resourceGroup().location]' },
    suffix: { type: 'string', defaultValue: '[substring(uniqueString(resourceGroup().id, deployment().name), 0, 6)]' },
    tags: { $ref: '#/definitions/tagSet' },
    access: { $ref: '#/definitions/access' },
    chain: { $ref: '#/definitions/chain', defaultValue: { name: 'a', next: { name: 'b' } } },
    withInsights: { type: 'bool', defaultValue: false },
    identities: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'string' }], items: false },
  },
  variables: {
    copy: [
      {
        name: 'accounts',
        count: '[length(range(0, 2))]',
        input: "[format('{0}{1}{2}', 'st', range(0, 2)[copyIndex('accounts')], parameters('suffix'))]",
      },
    ],
    policies:
      "[if(equals(parameters('access').kind, 'policies'), map(parameters('access').objectIds, lambda('id', createObject('tenantId', subscription().tenantId, 'objectId', lambdaVariables('id'), 'permissions', createObject('secrets', createArray('get'))))), createArray())]",
  },
  resources: {
    'vault::word': {
      type: 'Microsoft.KeyVault/vaults/secrets',
      apiVersion: '2023-07-01',
      name: "[format('{0}/{1}', format('kv{0}', parameters('suffix')), 'word')]",
      properties: { value: "[listKeys('account0', '2023-01-01').keys[0].value]" },
      dependsOn: ['account0', 'vault'],
    },
    vault: {
      type: 'Microsoft.KeyVault/vaults',
      apiVersion: '2023-07-01',
      name: "[format('kv{0}', parameters('suffix'))]",
      location: "[parameters('location')]",
      tags: "[shallowMerge(createArray(parameters('tags'), createObject('cost', string(coalesce(tryGet(parameters('tags'), 'cost'), 0)))))]",
      properties: {
        tenantId: '[subscription().tenantId]',
        sku: { family: 'A', name: 'standard' },
        accessPolicies: "[variables('policies')]",
        enableRbacAuthorization: "[equals(parameters('access').kind, 'roles')]",
        enablePurgeProtection: '[if(true(), null(), true())]',
      },
    },
    account0: {
      existing: true,
      type: 'Microsoft.Storage/storageAccounts',
      apiVersion: '2023-01-01',
      name: "[variables('accounts')[0]]",
      dependsOn: ['stores'],
    },
    ids: {
      copy: { name: 'ids', count: "[length(parameters('identities'))]", mode: 'serial', batchSize: 1 },
      type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
      apiVersion: '2023-01-31',
      name: "[format('{0}-{1}', parameters('identities')[copyIndex()], copyIndex())]",
      location: "[parameters('location')]",
    },
    insights: {
      condition: "[parameters('withInsights')]",
      type: 'Microsoft.Insights/components',
      apiVersion: '2020-02-02',
      name: 'insights',
      location: "[parameters('location')]",
      kind: 'web',
      properties: { Application_Type: 'web' },
    },
    lock: {
      type: 'Microsoft.Authorization/locks',
      apiVersion: '2020-05-01',
      scope:
        "[format('Microsoft.ManagedIdentity/userAssignedIdentities/{0}', format('{0}-{1}', parameters('identities')[0], 0))]",
      name: 'keep',
      properties: { level: 'CanNotDelete' },
      dependsOn: ['ids'],
    },
    stores: {
      copy: { name: 'stores', count: "[length(variables('accounts'))]" },
      ...module("[format('store-{0}', copyIndex())]", storage, {
        parameters: {
          location: { value: "[parameters('location')]" },
          name: { value: "[variables('accounts')[copyIndex()]]" },
          containers: { value: ['a'] },
        },
      }),
    },
  },
  outputs: {
    blobs: {
      type: 'array',
      items: { type: 'string' },
      copy: { count: 2, input: "[reference(format('stores[{0}]', copyIndex())).outputs.blob.value]" },
    },
    principals: {
      type: 'array',
      copy: {
        count: "[length(parameters('identities'))]",
        input: "[reference(format('ids[{0}]', copyIndex())).principalId]",
      },
    },
    insights: {
      type: 'string',
      nullable: true,
      value: "[tryGet(if(parameters('withInsights'), reference('insights'), null()), 'AppId')]",
    },
    named: { type: 'string', value: "[__bicep.named('x-')]" },
    next: { type: 'string', value: "[parameters('chain').next.name]" },
    secret: { type: 'string', value: "[reference('vault::word').secretUri]" },
    only: {
      condition: "[parameters('withInsights')]",
      type: 'string',
      value: "[reference('insights').ConnectionString]",
    },
  },
}

const given = {
  tags: { value: { team: 'ml', cost: 5 } },
  access: { value: { kind: 'policies', objectIds: ['11111111-1111-1111-1111-111111111111'] } },
  identities: { value: ['one', 'two'] },
}

test('what a workspace stands on, compiled from modules, loops, conditions and types', async () => {
  const made = await deployer.deploy(main, { parameters: given })
  assert.equal(stateOf(made), 'Succeeded')
  const { blobs, principals, ...rest } = valuesOf(made) as Record<string, string[]>
  assert.equal(blobs?.length, 2)
  assert.match(String(blobs?.[1]), /\bst1\w+\b/)
  assert.equal(new Set(principals).size, 2)
  assert.match(String(rest.secret), /\bkv\w+\b.*\/secrets\/word/)
  assert.deepEqual(
    { insights: rest.insights, named: rest.named, next: rest.next, only: rest.only },
    {
      insights: null,
      named: 'x-abc',
      next: 'b',
      only: undefined,
    },
  )
  const lock = `${deployer.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one-0/providers/Microsoft.Authorization/locks/keep?api-version=2020-05-01`
  assert.equal((await deployer.engine.ask(lock)).status, 200)
  assert.equal((await deployer.engine.ask(lock, { method: 'DELETE' })).status, 200)
  const again = await deployer.deploy(main, { parameters: given }, { name: made.id.split('/').at(-1) ?? '' })
  assert.equal(stateOf(again), 'Succeeded')
})

test('values are held against user types', async () => {
  for (const [name, value, why] of [
    ['tags', { cost: 5 }, /'tags\.team'.*in place of null/],
    ['tags', { team: 'ml', cost: 0 }, /'tags\.cost'.*below 1/],
    ['tags', { team: 'ml', other: 5 }, /'tags\.other'.*type 'string'/],
    ['access', { kind: 'nobody' }, /'access\.kind'.*'roles,policies'/],
    ['access', { kind: 'roles', purge: 'yes' }, /'access\.purge'.*type 'bool'/],
    ['chain', { name: 'a', next: { name: 5 } }, /'chain\.next\.name'.*type 'string'/],
    ['identities', ['one', 'two', 'three'], /'identities'.*more than 2 items/],
    ['identities', ['one'], /'identities\[1\]'.*in place of null/],
  ] as const) {
    const { put } = await deployer.deploy(main, { parameters: { ...given, [name]: { value } } })
    assert.equal(put.status, 400)
    assert.match(put.body.error.message, why)
  }
})

test('types and functions that never end are refused', async () => {
  const type = await deployer.deploy({
    languageVersion: '2.0',
    definitions: { a: { $ref: '#/definitions/b' }, b: { $ref: '#/definitions/a' } },
    parameters: { p: { $ref: '#/definitions/a', defaultValue: 1 } },
    resources: {},
  })
  assert.match(type.put.body.error.message, /'#\/definitions\/[ab]' is not defined/)
  const called = await deployer.deploy({
    functions: [
      { namespace: 'f', members: { again: { parameters: [], output: { type: 'int', value: '[f.again()]' } } } },
    ],
    variables: { v: '[f.again()]' },
    resources: [
      {
        type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
        apiVersion: '2023-01-31',
        name: "[string(variables('v'))]",
        location: 'eastus',
      },
    ],
  })
  assert.match(called.put.body.error.message, /'f\.again' calls itself/)
  const long = await deployer.deploy({
    variables: {
      v: "[length(map(range(0, 9000), lambda('a', map(range(0, 9000), lambda('b', lambdaVariables('a'))))))]",
    },
    outputs: { o: { type: 'int', value: "[variables('v')]" } },
    resources: [
      {
        type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
        apiVersion: '2023-01-31',
        name: "[string(variables('v'))]",
        location: 'eastus',
      },
    ],
  })
  assert.match(long.put.body.error.message, /more steps than are allowed/)
})
