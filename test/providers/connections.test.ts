/** Connections: each way of signing in, what is refused, and that credentials are answered to `listsecrets` alone. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer, type TestServer } from '../support/server.ts'
import { ArmClient, filesWith } from './arm-client.ts'

const V = '?api-version=2025-12-01'
let server: TestServer
let arm: ArmClient
before(async () => {
  server = await startServer()
  arm = new ArmClient(server)
})
after(() => server.stop())

const path = (name: string) => `${arm.workspace}/connections/${name}`
const ask = (name: string, method: string, body?: object) =>
  server.ask(path(name) + V, { method, ...(body && { body }) })
const put = (name: string, properties: object) => ask(name, 'PUT', { properties })
const secretsOf = async (name: string) =>
  (await server.ask(`${path(name)}/listsecrets${V}`, { method: 'POST', body: {} })).json.properties
const wish = (authType: string, credentials?: object, more: object = {}) => ({
  category: 'GenericRest',
  target: 'https://example.org',
  authType,
  ...(credentials && { credentials }),
  ...more,
})

describe('a connection', () => {
  for (const [authType, credentials] of [
    ['PAT', { pat: 'secret-pat' }],
    ['UsernamePassword', { username: 'u', password: 'secret-password' }],
    ['SAS', { sas: 'secret-sas' }],
    ['AccountKey', { key: 'secret-account-key' }],
    ['ServicePrincipal', { clientId: 'c', clientSecret: 'secret-client', tenantId: 't' }],
    ['AccessKey', { accessKeyId: 'i', secretAccessKey: 'secret-access' }],
    ['ApiKey', { key: 'secret-api-key' }],
    ['CustomKeys', { keys: { one: 'secret-custom', two: 'b' } }],
    ['ManagedIdentity', { clientId: 'c', resourceId: '/r' }],
    ['OAuth2', { clientId: 'c', clientSecret: 'secret-oauth' }],
    ['None', undefined],
    ['AAD', undefined],
    ['ProjectManagedIdentity', undefined],
  ] as const) {
    test(`signs in by ${authType}: sealed, and answered to listsecrets alone`, async () => {
      const name = `by-${authType}`
      const made = await put(name, wish(authType, credentials))
      assert.equal(made.status, 200, made.text)
      const shown = (await ask(name, 'GET')).json.properties
      assert.deepEqual([shown.authType, shown.credentials, shown.group], [authType, null, 'GenericProtocol'])
      assert.deepEqual((await secretsOf(name)).credentials, credentials ?? null)
      for (const secret of JSON.stringify(credentials ?? {}).match(/secret-[a-z-]+/g) ?? []) {
        assert.ok(!made.text.includes(secret))
        assert.deepEqual(filesWith(server.data, secret), [])
      }
    })
  }

  for (const { name, body, says } of [
    { name: 'without the credentials of its authType', body: wish('ApiKey'), says: /ApiKey needs credentials/ },
    { name: 'with half of them', body: wish('ServicePrincipal', { clientId: 'c' }), says: /clientSecret, tenantId/ },
    { name: 'with credentials where there are none', body: wish('None', { key: 'k' }), says: /takes no credentials/ },
    { name: 'of an unknown authType', body: wish('Handshake'), says: /Handshake/ },
    { name: 'of an unknown category', body: wish('None', undefined, { category: 'Pigeon' }), says: /Pigeon/ },
    { name: 'without a category', body: { authType: 'None', target: 'x' }, says: /category/ },
  ]) {
    test(`is refused ${name}, and nothing is kept`, async () => {
      const answer = await put('refused', body)
      assert.equal(answer.status, 400)
      assert.match(answer.json.error.message, says)
      assert.equal((await ask('refused', 'GET')).status, 404)
    })
  }

  test('keeps its credentials when it is put again without them, and loses them with its authType', async () => {
    await put('again', wish('ApiKey', { key: 'one' }))
    assert.equal((await put('again', wish('ApiKey', undefined, { target: 'https://example.com' }))).status, 200)
    assert.deepEqual((await secretsOf('again')).credentials, { key: 'one' })
    assert.equal((await put('again', wish('PAT'))).status, 400)
    assert.equal((await put('again', wish('ManagedIdentity'))).status, 200)
    assert.equal((await secretsOf('again')).credentials, null)
  })

  test('is patched', async () => {
    await put('patched', wish('ApiKey', { key: 'one' }))
    const patch = { properties: { authType: 'ApiKey', metadata: { a: 'b' }, credentials: { key: 'two' } } }
    const answer = await ask('patched', 'PATCH', patch)
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual(
      [answer.json.properties.metadata, answer.json.properties.target],
      [{ a: 'b' }, 'https://example.org'],
    )
    assert.deepEqual((await secretsOf('patched')).credentials, { key: 'two' })
  })

  test('is listed by category, deleted with 200 and then 204', async () => {
    await put('feed', wish('None', undefined, { category: 'PythonFeed' }))
    const { value } = (await server.ask(`${arm.workspace}/connections${V}&category=pythonfeed`)).json
    assert.deepEqual(
      value.map((one: { name: string }) => one.name),
      ['feed'],
    )
    assert.deepEqual([(await ask('feed', 'DELETE')).status, (await ask('feed', 'DELETE')).status], [200, 204])
  })
})
