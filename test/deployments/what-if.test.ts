import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Deployer, identity, nested, startDeployer, stateOf, template, V } from '../support/deploy.ts'

let deployer: Deployer
let name: string
before(async () => {
  deployer = await startDeployer()
  name = `looked${Date.now() % 1_000_000}`
  const made = await deployer.deploy({
    resources: [identity('one', { tags: { a: '1', b: '2' } }), identity('stray'), vault({ createMode: 'default' })],
  })
  assert.equal(stateOf(made), 'Succeeded')
})
after(() => deployer.stop())

const policy = (objectId: string) => ({
  tenantId: deployer.engine.identity.install.tenantId,
  objectId,
  permissions: { secrets: ['get'] },
})
const vault = (properties: object) => ({
  type: 'Microsoft.KeyVault/vaults',
  apiVersion: '2023-07-01',
  name,
  location: 'eastus',
  properties: {
    tenantId: '[subscription().tenantId]',
    sku: { family: 'A', name: 'standard' },
    accessPolicies: [policy('11111111-1111-1111-1111-111111111111')],
    ...properties,
  },
})

interface Change {
  readonly resourceId: string
  readonly changeType: string
  readonly delta: readonly { readonly path: string; readonly propertyChangeType: string }[] | null
}

async function look(parts: object, more: object = {}, scope = deployer.group): Promise<readonly Change[]> {
  const id = `${scope}/providers/Microsoft.Resources/deployments/look`
  const location = scope === deployer.group ? {} : { location: 'eastus' }
  const body = { ...location, properties: { mode: 'Incremental', template: template(parts), ...more } }
  const { status, body: answer } = await deployer.engine.ask(`${id}/whatIf${V}`, { method: 'POST', body })
  assert.equal(status, 200, JSON.stringify(answer))
  assert.equal(answer.status, 'Succeeded')
  return answer.properties.changes
}
const kindsOf = (changes: readonly Change[]): Record<string, string> =>
  Object.fromEntries(changes.map(({ resourceId, changeType }) => [resourceId.split('/').at(-1) ?? '', changeType]))
const changeOf = (changes: readonly Change[], of: string): Change | undefined =>
  changes.find(({ resourceId }) => resourceId.endsWith(`/${of}`))

test('each property that would change is told with what it was and becomes', async () => {
  const changes = await look({
    resources: [
      identity('one', { tags: { a: '9', c: '3' } }),
      vault({
        accessPolicies: ['1', '2'].map((digit) => policy(`${digit.repeat(8)}-1111-1111-1111-111111111111`)),
        enabledForTemplateDeployment: true,
      }),
    ],
  })
  assert.deepEqual(kindsOf(changes), { one: 'Modify', [name]: 'Modify', stray: 'Ignore' })
  const one = (path: string, propertyChangeType: string, before: unknown, after: unknown) => ({
    path,
    propertyChangeType,
    before,
    after,
    children: null,
  })
  assert.deepEqual(changeOf(changes, 'one')?.delta, [
    one('tags.a', 'Modify', '1', '9'),
    one('tags.b', 'Delete', '2', null),
    one('tags.c', 'Create', null, '3'),
  ])
  const delta = changeOf(changes, name)?.delta ?? []
  const array = delta.find(({ path }) => path === 'properties.accessPolicies')
  assert.deepEqual(
    [
      array?.propertyChangeType,
      (array as unknown as { children: { path: string; propertyChangeType: string }[] }).children.map(
        ({ path, propertyChangeType }) => [path, propertyChangeType],
      ),
    ],
    ['Array', [['1', 'Create']]],
  )
  assert.ok(delta.some(({ path }) => path === 'properties.enabledForTemplateDeployment'))
  assert.equal(
    (
      await deployer.engine.ask(
        `${deployer.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one?api-version=2023-01-31`,
      )
    ).body.tags.a,
    '1',
  )
})

test('what is read-only has no effect, and is told so where it says otherwise', async () => {
  const changes = await look({
    resources: [
      vault({
        provisioningState: 'Succeeded',
        hsmPoolResourceId: '/nowhere',
      }),
    ],
  })
  const { changeType, delta } = changeOf(changes, name) ?? {}
  assert.equal(changeType, 'NoChange')
  assert.deepEqual(
    delta?.map(({ path, propertyChangeType }) => [path, propertyChangeType]),
    [['properties.hsmPoolResourceId', 'NoEffect']],
  )
})

test('nested deployments are looked into; what depends on a run is said to be unsupported', async () => {
  const changes = await look({
    resources: [
      identity('one', { tags: { a: '1', b: '2' } }),
      nested('plain', { resources: [identity('new'), nested('deeper', { resources: [identity('newest')] })] }),
      nested(
        'later',
        { parameters: { p: { type: 'string' } }, resources: [identity("[parameters('p')]")] },
        { properties: { parameters: { p: { value: "[reference('one').clientId]" } } } },
      ),
    ],
  })
  assert.deepEqual(kindsOf(changes), {
    one: 'NoChange',
    new: 'Create',
    newest: 'Create',
    later: 'Unsupported',
    stray: 'Ignore',
    [name]: 'Ignore',
  })
})

test('ids alone: what is there is deployed; in Complete mode what is not named goes', async () => {
  const parts = { resources: [identity('one'), identity('never', { condition: false })] }
  const settings = { mode: 'Complete', whatIfSettings: { resultFormat: 'ResourceIdOnly' } }
  const changes = await look(parts, settings)
  assert.deepEqual(kindsOf(changes), { one: 'Deploy', stray: 'Delete', [name]: 'Delete' })
  assert.ok(changes.every((change) => !('before' in change) && !('delta' in change)))
})

test('a group that is to be made is looked into before it is there', async () => {
  const changes = await look(
    {
      resources: [
        { type: 'Microsoft.Resources/resourceGroups', apiVersion: '2022-09-01', name: 'tomorrow', location: 'westus' },
        nested(
          'into',
          { resources: [identity("[concat('in-', resourceGroup().location)]")] },
          { resourceGroup: 'tomorrow' },
        ),
      ],
    },
    {},
    deployer.engine.subscription,
  )
  assert.deepEqual(kindsOf(changes), { tomorrow: 'Create', 'in-westus': 'Create' })
})

test('who may not read a resource is not shown it', async () => {
  const { appId: clientId, secret } = await deployer.engine.identity.addPrincipal({ name: 'blind' })
  const token = await deployer.engine.tokenFor({ clientId, secret })
  const id = `${deployer.group}/providers/Microsoft.Resources/deployments/look`
  const body = { properties: { mode: 'Incremental', template: template({ resources: [identity('one')] }) } }
  const { status } = await deployer.engine.ask(`${id}/whatIf${V}`, { method: 'POST', body, token })
  assert.equal(status, 403)
})
