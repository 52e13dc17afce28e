/** Microsoft Graph as `az role assignment` asks it, and `lazuli access explain`, against a real server. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Ask, lazuli, startServer, type TestServer } from './support/server.ts'

let server: TestServer
let token = ''
before(async () => {
  server = await startServer()
  token = await server.token({ resource: 'https://graph.microsoft.com' })
})
after(() => server?.stop())

const graph = (path: string, ask: Ask = {}) => server.ask(path, { host: 'graph.microsoft.com', token, ...ask })
const filter = (text: string) => `?$filter=${encodeURIComponent(text)}`

test('a service principal by its name, by its properties and by its object id', async () => {
  const { clientId } = server.facts
  for (const text of [
    `servicePrincipalNames/any(c:c eq '${clientId}')`,
    `appId eq '${clientId.toUpperCase()}'`,
    `displayName eq 'nobody' or startswith(displayName,'lazu')`,
  ]) {
    const { status, json } = await graph(`/v1.0/servicePrincipals${filter(text)}`)
    assert.equal(status, 200, text)
    assert.deepEqual(
      json.value.map((one: { appId: string }) => one.appId),
      [clientId],
    )
    const [found] = json.value
    assert.equal((await graph(`/v1.0/servicePrincipals/${found.id}`)).json.appId, clientId)
    const many = await graph('/v1.0/directoryObjects/getByIds', {
      method: 'POST',
      body: { ids: [found.id, randomUUID()], types: ['servicePrincipal', 'user', 'group'] },
    })
    assert.deepEqual(
      many.json.value.map((one: { id: string; '@odata.type': string }) => [one.id, one['@odata.type']]),
      [[found.id, '#microsoft.graph.servicePrincipal']],
    )
  }
  assert.deepEqual((await graph(`/v1.0/users${filter("userPrincipalName eq 'a@b.c'")}`)).json.value, [])
})

for (const { name, path, ask, status, code } of [
  {
    name: 'no token',
    path: '/v1.0/servicePrincipals',
    ask: { token: null },
    status: 401,
    code: 'AuthenticationFailed',
  },
  { name: 'one that is not there', path: `/v1.0/users/${randomUUID()}`, status: 404, code: 'Request_ResourceNotFound' },
  { name: 'a filter that none understands', path: '/v1.0/users?$filter=x', status: 400, code: 'Request_BadRequest' },
  { name: 'another property', path: `/v1.0/users${filter("job eq 'x'")}`, status: 400, code: 'Request_BadRequest' },
  { name: "an application's me", path: '/v1.0/me', status: 400, code: 'Request_BadRequest' },
  { name: 'what is not there', path: '/v1.0/sites', status: 501, code: 'NotImplemented' },
  {
    name: 'a service principal of nothing',
    path: '/v1.0/servicePrincipals',
    ask: { method: 'POST', body: {} },
    status: 400,
    code: 'Request_BadRequest',
  },
  {
    name: 'ids that are none',
    path: '/v1.0/directoryObjects/getByIds',
    ask: { method: 'POST', body: { ids: 'x' } },
    status: 400,
    code: 'Request_BadRequest',
  },
] satisfies { name: string; path: string; ask?: Ask; status: number; code: string }[]) {
  test(`Graph refuses ${name}`, async () => {
    const answer = await graph(path, ask)
    assert.deepEqual([answer.status, answer.json.error.code], [status, code], answer.text)
  })
}

test("a resource manager's token is not one for Graph", async () => {
  const answer = await graph('/v1.0/users', { token: await server.token({}) })
  assert.deepEqual([answer.status, answer.json.error.code], [401, 'InvalidAuthenticationTokenAudience'])
})

function explain(principal: string, action: string, scope: string, more: readonly string[] = []) {
  const words = ['access', 'explain', '--principal', principal, '--action', action, '--scope', scope]
  return spawnSync(lazuli, [...words, ...more, '--data', server.data], { encoding: 'utf8', timeout: 60_000 })
}

test('access explain names the assignment that allows, or why none does', async () => {
  const group = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli`
  const yes = explain('lazuli', 'Microsoft.Storage/storageAccounts/write', group)
  assert.equal(yes.status, 0, yes.stderr)
  assert.match(
    yes.stdout,
    /lazuli \(.*\) may Microsoft.Storage.*\n {2}allows Owner at \/subscriptions\/.*: its actions contain it/,
  )
  const blob = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
  const data = explain(server.facts.clientId, blob, group, ['--data-action', '--json'])
  const { allowed, assignments } = JSON.parse(data.stdout)
  assert.equal(allowed, true)
  assert.equal(assignments[0].role, 'Storage Blob Data Owner')
  assert.equal(
    assignments.find(({ role }: { role: string }) => role === 'Owner').why,
    'its dataActions do not contain it',
  )
  const elsewhere = explain('lazuli', 'a/read', '/subscriptions/other')
  assert.equal(elsewhere.status, 1)
  assert.match(elsewhere.stdout, /may not a\/read[\s\S]*its scope does not reach/)
  const added = spawnSync(lazuli, ['principal', 'add', 'newcomer', '--data', server.data], { encoding: 'utf8' })
  assert.equal(added.status, 0, added.stderr)
  // All that a newcomer has is what everybody has: to read the built-in registry.
  const { stdout } = explain('newcomer', 'a/read', group)
  assert.match(stdout, /may not a\/read.*\n {2}no {5}Reader at .*\/registries\/azureml: its scope does not reach.*\n$/)
})

test('access explain refuses an unknown principal, a missing flag, and whoever is not the owner', async () => {
  const unknown = explain('nobody', 'a/read', '/')
  assert.equal(unknown.status, 1)
  assert.match(unknown.stderr, /'nobody' names 0 principals/)
  assert.equal(spawnSync(lazuli, ['access', 'explain', '--data', server.data]).status, 2)
  const path = '/lazuli/access?principal=lazuli&action=a&scope=/'
  assert.equal((await server.ask(path, { token: null })).status, 401)
  assert.equal((await server.ask(path)).status, 200)
  assert.equal((await server.ask(path.replace('scope=/', 'scope=x'))).status, 400)
})
