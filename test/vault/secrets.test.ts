import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startVault, type VaultServer } from './vault-server.ts'

let vault: VaultServer
before(async () => {
  vault = await startVault()
})
after(() => vault.server.stop())

const put = (name: string, body: object) => vault.ask(`/secrets/${name}`, { method: 'PUT', body })
const codes = ({ status, json }: Awaited<ReturnType<VaultServer['ask']>>) => [
  status,
  json.error.code,
  ...(json.error.innererror ? [json.error.innererror.code] : []),
]

test('a request without a token gets the challenge that the SDKs read', async () => {
  const { status, headers, json } = await vault.ask('/secrets/x', { token: null })
  assert.deepEqual([status, json.error.code], [401, 'Unauthorized'])
  assert.equal(
    headers['www-authenticate'],
    `Bearer authorization="https://login.microsoftonline.com/${vault.server.facts.tenantId}", resource="https://vault.azure.net"`,
  )
  const armToken = await vault.ask('/secrets/x', { token: await vault.server.token() })
  assert.equal(armToken.status, 401, 'a token for another resource')
  assert.match(String(armToken.headers['www-authenticate']), /resource=/)
})

test('versions: each PUT makes one, the newest answers, older ones by their id', async () => {
  const first = await put('versions', { value: 'one', contentType: 'text/plain', tags: { a: 'b' } })
  assert.equal(first.status, 200, first.text)
  const second = await put('Versions', { value: 'two' })
  const now = await vault.ask('/secrets/versions')
  assert.equal(now.json.value, 'two')
  assert.equal(now.json.id, second.json.id)
  assert.match(now.json.id, /^https:\/\/kv-test\.vault\.azure\.net\/secrets\/versions\/[0-9a-f]{32}$/)
  const { pathname } = new URL(first.json.id)
  const old = await vault.ask(pathname)
  assert.deepEqual(
    { value: old.json.value, contentType: old.json.contentType, tags: old.json.tags },
    { value: 'one', contentType: 'text/plain', tags: { a: 'b' } },
  )
  assert.deepEqual(
    [old.json.attributes.enabled, old.json.attributes.recoveryLevel, old.json.attributes.recoverableDays],
    [true, 'Recoverable+Purgeable', 90],
  )
  const { json } = await vault.ask('/secrets/versions/versions')
  assert.deepEqual(
    json.value.map(({ id }: { id: string }) => id),
    [first.json.id, second.json.id],
  )
  assert.ok(!JSON.stringify(json).includes('"value":"'), 'a listing holds no value')
})

test('attributes: what is not said stays; a disabled one is not read', async () => {
  const made = await put('attributes', { value: 'v', attributes: { exp: 4102444800 }, tags: { k: 'v' } })
  const { pathname } = new URL(made.json.id)
  const changed = await vault.ask(pathname, {
    method: 'PATCH',
    body: { attributes: { enabled: false }, contentType: 't' },
  })
  assert.deepEqual(
    [
      changed.status,
      changed.json.attributes.enabled,
      changed.json.attributes.exp,
      changed.json.tags,
      changed.json.value,
    ],
    [200, false, 4102444800, { k: 'v' }, undefined],
  )
  assert.deepEqual(codes(await vault.ask('/secrets/attributes')), [403, 'Forbidden', 'SecretDisabled'])
  await vault.ask('/secrets/attributes', { method: 'PATCH', body: { attributes: { enabled: true } } })
  assert.equal((await vault.ask('/secrets/attributes/')).json.value, 'v')
})

