/** Resources written inside others, at any depth. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { deployOn, nested, stateOf, template, V } from '../support/deploy.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let group = ''
before(async () => {
  server = await startServer()
  group = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli`
})
after(() => server.stop())
const deploy = (parts: object) => deployOn(server, { group, name: `d${count++}`, parts })

const VERSION = '2023-01-01'
let count = 0
const accountName = (): string => `kids${Date.now() % 1_000_000}${count++}`
const account = (name: string, resources: unknown, more: object = {}) => ({
  type: 'Microsoft.Storage/storageAccounts',
  apiVersion: VERSION,
  name,
  location: 'eastus',
  kind: 'StorageV2',
  sku: { name: 'Standard_LRS' },
  resources,
  ...more,
})
const child = (type: string, name: string, more: object = {}) => ({ type, name, apiVersion: VERSION, ...more })
const container = async (accountOf: string, name: string): Promise<number> => {
  const id = `${group}/providers/Microsoft.Storage/storageAccounts/${accountOf}/blobServices/default/containers/${name}`
  return (await server.ask(`${id}?api-version=${VERSION}`)).status
}

test('children of children, and children that name what lies between or spell themselves whole', async () => {
  const name = accountName()
  const deployed = await deploy({
    resources: [
      account(name, [
        child('blobServices', 'default', {
          resources: [
            child('containers', 'two-deep'),
            child('containers', 'after-it', { dependsOn: ['two-deep'] }),
          ].map((one) => ('dependsOn' in one ? { ...one, dependsOn: [containerId(name, 'two-deep')] } : one)),
        }),
        child('blobServices/containers', 'default/skipping'),
        child('Microsoft.Storage/storageAccounts/blobServices/containers', `${name}/default/spelled`),
        child('providers/locks', 'Microsoft.Authorization/kept', {
          apiVersion: '2020-05-01',
          properties: { level: 'CanNotDelete' },
        }),
      ]),
    ],
  })
  assert.equal(stateOf(deployed), 'Succeeded')
  for (const made of ['two-deep', 'after-it', 'skipping', 'spelled'])
    assert.equal(await container(name, made), 200, made)
  const lock = `${group}/providers/Microsoft.Storage/storageAccounts/${name}/providers/Microsoft.Authorization/locks/kept`
  assert.equal((await server.ask(`${lock}?api-version=2020-05-01`)).json.properties.level, 'CanNotDelete')
  await server.ask(`${lock}?api-version=2020-05-01`, { method: 'DELETE' })
})

const containerId = (name: string, of: string): string =>
  `[resourceId('Microsoft.Storage/storageAccounts/blobServices/containers', '${name}', 'default', '${of}')]`

test('each round of a loop has its own children; symbolic names are heard inside too', async () => {
  const stem = accountName()
  const deployed = await deploy({
    languageVersion: '2.0',
    resources: {
      many: account(
        `[concat('${stem}', copyIndex())]`,
        { inside: child('blobServices/containers', "[concat('default/round', copyIndex())]") },
        { copy: { name: 'many', count: 2 } },
      ),
    },
  })
  assert.equal(stateOf(deployed), 'Succeeded')
  assert.deepEqual(
    await Promise.all([
      container(`${stem}0`, 'round0'),
      container(`${stem}1`, 'round1'),
      container(`${stem}0`, 'round1'),
    ]),
    [200, 200, 404],
  )
})

test('a child whose parts do not fit is refused by its place', async () => {
  const { put } = await deploy({
    resources: [
      account(accountName(), [child('blobServices', 'default', { resources: [child('containers', 'a/b')] })]),
    ],
  })
  assert.equal(put.status, 400)
  assert.match(put.body.error.message, /at 'resources\[0\]\.resources\[0\]\.resources\[0\]'.*incorrect segment lengths/)
})

for (const { what, parts, place } of [
  {
    what: 'an expression that cannot be read',
    parts: { resources: [{ ...account('x', []), tags: { a: '[nope()]' } }] },
    place: 'resources[0].tags.a',
  },
  {
    what: 'an expression that fails',
    parts: { resources: [{ ...account('x', []), tags: { a: "[string(int('x'))]" } }] },
    place: 'resources[0].tags.a',
  },
  {
    what: 'a variable that fails',
    parts: {
      variables: { v: "[int('x')]" },
      resources: [{ ...account('x', []), tags: { a: "[string(variables('v'))]" } }],
    },
    place: 'variables.v',
  },
  {
    what: "a parameter's default that fails",
    parts: { parameters: { p: { type: 'int', defaultValue: "[int('x')]" } } },
    place: 'parameters.p.defaultValue',
  },
  {
    what: 'an output that fails',
    parts: { outputs: { o: { type: 'int', value: "[int('x')]" } } },
    place: 'outputs.o.value',
  },
  {
    what: 'a member that is none',
    parts: { resources: [{ ...account('x', []), colour: 'red' }] },
    place: 'resources[0].colour',
  },
]) {
  test(`the place of ${what} in a nested template is told from the outermost`, async () => {
    const body = {
      properties: {
        mode: 'Incremental',
        template: template({ resources: [nested('outer', { resources: [nested('inner', parts)] })] }),
      },
    }
    const id = `${group}/providers/Microsoft.Resources/deployments/placed`
    const reply = await server.ask(`${id}/validate${V}`, { method: 'POST', body })
    assert.equal(reply.status, 400)
    const around = 'resources[0].properties.template.resources[0].properties.template'
    assert.ok(reply.json.error.message.includes(`'${around}.${place}'`), reply.json.error.message)
  })
}
