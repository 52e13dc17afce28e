import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { ACCOUNT, type BlobAsk, BlobServer } from '../../../test/support/blob-server.ts'
import { assignRole } from '../../domain/roles/assign-role.ts'
import { builtInRoles } from '../../domain/roles/roles.ts'

let server: BlobServer
const block = { 'x-ms-blob-type': 'BlockBlob' }

before(async () => {
  server = await BlobServer.start()
  for (const account of [ACCOUNT, 'otheraccount']) {
    await server.ask('PUT', '/box?restype=container', { account })
    await server.ask('PUT', '/box/a/b.txt', {
      account,
      body: 'hello',
      headers: { ...block, 'Content-Type': 'text/plain' },
    })
  }
})
after(() => server.stop())

const hour = (hours: number) => `${new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 19)}Z`
const signed = (lines: readonly string[], key = server.key()) =>
  createHmac('sha256', Buffer.from(key, 'base64')).update(lines.join('\n')).digest('base64')

/** A service SAS for the blob, in the layout that its version has. Written from the reference, line by line. */
const layouts: Readonly<Record<string, (f: Record<string, string>) => readonly string[]>> = {
  '': (f) => ['sp', 'st', 'se', '/', 'si'].map((name) => f[name] ?? ''),
  '2012-02-12': (f) => ['sp', 'st', 'se', '/', 'si', 'sv'].map((name) => f[name] ?? ''),
  '2013-08-15': (f) => [...'sp st se / si sv rscc rscd rsce rscl rsct'.split(' ')].map((name) => f[name] ?? ''),
  '2014-02-14': (f) => [...'sp st se / si sv rscc rscd rsce rscl rsct'.split(' ')].map((name) => f[name] ?? ''),
  '2015-02-21': (f) => [...'sp st se /b si sv rscc rscd rsce rscl rsct'.split(' ')].map((name) => f[name] ?? ''),
  '2015-04-05': (f) => 'sp st se /b si sip spr sv rscc rscd rsce rscl rsct'.split(' ').map((name) => f[name] ?? ''),
  '2017-11-09': (f) => 'sp st se /b si sip spr sv rscc rscd rsce rscl rsct'.split(' ').map((name) => f[name] ?? ''),
  '2018-11-09': (f) =>
    'sp st se /b si sip spr sv sr snap rscc rscd rsce rscl rsct'.split(' ').map((name) => f[name] ?? ''),
  '2019-12-12': (f) =>
    'sp st se /b si sip spr sv sr snap rscc rscd rsce rscl rsct'.split(' ').map((name) => f[name] ?? ''),
  '2020-12-06': (f) =>
    'sp st se /b si sip spr sv sr snap ses rscc rscd rsce rscl rsct'.split(' ').map((name) => f[name] ?? ''),
  '2022-11-02': (f) =>
    'sp st se /b si sip spr sv sr snap ses rscc rscd rsce rscl rsct'.split(' ').map((name) => f[name] ?? ''),
  '2023-11-03': (f) =>
    'sp st se /b si sip spr sv sr snap ses rscc rscd rsce rscl rsct'.split(' ').map((name) => f[name] ?? ''),
  '2026-04-06': (f) =>
    'sp st se /b si sip spr sv sr snap ses rscc rscd rsce rscl rsct'.split(' ').map((name) => f[name] ?? ''),
}

function sas(sv: string, fields: Readonly<Record<string, string>>, path: string, key?: string): string {
  const all = { ...fields, ...(sv !== '' && { sv }) }
  const lines = layouts[sv]?.({ ...all, '/': `/${ACCOUNT}${path}`, '/b': `/blob/${ACCOUNT}${path}` }) ?? []
  return new URLSearchParams({ ...all, sig: signed(lines, key) }).toString().replaceAll('+', '%20')
}

const whole = () => ({ sr: 'b', sp: 'rw', st: hour(-1), se: hour(1) })