test('soft delete, recover, purge', async () => {
  await put('gone', { value: 'v1' })
  await put('gone', { value: 'v2' })
  const deleted = await vault.ask('/secrets/gone', { method: 'DELETE' })
  assert.equal(deleted.status, 200, deleted.text)
  assert.equal(deleted.json.recoveryId, 'https://kv-test.vault.azure.net/deletedsecrets/gone')
  assert.equal(deleted.json.scheduledPurgeDate - deleted.json.deletedDate, 90 * 86_400)
  assert.deepEqual(codes(await vault.ask('/secrets/gone')), [404, 'SecretNotFound'])
  assert.deepEqual(codes(await put('gone', { value: 'v3' })), [409, 'Conflict', 'ObjectIsDeletedButRecoverable'])
  assert.equal((await vault.ask('/deletedsecrets/gone')).json.recoveryId, deleted.json.recoveryId)
  const listed = await vault.ask('/deletedsecrets')
  assert.ok(listed.json.value.some(({ id }: { id: string }) => id.endsWith('/secrets/gone')))
  const back = await vault.ask('/deletedsecrets/gone/recover', { method: 'POST' })
  assert.equal(back.status, 200, back.text)
  assert.equal((await vault.ask('/secrets/gone')).json.value, 'v2')
  await vault.ask('/secrets/gone', { method: 'DELETE' })
  assert.equal((await vault.ask('/deletedsecrets/gone', { method: 'DELETE' })).status, 204)
  assert.deepEqual(codes(await vault.ask('/deletedsecrets/gone')), [404, 'SecretNotFound'])
  assert.equal((await put('gone', { value: 'new' })).status, 200)
})

test('purge protection keeps what is deleted', async () => {
  await vault.makeVault('kv-protected', { enablePurgeProtection: true, softDeleteRetentionInDays: 7 })
  const at = { vault: 'kv-protected' }
  const made = await vault.ask('/secrets/kept', { ...at, method: 'PUT', body: { value: 'v' } })
  assert.deepEqual(
    [made.json.attributes.recoveryLevel, made.json.attributes.recoverableDays],
    ['CustomizedRecoverable', 7],
  )
  await vault.ask('/secrets/kept', { ...at, method: 'DELETE' })
  const refused = await vault.ask('/deletedsecrets/kept', { ...at, method: 'DELETE' })
  assert.deepEqual(codes(refused), [403, 'Forbidden', 'PurgeForbidden'])
})

test('backup and restore: all versions, in another vault of the region, and nothing that was changed', async () => {
  await vault.makeVault('kv-other')
  const first = await put('saved', { value: 'one' })
  await put('saved', { value: 'two' })
  const { json } = await vault.ask('/secrets/saved/backup', { method: 'POST' })
  assert.deepEqual(codes(await vault.ask('/secrets/restore', { method: 'POST', body: json })), [
    409,
    'Conflict',
    'ObjectExists',
  ])
  const restored = await vault.ask('/secrets/restore', { method: 'POST', body: json, vault: 'kv-other' })
  assert.equal(restored.status, 200, restored.text)
  const version = first.json.id.split('/').at(-1)
  assert.equal((await vault.ask(`/secrets/saved/${version}`, { vault: 'kv-other' })).json.value, 'one')
  assert.equal((await vault.ask('/secrets/saved', { vault: 'kv-other' })).json.value, 'two')
  const changed = { value: `${json.value.slice(0, -6)}AAAAAA` }
  const refused = await vault.ask('/secrets/restore', { method: 'POST', body: changed, vault: 'kv-other' })
  assert.deepEqual(codes(refused), [400, 'BadParameter'])
})

test('pages of a listing hold each once', async () => {
  await vault.makeVault('kv-pages')
  const names = Array.from({ length: 30 }, (_, n) => `page-${String(n).padStart(2, '0')}`)
  for (const name of names) {
    await vault.ask(`/secrets/${name}`, { method: 'PUT', body: { value: name }, vault: 'kv-pages' })
  }
  for (const size of ['', '?maxresults=7']) {
    const seen: string[] = []
    let next: string | null = `/secrets${size}`
    while (next !== null) {
      const { status, json, text }: Awaited<ReturnType<VaultServer['ask']>> = await vault.ask(next, {
        vault: 'kv-pages',
      })
      assert.equal(status, 200, text)
      seen.push(...json.value.map(({ id }: { id: string }) => id.split('/').at(-1)))
      assert.ok(json.value.length <= (size === '' ? 25 : 7))
      next = json.nextLink === null ? null : new URL(json.nextLink).pathname + new URL(json.nextLink).search
    }
    assert.deepEqual(seen, names)
  }
  for (const bad of ['?maxresults=0', '?maxresults=26', '?maxresults=x', '?$skiptoken=%00']) {
    assert.deepEqual(codes(await vault.ask(`/secrets${bad}`, { vault: 'kv-pages' })), [400, 'BadParameter'], bad)
  }
})

