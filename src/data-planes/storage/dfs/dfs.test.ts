import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type BlobAsk, BlobServer } from '../../../../test/support/blob-server.ts'
import { assignRole } from '../../../domain/roles/assign-role.ts'
import { builtInRoles } from '../../../domain/roles/roles.ts'

let server: BlobServer
const LAKE = 'hierarchical'
const ask = (method: string, path: string, more: BlobAsk = {}) =>
  server.ask(method, path, { account: LAKE, service: 'dfs', ...more })
const blob = (method: string, path: string, more: BlobAsk = {}) => server.ask(method, path, { account: LAKE, ...more })

before(async () => {
  server = await BlobServer.start()
  await server.putAccount(LAKE, { isHnsEnabled: true })
  await ask('PUT', '/lake?resource=filesystem')
  for (const path of ['open/file', 'closed/file']) {
    await ask('PUT', `/lake/${path}?resource=file`)
    await ask('PATCH', `/lake/${path}?action=append&position=0`, { body: 'hello' })
    await ask('PATCH', `/lake/${path}?action=flush&position=5`, { body: '' })
  }
})
after(() => server.stop())

test('a refusal is JSON with its code in a header too, in the words of the service', async () => {
  const answer = await ask('GET', '/lake/none')
  assert.deepEqual([answer.status, answer.code], [404, 'PathNotFound'])
  assert.equal(JSON.parse(answer.text).error.code, 'PathNotFound')
  assert.equal((await ask('GET', '/none/x')).code, 'FilesystemNotFound')
  assert.equal((await ask('HEAD', '/lake/none')).text, '')
})

for (const [name, method, path, status, code, more] of [
  ['a path of no kind', 'PUT', '/lake/x', 400, 'InvalidQueryParameterValue'],
  ['an unknown action', 'PATCH', '/lake/open/file?action=odd', 400, 'InvalidQueryParameterValue'],
  ['the root as a file', 'PUT', '/lake/%2F?resource=file', 400, 'InvalidUri'],
  ['an append without a position', 'PATCH', '/lake/open/file?action=append', 400, 'MissingRequiredQueryParameter'],
  [
    'an append within the file',
    'PATCH',
    '/lake/open/file?action=append&position=2',
    400,
    'InvalidAppendPosition',
    { body: 'x' },
  ],
  ['a flush with a gap', 'PATCH', '/lake/open/file?action=flush&position=9', 400, 'InvalidFlushPosition'],
  ['a folder with children', 'DELETE', '/lake/open', 409, 'DirectoryNotEmpty'],
  ['a file as a folder', 'PUT', '/lake/open/file?resource=directory', 409, 'PathConflict'],
  ['a file in a file', 'PUT', '/lake/open/file/x?resource=file', 409, 'PathConflict'],
  ['a listing that says not how deep', 'GET', '/lake?resource=filesystem', 400, 'MissingRequiredQueryParameter'],
  [
    'permissions that are none',
    'PATCH',
    '/lake/open?action=setAccessControl',
    400,
    'InvalidPermission',
    { headers: { 'x-ms-permissions': 'rwz' } },
  ],
  [
    'a list that is none',
    'PATCH',
    '/lake/open?action=setAccessControl',
    400,
    'InvalidInput',
    { headers: { 'x-ms-acl': 'user::rwx' } },
  ],
  [
    'a rename without a slash',
    'PUT',
    '/lake/y',
    400,
    'InvalidHeaderValue',
    { headers: { 'x-ms-rename-source': 'lake/open' } },
  ],
  [
    'a rename of nothing',
    'PUT',
    '/lake/y',
    404,
    'SourcePathNotFound',
    { headers: { 'x-ms-rename-source': '/lake/none' } },
  ],
  [
    'a rename into itself',
    'PUT',
    '/lake/open/in',
    409,
    'InvalidRenameSourcePath',
    { headers: { 'x-ms-rename-source': '/lake/open' } },
  ],
  [
    'an expiry',
    'PUT',
    '/lake/y?resource=file',
    501,
    'NotImplemented',
    { headers: { 'x-ms-expiry-option': 'NeverExpire' } },
  ],
  ['nobody', 'GET', '/lake/open/file', 401, 'NoAuthenticationInformation', { auth: 'none' }],
] as readonly (readonly [string, string, string, number, string, BlobAsk?])[]) {
  test(`refused: ${name}`, async () => {
    const answer = await ask(method, path, { ...(method !== 'GET' && { body: '' }), ...more })
    assert.deepEqual([answer.status, answer.code], [status, code], answer.text)
  })
}

