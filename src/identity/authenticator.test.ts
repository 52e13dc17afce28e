import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { exportJWK, importJWK, SignJWT } from 'jose'
import type { Audience } from './identity.ts'
import { startTenant, type Tenant } from './test-tenant.ts'

let tenant: Tenant
let time = Date.now()
before(async () => {
  tenant = await startTenant(() => new Date(time))
})
after(() => tenant.stop())

async function tokenFor(resource: string): Promise<string> {
  const { body } = await tenant.post('oauth2/token', {
    grant_type: 'client_credentials',
    client_id: tenant.identity.install.clientId,
    client_secret: tenant.secret,
    resource,
  })
  return String(body.access_token)
}
const authenticate = (token: string, audiences: readonly Audience[] = ['arm']) =>
  tenant.identity.authenticator.authenticate(`Bearer ${token}`, audiences)

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (text: string | undefined) =>
  JSON.parse(Buffer.from(text ?? '', 'base64url').toString()) as Record<string, unknown>
/** A token of other claims or another header under an old signature. */
const tampered = (token: string, change: { header?: object; claims?: object }) => {
  const [header, claims, signature] = token.split('.')
  return [
    encode({ ...decode(header), ...change.header }),
    encode({ ...decode(claims), ...change.claims }),
    signature,
  ].join('.')
}

describe('a good token', () => {
  test('names its bearer, again from the cache', async () => {
    const token = await tokenFor('https://management.azure.com/')
    const { install } = tenant.identity
    for (let times = 0; times < 2; times++) {
      assert.deepEqual(await authenticate(token), {
        tenantId: install.tenantId,
        objectId: install.objectId,
        appId: install.clientId,
        kind: 'Application',
        displayName: 'lazuli',
      })
    }
    assert.equal(
      (await tenant.identity.authenticator.authenticate(`bearer  ${token}`, ['arm'])).objectId,
      install.objectId,
    )
  })

  test("a run's token carries its run, and stands for the resource manager and runs alone", async () => {
    const token = await tenant.identity.tokens.issueRunToken(
      { workspace: '/W', id: 'r1', objectId: tenant.identity.install.objectId },
      100_000,
    )
    assert.deepEqual((await authenticate(token)).run, { workspace: '/W', id: 'r1' })
    assert.deepEqual((await authenticate(token, ['run'])).run, { workspace: '/W', id: 'r1' })
    await assert.rejects(authenticate(token, ['storage']), { key: 'InvalidAuthenticationTokenAudience' })
  })
})

