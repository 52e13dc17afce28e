import { createHmac } from 'node:crypto'
import { blobOperations } from '../../src/data-planes/storage/routes.ts'
import type { TestServer } from '../support/server.ts'
import { addStranger, type Chance, type Maker } from './chance.ts'

const STORAGE = 'https://storage.azure.com'
const ACCOUNT = 'fuzzstore'
/** Holds what only its owner may change, and is deleted by no request. */
const BOX = 'box'

const CONTAINERS = [
  ...Array<string>(14).fill(BOX),
  'other',
  'gone',
  '$root',
  '$web',
  '$logs',
  'A',
  'x'.repeat(70),
  '%00',
  '..',
  '',
]
const BLOBS = [
  ...Array<string>(6).fill('kept'),
  'kept',
  'blocks',
  'appended',
  'pages',
  'folder/a',
  'folder',
  'a b',
  '%F0%9F%98%80',
  '%2F',
  '%00',
  'none',
  '.',
  'x'.repeat(1100),
]
/** Of the other services, what their routes read beside the method. */
const ELSEWHERE = [
  ...[
    'resource=filesystem',
    'resource=file',
    'resource=directory',
    'resource=filesystem&recursive=true&directory=folder',
  ],
  ...['action=append&position=0', 'action=flush&position=3', 'action=getStatus', 'action=getAccessControl&upn=true'],
  ...['action=setAccessControl', 'action=setAccessControlRecursive&mode=set', 'action=setProperties', 'mode=legacy'],
  ...[
    'restype=share',
    'restype=directory',
    'restype=directory&comp=list',
    'comp=range',
    'comp=rangelist',
    'comp=rename',
  ],
  ...[
    'restype=service&comp=properties',
    'comp=listhandles',
    'comp=metadata',
    'comp=lease',
    'comp=acl&restype=share',
    '',
  ],
]
const QUERIES = [
  ...['', '', '', '&snapshot=2024-01-01T00:00:00.0000000Z', '&versionid=x', '&blockid=QUFBQQ==', '&blocklisttype=all'],
  ...[
    '&include=snapshots,metadata,tags,versions,deleted,copy,uncommittedblobs',
    '&maxresults=2&marker=x',
    '&prefix=f&delimiter=/',
  ],
  ...["&where=a='b'", "&where=@container='box' AND a>'1'", '&timeout=0', '&maxresults=0', '&sv=2020-12-06&sig=x'],
]
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  'x-ms-version': ['2023-11-03', '2023-11-03', '2015-02-21', '2009-09-19', '2099-01-01', 'x', ''],
  'x-ms-blob-type': ['BlockBlob', 'AppendBlob', 'PageBlob', 'Other'],
  'x-ms-blob-content-length': ['512', '1024', '513', '-1', '8796093022208', '1e9'],
  'x-ms-page-write': ['update', 'clear', 'x'],
  'x-ms-range': ['bytes=0-511', 'bytes=0-', 'bytes=5-2', 'bytes=99999999999-', 'items=1-2', 'bytes=0-1,3-4'],
  range: ['bytes=0-3', 'bytes=-5', 'bytes=9999-'],
  'x-ms-range-get-content-md5': ['true', 'x'],
  'x-ms-meta-a': ['b', 'é', ' '],
  'x-ms-meta-1x': ['b'],
  'x-ms-tags': ['a=b', 'a=b&c=d', '=', 'a=%zz'],
  'x-ms-if-tags': ["a='b'", '(('],
  'if-match': ['*', '"0x1"', 'x'],
  'if-none-match': ['*', '"0x1"'],
  'if-modified-since': ['Wed, 01 Jan 2020 00:00:00 GMT', 'yesterday'],
  'x-ms-lease-action': ['acquire', 'renew', 'change', 'release', 'break', 'x'],
  'x-ms-lease-duration': ['15', '-1', '0', 'x'],
  'x-ms-proposed-lease-id': ['11111111-1111-4111-8111-111111111111', 'x'],
  'x-ms-lease-id': ['11111111-1111-4111-8111-111111111111', 'x'],
  'x-ms-lease-break-period': ['0', '99'],
  'content-md5': ['1B2M2Y8AsgTpgAmY7PhCfg==', 'x'],
  'x-ms-content-crc64': ['AAAAAAAAAAA=', 'x'],
  'x-ms-copy-source': [
    '/fuzzstore/box/kept',
    'https://fuzzstore.blob.core.windows.net/box/kept',
    'http://169.254.169.254/',
    'x',
  ],
  'x-ms-source-range': ['bytes=0-3', 'x'],
  'x-ms-access-tier': ['Hot', 'Cool', 'Archive', 'P10', 'x'],
  'x-ms-blob-public-access': ['blob', 'container', 'x'],
  'x-ms-delete-snapshots': ['include', 'only', 'x'],
  'x-ms-blob-condition-appendpos': ['0', '-1'],
  'x-ms-blob-condition-maxsize': ['10', 'x'],
  'x-ms-sequence-number-action': ['max', 'update', 'increment'],
  'x-ms-blob-sequence-number': ['5', '-1'],
  'x-ms-rename-source': ['/box/folder', '/box/kept?sv=1', 'x'],
  'x-ms-properties': ['a=Yg==', 'x', 'a=%'],
  'x-ms-acl': ['user::rwx,group::r-x,other::---', 'user:x:y', 'x'],
  'x-ms-owner': ['$superuser', 'x'],
  'x-ms-type': ['file'],
  'x-ms-content-length': ['100', '-1', 'x'],
  'x-ms-write': ['update', 'clear'],
  'x-ms-file-request-intent': ['backup', 'x'],
  'x-ms-requires-sync': ['true', 'x'],
  'x-ms-encryption-key': ['x'],
  'x-ms-immutability-policy-mode': ['Unlocked'],
  origin: ['http://a.example'],
  'access-control-request-method': ['PUT'],
  'content-type': ['text/plain', 'application/xml', 'multipart/mixed; boundary=b', 'multipart/mixed', 'x'],
  'x-ms-client-request-id': ['x'.repeat(2_000)],
}
/** How often a header is there that much hangs on; any other is once in a hundred times. */
const OFTEN: Readonly<Record<string, number>> = {
  'x-ms-version': 0.95,
  'x-ms-blob-type': 0.5,
  'x-ms-page-write': 0.2,
  'x-ms-lease-action': 0.2,
  'x-ms-blob-content-length': 0.2,
}
const BODIES = [
  '',
  'some bytes',
  'x'.repeat(512),
  'x'.repeat(70_000),
  '<?xml version="1.0"?><BlockList><Latest>QUFBQQ==</Latest></BlockList>',
  '<Tags><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tags>',
  '<SignedIdentifiers><SignedIdentifier><Id>x</Id><AccessPolicy><Permission>r</Permission></AccessPolicy></SignedIdentifier></SignedIdentifiers>',
  '<StorageServiceProperties><Cors><CorsRule><AllowedOrigins>*</AllowedOrigins><AllowedMethods>GET</AllowedMethods><MaxAgeInSeconds>5</MaxAgeInSeconds></CorsRule></Cors></StorageServiceProperties>',
  '<KeyInfo><Start>2026-01-01T00:00:00Z</Start><Expiry>2026-01-02T00:00:00Z</Expiry></KeyInfo>',
  '<!DOCTYPE a [<!ENTITY b "c">]><BlockList><Latest>&b;</Latest></BlockList>',
  `${'<a>'.repeat(300)}`,
  '--b\r\nContent-Type: application/http\r\nContent-ID: 0\r\n\r\nDELETE /other/x HTTP/1.1\r\nContent-Length: 0\r\n\r\n--b--\r\n',
]

