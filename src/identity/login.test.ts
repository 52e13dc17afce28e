import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { startTenant, type Tenant } from './test-tenant.ts'

let tenant: Tenant
before(async () => {
  tenant = await startTenant()
})
after(() => tenant.stop())

const ARM = 'https://management.azure.com/'
const good = () => ({
  grant_type: 'client_credentials',
  client_id: tenant.identity.install.clientId,
  client_secret: tenant.secret,
})

describe('tokens', () => {
  test("v1 answers exactly the article's fields, with numbers as strings", async () => {
    const { status, body } = await tenant.post('oauth2/token', { ...good(), resource: ARM })
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body), [
      'token_type',
      'expires_in',
      'ext_expires_in',
      'expires_on',
      'not_before',
      'resource',
      'access_token',
    ])
    assert.deepEqual(
      [body.token_type, body.expires_in, body.ext_expires_in, body.resource],
      ['Bearer', '3599', '3599', ARM],
    )
    assert.equal(Number(body.expires_on) - Number(body.not_before), 3900)
  })

  test('v2 answers numbers', async () => {
    const { status, body } = await tenant.post('oauth2/v2.0/token', { ...good(), scope: `${ARM}.default` })
    assert.equal(status, 200)
    assert.deepEqual(
      { ...body, access_token: '' },
      { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: '' },
    )
  })

  test('the token has the claims that clients read, and a key that the tenant publishes', async () => {
    const { body } = await tenant.post('oauth2/token', { ...good(), resource: ARM })
    const claims = decodeJwt(String(body.access_token))
    const { install } = tenant.identity
    assert.equal(claims.iss, `https://sts.windows.net/${install.tenantId}/`)
    assert.equal(claims.aud, ARM)
    assert.deepEqual(
      [claims.tid, claims.oid, claims.sub, claims.appid, claims.appidacr, claims.idtyp, claims.ver],
      [install.tenantId, install.objectId, install.objectId, install.clientId, '1', 'app', '1.0'],
    )
    const { kid } = decodeProtectedHeader(String(body.access_token))
    const keys = await tenant.get('discovery/v2.0/keys')
    assert.ok((keys.body.keys as { kid: string; n: string; d?: string }[]).some((key) => key.kid === kid && key.n))
    assert.ok(!JSON.stringify(keys.body).includes('"d"'), 'no private part')
  })

  for (const { scope, aud } of [
    { scope: 'https://management.azure.com/.default', aud: 'https://management.azure.com' },
    { scope: 'https://management.core.windows.net//.default', aud: 'https://management.core.windows.net/' },
    { scope: 'https://ml.azure.com/.default openid profile offline_access', aud: 'https://ml.azure.com' },
    { scope: 'https://storage.azure.com/.default', aud: 'https://storage.azure.com' },
    { scope: 'https://acc1.blob.core.windows.net/.default', aud: 'https://acc1.blob.core.windows.net' },
    { scope: 'https://vault.azure.net/.default', aud: 'https://vault.azure.net' },
    { scope: 'https://graph.microsoft.com/.default', aud: 'https://graph.microsoft.com' },
    { scope: '18a66f5f-dbdf-4c17-9dd7-1634712a9cbe/.default', aud: '18a66f5f-dbdf-4c17-9dd7-1634712a9cbe' },
    { scope: 'http://own.test/.default', aud: 'https://management.azure.com/' },
  ]) {
    test(`scope ${scope}`, async () => {
      const { body } = await tenant.post('oauth2/v2.0/token', { ...good(), scope })
      assert.equal(decodeJwt(String(body.access_token)).aud, aud)
    })
  }

  test('a body of which nothing is said is a form', async () => {
    const { status } = await tenant.post('oauth2/token', { ...good(), resource: ARM }, { 'Content-Type': undefined })
    assert.equal(status, 200)
  })

  test('the client may send its id and secret in a Basic header, as they are or form-encoded', async () => {
    const { client_id, client_secret } = good()
    for (const secret of [client_secret, encodeURIComponent(client_secret)]) {
      const { status } = await tenant.post(
        'oauth2/token',
        { grant_type: 'client_credentials', resource: ARM },
        { Authorization: `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}` },
      )
      assert.equal(status, 200)
    }
  })
})

