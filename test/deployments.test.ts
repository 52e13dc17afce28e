import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ArmEngine, type Reply, startArmEngine } from './support/arm-engine.ts'

const V = '?api-version=2024-03-01'
const SCHEMA = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#'
let engine: ArmEngine
let group: string
let count = 0

before(async () => {
  engine = await startArmEngine()
  group = `${engine.subscription}/resourceGroups/deploy`
  await engine.ask(`${group}?api-version=2021-04-01`, { method: 'PUT', body: { location: 'eastus' } })
})
after(() => engine.stop())

const template = (parts: object) => ({ $schema: SCHEMA, contentVersion: '1.0.0.0', resources: [], ...parts })

interface Deployed {
  readonly put: Reply
  readonly end: Reply
  readonly id: string
}

async function deploy(parts: object, more: object = {}, scope = group): Promise<Deployed> {
  const id = `${scope}/providers/Microsoft.Resources/deployments/d${++count}`
  const place = scope === group ? {} : { location: 'eastus' }
  const body = { ...place, properties: { mode: 'Incremental', template: template(parts), ...more } }
  const put = await engine.ask(id + V, { method: 'PUT', body })
  return { put, end: await ended(id, put), id }
}

async function ended(id: string, put: Reply): Promise<Reply> {
  const poll = put.headers.get('azure-asyncoperation')
  while (poll && (await engine.ask(poll)).body.status === 'InProgress') await new Promise((go) => setTimeout(go, 50))
  return engine.ask(id + V)
}

const valuesOf = ({ end }: Deployed): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries<{ value: unknown }>(end.body.properties.outputs ?? {}).map(([name, { value }]) => [name, value]),
  )

const identity = (name: string, more: object = {}) => ({
  type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
  apiVersion: '2023-01-31',
  name,
  location: '[resourceGroup().location]',
  ...more,
})

test('resources are made in order, and outputs read what they became', async () => {
  const made = await deploy(
    {
      parameters: { prefix: { type: 'string', defaultValue: "[toLower('DEP')]" }, secret: { type: 'securestring' } },
      variables: { account: "[concat(parameters('prefix'), uniqueString(resourceGroup().id))]" },
      resources: [
        identity("[concat(parameters('prefix'), copyIndex())]", { copy: { name: 'loop', count: 2 } }),
        {
          type: 'Microsoft.Storage/storageAccounts',
          apiVersion: '2022-09-01',
          name: "[variables('account')]",
          location: '[resourceGroup().location]',
          sku: { name: 'Standard_LRS' },
          kind: 'StorageV2',
          tags: { who: "[reference('dep0').principalId]" },
          dependsOn: ['loop'],
        },
      ],
      outputs: {
        key: { type: 'bool', value: "[not(empty(listKeys(variables('account'), '2022-09-01').keys[0].value))]" },
        id: { type: 'string', value: "[resourceId('Microsoft.Storage/storageAccounts', variables('account'))]" },
        place: { type: 'string', value: "[reference(variables('account'), '2022-09-01', 'Full').location]" },
        hidden: { type: 'securestring', value: "[parameters('secret')]" },
        all: { type: 'array', copy: { count: 2, input: "[resourceId('a.b/c', string(copyIndex()))]" } },
      },
    },
    { parameters: { secret: { value: 'hunter2-in-a-template' } } },
  )
  assert.equal(made.put.status, 201)
  assert.match(
    made.put.headers.get('azure-asyncoperation') ?? '',
    /\/deployments\/d\d+\/operationStatuses\/[-0-9a-f]+\?/,
  )
  const { properties } = made.end.body
  assert.equal(properties.provisioningState, 'Succeeded', JSON.stringify(properties.error))
  assert.match(properties.duration, /^PT[\d.]+S$/)
  const values = valuesOf(made)
  assert.equal(values.key, true)
  assert.equal(values.place, 'eastus')
  assert.equal((await engine.ask(`${values.id}?api-version=2022-09-01`)).body.tags.who.length, 36)
  assert.deepEqual(properties.outputs.hidden, { type: 'securestring' })
  assert.deepEqual(properties.parameters.secret, { type: 'securestring' })
  assert.equal(properties.outputResources.length, 3)
  const row = JSON.stringify(await engine.store.resources.get(made.id))
  assert.ok(!row.includes('hunter2'), 'a secure value is stored in clear')
  for (const path of [`${made.id}/operations`, `${group}/deployments/${made.id.split('/').at(-1)}/operations`]) {
    const { body } = await engine.ask(path + V)
    assert.equal(body.value.length, 3)
    const [first] = body.value
    assert.deepEqual(
      [first.properties.provisioningState, first.properties.targetResource.resourceType.split('/')[0]],
      ['Succeeded', 'Microsoft.ManagedIdentity'],
    )
    assert.equal(
      (await engine.ask(`${made.id}/operations/${first.operationId}${V}`)).body.operationId,
      first.operationId,
    )
  }
  const exported = await engine.ask(`${made.id}/exportTemplate${V}`, { method: 'POST' })
  assert.equal(exported.body.template.resources.length, 2)
  assert.equal((await engine.ask(made.id + V, { method: 'HEAD' })).status, 204)
  assert.equal((await engine.ask(made.id + V, { method: 'DELETE' })).status, 202)
})

