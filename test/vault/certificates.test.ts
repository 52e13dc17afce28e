import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startVault, type VaultServer } from './vault-server.ts'

let vault: VaultServer
let folder: string
before(async () => {
  vault = await startVault('kv-certs')
  folder = mkdtempSync(join(tmpdir(), 'lazuli-certs-'))
})
after(async () => {
  rmSync(folder, { recursive: true, force: true })
  await vault.server.stop()
})

const codes = ({ status, json }: Awaited<ReturnType<VaultServer['ask']>>) => [status, json.error?.code]
const post = (path: string, body: object) => vault.ask(path, { method: 'POST', body })
const policy = (rest: object = {}, x509: object = {}) => ({
  key_props: { exportable: true, kty: 'RSA', key_size: 2048, reuse_key: false },
  secret_props: { contentType: 'application/x-pkcs12' },
  x509_props: {
    subject: 'CN=example.com, O=Contoso',
    sans: { dns_names: ['example.com', 'www.example.com'] },
    ...x509,
  },
  issuer: { name: 'Self' },
  ...rest,
})
const openssl = (args: readonly string[], input?: string | Buffer) => {
  const ran = spawnSync('openssl', args, { cwd: folder, ...(input !== undefined && { input }) })
  assert.equal(ran.status, 0, String(ran.stderr))
  return ran.stdout
}

for (const { name, key } of [
  { name: 'rsa', key: { kty: 'RSA', key_size: 2048 } },
  { name: 'ec', key: { kty: 'EC', crv: 'P-384' } },
]) {
  test(`self-signed over ${name}: certificate, key and secret are one; OpenSSL opens its PFX`, async () => {
    const made = await post(`/certificates/self-${name}/create`, {
      policy: policy({ key_props: { exportable: true, ...key } }),
    })
    assert.deepEqual([made.status, made.json.status], [202, 'inProgress'], made.text)
    const pending = await vault.ask(`/certificates/self-${name}/pending`)
    assert.equal(pending.json.status, 'completed')
    assert.equal(pending.json.target, `https://kv-certs.vault.azure.net/certificates/self-${name}`)
    const { json } = await vault.ask(`/certificates/self-${name}`)
    const certificate = new X509Certificate(Buffer.from(json.cer, 'base64'))
    assert.match(certificate.subject, /CN=example.com/)
    assert.equal(certificate.subjectAltName, 'DNS:example.com, DNS:www.example.com')
    assert.ok(certificate.verify(certificate.publicKey))
    assert.equal(json.x5t, Buffer.from(certificate.fingerprint.replaceAll(':', ''), 'hex').toString('base64url'))
    const secret = await vault.ask(new URL(json.sid).pathname)
    assert.deepEqual([secret.json.contentType, secret.json.managed], ['application/x-pkcs12', true])
    const pem = openssl(['pkcs12', '-nodes', '-passin', 'pass:'], Buffer.from(secret.json.value, 'base64')).toString()
    assert.ok(certificate.checkPrivateKey(createPrivateKey(pem.slice(pem.indexOf('-----BEGIN PRIVATE')))))
    assert.match(
      openssl(
        ['req', '-inform', 'DER', '-noout', '-verify', '-subject'],
        Buffer.from(pending.json.csr, 'base64'),
      ).toString(),
      /example.com/,
    )
    const shown = await vault.ask(new URL(json.kid).pathname)
    assert.equal(shown.json.managed, true)
    assert.deepEqual(codes(await vault.ask(`/secrets/self-${name}`, { method: 'PUT', body: { value: 'x' } })), [
      403,
      'Forbidden',
    ])
    assert.deepEqual(codes(await vault.ask(`/keys/self-${name}`, { method: 'DELETE' })), [403, 'Forbidden'])
    const imported = await post(`/certificates/again-${name}/import`, { value: secret.json.value })
    assert.equal(imported.status, 200, imported.text)
    assert.equal(imported.json.cer, json.cer, 'what is handed out is taken in')
  })
}

test('import: PFX of OpenSSL with a password, new and old algorithms, and PEM; a wrong password is refused', async () => {
  openssl([
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'key.pem',
    '-out',
    'cert.pem',
    '-subj',
    '/CN=brought',
    '-days',
    '30',
  ])
  const cer = new X509Certificate(readFileSync(join(folder, 'cert.pem'))).raw.toString('base64')
  const algorithms = ['', '-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1']
  for (const [at, how] of algorithms.entries()) {
    const args = [
      'pkcs12',
      '-export',
      '-inkey',
      'key.pem',
      '-in',
      'cert.pem',
      '-passout',
      'pass:secret',
      ...how.split(' ').filter(Boolean),
    ]
    const value = openssl(args).toString('base64')
    const made = await post(`/certificates/pfx-${at}/import`, { value, pwd: 'secret' })
    assert.equal(made.status, 200, made.text)
    assert.equal(made.json.cer, cer)
    assert.deepEqual(codes(await post('/certificates/wrong/import', { value, pwd: 'other' })), [400, 'BadParameter'])
  }
  const pem = readFileSync(join(folder, 'key.pem'), 'utf8') + readFileSync(join(folder, 'cert.pem'), 'utf8')
  const made = await post('/certificates/pem/import', { value: pem })
  const encoded = await post('/certificates/pem64/import', { value: Buffer.from(pem).toString('base64') })
  assert.equal(encoded.json.cer, cer, encoded.text)
  assert.equal(made.status, 200, made.text)
  const secret = await vault.ask('/secrets/pem')
  assert.equal(secret.json.contentType, 'application/x-pem-file')
  assert.match(secret.json.value, /BEGIN PRIVATE KEY[\s\S]+BEGIN CERTIFICATE/)
  for (const value of [
    'bm90IGEgcGZ4',
    readFileSync(join(folder, 'cert.pem'), 'utf8'),
    '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----',
  ]) {
    assert.deepEqual(codes(await post('/certificates/bad/import', { value })), [400, 'BadParameter'], value)
  }
  assert.equal((await vault.ask('/certificates/bad')).status, 404)
})