describe('refusals', () => {
  const form = (change: Record<string, string | undefined>) => () => {
    const all = { ...good(), resource: ARM, ...change }
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<string, string>
  }
  const refused: readonly {
    readonly name: string
    readonly path?: string
    readonly send: () => Record<string, string>
    readonly headers?: Record<string, string>
    readonly status: number
    readonly error: string
    readonly number: number
  }[] = [
    { name: 'wrong secret', send: form({ client_secret: 'x' }), status: 401, error: 'invalid_client', number: 7000215 },
    {
      name: 'no secret',
      send: form({ client_secret: undefined }),
      status: 401,
      error: 'invalid_client',
      number: 7000218,
    },
    {
      name: 'an assertion that is no JWT',
      send: form({
        client_secret: undefined,
        client_assertion: 'a.b.c',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      }),
      status: 400,
      error: 'invalid_request',
      number: 50027,
    },
    {
      name: 'unknown client',
      send: form({ client_id: 'nobody' }),
      status: 400,
      error: 'unauthorized_client',
      number: 700016,
    },
    { name: 'no client', send: form({ client_id: undefined }), status: 400, error: 'invalid_request', number: 900144 },
    { name: 'no grant', send: form({ grant_type: undefined }), status: 400, error: 'invalid_request', number: 900144 },
    { name: 'no resource', send: form({ resource: undefined }), status: 400, error: 'invalid_request', number: 900144 },
    {
      name: 'unknown resource',
      send: form({ resource: 'https://a.example' }),
      status: 400,
      error: 'invalid_resource',
      number: 500011,
    },
    ...['refresh_token', 'password', 'authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'].map(
      (grant_type) => ({
        name: `grant ${grant_type} without what it needs`,
        send: form({ grant_type }),
        status: 400,
        error: 'invalid_request',
        number: 900144,
      }),
    ),
    {
      name: 'another grant',
      send: form({ grant_type: 'x' }),
      status: 400,
      error: 'unsupported_grant_type',
      number: 70003,
    },
    {
      name: 'a device code for a client that is no program of a person',
      path: 'oauth2/v2.0/devicecode',
      send: form({}),
      status: 401,
      error: 'invalid_client',
      number: 7000218,
    },
    {
      name: 'no scope',
      path: 'oauth2/v2.0/token',
      send: form({}),
      status: 400,
      error: 'invalid_request',
      number: 900144,
    },
    {
      name: 'two resources',
      path: 'oauth2/v2.0/token',
      send: form({ scope: 'https://ml.azure.com/.default https://vault.azure.net/.default' }),
      status: 400,
      error: 'invalid_scope',
      number: 70011,
    },
    {
      name: 'a scope without its suffix',
      path: 'oauth2/v2.0/token',
      send: form({ scope: 'https://ml.azure.com/user_impersonation' }),
      status: 400,
      error: 'invalid_scope',
      number: 1002012,
    },
    {
      name: 'unknown tenant',
      path: '/contoso.com/oauth2/token',
      send: form({}),
      status: 400,
      error: 'invalid_request',
      number: 90002,
    },
    {
      name: 'no tenant',
      path: '/common/oauth2/token',
      send: form({}),
      status: 400,
      error: 'invalid_request',
      number: 50059,
    },
    {
      name: 'a body that is no form',
      send: form({}),
      headers: { 'Content-Type': 'application/json' },
      status: 400,
      error: 'invalid_request',
      number: 9002313,
    },
    {
      name: 'a body of 100 KiB',
      send: form({ more: 'x'.repeat(100_000) }),
      status: 400,
      error: 'invalid_request',
      number: 9002313,
    },
  ]
  for (const { name, path = 'oauth2/token', send, headers, status, error, number } of refused) {
    test(`${name}: AADSTS${number}`, async () => {
      const answer = await tenant.post(path, send(), headers)
      assert.equal(answer.status, status)
      const { body } = answer
      assert.equal(body.error, error)
      assert.deepEqual(body.error_codes, [number])
      assert.match(
        String(body.error_description),
        new RegExp(
          `^AADSTS${number}: .+ Trace ID: [\\w-]{36} Correlation ID: [\\w-]{36} Timestamp: [\\d-]{10} [\\d:]{8}Z$`,
        ),
      )
      assert.deepEqual(
        [typeof body.timestamp, typeof body.trace_id, typeof body.correlation_id],
        ['string', 'string', 'string'],
      )
      assert.equal(body.error_uri, `http://own.test/error?code=${number}`)
      assert.ok(!JSON.stringify(body).includes(tenant.secret), 'the secret is not echoed')
    })
  }

  test('an expired secret: AADSTS7000222', async () => {
    const added = await tenant.identity.addPrincipal({ name: 'late' })
    const [secret] = await tenant.store.identities.secretsOf(added.appId)
    assert.ok(secret)
    await tenant.store.write(({ identities }) => identities.putSecret({ ...secret, expiresAt: '2000-01-01T00:00:00Z' }))
    const { status, body } = await tenant.post('oauth2/token', {
      grant_type: 'client_credentials',
      resource: ARM,
      client_id: added.appId,
      client_secret: added.secret,
    })
    assert.deepEqual([status, body.error_codes], [401, [7000222]])
  })

  test('the secret of another application does not open this one', async () => {
    const added = await tenant.identity.addPrincipal({ name: 'other' })
    const { body } = await tenant.post('oauth2/token', { ...good(), resource: ARM, client_secret: added.secret })
    assert.deepEqual(body.error_codes, [7000215])
  })

  test("a managed identity's client id cannot sign in", async () => {
    const made = await tenant.identity.identities.ensure('/subscriptions/s/resourceGroups/g', 'g')
    const { body } = await tenant.post('oauth2/token', { ...good(), resource: ARM, client_id: made.clientId })
    assert.deepEqual(body.error_codes, [700016])
  })

  test('GET of the token endpoint, a page that is not there, the sign-in page', async () => {
    assert.deepEqual((await tenant.get('oauth2/token')).body.error_codes, [900561])
    assert.equal((await tenant.get('nothing/here')).status, 404)
    const authorize = await tenant.page('oauth2/v2.0/authorize?response_type=code')
    assert.deepEqual([authorize.status, /AADSTS900144: .*client_id/.test(authorize.text)], [400, true])
  })

  test("the caller's correlation id comes back", async () => {
    const id = '6f0c4a3e-1111-4222-8333-944445555666'
    const { body } = await tenant.post('oauth2/token', {}, { 'client-request-id': id })
    assert.equal(body.correlation_id, id)
  })
})