test('symbolic names, existing resources, conditions and modules, as Bicep writes them', async () => {
  const inner = template({
    languageVersion: '2.0',
    parameters: { names: { type: 'array' } },
    resources: {
      ids: identity("[parameters('names')[copyIndex()]]", {
        location: 'eastus',
        copy: { name: 'ids', count: "[length(parameters('names'))]", mode: 'serial', batchSize: 1 },
      }),
    },
    outputs: { last: { type: 'string', value: "[reference(format('ids[{0}]', 1)).clientId]" } },
  })
  const made = await deploy({
    languageVersion: '2.0',
    resources: {
      old: {
        existing: true,
        type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
        apiVersion: '2023-01-31',
        name: 'dep0',
      },
      never: { ...identity('never'), condition: "[equals('a', 'b')]" },
      module: {
        type: 'Microsoft.Resources/deployments',
        apiVersion: '2022-09-01',
        name: 'module-one',
        properties: {
          mode: 'Incremental',
          expressionEvaluationOptions: { scope: 'inner' },
          template: inner,
          parameters: { names: { value: ['modulea', 'moduleb'] } },
        },
      },
      later: identity('later', { tags: { from: "[reference('module').outputs.last.value]" } }),
    },
    outputs: { old: { type: 'string', value: "[reference('old').principalId]" } },
  })
  assert.equal(made.end.body.properties.provisioningState, 'Succeeded', JSON.stringify(made.end.body.properties.error))
  assert.equal(String(valuesOf(made).old).length, 36)
  const ids = made.end.body.properties.outputResources.map(({ id }: { id: string }) => id.split('/').at(-1))
  assert.deepEqual(ids, ['module-one', 'later'])
})

test('at a subscription: a group, and a deployment into it', async () => {
  const made = await deploy(
    {
      resources: [
        {
          type: 'Microsoft.Resources/resourceGroups',
          apiVersion: '2021-04-01',
          name: 'deploy-two',
          location: 'eastus',
        },
        {
          type: 'Microsoft.Resources/deployments',
          apiVersion: '2022-09-01',
          name: 'into',
          resourceGroup: 'deploy-two',
          dependsOn: ['deploy-two'],
          properties: {
            mode: 'Incremental',
            template: template({ resources: [{ ...identity('inside'), location: 'eastus' }] }),
          },
        },
      ],
    },
    {},
    engine.subscription,
  )
  assert.equal(made.end.body.properties.provisioningState, 'Succeeded', JSON.stringify(made.end.body.properties.error))
  const inside = `${engine.subscription}/resourceGroups/deploy-two/providers/Microsoft.ManagedIdentity/userAssignedIdentities/inside`
  assert.equal((await engine.ask(`${inside}?api-version=2023-01-31`)).status, 200)
})