for (const sv of Object.keys(layouts)) {
  test(`service SAS of version '${sv}': read, response headers where it has them, and refused once altered`, async () => {
    const extra: Record<string, string> = {}
    if (sv >= '2013-08-15') Object.assign(extra, { rsct: 'x/y', rscd: 'attachment; filename=q.txt' })
    if (sv >= '2015-04-05') Object.assign(extra, { sip: '127.0.0.0-127.0.0.9', spr: 'https,http' })
    const query = sas(sv, { ...whole(), ...extra }, '/box/a/b.txt')
    const read = await server.ask('GET', `/box/a/b.txt?${query}`, { auth: 'none' })
    assert.deepEqual([read.status, read.text], [200, 'hello'], read.text)
    assert.equal(read.headers['content-type'], sv >= '2013-08-15' ? 'x/y' : 'text/plain')
    const altered = await server.ask('GET', `/box/a/b.txt?${query.replace('sp=rw', 'sp=rwd')}`, { auth: 'none' })
    assert.deepEqual([altered.status, altered.code], [403, 'AuthenticationFailed'])
    const elsewhere = await server.ask('GET', `/box/other?${query}`, { auth: 'none' })
    assert.equal(elsewhere.code, 'AuthenticationFailed')
  })
}

const VERSION = '2023-11-03'

for (const {
  name,
  fields,
  method = 'GET',
  path = '/box/a/b.txt',
  on = '/box/a/b.txt',
  status = 403,
  code,
  ask = {},
} of [
  { name: 'expired', fields: { se: hour(-0.1) }, code: 'AuthenticationFailed' },
  { name: 'not begun', fields: { st: hour(0.5) }, code: 'AuthenticationFailed' },
  { name: 'a time that is none', fields: { se: 'tomorrow' }, code: 'AuthenticationFailed' },
  { name: 'https only over http', fields: { spr: 'https' }, code: 'AuthorizationProtocolMismatch' },
  { name: 'another address', fields: { sip: '10.0.0.1' }, code: 'AuthorizationSourceIPMismatch' },
  { name: 'no permission to read', fields: { sp: 'w' }, code: 'AuthorizationPermissionMismatch' },
  { name: 'no permission to delete', fields: { sp: 'rw' }, method: 'DELETE', code: 'AuthorizationPermissionMismatch' },
  {
    name: 'make but not replace',
    fields: { sp: 'c' },
    method: 'PUT',
    code: 'UnauthorizedBlobOverwrite',
    ask: { headers: block },
  },
  { name: 'a directory without its depth', fields: { sr: 'd' }, code: 'AuthenticationFailed' },
  { name: 'a snapshot’s on its blob', fields: { sr: 'bs' }, code: 'AuthenticationFailed' },
  { name: 'no resource kind', fields: { sr: 'x' }, code: 'AuthenticationFailed' },
  { name: 'a made-up user delegation', fields: { skoid: 'x', sks: 'b' }, code: 'AuthenticationFailed' },
  {
    name: 'a user delegation that is bound further',
    fields: { skoid: 'x', srh: 'y' },
    status: 501,
    code: 'NotImplemented',
  },
  {
    name: 'a blob’s on its container',
    fields: {},
    path: '/box?restype=container&comp=list',
    code: 'AuthenticationFailed',
  },
  {
    name: 'a container’s to delete the container',
    fields: { sr: 'c', sp: 'racwdl' },
    method: 'DELETE',
    path: '/box?restype=container',
    on: '/box',
    code: 'AuthorizationFailure',
  },
  {
    name: 'a container’s without list',
    fields: { sr: 'c', sp: 'r' },
    path: '/box?restype=container&comp=list',
    on: '/box',
    code: 'AuthorizationPermissionMismatch',
  },
  { name: 'a policy that is not there', fields: { si: 'gone' }, code: 'AuthenticationFailed' },
] as {
  name: string
  fields: Record<string, string>
  method?: string
  path?: string
  on?: string
  status?: number
  code: string
  ask?: BlobAsk
}[]) {
  test(`service SAS refused: ${name}`, async () => {
    const query = sas(VERSION, { ...whole(), ...fields }, on)
    const answer = await server.ask(method, `${path}${path.includes('?') ? '&' : '?'}${query}`, {
      ...ask,
      auth: 'none',
    })
    assert.deepEqual([answer.status, answer.code], [status, code], answer.text)
  })
}

