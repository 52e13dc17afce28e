/** What may happen while a deployment runs: cancel, a second PUT, a crash, and many resources at once. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { askAt, type Reply, type Sent } from '../support/arm-engine.ts'
import { nested, template, V } from '../support/deploy.ts'

const SLOW = '?api-version=2024-01-01'
const folder = mkdtempSync(join(tmpdir(), 'lazuli-running-'))
let child: ChildProcess
let base = ''
let token = ''
let group = ''

async function start(): Promise<void> {
  const script = join(import.meta.dirname, '..', 'support', 'arm-process.ts')
  const providers = join(import.meta.dirname, '..', 'fixtures', 'providers')
  const started = spawn(process.execPath, [script, folder, providers], { stdio: ['ignore', 'pipe', 'inherit'] })
  child = started
  const [line] = (await once(started.stdout, 'data')) as [Buffer]
  const told = JSON.parse(line.toString()) as { port: number; token: string; subscription: string }
  base = `http://127.0.0.1:${told.port}`
  token = told.token
  group = `${told.subscription}/resourceGroups/running`
}

async function kill(): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

const ask = (path: string, sent?: Sent): Promise<Reply> =>
  askAt(base + path.replace(/^http:\/\/[^/]+/, ''), token, sent)
const idOf = (name: string): string => `${group}/providers/Microsoft.Resources/deployments/${name}`
const thing = (name: string): Promise<Reply> => ask(`${group}/providers/Contoso.Slow/things/${name}${SLOW}`)
const slow = (name: string, seconds: number, more: object = {}) => ({
  type: 'Contoso.Slow/things',
  apiVersion: '2024-01-01',
  name,
  location: 'eastus',
  properties: { seconds },
  ...more,
})
const put = (name: string, parts: object): Promise<Reply> =>
  ask(idOf(name) + V, { method: 'PUT', body: { properties: { mode: 'Incremental', template: template(parts) } } })

async function until(condition: () => Promise<boolean>): Promise<void> {
  const late = Date.now() + 60_000
  while (!(await condition())) {
    if (Date.now() > late) throw new Error('it never came true')
    await new Promise((go) => setTimeout(go, 20))
  }
}
const stateOf = async (name: string): Promise<string> => (await ask(idOf(name) + V)).body.properties.provisioningState

before(async () => {
  await start()
  await ask(`${group}?api-version=2021-04-01`, { method: 'PUT', body: { location: 'eastus' } })
})
after(async () => {
  await kill()
  rmSync(folder, { recursive: true })
})

test('kill -9 in the middle: a new process goes on where it stood, and nothing is made twice', async () => {
  const made = await put('crash', {
    parameters: { stays: { type: 'string', defaultValue: '[newGuid()]' } },
    resources: [
      slow('first', 1),
      slow('second', 1, { dependsOn: ['first'], tags: { guid: "[parameters('stays')]" } }),
      nested('deeper', { resources: [slow('third', 1)] }, { dependsOn: ['second'] }),
    ],
    outputs: { guid: { type: 'string', value: "[parameters('stays')]" } },
  })
  assert.equal(made.status, 201)
  await until(async () => (await thing('first')).status === 200)
  for (const reached of ['second', 'third']) {
    await kill()
    await start()
    assert.equal(await stateOf('crash'), 'Running')
    await until(async () => (await thing(reached)).status === 200)
  }
  await kill()
  await start()
  await until(async () => (await stateOf('crash')) !== 'Running')
  const { properties } = (await ask(idOf('crash') + V)).body
  assert.equal(properties.provisioningState, 'Succeeded', JSON.stringify(properties.error))
  assert.equal((await thing('second')).body.tags.guid, properties.outputs.guid.value)
  const { value } = (await ask(`${idOf('crash')}/operations${V}`)).body
  assert.deepEqual(
    value.map((one: { properties: { provisioningState: string } }) => one.properties.provisioningState),
    ['Succeeded', 'Succeeded', 'Succeeded'],
  )
})

test('a cancelled deployment begins nothing any more, nor do those nested in it', async () => {
  await put('cancelled', {
    resources: [
      nested('inside', { resources: [slow('begun', 2), slow('innernever', 1, { dependsOn: ['begun'] })] }),
      slow('outernever', 1, { dependsOn: ['inside'] }),
    ],
  })
  await until(async () => (await thing('begun')).status === 200)
  const running = await put('cancelled', {})
  assert.deepEqual([running.status, running.body.error.code], [409, 'DeploymentActive'])
  const removed = await ask(idOf('cancelled') + V, { method: 'DELETE' })
  assert.equal(removed.status, 409)
  assert.equal((await ask(`${idOf('cancelled')}/cancel${V}`, { method: 'POST' })).status, 204)
  assert.equal(await stateOf('cancelled'), 'Canceled')
  await until(async () => (await stateOf('inside')) === 'Canceled')
  await until(async () => (await thing('begun')).body.properties.provisioningState === 'Succeeded')
  for (const name of ['innernever', 'outernever']) assert.equal((await thing(name)).status, 404)
  const [step] = (await ask(`${idOf('inside')}/operations${V}`)).body.value
  assert.equal(step.properties.provisioningState, 'Succeeded', 'what was begun is told as it is')
  const again = await put('cancelled', {})
  assert.equal(again.status, 200, 'its name can be used again')
})

test('resources that wait for nothing are made side by side', async () => {
  const from = Date.now()
  await put('parallel', { resources: [slow("[concat('p', copyIndex())]", 1, { copy: { name: 'l', count: 8 } })] })
  await until(async () => (await stateOf('parallel')) === 'Succeeded')
  assert.ok(Date.now() - from < 6_000, `eight resources of a second each took ${Date.now() - from} ms`)
})
