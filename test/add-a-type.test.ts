import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type ArmEngine, startArmEngine } from './support/arm-engine.ts'

const source = join(import.meta.dirname, '..', 'src')
const contract = pathToFileURL(join(source, 'arm', 'define-resource.ts')).href
const typebox = import.meta.resolve('typebox')
const imports = (names: string) =>
  `import { ${names} } from '${contract}'\nimport { Type } from '${typebox}'\nconst Any = Type.Object({})\n`

/** All that a new type takes: a file for the provider, one for the type, one for its child. Nothing else is edited. */
const declarations: Readonly<Record<string, string>> = {
  'Contoso.Toys/_provider.ts': `${imports('defineProvider')}
export default defineProvider({
  namespace: 'Contoso.Toys',
  knownVersions: ['2024-01-01', '2025-01-01-preview'],
  operations: [{
    method: 'GET', path: 'locations/{location}/colours', scope: 'subscription', right: 'locations/colours/read',
    answer: async (_deps, { params }) => ({ body: { value: [{ name: 'red', location: params.location }] } }),
  }],
})`,
  'Contoso.Toys/boxes.ts': `${imports('defineResource')}
export default defineResource({
  type: 'Contoso.Toys/boxes',
  name: /^[a-z][a-z0-9-]{2,20}$/,
  reads: Any,
  secret: ['**.combination'],
  defaults: () => ({ properties: { colour: 'brown', lid: { closed: true } } }),
  actions: {
    open: { answer: async (_deps, { secret }) => ({ opened: secret('properties.lock.combination') === '1234' }) },
    wind: { run: async (_deps, { state }) => ({ at: 'done', state: { ...state, wound: true } }) },
  },
  view: async (_deps, { state }, { origin }) => ({
    properties: { url: origin.arm() + '/box', wound: state.wound === true },
  }),
})`,
  'Contoso.Toys/boxes/toys.ts': `${imports('defineResource')}
export default defineResource({ type: 'Contoso.Toys/boxes/toys', name: /^[a-z]+$/, reads: Any })`,
}

let engine: ArmEngine
let group: string
let box: string
const folder = mkdtempSync(join(tmpdir(), 'lazuli-providers-'))
const V = '?api-version=2024-01-01'

before(async () => {
  for (const namespace of ['Microsoft.Resources']) {
    const from = join(source, 'providers', namespace)
    for (const file of ['_provider', 'subscriptions', 'resourceGroups']) {
      write(`${namespace}/${file}.ts`, `export { default } from '${pathToFileURL(join(from, `${file}.ts`)).href}'`)
    }
  }
  for (const [path, text] of Object.entries(declarations)) write(path, text)
  engine = await startArmEngine({ providersDirectory: folder })
  group = `${engine.subscription}/resourceGroups/toys`
  box = `${group}/providers/Contoso.Toys/boxes/first`
  await engine.ask(`${group}?api-version=2021-04-01`, { method: 'PUT', body: { location: 'eastus' } })
})

after(async () => {
  await engine.stop()
  rmSync(folder, { recursive: true })
})

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

test('a new type has its verbs, defaults, view and secrets', async () => {
  const body = { location: 'East US', properties: { colour: 'blue', lock: { combination: '1234' } } }
  const made = await engine.ask(box + V, { method: 'PUT', body })
  assert.equal(made.status, 201)
  const { properties, ...envelope } = made.body
  assert.deepEqual(properties, {
    provisioningState: 'Succeeded',
    colour: 'blue',
    lid: { closed: true },
    lock: {},
    url: `http://127.0.0.1:${engine.port}/box`,
    wound: false,
  })
  assert.deepEqual(Object.keys(envelope), ['id', 'name', 'type', 'location', 'systemData'])
  assert.equal(envelope.location, 'eastus')
  assert.equal((await engine.ask(`${box}${V}`)).headers.get('etag'), made.headers.get('etag'))
  assert.equal((await engine.ask(`${box}${V}`, { method: 'PUT', body })).status, 200)
  const kept = await engine.store.resources.get(box)
  assert.ok(!JSON.stringify(kept).includes('1234'), 'the secret is sealed')
})