test('a container’s SAS lists, reads, writes, appends and deletes what is inside', async () => {
  const query = sas(VERSION, { sr: 'c', sp: 'racwdl', se: hour(1) }, '/box')
  const ask = { auth: 'none' }
  assert.equal((await server.ask('GET', `/box?restype=container&comp=list&${query}`, ask)).status, 200)
  const put = await server.ask('PUT', `/box/new?${query}`, { ...ask, body: 'x', headers: block })
  assert.equal(put.status, 201)
  assert.equal((await server.ask('GET', `/box/new?${query}`, ask)).text, 'x')
  assert.equal((await server.ask('DELETE', `/box/new?${query}`, ask)).status, 202)
})

/** An account SAS, written from the reference. */
function accountSas(fields: Readonly<Record<string, string>>, sv = VERSION): string {
  const all: Record<string, string> = { sv, ss: 'b', srt: 'sco', sp: 'rwdlac', se: hour(1), ...fields }
  const names = [...'sp ss srt st se sip spr sv'.split(' '), ...(sv >= '2020-12-06' ? ['ses'] : [])]
  const lines = [ACCOUNT, ...names.map((name) => all[name] ?? ''), '']
  return new URLSearchParams({ ...all, sig: signed(lines) }).toString()
}

for (const sv of ['2015-04-05', '2019-02-02', '2020-12-06', '2024-08-04']) {
  test(`account SAS of version ${sv}: service, container and blob`, async () => {
    const query = accountSas({}, sv)
    const ask = { auth: 'none' }
    assert.equal((await server.ask('GET', `/?comp=list&${query}`, ask)).status, 200)
    assert.equal((await server.ask('PUT', `/made?restype=container&${query}`, ask)).status, 201)
    assert.equal((await server.ask('DELETE', `/made?restype=container&${query}`, ask)).status, 202)
    assert.equal((await server.ask('GET', `/box/a/b.txt?${query}`, ask)).text, 'hello')
  })
}

for (const { name, fields, path = '/box/a/b.txt', code } of [
  { name: 'another service', fields: { ss: 'q' }, code: 'AuthorizationServiceMismatch' },
  { name: 'another kind of resource', fields: { srt: 'sc' }, code: 'AuthorizationResourceTypeMismatch' },
  { name: 'another permission', fields: { sp: 'w' }, code: 'AuthorizationPermissionMismatch' },
  { name: 'expired', fields: { se: hour(-1) }, code: 'AuthenticationFailed' },
  { name: 'an ACL', fields: {}, path: '/box?restype=container&comp=acl', code: 'AuthorizationFailure' },
] as { name: string; fields: Record<string, string>; path?: string; code: string }[]) {
  test(`account SAS refused: ${name}`, async () => {
    const query = accountSas(fields)
    const answer = await server.ask('GET', `${path}${path.includes('?') ? '&' : '?'}${query}`, { auth: 'none' })
    assert.deepEqual([answer.status, answer.code], [403, code], answer.text)
  })
}

test('tags and versions have permissions of their own, whatever else a SAS allows', async () => {
  const ask = async (method: string, sp: string, more: BlobAsk & { query?: string } = {}) => {
    const query = `${sas('2023-11-03', { sr: 'b', sp, st: hour(-1), se: hour(1) }, '/box/kept')}${more.query ?? ''}`
    const answer = await server.ask(method, `/box/kept?${query}`, { ...more, auth: 'none' })
    return [answer.status, answer.headers['x-ms-error-code']]
  }
  const tagged = { body: 'x', headers: { ...block, 'x-ms-tags': 'a=b' } }
  const refused = [403, 'AuthorizationPermissionMismatch']
  assert.deepEqual(await ask('PUT', 'cw', tagged), refused)
  assert.deepEqual(await ask('PUT', 'cwt', tagged), [201, undefined])
  const condition = { headers: { 'x-ms-if-tags': "a='b'" } }
  assert.deepEqual(await ask('GET', 'r', condition), refused)
  assert.deepEqual(await ask('GET', 'rt', condition), [200, undefined])
  const version = { query: '&versionid=2026-01-01T00%3A00%3A00.0000000Z' }
  assert.deepEqual(await ask('DELETE', 'd', version), refused)
  assert.notDeepEqual(await ask('DELETE', 'x', version), refused)
})