describe('discovery', () => {
  test('OpenID configuration stands on the origin that was asked', async () => {
    const { tenantId } = tenant.identity.install
    const v2 = await tenant.get('v2.0/.well-known/openid-configuration')
    assert.equal(v2.body.token_endpoint, `http://own.test/${tenantId}/oauth2/v2.0/token`)
    assert.equal(v2.body.issuer, `http://own.test/${tenantId}/v2.0`)
    const v1 = await tenant.get('.well-known/openid-configuration')
    assert.equal(v1.body.token_endpoint, `http://own.test/${tenantId}/oauth2/token`)
    assert.equal(v1.body.issuer, `https://sts.windows.net/${tenantId}/`)
    const any = await tenant.get('/organizations/v2.0/.well-known/openid-configuration')
    assert.equal(any.body.issuer, 'http://own.test/{tenantid}/v2.0')
    const unknown = await tenant.get('/contoso.com/v2.0/.well-known/openid-configuration')
    assert.deepEqual([unknown.status, unknown.body.error_codes], [400, [90002]])
  })

  test('instance discovery knows Azure and the own origin, and no other', async () => {
    const ask = (endpoint: string) =>
      tenant.get(`/common/discovery/instance?api-version=1.1&authorization_endpoint=${encodeURIComponent(endpoint)}`)
    const azure = await ask('https://login.microsoftonline.com/common/oauth2/v2.0/authorize')
    assert.equal(
      azure.body.tenant_discovery_endpoint,
      'https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration',
    )
    assert.ok(JSON.stringify(azure.body.metadata).includes('login.windows.net'))
    assert.equal((await ask('http://own.test/common/oauth2/authorize')).status, 200)
    assert.deepEqual((await ask('https://evil.example/common/oauth2/authorize')).body.error_codes, [50049])
  })
})