test('a failed resource fails the deployment with its error; what does not depend on it finishes', async () => {
  const made = await deploy({
    resources: [
      {
        type: 'Microsoft.Storage/storageAccounts',
        apiVersion: '2022-09-01',
        name: 'NOT_A_NAME',
        location: 'eastus',
        sku: { name: 'Standard_LRS' },
        kind: 'StorageV2',
      },
      identity('alone'),
      identity('dependent', { dependsOn: ['NOT_A_NAME'] }),
    ],
  })
  const { properties } = made.end.body
  assert.equal(properties.provisioningState, 'Failed')
  assert.equal(properties.error.code, 'DeploymentFailed')
  assert.match(properties.error.details[0].target, /NOT_A_NAME$/)
  const at = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`
  assert.equal((await engine.ask(`${at}/alone?api-version=2023-01-31`)).status, 200)
  assert.equal((await engine.ask(`${at}/dependent?api-version=2023-01-31`)).status, 404)
})

for (const [why, parts, message] of [
  ['an unknown type', { resources: [{ ...identity('bad1'), type: 'Microsoft.ManagedIdentity/nothings' }] }, /nothings/],
  [
    'an unknown namespace',
    { resources: [{ ...identity('bad1'), type: 'Contoso.Nothing/nothings' }] },
    /Contoso\.Nothing/,
  ],
  [
    'a cycle',
    { resources: [identity('bad1', { dependsOn: ['bad2'] }), identity('bad2', { dependsOn: ['bad1'] })] },
    /Circular dependency/,
  ],
  [
    'a missing parameter',
    { parameters: { needed: { type: 'string' } }, resources: [identity('bad1')] },
    /'needed' is not provided/,
  ],
  [
    'an unknown function',
    { resources: [identity('bad1', { tags: { a: '[noSuch(1)]' } })] },
    /resources\[0\]\.tags\.a.*\[noSuch\(1\)\].*not known/,
  ],
  [
    'an unknown variable',
    { resources: [identity('bad1', { tags: { a: "[variables('x')]" } })] },
    /variable 'x' is not found/,
  ],
  [
    'an expression that never ends',
    { resources: [identity('bad1', { tags: { a: "[concat('a'" + ']' } })] },
    /expected before its end/,
  ],
  [
    'a dependency that is not there',
    { resources: [identity('bad1', { dependsOn: ['ghost'] })] },
    /'ghost' is not defined/,
  ],
  [
    'a value that is not allowed',
    { parameters: { p: { type: 'int', defaultValue: 3, allowedValues: [1, 2] } } },
    /allowed values/,
  ],
] as const) {
  test(`nothing is made where validation fails: ${why}`, async () => {
    const { put, end } = await deploy(parts)
    assert.ok(put.status >= 400 && put.status < 500, `status ${put.status}`)
    assert.match(put.body.error.message, message)
    assert.equal(end.status, 404)
    const made = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/bad1`
    assert.equal((await engine.ask(`${made}?api-version=2023-01-31`)).status, 404)
  })
}

test('validate and what-if make nothing; Complete removes what the template does not name', async () => {
  const other = `${engine.subscription}/resourceGroups/deploy-complete`
  await engine.ask(`${other}?api-version=2021-04-01`, { method: 'PUT', body: { location: 'eastus' } })
  const of = (mode: string, ...names: string[]) => ({
    properties: { mode, template: template({ resources: names.map((name) => identity(name)) }) },
  })
  const id = `${other}/providers/Microsoft.Resources/deployments/one`
  const checked = await engine.ask(`${id}/validate${V}`, { method: 'POST', body: of('Incremental', 'one', 'two') })
  assert.equal(checked.body.properties.validatedResources.length, 2)
  const kinds = async (mode: string, ...names: string[]) => {
    const { body } = await engine.ask(`${id}/whatIf${V}`, { method: 'POST', body: of(mode, ...names) })
    return body.properties.changes.map(({ changeType }: { changeType: string }) => changeType)
  }
  assert.deepEqual(await kinds('Incremental', 'one', 'two'), ['Create', 'Create'])
  await ended(id, await engine.ask(id + V, { method: 'PUT', body: of('Incremental', 'one', 'two') }))
  assert.deepEqual(await kinds('Incremental', 'one'), ['NoChange', 'Ignore'])
  assert.deepEqual(await kinds('Complete', 'one'), ['NoChange', 'Delete'])
  const end = await ended(id, await engine.ask(id + V, { method: 'PUT', body: of('Complete', 'one') }))
  assert.equal(end.body.properties.provisioningState, 'Succeeded')
  const at = `${other}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`
  const left = (await engine.ask(`${at}?api-version=2023-01-31`)).body.value.map(({ name }: { name: string }) => name)
  assert.deepEqual(left, ['one'])
})

test('each resource needs the rights of who deploys', async () => {
  const { appId: clientId, secret, objectId } = await engine.identity.addPrincipal({ name: 'deployer' })
  const role = await engine.ask(
    `${group}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01&$filter=roleName%20eq%20'Reader'`,
  )
  assert.ok(role.status === 200 && objectId)
  const token = await engine.tokenFor({ clientId, secret })
  const id = `${group}/providers/Microsoft.Resources/deployments/denied`
  const body = { properties: { mode: 'Incremental', template: template({ resources: [identity('denied')] }) } }
  const put = await engine.ask(id + V, { method: 'PUT', body, token })
  assert.deepEqual([put.status, put.body.error.code], [403, 'AuthorizationFailed'])
})

test('a template hash is that of its compact text', async () => {
  const hash = (body: object) =>
    engine.ask(`/providers/Microsoft.Resources/calculateTemplateHash${V}`, { method: 'POST', body })
  const { body } = await hash({ a: 1 })
  assert.match(body.templateHash, /^\d+$/)
  assert.equal((await hash({ a: 1 })).body.templateHash, body.templateHash)
})

test('a deployment that is over cannot be cancelled', async () => {
  const { id } = await deploy({})
  const { status, body } = await engine.ask(`${id}/cancel${V}`, { method: 'POST' })
  assert.deepEqual([status, body.error.code], [409, 'DeploymentCannotBeCancelled'])
})
