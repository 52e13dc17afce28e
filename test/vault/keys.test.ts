import assert from 'node:assert/strict'
import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { after, before, test } from 'node:test'
import { startVault, type VaultServer } from './vault-server.ts'

let vault: VaultServer
before(async () => {
  vault = await startVault('kv-keys')
})
after(() => vault.server.stop())

const codes = ({ status, json }: Awaited<ReturnType<VaultServer['ask']>>) => [
  status,
  json.error.code,
  ...(json.error.innererror ? [json.error.innererror.code] : []),
]
const post = (path: string, body: object) => vault.ask(path, { method: 'POST', body })
async function create(name: string, body: object) {
  const made = await post(`/keys/${name}/create`, body)
  assert.equal(made.status, 200, made.text)
  return { ...made.json, path: new URL(made.json.key.kid).pathname }
}
const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const bytes = (text: string): Buffer => Buffer.from(text, 'base64url')
// biome-ignore lint/suspicious/noExplicitAny: a key as it was answered
const nodeKey = ({ kid: _, key_ops: __, ...jwk }: any) =>
  createPublicKey({ format: 'jwk', key: { ...jwk, crv: jwk.crv === 'P-256K' ? 'secp256k1' : jwk.crv } })

for (const [bits, bytesOfKey] of [
  [2048, 256],
  [3072, 384],
  [4096, 512],
] as const) {
  test(`RSA ${bits}: what the vault encrypts and wraps it alone opens, and it opens what others encrypt`, async () => {
    const { key, path } = await create(`rsa-${bits}`, { kty: 'RSA', key_size: bits })
    assert.equal(bytes(key.n).length, bytesOfKey)
    assert.ok(!('d' in key) && !('p' in key))
    for (const [alg, padding, oaepHash] of [
      ['RSA1_5', constants.RSA_PKCS1_PADDING, undefined],
      ['RSA-OAEP', constants.RSA_PKCS1_OAEP_PADDING, 'sha1'],
      ['RSA-OAEP-256', constants.RSA_PKCS1_OAEP_PADDING, 'sha256'],
    ] as const) {
      const clear = randomBytes(32)
      for (const [into, outOf] of [
        ['encrypt', 'decrypt'],
        ['wrapkey', 'unwrapkey'],
      ]) {
        const sealed = await post(`${path}/${into}`, { alg, value: b64(clear) })
        assert.equal(sealed.status, 200, sealed.text)
        const opened = await post(`${path}/${outOf}`, { alg, value: sealed.json.value })
        assert.equal(opened.json.value, b64(clear), `${alg} ${into}`)
      }
      const theirs = publicEncrypt({ key: nodeKey(key), padding, ...(oaepHash && { oaepHash }) }, clear)
      assert.equal((await post(`${path}/decrypt`, { alg, value: b64(theirs) })).json.value, b64(clear))
    }
  })
}

test('RSA signatures are those that others verify, and others’ are verified', async () => {
  const { key, path } = await create('rsa-sign', { kty: 'RSA' })
  const message = randomBytes(100)
  for (const [alg, hash] of [
    ['RS256', 'sha256'],
    ['RS384', 'sha384'],
    ['RS512', 'sha512'],
    ['PS256', 'sha256'],
    ['PS384', 'sha384'],
    ['PS512', 'sha512'],
  ] as const) {
    const digest = createHash(hash).update(message).digest()
    const { json } = await post(`${path}/sign`, { alg, value: b64(digest) })
    const padding = alg.startsWith('PS') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING
    const theirs = { key: nodeKey(key), padding, ...(alg.startsWith('PS') && { saltLength: digest.length }) }
    assert.ok(verify(hash, message, theirs, bytes(json.value)), alg)
    const own = await post(`${path}/verify`, { alg, digest: b64(digest), value: json.value })
    assert.equal(own.json.value, true, alg)
    const wrong = bytes(json.value)
    wrong[10] = (wrong[10] ?? 0) ^ 1
    const refused = await post(`${path}/verify`, { alg, digest: b64(digest), value: b64(wrong) })
    assert.equal(refused.json.value, false, alg)
  }
})