test('nothing refused has left a path behind', async () => {
  const { paths } = JSON.parse((await ask('GET', '/lake?resource=filesystem&recursive=true')).text)
  assert.deepEqual(
    paths.map(({ name }: { name: string }) => name),
    ['closed', 'closed/file', 'open', 'open/file'],
  )
})

test('what was deleted softly is listed, and restored by the id of its deletion, a folder with what went with it', async () => {
  const account = 'softlake'
  const at = (method: string, path: string, more: BlobAsk = {}) => ask(method, path, { ...more, account })
  const asBlob = (method: string, path: string, more: BlobAsk = {}) => server.ask(method, path, { ...more, account })
  await server.putAccount(account, { isHnsEnabled: true })
  const policy = '<DeleteRetentionPolicy><Enabled>true</Enabled><Days>3</Days></DeleteRetentionPolicy>'
  const told = { body: `<StorageServiceProperties>${policy}</StorageServiceProperties>` }
  assert.equal((await asBlob('PUT', '/?restype=service&comp=properties', told)).status, 202)
  await at('PUT', '/lake?resource=filesystem')
  for (const path of ['d/one', 'd/e/two', 'd/gone-before', 'stays']) {
    await at('PUT', `/lake/${path}?resource=file`)
    await at('PATCH', `/lake/${path}?action=append&position=0&flush=true`, { body: path })
  }
  const deleted = async () => {
    const { text, status } = await asBlob('GET', '/lake?restype=container&comp=list&showonly=deleted')
    assert.equal(status, 200, text)
    const found = text.matchAll(/<Blob><Name>([^<]*)<\/Name><Deleted>true<\/Deleted><DeletionId>(\d+)<\/DeletionId>/g)
    return new Map([...found].map(([, name = '', id = '']) => [name, id]))
  }
  const names = async () => {
    const { paths } = JSON.parse((await at('GET', '/lake?resource=filesystem&recursive=true')).text)
    return paths.map(({ name }: { name: string }) => name)
  }
  assert.deepEqual([...(await deleted()).keys()], [])
  await at('DELETE', '/lake/d/gone-before')
  await at('DELETE', '/lake/d?recursive=true')
  assert.deepEqual(await names(), ['stays'])
  const ids = await deleted()
  assert.deepEqual([...ids.keys()], ['d', 'd/e', 'd/e/two', 'd/gone-before', 'd/one'])
  const restore = (path: string, source: string) =>
    at('PUT', `/lake/${path}?comp=undelete`, { body: '', headers: { 'x-ms-undelete-source': source } })
  for (const [path, source, status, code] of [
    ['stays', `d/one?deletionid=${ids.get('d/one')}`, 409, 'PathAlreadyExists'],
    ['d/one', 'd/one?deletionid=1', 404, 'PathNotFound'],
    ['d/one', 'd/one', 400, 'InvalidHeaderValue'],
  ] as const) {
    const refused = await restore(path, source)
    assert.deepEqual([refused.status, refused.code], [status, code], refused.text)
  }
  const folder = await restore('back', `d?deletionid=${ids.get('d')}`)
  assert.deepEqual([folder.status, folder.headers['x-ms-resource-type']], [200, 'directory'], folder.text)
  assert.deepEqual(await names(), ['back', 'back/e', 'back/e/two', 'back/one', 'stays'])
  assert.equal((await at('GET', '/lake/back/e/two')).text, 'd/e/two')
  const file = await restore('d/gone-before', `d/gone-before?deletionid=${ids.get('d/gone-before')}`)
  assert.deepEqual([file.status, file.headers['x-ms-resource-type']], [200, 'file'], file.text)
  assert.equal((await at('GET', '/lake/d/gone-before')).text, 'd/gone-before')
  assert.deepEqual([...(await deleted()).keys()], [])
  assert.equal((await asBlob('GET', '/lake?restype=container&comp=list&showonly=files')).status, 400)
})

