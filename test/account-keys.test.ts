/**
 * Storage accounts with customer-managed keys: none of their bytes and metadata is on the disk in clear, every kind of
 * blob reads as any other, their key opens and closes them, and another version of it takes over.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { ArmClient, filesWith } from './providers/arm-client.ts'
import { type Answer, until } from './support/server.ts'
import { startVault, type VaultServer } from './vault/vault-server.ts'

const VAULT = 'kv-account'
const CRYPTO_USER = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'
const MARK = 'PLAIN-0x5eaf00d'
const ACCOUNT = 'sealedaccount'
const OPEN = 'openaccount'
const MIB = 1024 * 1024

let vault: VaultServer
let arm: ArmClient
let identity: string
let first: string
let second: string
let assignment: string
let principal: string

/** Bytes that tell every place of theirs, and hold the mark all over. */
const text = (length: number, salt = ''): string => {
  let made = ''
  for (let line = 0; made.length < length; line += 1) made += `${MARK} ${salt} line ${line}\n`
  return made.slice(0, length)
}
const md5 = (of: string): string => createHash('md5').update(of).digest('hex')

const accountPath = (name: string) => `${arm.group}/providers/Microsoft.Storage/storageAccounts/${name}`
const wish = (version = '', encryption: object = {}) => ({
  location: 'westeurope',
  kind: 'StorageV2',
  sku: { name: 'Standard_LRS' },
  identity: { type: 'UserAssigned', userAssignedIdentities: { [identity]: {} } },
  properties: {
    encryption: {
      keySource: 'Microsoft.Keyvault',
      keyvaultproperties: {
        keyname: 'ours',
        keyversion: version,
        keyvaulturi: `https://${VAULT}.vault.azure.net/`,
      },
      identity: { userAssignedIdentity: identity },
      services: { blob: { enabled: true, keyType: 'Account' }, file: { enabled: true, keyType: 'Account' } },
      ...encryption,
    },
  },
})

const blob = async (
  method: string,
  path: string,
  {
    body,
    headers = {},
    account = ACCOUNT,
    service = 'blob',
  }: { body?: string; headers?: Record<string, string>; account?: string; service?: 'blob' | 'dfs' | 'file' } = {},
): Promise<Answer> =>
  vault.server.ask(path, {
    method,
    host: `${account}.${service}.core.windows.net`,
    token: await vault.server.token({ resource: 'https://storage.azure.com/' }),
    ...(body !== undefined && { body }),
    headers: {
      'x-ms-version': '2021-12-02',
      ...(method === 'PUT' && body === undefined && { 'content-length': '0' }),
      ...headers,
    },
  })
const done = async (...asked: Parameters<typeof blob>): Promise<Answer> => {
  const answer = await blob(...asked)
  assert.ok(answer.status < 300, `${asked[0]} ${asked[1]}: ${answer.status} ${answer.text}`)
  return answer
}
const put = (name: string, body: string, kind = 'BlockBlob', headers: Record<string, string> = {}) =>
  done('PUT', `/box/${name}`, { body, headers: { 'x-ms-blob-type': kind, ...headers } })
const read = async (path: string, range?: readonly [number, number], account = ACCOUNT): Promise<string> =>
  (await done('GET', path, { account, ...(range && { headers: { range: `bytes=${range[0]}-${range[1] - 1}` } }) })).text

const versionOf = (kid: string): string => kid.split('/').at(-1) ?? ''
const createKey = async (): Promise<string> => {
  const made = await vault.ask('/keys/ours/create', { method: 'POST', body: { kty: 'RSA' }, vault: VAULT })
  assert.equal(made.status, 200, made.text)
  return made.json.key.kid
}
const setEnabled = async (kid: string, enabled: boolean) => {
  const body = { attributes: { enabled } }
  assert.equal((await vault.ask(new URL(kid).pathname, { method: 'PATCH', body, vault: VAULT })).status, 200)
}
const assign = async (name: string, scope: string, role: string, principalId: string, principalType?: string) => {
  const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}?api-version=2022-04-01`
  const { subscriptionId } = vault.server.facts
  const roleDefinitionId = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${role}`
  const body = { properties: { roleDefinitionId, principalId, ...(principalType && { principalType }) } }
  const assigned = await vault.server.ask(id, { method: 'PUT', body })
  assert.equal(assigned.status, 201, assigned.text)
  return id
}
const isClosed = ({ status, headers }: Answer) =>
  status === 403 && headers['x-ms-error-code'] === 'KeyVaultEncryptionKeyNotFound'