test('shared key: the second key too, the own origin’s path in each way that clients sign it', async () => {
  const headers = { 'x-ms-version': '2021-08-06', 'x-ms-date': new Date().toUTCString() }
  const second = server.sign(ACCOUNT, 'GET', '/box/a/b.txt', headers, server.key(ACCOUNT, 'key2'))
  assert.equal((await server.ask('GET', '/box/a/b.txt', { headers, auth: second })).text, 'hello')
  assert.equal((await server.ask('GET', '/box/a/b.txt', { direct: true })).text, 'hello')
  for (const path of ['/box/a/b.txt', `/${ACCOUNT}/box/a/b.txt`]) {
    const auth = server.sign(ACCOUNT, 'GET', path, headers)
    assert.equal((await server.ask('GET', '/box/a/b.txt', { direct: true, headers, auth })).text, 'hello')
  }
})

test('shared key: an empty length is signed as 0 before 2015-02-21', async () => {
  const date = new Date().toUTCString()
  const headers = { 'x-ms-version': '2014-02-14', 'x-ms-date': date, ...block }
  const lines = ['PUT', '', '', '0', ...Array(8).fill(''), `x-ms-blob-type:BlockBlob`, `x-ms-date:${date}`]
  lines.push('x-ms-version:2014-02-14', `/${ACCOUNT}/box/old`)
  const answer = await server.ask('PUT', '/box/old', { headers, auth: `SharedKey ${ACCOUNT}:${signed(lines)}` })
  assert.equal(answer.status, 201, answer.text)
})

test('shared key lite', async () => {
  const date = new Date().toUTCString()
  const lines = ['GET', '', '', '', `x-ms-date:${date}`, 'x-ms-version:2023-11-03', `/${ACCOUNT}/box?comp=list`]
  const auth = `SharedKeyLite ${ACCOUNT}:${signed(lines)}`
  const answer = await server.ask('GET', '/box?restype=container&comp=list', { headers: { 'x-ms-date': date }, auth })
  assert.equal(answer.status, 200, answer.text)
})

for (const { name, ask, status, code } of [
  {
    name: 'a wrong key',
    ask: () => ({ auth: `SharedKey ${ACCOUNT}:${signed(['x'])}` }),
    status: 403,
    code: 'AuthenticationFailed',
  },
  {
    name: 'another account',
    ask: () => ({ auth: `SharedKey otheraccount:${signed(['x'])}` }),
    status: 403,
    code: 'AuthenticationFailed',
  },
  {
    name: 'no signature',
    ask: () => ({ auth: 'SharedKey lazulitest' }),
    status: 400,
    code: 'InvalidAuthenticationInfo',
  },
  {
    name: 'an old date',
    ask: () => ({ headers: { 'x-ms-date': new Date(Date.now() - 20 * 60_000).toUTCString() } }),
    status: 403,
    code: 'AuthenticationFailed',
  },
  { name: 'no date', ask: () => ({ headers: { 'x-ms-date': '' } }), status: 403, code: 'AuthenticationFailed' },
  { name: 'a scheme of its own', ask: () => ({ auth: 'Basic abc' }), status: 401, code: 'InvalidAuthenticationInfo' },
  { name: 'a forged token', ask: () => ({ auth: 'Bearer a.b.c' }), status: 401, code: 'InvalidAuthenticationInfo' },
  { name: 'nothing', ask: () => ({ auth: 'none' }), status: 401, code: 'NoAuthenticationInformation' },
  {
    name: 'nothing, by an old client',
    ask: () => ({ auth: 'none', headers: { 'x-ms-version': '2018-03-28' } }),
    status: 404,
    code: 'ResourceNotFound',
  },
] as { name: string; ask: () => BlobAsk; status: number; code: string }[]) {
  test(`authorization refused: ${name}`, async () => {
    const answer = await server.ask('GET', '/box/a/b.txt', ask())
    assert.deepEqual([answer.status, answer.code], [status, code], answer.text)
    if (status === 401) {
      assert.match(
        String(answer.headers['www-authenticate']),
        /^Bearer authorization_uri=https:\/\/login\.microsoftonline\.com\/[0-9a-f-]+\/oauth2\/authorize resource_id=https:\/\/storage\.azure\.com$/,
      )
    }
  })
}