for (const { name, ask, status, code } of [
  { name: 'no such secret', ask: ['/secrets/none', {}], status: 404, code: 'SecretNotFound' },
  { name: 'no such version', ask: [`/secrets/x/${'0'.repeat(32)}`, {}], status: 404, code: 'SecretNotFound' },
  {
    name: 'a bad name',
    ask: ['/secrets/a_b', { method: 'PUT', body: { value: 'v' } }],
    status: 400,
    code: 'BadParameter',
  },
  { name: 'no value', ask: ['/secrets/x', { method: 'PUT', body: {} }], status: 400, code: 'BadParameter' },
  {
    name: 'a value that is no text',
    ask: ['/secrets/x', { method: 'PUT', body: { value: 1 } }],
    status: 400,
    code: 'BadParameter',
  },
  {
    name: 'a value that is too long',
    ask: ['/secrets/x', { method: 'PUT', body: { value: 'v'.repeat(25_601) } }],
    status: 400,
    code: 'BadParameter',
  },
  { name: 'no JSON', ask: ['/secrets/x', { method: 'PUT', body: '{' }], status: 400, code: 'BadParameter' },
  { name: 'no version', ask: ['/secrets/x?api-version=', {}], status: 400, code: 'BadParameter' },
  { name: 'a vault that is not there', ask: ['/secrets/x', { vault: 'kv-none' }], status: 404, code: 'VaultNotFound' },
  { name: 'a path that is none', ask: ['/nothing/here', {}], status: 404, code: 'NotFound' },
] as const) {
  test(`refused: ${name}`, async () => {
    assert.deepEqual(codes(await vault.ask(ask[0], ask[1])), [status, code])
  })
}

test('values survive a restart, and stand nowhere in clear', async () => {
  await put('durable', { value: 'MARK-of-a-durable-secret' })
  await vault.server.kill9()
  const { readdirSync, readFileSync } = await import('node:fs')
  for (const file of readdirSync(vault.server.data, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue
    const bytes = readFileSync(`${file.parentPath}/${file.name}`)
    assert.ok(!bytes.includes('MARK-of-a-durable-secret'), file.name)
  }
  await vault.server.restart()
  assert.equal((await vault.ask('/secrets/durable')).json.value, 'MARK-of-a-durable-secret')
})

test("a vault that is closed to public networks lets nobody in, and says so in Azure's words", async () => {
  await vault.makeVault('kv-closed')
  const secret = { method: 'PUT', body: { value: 'inside' }, vault: 'kv-closed' } as const
  assert.equal((await vault.ask('/secrets/kept', secret)).status, 200)
  for (const properties of [{ publicNetworkAccess: 'Disabled' }, { networkAcls: { defaultAction: 'Deny' } }]) {
    await vault.makeVault('kv-closed', properties)
    const closed = await vault.ask('/secrets/kept', { vault: 'kv-closed' })
    assert.deepEqual(codes(closed), [403, 'Forbidden', 'ForbiddenByConnection'])
    await vault.makeVault('kv-closed', { publicNetworkAccess: 'Enabled', networkAcls: { defaultAction: 'Allow' } })
    assert.equal((await vault.ask('/secrets/kept', { vault: 'kv-closed' })).json.value, 'inside')
  }
})