const closed = () => until('the account is closed', async () => isClosed(await blob('GET', '/box/small')))
const opened = () => until('the account is back', async () => (await blob('GET', '/box/small')).status === 200)

let vaultId: string
before(async () => {
  vault = await startVault('kv-unused')
  arm = new ArmClient(vault.server)
  vaultId = await vault.makeVault(VAULT, { enablePurgeProtection: true })
  identity = `${arm.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/account-key-user`
  principal = (await arm.made(identity, { location: 'eastus' })).properties.principalId
  first = await createKey()
})
after(() => vault.server.stop())

describe('a storage account with a customer-managed key', () => {
  const small = text(300, 'small')
  const large = text(3 * MIB + 77, 'large')
  const blocks = [text(70_000, 'b0'), text(1000, 'b1'), text(200_001, 'b2')]

  test('is refused while a condition is not met, and is not there then', async () => {
    assert.match((await arm.refusal(accountPath(ACCOUNT), wish())).message, /'account-key-user' .+ get, wrapKey/)
    const nobody = { ...wish(), identity: { type: 'SystemAssigned' } }
    assert.match((await arm.refusal(accountPath(ACCOUNT), nobody)).message, /none of the account's/)
    const other = wish('', {
      keyvaultproperties: { keyname: 'other', keyvaulturi: `https://${VAULT}.vault.azure.net` },
    })
    assert.match((await arm.refusal(accountPath(ACCOUNT), other)).message, /'other' .+ was not found/)
    const without = wish('', {
      keyvaultproperties: { keyname: 'ours', keyvaulturi: 'https://kv-none.vault.azure.net' },
    })
    assert.match((await arm.refusal(accountPath(ACCOUNT), without)).message, /kv-none.+ was not found/)
    assert.equal((await arm.get(accountPath(ACCOUNT))).status, 404)
  })

  test('is made with them', async () => {
    assignment = await assign(
      '66666666-6666-4666-8666-666666666601',
      vaultId,
      CRYPTO_USER,
      principal,
      'ServicePrincipal',
    )
    const made = await arm.made(accountPath(ACCOUNT), wish(versionOf(first)))
    assert.equal(made.properties.encryption.keySource, 'Microsoft.Keyvault')
    assert.ok(made.identity.userAssignedIdentities[identity].principalId)
    await arm.made(accountPath(OPEN), { location: 'eastus', kind: 'StorageV2', sku: { name: 'Standard_LRS' } })
    await done('PUT', '/box?restype=container', { headers: { 'x-ms-meta-mark': `${MARK}-container` } })
    await done('PUT', '/box?restype=container', { account: OPEN })
  })

  test('takes in all kinds of blobs, and none of their bytes is on the disk in clear', async () => {
    await put('small', text(200, 'before'))
    await put('small', small, 'BlockBlob', { 'x-ms-meta-mark': `${MARK}-metadata` })
    await put('large', large)
    for (const [at, body] of blocks.entries()) {
      await done('PUT', `/box/blocks?comp=block&blockid=${encodeURIComponent(btoa(`b${at}`))}`, { body })
    }
    const list = blocks.map((_, at) => `<Latest>${btoa(`b${at}`)}</Latest>`).join('')
    await done('PUT', '/box/blocks?comp=blocklist', { body: `<?xml version="1.0"?><BlockList>${list}</BlockList>` })
    await put('log', '', 'AppendBlob')
    for (const body of ['one ', 'two ', text(66_000, 'appended')])
      await done('PUT', '/box/log?comp=appendblock', { body })
    await put('pages', '', 'PageBlob', { 'x-ms-blob-content-length': '4096' })
    await done('PUT', '/box/pages?comp=page', {
      body: text(1024, 'page'),
      headers: { 'x-ms-page-write': 'update', range: 'bytes=512-1535' },
    })
    await done('PUT', '/box/pages?comp=page', {
      body: text(512, 'over'),
      headers: { 'x-ms-page-write': 'update', range: 'bytes=1024-1535' },
    })
    await done('PUT', '/box/small?comp=snapshot')
    assert.deepEqual(filesWith(vault.server.data, MARK), [])
  })

  const readable = async () => {
    const answer = await done('GET', '/box/small')
    assert.equal(answer.text, small)
    assert.equal(answer.headers['x-ms-meta-mark'], `${MARK}-metadata`)
    assert.equal(md5(await read('/box/large')), md5(large))
    for (const [start, end] of [
      [0, 1],
      [15, 17],
      [65_535, 65_537],
      [MIB - 5, 2 * MIB + 3],
      [large.length - 1, large.length],
    ] as const) {
      assert.equal(await read('/box/large', [start, end]), large.slice(start, end), `${start} to ${end}`)
    }
    const joined = blocks.join('')
    assert.equal(md5(await read('/box/blocks')), md5(joined))
    assert.equal(await read('/box/blocks', [69_990, 71_020]), joined.slice(69_990, 71_020))
    const log = `one two ${text(66_000, 'appended')}`
    assert.equal(await read('/box/log'), log)
    assert.equal(await read('/box/log', [2, 30]), log.slice(2, 30))
    const zeros = (length: number) => '\0'.repeat(length)
    const page = text(1024, 'page').slice(0, 512) + text(512, 'over')
    assert.equal(await read('/box/pages'), zeros(512) + page + zeros(2560))
    assert.equal(await read('/box/pages', [700, 1100]), page.slice(188, 588))
    const container = await done('GET', '/box?restype=container')
    assert.equal(container.headers['x-ms-meta-mark'], `${MARK}-container`)
    const listed = await done('GET', '/box?restype=container&comp=list&include=metadata,snapshots')
    assert.ok(listed.text.includes(`<mark>${MARK}-metadata</mark>`), listed.text)
  }

  test('answers as any other, in whole and in ranges', readable)

  describe('with folders and shares', () => {
    const account = 'sealedlake'
    const [head, tail] = [text(700, 'lake-head'), text(2 * MIB + 5, 'lake-tail')]
    const [inShare, over] = [text(MIB + 512, 'share'), text(512, 'share-over')]
    const dfs = (method: string, path: string, more: { body?: string; headers?: Record<string, string> } = {}) =>
      blob(method, path, { account, service: 'dfs', ...more })
    const file = (
      method: string,
      path: string,
      { headers, ...more }: { body?: string; headers?: Record<string, string> } = {},
    ) =>
      blob(method, path, {
        account,
        service: 'file',
        ...more,
        headers: { 'x-ms-file-request-intent': 'backup', ...headers },
      })
    const range = (start: number, body: string) =>
      file('PUT', '/share/folder/file?comp=range', {
        body,
        headers: { 'x-ms-write': 'update', 'x-ms-range': `bytes=${start}-${start + body.length - 1}` },
      })
    const well = async (asked: Promise<Answer>): Promise<Answer> => {
      const answer = await asked
      assert.ok(answer.status < 300, `${answer.status} ${answer.text}`)
      return answer
    }

    const readable = async () => {
      const renamed = await well(dfs('GET', '/lake/folder/renamed'))
      assert.equal(md5(renamed.text), md5(head + tail))
      assert.equal(renamed.headers['x-ms-properties'], `mark=${btoa(`${MARK}-property`)}`)
      const [start, end] = [690, MIB + 700]
      const part = await well(dfs('GET', '/lake/folder/renamed', { headers: { range: `bytes=${start}-${end - 1}` } }))
      assert.equal(md5(part.text), md5((head + tail).slice(start, end)))
      const whole = await well(file('GET', '/share/folder/file'))
      assert.equal(md5(whole.text), md5(over + inShare.slice(512)))
      assert.equal(whole.headers['x-ms-meta-mark'], `${MARK}-file`)
    }

    test('files are appended and renamed, ranges written over, and nothing of them is on the disk in clear', async () => {
      const body = wish(versionOf(first))
      await arm.made(accountPath(account), { ...body, properties: { ...body.properties, isHnsEnabled: true } })
      await well(dfs('PUT', '/lake?resource=filesystem', { headers: { 'x-ms-properties': `mark=${btoa(MARK)}` } }))
      const properties = { 'x-ms-properties': `mark=${btoa(`${MARK}-property`)}` }
      await well(dfs('PUT', '/lake/folder/data?resource=file', { headers: properties }))
      await well(dfs('PATCH', '/lake/folder/data?action=append&position=0', { body: head }))
      await well(dfs('PATCH', `/lake/folder/data?action=append&position=${head.length}`, { body: tail }))
      await well(dfs('PATCH', `/lake/folder/data?action=flush&position=${head.length + tail.length}`))
      await well(dfs('PUT', '/lake/folder/renamed', { headers: { 'x-ms-rename-source': '/lake/folder/data' } }))
      await well(file('PUT', '/share?restype=share'))
      await well(file('PUT', '/share/folder?restype=directory'))
      const headers = {
        'x-ms-type': 'file',
        'x-ms-content-length': String(inShare.length),
        'x-ms-meta-mark': `${MARK}-file`,
      }
      await well(file('PUT', '/share/folder/file', { headers }))
      await well(range(0, inShare))
      await well(range(0, over))
      assert.deepEqual(filesWith(vault.server.data, MARK), [])
      await readable()
    })

    test('the key closes both, to readers and writers, and opens them again', async () => {
      await setEnabled(first, false)
      await until('the lake is closed', async () => isClosed(await dfs('GET', '/lake/folder/renamed')))
      for (const asked of [
        dfs('PUT', '/lake/folder/new?resource=file'),
        dfs('PATCH', '/lake/folder/renamed?action=append&position=0', { body: 'x' }),
        dfs('PUT', '/lake/folder/again', { headers: { 'x-ms-rename-source': '/lake/folder/renamed' } }),
        dfs('GET', '/lake?resource=filesystem&recursive=true'),
        dfs('DELETE', '/lake/folder?recursive=true'),
        file('GET', '/share/folder/file'),
        file('GET', '/share/folder?restype=directory&comp=list'),
        range(0, over),
        file('PUT', '/share/other?restype=directory'),
        file('DELETE', '/share/folder/file'),
      ]) {
        const answer = await asked
        assert.ok(isClosed(answer), `${answer.status} ${answer.text}`)
      }
      await setEnabled(first, true)
      await until('the lake is back', async () => (await dfs('GET', '/lake/folder/renamed')).status === 200)
      await readable()
      const { text: listed } = await well(dfs('GET', '/lake?resource=filesystem&recursive=true'))
      const names = JSON.parse(listed).paths.map(({ name }: { name: string }) => name)
      assert.deepEqual(names, ['folder', 'folder/renamed'], 'nothing refused was done')
      await opened()
    })
  })

  test('copies within it share bytes; copies across are opened and sealed anew', async () => {
    const url = (account: string, name: string) => `https://${account}.blob.core.windows.net/box/${name}`
    const copy = (account: string, name: string, from: string) =>
      done('PUT', `/box/${name}`, { account, headers: { 'x-ms-copy-source': from } })
    await copy(ACCOUNT, 'large-2', url(ACCOUNT, 'large'))
    assert.equal(md5(await read('/box/large-2')), md5(large))
    await copy(OPEN, 'out', url(ACCOUNT, 'large'))
    await copy(OPEN, 'out-pages', url(ACCOUNT, 'pages'))
    assert.equal(await read('/box/out-pages', undefined, OPEN), await read('/box/pages'))
    assert.notDeepEqual(filesWith(vault.server.data, `${MARK} large`), [], 'the copy in the open account is in clear')
    await copy(ACCOUNT, 'back', url(OPEN, 'out'))
    await done('DELETE', '/box/out-pages', { account: OPEN })
    assert.equal(md5(await read('/box/back')), md5(large))
  })

  test('a disabled key closes it within a minute, in every face, and enabling brings all back', async () => {
    await setEnabled(first, false)
    await closed()
    assert.ok(isClosed(await blob('PUT', '/box/new', { body: 'x', headers: { 'x-ms-blob-type': 'BlockBlob' } })))
    assert.ok(isClosed(await blob('GET', '/box?restype=container&comp=list')))
    assert.equal(md5(await read('/box/out', undefined, OPEN)), md5(large), 'a copy in another account needs no key')
    await vault.server.kill9()
    await vault.server.restart()
    assert.ok(isClosed(await blob('GET', '/box/small')), 'a restart opens nothing')
    await setEnabled(first, true)
    await opened()
    await readable()
  })

  test('so do a deleted key and a right that is taken away', async () => {
    assert.equal((await vault.ask('/keys/ours', { method: 'DELETE', vault: VAULT })).status, 200)
    await closed()
    await vault.ask('/deletedkeys/ours/recover', { method: 'POST', vault: VAULT })
    await opened()
    await vault.server.ask(assignment, { method: 'DELETE' })
    await closed()
    await assign('66666666-6666-4666-8666-666666666602', vaultId, CRYPTO_USER, principal, 'ServicePrincipal')
    await opened()
  })

  test('another version of the key takes over: the one before may go', async () => {
    second = await createKey()
    await arm.made(accountPath(ACCOUNT), wish(versionOf(second)))
    await setEnabled(first, false)
    await vault.server.kill9()
    await vault.server.restart()
    await readable()
    await setEnabled(second, false)
    await closed()
    await setEnabled(second, true)
    await opened()
  })

  test('one that stands is switched to a key: what comes then is sealed; and back again, all stays readable', async () => {
    const plain = { location: 'eastus', kind: 'StorageV2', sku: { name: 'Standard_LRS' } }
    await done('PUT', '/box/earlier', { account: OPEN, body: 'earlier', headers: { 'x-ms-blob-type': 'BlockBlob' } })
    const own = { identity: { type: 'SystemAssigned' }, location: 'eastus' }
    const byItself = { ...wish('', { identity: {} }), ...own }
    assert.match((await arm.refusal(accountPath(OPEN), byItself)).message, /no identity of its own yet/)
    const { identity: made } = await arm.made(accountPath(OPEN), { ...plain, ...own })
    assert.match((await arm.refusal(accountPath(OPEN), byItself)).message, /'openaccount' .+ get, wrapKey/)
    await assign('66666666-6666-4666-8666-666666666603', vaultId, CRYPTO_USER, made.principalId, 'ServicePrincipal')
    await arm.made(accountPath(OPEN), byItself)
    const body = text(500, 'switched')
    await done('PUT', '/box/later', { account: OPEN, body, headers: { 'x-ms-blob-type': 'BlockBlob' } })
    assert.deepEqual(filesWith(vault.server.data, `${MARK} switched`), [])
    const both = async () => {
      assert.equal(await read('/box/earlier', undefined, OPEN), 'earlier')
      assert.equal(await read('/box/later', undefined, OPEN), body)
    }
    await both()
    const third = await createKey()
    await until('the latest version took over', async () => {
      await setEnabled(second, false)
      const answer = await blob('GET', '/box/later', { account: OPEN })
      await setEnabled(second, true)
      return answer.status === 200
    })
    assert.ok(third)
    await arm.made(accountPath(OPEN), { ...plain, properties: { encryption: { keySource: 'Microsoft.Storage' } } })
    await setEnabled(third, false)
    await vault.server.kill9()
    await vault.server.restart()
    await both()
    await setEnabled(third, true)
  })

  test('is deleted as any other, also while its key is away, and one of its name is a new one', async () => {
    await setEnabled(second, false)
    await closed()
    await arm.gone(accountPath(ACCOUNT))
    await arm.made(accountPath(ACCOUNT), { location: 'eastus', kind: 'StorageV2', sku: { name: 'Standard_LRS' } })
    assert.equal((await blob('GET', '/box/small')).status, 404)
    assert.equal((await blob('PUT', '/box?restype=container')).status, 201)
    assert.ok(!vault.server.output.includes(MARK))
  })
})