describe('refusals', () => {
  const refused = (token: string, key: string, audiences?: readonly Audience[]) =>
    assert.rejects(
      authenticate(token, audiences),
      (error: { key: string; status: number; extra: { headers: Record<string, string> } }) => {
        assert.equal(error.key, key)
        assert.equal(error.status, 401)
        assert.match(
          error.extra.headers['WWW-Authenticate'] ?? '',
          /^Bearer authorization_uri="https:\/\/login\.microsoftonline\.com\//,
        )
        return true
      },
    )

  test('no header, another scheme, two words', async () => {
    const { authenticator } = tenant.identity
    await assert.rejects(authenticator.authenticate(undefined, ['arm']), { key: 'AuthenticationFailed' })
    await assert.rejects(authenticator.authenticate('Basic YTpi', ['arm']), {
      key: 'AuthenticationFailedInvalidHeader',
    })
    await assert.rejects(authenticator.authenticate('Bearer a b', ['arm']), {
      key: 'AuthenticationFailedInvalidHeader',
    })
    await refused('not-a-token', 'InvalidAuthenticationToken')
    await assert.rejects(authenticator.authenticate('', ['arm'], { login: () => 'http://own.test' }), {
      extra: {
        headers: {
          'WWW-Authenticate': `Bearer authorization_uri="http://own.test/${tenant.identity.install.tenantId}", error="invalid_token", error_description="Authentication failed. The 'Authorization' header is missing."`,
        },
      },
    })
  })

  test('alg none, with and without the old signature', async () => {
    const forged = tampered(await tokenFor('https://management.azure.com/'), { header: { alg: 'none' } })
    await refused(forged, 'InvalidAuthenticationToken')
    await refused(forged.replace(/[^.]*$/, ''), 'InvalidAuthenticationToken')
  })

  test('HS256 with the public key as its secret', async () => {
    const keys = (await tenant.get('discovery/keys')).body.keys
    const token = await tokenFor('https://management.azure.com/')
    const head = encode({ ...decode(token.split('.')[0]), alg: 'HS256' })
    const signed = `${head}.${token.split('.')[1]}`
    const mac = createHmac('sha256', JSON.stringify(keys)).update(signed).digest('base64url')
    await refused(`${signed}.${mac}`, 'InvalidAuthenticationToken')
  })

  test('changed claims, a key of somebody else under our name, a key with a name of its own', async () => {
    const token = await tokenFor('https://management.azure.com/')
    await refused(tampered(token, { claims: { oid: 'someone' } }), 'InvalidAuthenticationToken')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const key = await importJWK(await exportJWK(privateKey), 'RS256')
    for (const kid of [String(decode(token.split('.')[0]).kid), 'other']) {
      const forged = await new SignJWT(decode(token.split('.')[1])).setProtectedHeader({ alg: 'RS256', kid }).sign(key)
      await refused(forged, 'InvalidAuthenticationToken')
    }
  })

  test('a token for another plane, in both directions', async () => {
    await refused(await tokenFor('https://storage.azure.com/'), 'InvalidAuthenticationTokenAudience')
    await refused(await tokenFor('https://management.azure.com/'), 'InvalidAuthenticationTokenAudience', [
      'storage',
      'vault',
    ])
  })

  test('an expired one, also when the cache knows it, and one that is not valid yet', async () => {
    const token = await tokenFor('https://management.azure.com/')
    await authenticate(token)
    const issued = time
    time = issued + 3_600_000
    await refused(token, 'ExpiredAuthenticationToken')
    time = issued - 400_000
    await refused(token, 'InvalidAuthenticationToken')
    time = issued
    await authenticate(token)
  })

  test('one of another tenant', async () => {
    const other = await startTenant()
    const { body } = await other.post('oauth2/token', {
      grant_type: 'client_credentials',
      client_id: other.identity.install.clientId,
      client_secret: other.secret,
      resource: 'https://management.azure.com/',
    })
    await refused(String(body.access_token), 'InvalidAuthenticationToken')
    await other.stop()
  })

  test("one whose issuer is another tenant, under this tenant's key", async () => {
    const [stored] = await tenant.store.identities.signingKeys()
    assert.ok(stored)
    const { openSealing } = await import('../store/sealing-key.ts')
    const clear = openSealing(tenant.directory).open(stored.sealedPrivateJwk, `signing-key:${stored.kid}`)
    const key = await importJWK(JSON.parse(clear) as object, 'RS256')
    const claims = decode((await tokenFor('https://management.azure.com/')).split('.')[1])
    const forged = await new SignJWT({ ...claims, iss: 'https://sts.windows.net/other/' })
      .setProtectedHeader({ alg: 'RS256', kid: stored.kid })
      .sign(key)
    await refused(forged, 'InvalidAuthenticationTokenTenant')
  })

  test('one of a principal that has gone, also when the cache knows it', async () => {
    const { identities, tokens } = tenant.identity
    const made = await identities.ensure('/subscriptions/s/resourceGroups/g', 'g')
    assert.deepEqual(await identities.ensure('/SUBSCRIPTIONS/s/resourceGroups/G', 'g'), made)
    const token = await tokens.issueRunToken({ workspace: '/w', id: 'r', objectId: made.principalId }, 3_600)
    assert.equal((await authenticate(token)).kind, 'ManagedIdentity')
    await identities.remove('/subscriptions/s/resourceGroups/g')
    await refused(token, 'InvalidAuthenticationToken')
  })
})