/**
 * The blob, dfs and file services of an account: by its owner, by nobody, by a stranger, with a SAS that reads one blob,
 * and with one that was changed.
 */
export async function storage(server: TestServer, chance: Chance): Promise<Maker> {
  const { next, pick, noise, broken } = chance
  const key = await makeAccount(server)
  const owner = await server.token({ resource: STORAGE })
  const stranger = await server.token({ resource: STORAGE, ...(await addStranger(server, 'storage')) })
  const sas = readingSas(key)
  const calls = [...blobOperations.keys()].map((text) => {
    const [method = '', level = '', what = ''] = text.split(' ')
    const [restype, comp = ''] = what.includes('/') ? what.split('/') : [undefined, what]
    const isPlain = what === '' || what === 'copied' || what === 'from-url'
    const restypes = { container: 'restype=container', service: restype ? `restype=${restype}` : '' } as const
    const words = [level === 'blob' ? '' : restypes[level as 'container'], isPlain ? '' : `comp=${comp}`]
    return { method, level, query: words.filter(Boolean).join('&') }
  })

  return () => {
    const isBlob = next() < 0.7
    const call = isBlob
      ? pick(calls)
      : { method: pick(['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE']), level: 'blob', query: pick(ELSEWHERE) }
    const method =
      next() < 0.06 ? pick(['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'MERGE']) : call.method
    const container = method === 'DELETE' ? pick(['other', 'gone', '']) : pick(CONTAINERS)
    const place = { service: '/', container: `/${container}`, blob: `/${container}/${pick(BLOBS)}` }[call.level] ?? '/'
    const query = `${call.query}${next() < 0.25 ? pick(QUERIES) : ''}`
    const who = pick([
      'owner',
      'owner',
      'owner',
      'owner',
      'stranger',
      'nobody',
      'reader',
      'forger',
      'changed token',
    ] as const)
    const reads = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
    const forged = who === 'forger' ? sas.replace(/sig=..../, 'sig=AAAA') : sas
    const bearer = who === 'changed token' ? `${owner.slice(0, -8)}AAAAAAAA` : who === 'stranger' ? stranger : owner
    const signed = who === 'reader' || who === 'forger'
    const target = next() < 0.12 ? broken(`${place}?${query}`) : `${place}?${query}`
    const headers = Object.entries(HEADERS).filter(([name]) => next() < (OFTEN[name] ?? 0.012))
    // A batch says of each of its parts whether it was allowed, and a preflight asks for no rights.
    const asksForRights = method !== 'OPTIONS' && !/comp=batch/i.test(target)
    return {
      method,
      path: `/_${isBlob ? 'blob' : pick(['dfs', 'file'])}/${next() < 0.95 ? ACCOUNT : noise(8)}${target}${signed ? `&${forged}` : ''}`,
      body: next() < 0.7 ? pick(BODIES) : broken(pick(BODIES)),
      headers: {
        ...Object.fromEntries(headers.map(([name, values]) => [name, next() < 0.95 ? pick(values) : noise(20)])),
        ...(!signed && who !== 'nobody' && { authorization: `Bearer ${bearer}` }),
      },
      denied: asksForRights && who !== 'owner' && !(who === 'reader' && reads),
    }
  }
}

/** An account with a container, blobs of each kind in it, and its first key. */
async function makeAccount(server: TestServer): Promise<Buffer> {
  const id = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli/providers/Microsoft.Storage/storageAccounts/${ACCOUNT}`
  const version = 'api-version=2023-01-01'
  const made = await server.ask(`${id}?${version}`, {
    method: 'PUT',
    body: { location: 'eastus', kind: 'StorageV2', sku: { name: 'Standard_LRS' } },
  })
  if (made.status >= 300) throw new Error(made.text)
  const token = await server.token({ resource: STORAGE })
  const types = { kept: 'BlockBlob', appended: 'AppendBlob', pages: 'PageBlob' }
  for (const [path, headers] of [
    [`/${BOX}?restype=container`, {}],
    ...Object.entries(types).map(
      ([name, type]) =>
        [
          `/${BOX}/${name}`,
          { 'x-ms-blob-type': type, ...(name === 'pages' && { 'x-ms-blob-content-length': '1024' }) },
        ] as const,
    ),
  ] as const) {
    const answer = await server.ask(`/_blob/${ACCOUNT}${path}`, {
      method: 'PUT',
      token,
      body: '',
      headers: { 'x-ms-version': '2023-11-03', ...headers },
    })
    if (answer.status >= 300) throw new Error(answer.text)
  }
  const { keys } = (await server.ask(`${id}/listKeys?${version}`, { method: 'POST' })).json
  return Buffer.from(keys[0].value, 'base64')
}

/** A service SAS that reads one blob: `kept`. */
function readingSas(key: Buffer): string {
  const [version, expiry] = ['2020-12-06', '2099-01-01T00:00:00Z']
  const resource = `/blob/${ACCOUNT}/${BOX}/kept`
  const text = ['r', '', expiry, resource, '', '', '', version, 'b', '', '', '', '', '', '', ''].join('\n')
  const signature = createHmac('sha256', key).update(text).digest('base64')
  return new URLSearchParams({ sv: version, sr: 'b', sp: 'r', se: expiry, sig: signature }).toString()
}