test('an authority outside: request, merge of what it signed, and of nothing else', async () => {
  const made = await post('/certificates/outside/create', { policy: policy({ issuer: { name: 'Unknown' } }) })
  assert.deepEqual([made.status, made.json.status], [202, 'inProgress'])
  writeFileSync(join(folder, 'csr.der'), Buffer.from(made.json.csr, 'base64'))
  openssl([
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=authority',
    '-days',
    '30',
  ])
  openssl([
    'x509',
    '-req',
    '-inform',
    'DER',
    '-in',
    'csr.der',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-out',
    'signed.pem',
    '-days',
    '10',
  ])
  const der = (file: string) => new X509Certificate(readFileSync(join(folder, file))).raw.toString('base64')
  assert.deepEqual(codes(await post('/certificates/outside/pending/merge', { x5c: [der('ca.pem')] })), [
    400,
    'BadParameter',
  ])
  const merged = await post('/certificates/outside/pending/merge', { x5c: [der('signed.pem'), der('ca.pem')] })
  assert.equal(merged.status, 201, merged.text)
  assert.equal(merged.json.cer, der('signed.pem'))
  assert.equal((await vault.ask('/certificates/outside/pending')).json.status, 'completed')
  assert.equal((await vault.ask('/certificates/outside')).json.attributes.enabled, true)
  await post('/certificates/left/create', { policy: policy({ issuer: { name: 'Unknown' } }) })
  const cancelled = await vault.ask('/certificates/left/pending', {
    method: 'PATCH',
    body: { cancellation_requested: true },
  })
  assert.deepEqual([cancelled.json.status, cancelled.json.cancellation_requested], ['cancelled', true])
  assert.equal((await vault.ask('/certificates/left/pending', { method: 'DELETE' })).status, 200)
  assert.deepEqual(codes(await vault.ask('/certificates/left/pending')), [404, 'PendingCertificateNotFound'])
})

test('a certificate is deleted, recovered and purged with its parts; its policy makes the next version', async () => {
  await post('/certificates/whole/create', { policy: policy() })
  const first = await vault.ask('/certificates/whole')
  const changed = await vault.ask('/certificates/whole/policy', {
    method: 'PATCH',
    body: { x509_props: { validity_months: 24 } },
  })
  assert.equal(changed.json.x509_props.validity_months, 24, changed.text)
  await post('/certificates/whole/create', {})
  const second = await vault.ask('/certificates/whole')
  assert.notEqual(second.json.id, first.json.id)
  const { nbf, exp } = second.json.attributes
  assert.ok(exp - nbf > 700 * 86_400)
  assert.equal((await vault.ask('/certificates/whole/versions')).json.value.length, 2)
  const { json: backup } = await post('/certificates/whole/backup', {})
  assert.equal((await vault.ask('/certificates/whole', { method: 'DELETE' })).status, 200)
  assert.equal((await vault.ask('/secrets/whole')).status, 404)
  assert.equal((await vault.ask('/keys/whole')).status, 404)
  assert.ok(!(await vault.ask('/deletedsecrets')).text.includes('/whole'))
  await post('/deletedcertificates/whole/recover', {})
  assert.equal((await vault.ask('/secrets/whole')).status, 200)
  await vault.ask('/certificates/whole', { method: 'DELETE' })
  assert.equal((await vault.ask('/deletedcertificates/whole', { method: 'DELETE' })).status, 204)
  const restored = await post('/certificates/restore', backup)
  assert.equal(restored.json.cer, second.json.cer, restored.text)
  assert.equal((await vault.ask('/secrets/whole')).json.managed, true)
})

test('contacts; issuers and what a policy can not be are refused', async () => {
  assert.deepEqual(codes(await vault.ask('/certificates/contacts')), [404, 'ContactsNotFound'])
  const contacts = [{ email: 'a@contoso.com', name: 'A' }]
  await vault.ask('/certificates/contacts', { method: 'PUT', body: { contacts } })
  assert.deepEqual((await vault.ask('/certificates/contacts')).json.contacts, contacts)
  assert.equal((await vault.ask('/certificates/contacts', { method: 'DELETE' })).status, 200)
  assert.equal((await vault.ask('/certificates/contacts')).status, 404)
  const issuer = await vault.ask('/certificates/issuers/digicert', { method: 'PUT', body: { provider: 'DigiCert' } })
  assert.deepEqual(codes(issuer), [400, 'NotSupported'])
  for (const [wish, code] of [
    [policy({ issuer: { name: 'DigiCert' } }), 'NotSupported'],
    [policy({}, { subject: 'example.com' }), 'BadParameter'],
    [policy({}, { validity_months: 0 }), 'BadParameter'],
    [policy({}, { key_usage: ['everything'] }), 'BadParameter'],
    [policy({}, { ekus: ['no oid'] }), 'BadParameter'],
    [policy({ secret_props: { contentType: 'text/plain' } }), 'BadParameter'],
    [policy({ key_props: { kty: 'EC', crv: 'P-256K' } }), 'NotSupported'],
    [{}, 'BadParameter'],
  ] as const) {
    assert.deepEqual(
      codes(await post('/certificates/refused/create', { policy: wish })),
      [400, code],
      JSON.stringify(wish),
    )
  }
  assert.equal((await vault.ask('/certificates/refused')).status, 404)
})