test('one without a role may do what the lists say, on the way as well, and nothing else', async () => {
  const stranger = await server.identity.addPrincipal({ name: 'reader' })
  const auth = await server.token(stranger)
  const denied = [403, 'AuthorizationPermissionMismatch']
  const tries = async (method: string, path: string, more: BlobAsk = {}) => {
    const answer = await ask(method, path, { auth, ...more })
    return [answer.status, answer.code]
  }
  assert.deepEqual(await tries('GET', '/lake/open/file'), denied)
  const grant = (path: string, entry: string) =>
    ask('PATCH', `/lake/${path}?action=setAccessControl`, {
      body: '',
      headers: { 'x-ms-acl': `user::rwx,user:${stranger.objectId}:${entry},group::r-x,other::---` },
    })
  await grant('open/file', 'r--')
  assert.deepEqual(await tries('GET', '/lake/open/file'), denied, 'its folders let nobody through yet')
  await grant('%2F', '--x')
  await grant('open', '--x')
  assert.deepEqual(await tries('GET', '/lake/open/file'), [200, undefined])
  assert.equal((await blob('GET', '/lake/open/file', { auth })).text, 'hello', 'by the blob endpoint too')
  assert.deepEqual(await tries('PATCH', '/lake/open/file?action=append&position=5', { body: 'x' }), denied)
  assert.deepEqual(await tries('DELETE', '/lake/open/file'), denied)
  assert.deepEqual(await tries('PUT', '/lake/open/new?resource=file'), denied)
  assert.deepEqual(
    await tries('PATCH', '/lake/open/file?action=setAccessControl', {
      body: '',
      headers: { 'x-ms-permissions': '0777' },
    }),
    denied,
  )
  assert.deepEqual(await tries('GET', '/lake?resource=filesystem&recursive=false&directory=open'), denied)
  assert.deepEqual(await tries('GET', '/lake/closed/file'), denied)
  await grant('open', 'rwx')
  assert.deepEqual(await tries('PUT', '/lake/open/new?resource=file'), [201, undefined])
  assert.deepEqual(await tries('GET', '/lake?resource=filesystem&recursive=false&directory=open'), [200, undefined])
  const own = await ask('HEAD', '/lake/open/new?action=getAccessControl')
  assert.equal(own.headers['x-ms-owner'], stranger.objectId)
  assert.deepEqual(
    await tries('PATCH', '/lake/open/new?action=setAccessControl', {
      body: '',
      headers: { 'x-ms-permissions': '0600' },
    }),
    [200, undefined],
    'what is one’s own is one’s own to share',
  )
  assert.deepEqual(await tries('DELETE', '/lake/open/new'), [200, undefined])
})

test('a user delegation SAS allows no more than its maker may, and ends with the maker’s role', async () => {
  const maker = await server.identity.addPrincipal({ name: 'maker' })
  const scope = server.accountId(LAKE)
  const give = (role: string) =>
    server.store.write((within) =>
      assignRole(within, {
        principalId: maker.objectId,
        principalType: 'ServicePrincipal',
        role: builtInRoles.find(({ name }) => name === role)?.id ?? '',
        scope,
        by: 'test',
        at: new Date(),
      }),
    )
  await give('Storage Blob Delegator')
  const time = (hours: number) => `${new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 19)}Z`
  const [start, expiry] = [time(-1), time(1)]
  const asked = await blob('POST', '/?restype=service&comp=userdelegationkey', {
    auth: await server.token(maker),
    body: `<KeyInfo><Start>${start}</Start><Expiry>${expiry}</Expiry></KeyInfo>`,
  })
  assert.equal(asked.status, 200, asked.text)
  const one = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(asked.text)?.[1] ?? ''
  const signed = [one('SignedOid'), one('SignedTid'), start, expiry, 'b', one('SignedVersion')]
  const sas = (sp: string, value = one('Value')) => {
    const head = [sp, start, expiry, `/blob/${LAKE}/lake`, ...signed, '', '', '', '', '', '2023-11-03', 'c', '', '']
    const sig = createHmac('sha256', Buffer.from(value, 'base64'))
      .update([...head, '', '', '', '', ''].join('\n'))
      .digest('base64')
    const [skoid, sktid, skt, ske, sks, skv] = signed
    const fields = { sv: '2023-11-03', sr: 'c', sp, st: start, se: expiry, skoid, sktid, skt, ske, sks, skv, sig }
    return new URLSearchParams(fields as Record<string, string>).toString()
  }
  const read = async (query: string) => (await blob('GET', `/lake/closed/file?${query}`, { auth: 'none' })).code
  assert.equal(await read(sas('r')), 'AuthorizationPermissionMismatch', 'the maker may not read')
  await give('Storage Blob Data Reader')
  assert.equal(await read(sas('r')), undefined)
  assert.equal(await read(sas('r', Buffer.alloc(32).toString('base64'))), 'AuthenticationFailed')
  const remove = await blob('DELETE', `/lake/closed/file?${sas('rd')}`, { auth: 'none' })
  assert.equal(remove.code, 'AuthorizationPermissionMismatch', 'the maker may not delete')
  await server.putAccount(LAKE, { isHnsEnabled: true }, ['key1', 'key2'], {
    delegationKeysSince: new Date().toISOString(),
  })
  assert.equal(await read(sas('r')), 'AuthenticationFailed', 'its key was revoked')
})