test('a regenerated key is the only one at once', async () => {
  await server.putAccount('keyaccount')
  const ask = { account: 'keyaccount' }
  assert.equal((await server.ask('GET', '/?comp=list', ask)).status, 200)
  await server.putAccount('keyaccount', {}, ['key3', 'key2'])
  assert.equal((await server.ask('GET', '/?comp=list', ask)).code, 'AuthenticationFailed')
})

test('an account that allows no shared key refuses keys and SAS, and takes tokens', async () => {
  await server.putAccount('tokenaccount', { allowSharedKeyAccess: false })
  const ask = { account: 'tokenaccount' }
  assert.equal((await server.ask('GET', '/?comp=list', ask)).code, 'KeyBasedAuthenticationNotPermitted')
  assert.equal((await server.ask('GET', '/?comp=list', { ...ask, auth: await server.token() })).status, 200)
})

test('tokens: the owner of blobs may all, a stranger nothing, a reader reads, an audience counts', async () => {
  const owner = await server.token()
  const put = { auth: owner, body: 'x', headers: block }
  assert.equal((await server.ask('PUT', '/box/by-token', put)).status, 201)
  assert.equal((await server.ask('DELETE', '/box/by-token', { auth: owner })).status, 202)
  assert.equal((await server.ask('PUT', '/box2?restype=container', { auth: owner })).status, 201)

  const wrong = await server.ask('GET', '/box/a/b.txt', {
    auth: await server.token(undefined, 'https://management.azure.com/.default'),
  })
  assert.deepEqual([wrong.status, wrong.code], [401, 'InvalidAuthenticationInfo'])

  const stranger = await server.identity.addPrincipal({ name: 'stranger' })
  const auth = await server.token(stranger)
  const refused = await server.ask('GET', '/box/a/b.txt', { auth })
  assert.deepEqual([refused.status, refused.code], [403, 'AuthorizationPermissionMismatch'])

  await server.store.write((within) =>
    assignRole(within, {
      principalId: stranger.objectId,
      principalType: 'ServicePrincipal',
      role: builtInRoles.find(({ name }) => name === 'Storage Blob Data Reader')?.id ?? '',
      scope: `${server.accountId(ACCOUNT)}/blobServices/default/containers/box`,
      by: 'test',
      at: new Date(),
    }),
  )
  assert.equal((await server.ask('GET', '/box/a/b.txt', { auth })).text, 'hello')
  assert.equal((await server.ask('GET', '/box?restype=container&comp=list', { auth })).status, 200)
  assert.equal((await server.ask('DELETE', '/box/a/b.txt', { auth })).code, 'AuthorizationPermissionMismatch')
  assert.equal(
    (await server.ask('GET', '/box2?restype=container&comp=list', { auth })).code,
    'AuthorizationPermissionMismatch',
  )
})

test('public containers: blobs for everybody, lists only where the container is public', async () => {
  const account = 'otheraccount'
  const open = (access: string) =>
    server.ask('PUT', '/box?restype=container&comp=acl', { account, headers: { 'x-ms-blob-public-access': access } })
  const anybody = { account, auth: 'none' }
  assert.equal((await server.ask('GET', '/box/a/b.txt', anybody)).status, 401)
  assert.equal((await open('blob')).status, 200)
  assert.equal((await server.ask('GET', '/box/a/b.txt', anybody)).text, 'hello')
  assert.equal((await server.ask('GET', '/box?restype=container&comp=list', anybody)).status, 401)
  assert.equal((await open('container')).status, 200)
  assert.equal((await server.ask('GET', '/box?restype=container&comp=list', anybody)).status, 200)
  assert.equal((await server.ask('PUT', '/box/a/b.txt', { ...anybody, body: 'x', headers: block })).status, 401)
  await server.putAccount(account, { allowBlobPublicAccess: false })
  assert.equal((await server.ask('GET', '/box/a/b.txt', anybody)).status, 401)
})