for (const [crv, alg, hash] of [
  ['P-256', 'ES256', 'sha256'],
  ['P-384', 'ES384', 'sha384'],
  ['P-521', 'ES512', 'sha512'],
  ['P-256K', 'ES256K', 'sha256'],
] as const) {
  test(`EC ${crv}: ${alg} both ways, also of a key that was brought`, async () => {
    const pair = generateKeyPairSync('ec', { namedCurve: crv === 'P-256K' ? 'secp256k1' : crv })
    const jwk = { ...pair.privateKey.export({ format: 'jwk' }), crv }
    const brought = await vault.ask(`/keys/brought-${crv}`, { method: 'PUT', body: { key: jwk } })
    assert.equal(brought.status, 200, brought.text)
    assert.ok(!('d' in brought.json.key))
    const made = await create(`ec-${crv}`, { kty: 'EC', crv })
    const message = randomBytes(50)
    const digest = b64(createHash(hash).update(message).digest())
    for (const { key } of [brought.json, made]) {
      const path = new URL(key.kid).pathname
      const { json } = await post(`${path}/sign`, { alg, value: digest })
      const theirs = { key: nodeKey(key), dsaEncoding: 'ieee-p1363' } as const
      assert.ok(verify(hash, message, theirs, bytes(json.value)))
      assert.equal((await post(`${path}/verify`, { alg, digest, value: json.value })).json.value, true)
    }
    const signature = sign(hash, message, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' })
    const path = new URL(brought.json.key.kid).pathname
    assert.equal((await post(`${path}/verify`, { alg, digest, value: b64(signature) })).json.value, true)
    assert.equal((await post(`${path}/verify`, { alg, digest, value: b64(randomBytes(64)) })).json.value, false)
  })
}

test('oct: AES content encryption and key wrap, with what they need', async () => {
  for (const bits of [128, 192, 256]) {
    const { key, path } = await create(`oct-${bits}`, { kty: 'oct', key_size: bits })
    assert.ok(!('k' in key))
    const clear = b64(randomBytes(32))
    const aad = b64(Buffer.from('about'))
    const sealed = await post(`${path}/encrypt`, { alg: `A${bits}GCM`, value: clear, aad })
    assert.ok(sealed.json.iv && sealed.json.tag, sealed.text)
    const { value, iv, tag } = sealed.json
    const open = (changed: object) => post(`${path}/decrypt`, { alg: `A${bits}GCM`, value, iv, tag, aad, ...changed })
    assert.equal((await open({})).json.value, clear)
    assert.deepEqual(codes(await open({ aad: b64(Buffer.from('other')) })), [400, 'BadParameter'])
    assert.deepEqual(codes(await open({ tag: b64(randomBytes(16)) })), [400, 'BadParameter'])
    const padded = await post(`${path}/encrypt`, {
      alg: `A${bits}CBCPAD`,
      value: b64(Buffer.from('odd')),
      iv: b64(randomBytes(16)),
    })
    const opened = await post(`${path}/decrypt`, {
      alg: `A${bits}CBCPAD`,
      value: padded.json.value,
      iv: padded.json.iv,
    })
    assert.equal(opened.json.value, b64(Buffer.from('odd')))
    const wrapped = await post(`${path}/wrapkey`, { alg: `A${bits}KW`, value: clear })
    assert.equal((await post(`${path}/unwrapkey`, { alg: `A${bits}KW`, value: wrapped.json.value })).json.value, clear)
  }
})

test('a key does what its key_ops and its times let it', async () => {
  const { path } = await create('limits', { kty: 'RSA', key_ops: ['encrypt', 'decrypt', 'verify'] })
  const digest = b64(randomBytes(32))
  assert.deepEqual(codes(await post(`${path}/sign`, { alg: 'RS256', value: digest })), [
    403,
    'Forbidden',
    'KeyOperationForbidden',
  ])
  const clear = b64(Buffer.from('x'))
  const sealed = await post(`${path}/encrypt`, { alg: 'RSA-OAEP', value: clear })
  const change = (attributes: object) => vault.ask(path, { method: 'PATCH', body: { attributes } })
  await change({ exp: 1_000_000_000 })
  assert.deepEqual(codes(await post(`${path}/encrypt`, { alg: 'RSA-OAEP', value: clear })), [
    403,
    'Forbidden',
    'KeyExpired',
  ])
  const open = () => post(`${path}/decrypt`, { alg: 'RSA-OAEP', value: sealed.json.value })
  assert.equal((await open()).json.value, clear, 'what was encrypted in time stays readable')
  await change({ enabled: false })
  assert.deepEqual(codes(await open()), [403, 'Forbidden', 'KeyDisabled'])
  assert.deepEqual(codes(await vault.ask(path)), [403, 'Forbidden', 'KeyDisabled'])
  await change({ enabled: true, exp: 4_000_000_000, nbf: 3_900_000_000 })
  assert.deepEqual(codes(await post(`${path}/encrypt`, { alg: 'RSA-OAEP', value: clear })), [
    403,
    'Forbidden',
    'KeyNotYetValid',
  ])
  const more = await vault.ask(path, { method: 'PATCH', body: { key_ops: ['sign'] } })
  assert.deepEqual(more.json.key.key_ops, ['sign'])
})

test('rotation makes a version of the same kind that expires as the policy says', async () => {
  const first = await create('turns', { kty: 'EC', crv: 'P-384', tags: { a: 'b' } })
  assert.deepEqual((await vault.ask('/keys/turns/rotationpolicy')).json.lifetimeActions[0].action, { type: 'Notify' })
  const policy = {
    lifetimeActions: [{ trigger: { timeBeforeExpiry: 'P30D' }, action: { type: 'rotate' } }],
    attributes: { expiryTime: 'P90D' },
  }
  const set = await vault.ask('/keys/turns/rotationpolicy', { method: 'PUT', body: policy })
  assert.equal(set.status, 200, set.text)
  assert.equal(set.json.lifetimeActions[0].action.type, 'Rotate')
  const second = await post('/keys/turns/rotate', {})
  assert.equal(second.status, 200, second.text)
  assert.notEqual(second.json.key.kid, first.key.kid)
  assert.equal(second.json.key.crv, 'P-384')
  assert.deepEqual(second.json.tags, { a: 'b' })
  const { created, exp } = second.json.attributes
  assert.equal(Math.round((exp - created) / 86_400), 90)
  assert.equal((await vault.ask('/keys/turns')).json.key.kid, second.json.key.kid)
  assert.equal((await vault.ask('/keys/turns/versions')).json.value.length, 2)
  for (const bad of [
    { attributes: { expiryTime: 'P7D' } },
    { attributes: { expiryTime: 'soon' } },
    { lifetimeActions: [{ trigger: { timeAfterCreate: 'P1D' }, action: { type: 'Rotate' } }] },
    { lifetimeActions: [{ trigger: {}, action: { type: 'Rotate' } }] },
    { lifetimeActions: [{ trigger: { timeAfterCreate: 'P90D' }, action: { type: 'Explode' } }] },
  ]) {
    const refused = await vault.ask('/keys/turns/rotationpolicy', { method: 'PUT', body: bad })
    assert.deepEqual(codes(refused), [400, 'BadParameter'], JSON.stringify(bad))
  }
})

test('backup, deletion and restore bring back a key that opens what it sealed', async () => {
  const { path } = await create('saved', { kty: 'RSA' })
  const clear = b64(randomBytes(16))
  const sealed = await post(`${path}/encrypt`, { alg: 'RSA-OAEP-256', value: clear })
  const { json } = await post('/keys/saved/backup', {})
  await vault.ask('/keys/saved', { method: 'DELETE' })
  assert.deepEqual(codes(await post(`${path}/decrypt`, { alg: 'RSA-OAEP-256', value: sealed.json.value })), [
    404,
    'KeyNotFound',
  ])
  assert.equal((await vault.ask('/deletedkeys/saved', { method: 'DELETE' })).status, 204)
  assert.deepEqual(codes(await vault.ask('/secrets/restore', { method: 'POST', body: json })), [400, 'BadParameter'])
  const restored = await post('/keys/restore', json)
  assert.equal(restored.status, 200, restored.text)
  const opened = await post(`${path}/decrypt`, { alg: 'RSA-OAEP-256', value: sealed.json.value })
  assert.equal(opened.json.value, clear)
})

for (const { name, body, code = 'BadParameter' } of [
  { name: 'a size that is none', body: { kty: 'RSA', key_size: 1024 } },
  { name: 'a curve that is none', body: { kty: 'EC', crv: 'P-224' } },
  { name: 'a type that is none', body: { kty: 'DSA' } },
  { name: 'an operation that is none', body: { kty: 'EC', key_ops: ['encrypt'] } },
  { name: 'a hardware key', body: { kty: 'RSA-HSM' }, code: 'NotSupported' },
  { name: 'a key that may leave', body: { kty: 'RSA', attributes: { exportable: true } }, code: 'NotSupported' },
  { name: 'a release policy', body: { kty: 'RSA', release_policy: { data: 'x' } }, code: 'NotSupported' },
] as { name: string; body: object; code?: string }[]) {
  test(`refused: ${name}`, async () => {
    assert.deepEqual(codes(await post('/keys/refused/create', body)), [400, code])
    assert.deepEqual(codes(await vault.ask('/keys/refused')), [404, 'KeyNotFound'])
  })
}

test('refused: uses that do not fit the key', async () => {
  const { path } = await create('fits', { kty: 'RSA' })
  for (const [use, body] of [
    ['sign', { alg: 'ES256', value: b64(randomBytes(32)) }],
    ['sign', { alg: 'RS256', value: b64(randomBytes(20)) }],
    ['sign', { alg: 'none', value: b64(randomBytes(32)) }],
    ['encrypt', { alg: 'RSA-OAEP', value: b64(randomBytes(300)) }],
    ['encrypt', { alg: 'A256GCM', value: b64(randomBytes(16)) }],
    ['decrypt', { alg: 'RSA-OAEP', value: b64(randomBytes(256)) }],
    ['decrypt', { alg: 'toString', value: b64(randomBytes(256)) }],
    ['decrypt', { value: b64(randomBytes(256)) }],
  ] as const) {
    assert.deepEqual(codes(await post(`${path}/${use}`, body)), [400, 'BadParameter'], `${use} ${JSON.stringify(body)}`)
  }
  const notAKey = {
    key: { kty: 'RSA', n: 'AQAB', e: 'AQAB', d: 'AQAB', p: 'AQ', q: 'AQ', dp: 'AQ', dq: 'AQ', qi: 'AQ' },
  }
  assert.deepEqual(codes(await vault.ask('/keys/no', { method: 'PUT', body: notAKey })), [400, 'BadParameter'])
})