test('its actions answer, or go on as an operation that is polled', async () => {
  assert.deepEqual((await engine.ask(`${box}/OPEN${V}`, { method: 'POST' })).body, { opened: true })
  const wind = await engine.ask(`${box}/wind${V}`, { method: 'POST' })
  assert.equal(wind.status, 202)
  assert.equal((await engine.ask(wind.headers.get('azure-asyncoperation') ?? '')).body.status, 'Succeeded')
  assert.equal((await engine.ask(box + V)).body.properties.wound, true)
  const missing = await engine.ask(`${box}/shut${V}`, { method: 'POST' })
  assert.deepEqual([missing.status, missing.body.error.code], [404, 'InvalidResourceAction'])
})

test('it is known at its two versions, and at later ones with a warning', async () => {
  assert.equal((await engine.ask(`${box}?api-version=2025-01-01-preview`)).status, 200)
  const later = await engine.ask(`${box}?api-version=2031-01-01`)
  assert.deepEqual([later.status, /^299 /.test(later.headers.get('warning') ?? '')], [200, true])
  const never = await engine.ask(`${box}?api-version=2024-02-02`)
  assert.equal(never.body.error.code, 'NoRegisteredProviderFound')
  assert.match(never.body.error.message, /'2024-01-01, 2025-01-01-preview'/)
  const missing = await engine.ask(box)
  assert.equal(missing.body.error.code, 'MissingApiVersionParameter')
  assert.match(missing.body.error.message, /2025-01-01-preview,2024-01-01/)
})

test('its child needs a parent, is listed, and goes with it', async () => {
  const orphan = await engine.ask(`${group}/providers/Contoso.Toys/boxes/none/toys/bear${V}`, {
    method: 'PUT',
    body: {},
  })
  assert.deepEqual([orphan.status, orphan.body.error.code], [404, 'ParentResourceNotFound'])
  assert.equal((await engine.ask(`${box}/toys/bear${V}`, { method: 'PUT', body: {} })).status, 201)
  const list = await engine.ask(`${box.toUpperCase()}/TOYS${V}`)
  assert.deepEqual(
    list.body.value.map(({ id }: { id: string }) => id),
    [`${box}/toys/bear`],
  )
  assert.equal((await engine.ask(box + V, { method: 'DELETE' })).status, 200)
  assert.equal((await engine.ask(`${box}/toys/bear${V}`)).status, 404)
})

test('its provider is listed, asked, and refuses writes once it is unregistered', async () => {
  const provider = `${engine.subscription}/providers/Contoso.Toys`
  const listed = await engine.ask(`${provider}?api-version=2021-04-01`)
  assert.deepEqual(
    listed.body.resourceTypes.map(({ resourceType }: { resourceType: string }) => resourceType),
    ['boxes', 'boxes/toys'],
  )
  const colours = await engine.ask(`${provider}/locations/eastus/colours${V}`)
  assert.deepEqual(colours.body, { value: [{ name: 'red', location: 'eastus' }] })
  await engine.ask(`${provider}/unregister?api-version=2021-04-01`, { method: 'POST' })
  const refused = await engine.ask(box + V, { method: 'PUT', body: { location: 'eastus' } })
  assert.deepEqual([refused.status, refused.body.error.code], [409, 'MissingSubscriptionRegistration'])
  await engine.ask(`${provider}/register?api-version=2021-04-01`, { method: 'POST' })
  assert.equal((await engine.ask(box + V, { method: 'PUT', body: { location: 'eastus' } })).status, 201)
})

test('many writes of one resource at once take turns: all are made, the last one stands', async () => {
  const colours = Array.from({ length: 40 }, (_, at) => `colour-${at}`)
  const replies = await Promise.all(
    colours.map((colour) =>
      engine.ask(`${group}/providers/Contoso.Toys/boxes/crowded${V}`, {
        method: 'PUT',
        body: { location: 'eastus', properties: { colour } },
      }),
    ),
  )
  assert.deepEqual(replies.map(({ status }) => status).toSorted(), [...Array(39).fill(200), 201])
  assert.equal(new Set(replies.map(({ headers }) => headers.get('etag'))).size, 40)
  const { body } = await engine.ask(`${group}/providers/Contoso.Toys/boxes/crowded${V}`)
  assert.ok(colours.includes(body.properties.colour))
})

test('a file whose type is not its path stops the start', async () => {
  write('Contoso.Toys/cars.ts', declarations['Contoso.Toys/boxes.ts'] ?? '')
  await assert.rejects(startArmEngine({ providersDirectory: folder }), /must declare the type 'Contoso.Toys\/cars'/)
  rmSync(join(folder, 'Contoso.Toys', 'cars.ts'))
})
