import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openAuthority } from './authority.ts'
import { writeBundle } from './bundle.ts'
import { leafSigner, makeAuthority } from './certificates.ts'

const directory = mkdtempSync(join(tmpdir(), 'lazuli-authority-'))
after(() => rmSync(directory, { recursive: true }))
const YEAR = 365 * 86_400_000

test('the authority is made once, kept with mode 0600, and renewed in its last year', async () => {
  const ca = join(directory, 'ca')
  const first = await openAuthority(ca)
  assert.deepEqual(readdirSync(ca).sort(), ['intermediate.key', 'intermediate.pem', 'root.pem'])
  for (const name of readdirSync(ca)) assert.equal(statSync(join(ca, name)).mode & 0o777, 0o600)
  assert.equal((await openAuthority(ca)).rootPem, first.rootPem)
  const later = await openAuthority(ca, () => new Date(Date.now() + 9.5 * YEAR))
  assert.notEqual(later.rootPem, first.rootPem)
})

test('a start that died while the authority was made begins anew', async () => {
  const ca = join(directory, 'torn')
  const first = await openAuthority(ca)
  rmSync(join(ca, 'root.pem'))
  assert.notEqual((await openAuthority(ca)).rootPem, first.rootPem)
})

test('leaves are cached, signed once for many askers, and renewed before they end', async () => {
  let now = Date.now()
  const authority = await openAuthority(join(directory, 'leaves'), () => new Date(now))
  assert.equal(authority.cached('management.azure.com'), undefined)
  const [one, two] = await Promise.all([
    authority.contextFor('management.azure.com'),
    authority.contextFor('management.azure.com'),
  ])
  assert.equal(one, two)
  assert.equal(authority.cached('management.azure.com'), one)
  now += 70 * 86_400_000
  assert.equal(authority.cached('management.azure.com'), undefined)
  assert.notEqual(await authority.contextFor('management.azure.com'), one)
})

/** OpenSSL's own strict check of a leaf under the intermediate and the root. */
async function verify(names: readonly { type: 'dns' | 'ip'; value: string }[], purpose = 'sslserver'): Promise<string> {
  const { root, intermediate } = await makeAuthority(['localhost', 'azure.com'], new Date(), 10)
  const sign = await leafSigner(intermediate)
  const leaf = await sign(names, new Date(Date.now() - 1000), new Date(Date.now() + 86_400_000))
  for (const [name, text] of Object.entries({ root, intermediate: intermediate.certificate, leaf: leaf.certificate })) {
    writeFileSync(join(directory, `${name}.pem`), text)
  }
  const at = (name: string) => join(directory, `${name}.pem`)
  try {
    const flags = ['-x509_strict', '-purpose', purpose, '-CAfile', at('root'), '-untrusted', at('intermediate')]
    return execFileSync('openssl', ['verify', ...flags, at('leaf')], { encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    return String((error as { stderr: unknown }).stderr)
  }
}

test('OpenSSL takes what lies in the permitted names, strictly, and nothing outside of them', async () => {
  assert.match(await verify([{ type: 'dns', value: 'management.azure.com' }]), /leaf.pem: OK/)
  const own = [
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '127.0.0.1' },
    { type: 'ip', value: '::1' },
  ] as const
  assert.match(await verify(own), /leaf.pem: OK/)
  assert.match(await verify([{ type: 'dns', value: 'example.org' }]), /permitted subtree violation/)
  assert.match(await verify([{ type: 'dns', value: 'notazure.com' }]), /permitted subtree violation/)
  assert.match(await verify([{ type: 'ip', value: '10.0.0.1' }]), /permitted subtree violation/)
})

test('certificates carry what strict clients look for', async () => {
  const { root, intermediate } = await makeAuthority(['localhost'], new Date(), 10)
  const leaf = (
    await (
      await leafSigner(intermediate)
    )([{ type: 'dns', value: 'localhost' }], new Date(), new Date(Date.now() + 1e8))
  ).certificate
  for (const [name, pem] of Object.entries({ root, intermediate: intermediate.certificate, leaf })) {
    const certificate = new X509Certificate(pem)
    assert.equal(certificate.ca, name !== 'leaf')
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
    const text = execFileSync('openssl', ['x509', '-noout', '-text'], { input: pem, encoding: 'utf8' })
    for (const part of [/Key Usage: critical/, /Basic Constraints: critical/, /Subject Key Identifier/]) {
      assert.match(text, part, name)
    }
    if (name !== 'root') assert.match(text, /Authority Key Identifier/)
    if (name === 'intermediate') assert.match(text, /Name Constraints: critical/)
  }
})

test('a bundle holds the system’s roots, the user’s and ours, whoever wrote it before', async () => {
  const path = join(directory, 'bundle.pem')
  const [ours, newer, user, shells] = await Promise.all(
    Array.from({ length: 4 }, async () => (await makeAuthority(['localhost'], new Date(), 10)).root.trim()),
  )
  assert.ok(ours && newer && user && shells)
  writeFileSync(join(directory, 'user.pem'), `# a comment\n${user}\n`)
  writeFileSync(join(directory, 'shell.pem'), shells)
  assert.equal(
    (await writeBundle(path, ours, [join(directory, 'user.pem'), join(directory, 'missing.pem')])).changed,
    true,
  )
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal((await writeBundle(path, ours, [])).changed, false, 'an earlier shell’s bundle stays')
  await writeBundle(path, ours, [join(directory, 'shell.pem')])
  const text = readFileSync(path, 'utf8')
  for (const one of [ours, user, shells]) assert.equal(text.split(one).length, 2, 'once')
  assert.ok(text.match(/BEGIN CERTIFICATE/g)?.length ?? 0 > 50)
  await writeBundle(path, newer, [])
  const renewed = readFileSync(path, 'utf8')
  assert.ok(renewed.startsWith(newer) && !renewed.includes(ours) && renewed.includes(user))
})
