/** Signing in: certificates, federated tokens, users by password, device code and browser, refresh, on-behalf-of. */
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { decodeJwt, exportJWK, SignJWT } from 'jose'
import { addFederated } from '../domain/directory/federated-credentials.ts'
import { graphRoles, MICROSOFT_GRAPH } from '../domain/directory/graph-roles.ts'
import { assignAppRole } from '../domain/directory/links.ts'
import { changeObject, createObject, removeObject } from '../domain/directory/objects.ts'
import { addSecret, removeSecret } from '../domain/directory/secrets.ts'
import { startTenant, type Tenant } from './test-tenant.ts'

const ARM = 'https://management.azure.com/'
const AZ = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const PASSWORD = 'Analytical-Engine-1'

let tenant: Tenant
let clock = Date.now()
let issuer: Issuer
before(async () => {
  issuer = await startIssuer()
  tenant = await startTenant(() => new Date(clock), { outside: { issuer: issuer.url, clientId: 'lazuli' } })
})
after(async () => {
  await tenant.stop()
  issuer.server.close()
})

const owner = () => ({ objectId: tenant.identity.install.objectId, kind: 'Application' as const })
const bearer = (token: unknown) => tenant.identity.authenticator.authenticate(`Bearer ${token}`, ['arm'])

async function application(details: object = {}) {
  const { directory } = tenant.identity
  const made = await createObject(directory, 'application', {
    caller: owner(),
    body: { displayName: 'app', ...details },
  })
  const appId = made.appId ?? ''
  await createObject(directory, 'servicePrincipal', { caller: owner(), body: { appId } })
  return { id: made.id, appId }
}

let users = 0
async function user(more: object = {}) {
  const name = `user${++users}@contoso.com`
  const body = {
    accountEnabled: true,
    displayName: `User ${users}`,
    mailNickname: `user${users}`,
    userPrincipalName: name,
    passwordProfile: { password: PASSWORD, forceChangePasswordNextSignIn: false },
    ...more,
  }
  const { id } = await createObject(tenant.identity.directory, 'user', { caller: owner(), body })
  return { id, name }
}

describe('certificates', () => {
  test('an assertion signed with a registered certificate gets a token, by x5t and by x5t#S256', async () => {
    const { pem, sign, sha1, sha256 } = await certificate()
    const { appId } = await application({ keyCredentials: [{ type: 'AsymmetricX509Cert', usage: 'Verify', key: pem }] })
    for (const header of [{ x5t: sha1 }, { 'x5t#S256': sha256 }]) {
      const { status, body } = await asserted(appId, await sign(appId, header))
      assert.equal(status, 200, JSON.stringify(body))
      assert.equal((await bearer(body.access_token)).appId, appId)
    }
  })

  for (const { name, change, numbers } of [
    { name: 'one that is not registered', change: { register: false }, numbers: [700027] },
    {
      name: "another tenant's audience",
      change: { aud: 'https://login.microsoftonline.com/other/oauth2/v2.0/token' },
      numbers: [700023],
    },
    { name: 'too old', change: { exp: -600 }, numbers: [700024] },
    { name: 'another subject', change: { sub: 'x' }, numbers: [700021] },
    { name: 'a wrong signature', change: { forged: true }, numbers: [700027] },
  ] as const) {
    test(`an assertion is refused: ${name}`, async () => {
      const own = await certificate()
      const { appId } = await application('register' in change ? {} : { keyCredentials: [{ key: own.pem }] })
      const other = 'forged' in change ? await certificate() : own
      const assertion = await other.sign(appId, { x5t: own.sha1 }, change as Change)
      const { status, body } = await asserted(appId, assertion)
      assert.deepEqual([status, body.error_codes], [401, numbers])
    })
  }
})

describe('federated credentials', () => {
  const trusted = { issuer: () => issuer.url, subject: 'repo:o/r', audiences: ['api://AzureADTokenExchange'] }
  async function federated() {
    const { id, appId } = await application()
    const body = { name: 'ci-main', issuer: trusted.issuer(), subject: trusted.subject, audiences: trusted.audiences }
    await addFederated(tenant.identity.directory, { caller: owner(), id, body })
    return appId
  }

  test('a token of the issuer signs in; its keys are those that it publishes, also after it has changed them', async () => {
    const appId = await federated()
    assert.equal(
      (await asserted(appId, await issuer.sign({ sub: trusted.subject, aud: trusted.audiences[0] }))).status,
      200,
    )
    await issuer.changeKey()
    clock += 10_000
    assert.equal(
      (await asserted(appId, await issuer.sign({ sub: trusted.subject, aud: trusted.audiences[0] }))).status,
      200,
    )
  })

  for (const { name, claims, number } of [
    { name: 'another issuer', claims: { iss: 'https://else.example' }, number: 700211 },
    { name: 'another subject', claims: { sub: 'repo:o/other' }, number: 700213 },
    { name: 'another audience', claims: { aud: 'x' }, number: 700212 },
    { name: 'a token that has expired', claims: { exp: 1_000_000 }, number: 50013 },
  ]) {
    test(`refused: ${name}`, async () => {
      const appId = await federated()
      const token = await issuer.sign({ sub: trusted.subject, aud: trusted.audiences[0] ?? '', ...claims })
      assert.deepEqual((await asserted(appId, token)).body.error_codes, [number])
    })
  }

  test('an issuer that does not answer is named', async () => {
    const { id, appId } = await application()
    const body = { name: 'gone', issuer: 'http://127.0.0.1:9/x', subject: 's', audiences: ['a'] }
    await addFederated(tenant.identity.directory, { caller: owner(), id, body })
    const token = await issuer.sign({ iss: body.issuer, sub: 's', aud: 'a' })
    const answer = await asserted(appId, token)
    assert.deepEqual(answer.body.error_codes, [50166])
    assert.match(String(answer.body.error_description), /127\.0\.0\.1:9/)
  })
})

describe('users', () => {
  const ropc = (name: string, password: string, more: Record<string, string> = {}) =>
    tenant.post('oauth2/v2.0/token', {
      grant_type: 'password',
      client_id: AZ,
      username: name,
      password,
      scope: `${ARM}.default offline_access openid profile`,
      client_info: '1',
      ...more,
    })

  test('a name and a password: an access token, an id token, a refresh token that is good once', async () => {
    const { id, name } = await user()
    const { status, body } = await ropc(name, PASSWORD)
    assert.equal(status, 200, JSON.stringify(body))
    const { objectId, kind } = await bearer(body.access_token)
    assert.deepEqual([objectId, kind], [id, 'User'])
    const claims = decodeJwt(String(body.access_token))
    assert.deepEqual([claims.idtyp, claims.upn, claims.scp, claims.appid], ['user', name, 'user_impersonation', AZ])
    assert.equal(decodeJwt(String(body.id_token)).aud, AZ)
    assert.deepEqual(JSON.parse(Buffer.from(String(body.client_info), 'base64url').toString()).uid, id)

    const refresh = (token: unknown, scope = 'https://graph.microsoft.com/.default offline_access') =>
      tenant.post('oauth2/v2.0/token', {
        grant_type: 'refresh_token',
        client_id: AZ,
        refresh_token: String(token),
        scope,
      })
    const second = await refresh(body.refresh_token)
    assert.equal(decodeJwt(String(second.body.access_token)).aud, 'https://graph.microsoft.com')
    // Two shells at once are no theft.
    assert.equal((await refresh(body.refresh_token)).status, 200)
    clock += 120_000
    const reused = await refresh(body.refresh_token)
    assert.deepEqual(reused.body.error_codes, [70000])
    assert.deepEqual(
      (await refresh(second.body.refresh_token)).body.error_codes,
      [70000],
      'what followed from it has ended',
    )
  })

  test("a refresh token is its client's alone", async () => {
    const { name } = await user()
    const { body } = await ropc(name, PASSWORD)
    const stolen = await tenant.post('oauth2/v2.0/token', {
      grant_type: 'refresh_token',
      client_id: '1950a258-227b-4e31-a9cf-717495945fc2',
      refresh_token: String(body.refresh_token),
    })
    assert.deepEqual(stolen.body.error_codes, [70000])
  })

  test('a wrong password and an unknown name are told alike; ten of them lock the account for a while', async () => {
    const { name } = await user()
    assert.deepEqual((await ropc('nobody@contoso.com', 'x')).body.error_codes, [50126])
    for (let times = 0; times < 10; times++) assert.deepEqual((await ropc(name, 'x')).body.error_codes, [50126])
    assert.deepEqual((await ropc(name, PASSWORD)).body.error_codes, [50053])
    clock += 61_000
    assert.equal((await ropc(name, PASSWORD)).status, 200)
  })

  test('an account that is switched off, or gone: neither signs in, nor are its tokens taken', async () => {
    const { id, name } = await user()
    const { body } = await ropc(name, PASSWORD)
    const { directory } = tenant.identity
    await changeObject(directory, 'user', { caller: owner(), id, body: { accountEnabled: false } })
    await assert.rejects(bearer(body.access_token), { key: 'InvalidAuthenticationToken' })
    assert.deepEqual((await ropc(name, PASSWORD)).body.error_codes, [50057])
    await changeObject(directory, 'user', { caller: owner(), id, body: { accountEnabled: true } })
    await bearer(body.access_token)
    await removeObject(directory, 'user', { caller: owner(), id })
    await assert.rejects(bearer(body.access_token), { key: 'InvalidAuthenticationToken' })
    assert.deepEqual((await ropc(name, PASSWORD)).body.error_codes, [50126])
  })

  test('a new password ends the old one and its refresh tokens', async () => {
    const { id, name } = await user()
    const { body } = await ropc(name, PASSWORD)
    const change = { passwordProfile: { password: 'Another-One-2' } }
    await changeObject(tenant.identity.directory, 'user', { caller: owner(), id, body: change })
    assert.deepEqual((await ropc(name, PASSWORD)).body.error_codes, [50126])
    assert.equal((await ropc(name, 'Another-One-2')).status, 200)
    const refresh = { grant_type: 'refresh_token', client_id: AZ, refresh_token: String(body.refresh_token) }
    assert.deepEqual((await tenant.post('oauth2/v2.0/token', refresh)).body.error_codes, [70000])
  })

  test('an application that can keep a secret has to show it', async () => {
    const { name } = await user()
    const { appId } = await application()
    assert.deepEqual((await ropc(name, PASSWORD, { client_id: appId })).body.error_codes, [7000218])
  })

  test('on behalf of: a service gets a token for the next one, for the same user', async () => {
    const { id, name } = await user()
    const { appId, id: objectId } = await application()
    const secret = await addSecret(tenant.identity.directory, 'application', {
      caller: owner(),
      id: objectId,
      body: {},
    })
    const first = await ropc(name, PASSWORD, { scope: `${appId}/.default` })
    assert.equal(first.status, 200, JSON.stringify(first.body))
    const exchange = (assertion: unknown, more: Record<string, string> = {}) =>
      tenant.post('oauth2/v2.0/token', {
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        requested_token_use: 'on_behalf_of',
        client_id: appId,
        client_secret: secret.text,
        assertion: String(assertion),
        scope: `${ARM}.default`,
        ...more,
      })
    const { status, body } = await exchange(first.body.access_token)
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal((await bearer(body.access_token)).objectId, id)
    const forArm = await ropc(name, PASSWORD)
    assert.deepEqual((await exchange(forArm.body.access_token)).body.error_codes, [500131], 'a token made for another')
    assert.deepEqual((await exchange('x.y.z')).body.error_codes, [50013])
    assert.deepEqual((await exchange(first.body.access_token, { client_secret: 'x' })).body.error_codes, [7000215])
  })
})

describe('applications', () => {
  test("a secret that is removed opens nothing more, and its tokens are taken no more; the others' are", async () => {
    const { id, appId } = await application()
    const { directory } = tenant.identity
    const [one, other] = await Promise.all(
      [0, 1].map(() => addSecret(directory, 'application', { caller: owner(), id, body: {} })),
    )
    const got = (secret: string) =>
      tenant.post('oauth2/token', {
        grant_type: 'client_credentials',
        client_id: appId,
        client_secret: secret,
        resource: ARM,
      })
    const [first, second] = await Promise.all([got(one?.text ?? ''), got(other?.text ?? '')])
    await removeSecret(directory, 'application', { caller: owner(), id, body: { keyId: one?.id } })
    await assert.rejects(bearer(first?.body.access_token), { key: 'InvalidAuthenticationToken' })
    assert.equal((await bearer(second?.body.access_token)).appId, appId)
    assert.deepEqual((await got(one?.text ?? '')).body.error_codes, [7000215])
  })

  test('a new signing key signs what comes, and what older ones signed lives on', async () => {
    const { id, appId } = await application()
    const { text } = await addSecret(tenant.identity.directory, 'application', { caller: owner(), id, body: {} })
    const got = () =>
      tenant.post('oauth2/token', {
        grant_type: 'client_credentials',
        client_id: appId,
        client_secret: text,
        resource: ARM,
      })
    const before = await got()
    const kid = await tenant.identity.rotateSigningKey()
    const after = await got()
    const keys = (await tenant.get('discovery/v2.0/keys')).body.keys as { kid: string }[]
    assert.ok(keys.length >= 2 && keys.some((key) => key.kid === kid))
    for (const { body } of [before, after]) assert.equal((await bearer(body.access_token)).appId, appId)
    assert.notEqual(headerOf(before.body.access_token).kid, kid)
    assert.equal(headerOf(after.body.access_token).kid, kid)
  })

  test("Microsoft Graph's permissions stand in tokens as roles", async () => {
    const { id, appId } = await application()
    const { directory, install } = tenant.identity
    const graph = await tenant.store.identities.principalByApp(MICROSOFT_GRAPH)
    const principal = await tenant.store.identities.principalByApp(appId)
    const body = {
      principalId: principal?.objectId,
      resourceId: graph?.objectId,
      appRoleId: graphRoles['User.Read.All'],
    }
    await assignAppRole(directory, { caller: owner(), id: principal?.objectId ?? '', body })
    const { text } = await addSecret(directory, 'application', { caller: owner(), id, body: {} })
    const form = {
      grant_type: 'client_credentials',
      client_id: appId,
      client_secret: text,
      scope: 'https://graph.microsoft.com/.default',
    }
    const { body: answer } = await tenant.post('oauth2/v2.0/token', form)
    assert.deepEqual(decodeJwt(String(answer.access_token)).roles, ['User.Read.All'])
    assert.ok(install.clientId)
  })

  test('an application without a service principal, and one that is switched off', async () => {
    const { directory } = tenant.identity
    const made = await createObject(directory, 'application', { caller: owner(), body: { displayName: 'alone' } })
    const form = { grant_type: 'client_credentials', client_id: made.appId ?? '', client_secret: 'x', resource: ARM }
    assert.deepEqual((await tenant.post('oauth2/token', form)).body.error_codes, [7000229])
    const principal = await createObject(directory, 'servicePrincipal', {
      caller: owner(),
      body: { appId: made.appId },
    })
    await changeObject(directory, 'servicePrincipal', {
      caller: owner(),
      id: principal.id,
      body: { accountEnabled: false },
    })
    assert.deepEqual((await tenant.post('oauth2/token', form)).body.error_codes, [7000112])
  })
})

describe('device code', () => {
  const begin = () =>
    tenant.post('oauth2/v2.0/devicecode', { client_id: AZ, scope: `${ARM}.default offline_access openid` })
  const poll = (code: unknown) =>
    tenant.post('oauth2/v2.0/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: AZ,
      device_code: String(code),
    })

  test('the code is typed, the program is named, somebody signs in, and the program gets its tokens once', async () => {
    const { id, name } = await user()
    const { body } = await begin()
    assert.match(String(body.message), new RegExp(`${body.user_code}`))
    assert.deepEqual((await poll(body.device_code)).body.error, 'authorization_pending')
    const first = await tenant.page('oauth2/deviceauth')
    assert.match(first.text, /<label for="otc">Code<\/label>/)
    const typed = String(body.user_code)
      .toLowerCase()
      .replace(/^(....)/, '$1-')
    const second = await tenant.page('oauth2/deviceauth', { otc: typed })
    assert.match(second.text, /<strong>Microsoft Azure CLI<\/strong>/)
    const done = await tenant.page('login', { request: sealedIn(second.text), login: name, passwd: PASSWORD })
    assert.match(done.text, /You have signed in to <strong>Microsoft Azure CLI<\/strong>/)
    const answer = await poll(body.device_code)
    assert.equal((await bearer(answer.body.access_token)).objectId, id)
    assert.ok(answer.body.refresh_token && answer.body.id_token)
    assert.deepEqual((await poll(body.device_code)).body.error_codes, [70000])
  })

  test('a code that none waits for, and one that is too old', async () => {
    assert.match((await tenant.page('oauth2/deviceauth', { otc: 'XXXXXXXXX' })).text, /role="alert"/)
    const { body } = await begin()
    clock += 16 * 60_000
    assert.match((await tenant.page('oauth2/deviceauth', { otc: String(body.user_code) })).text, /role="alert"/)
    assert.deepEqual((await poll(body.device_code)).body.error, 'expired_token')
  })
})

describe('authorization code', () => {
  const verifier = 'v'.repeat(64)
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const address = (change: Record<string, string> = {}) =>
    `oauth2/v2.0/authorize?${new URLSearchParams({
      client_id: AZ,
      response_type: 'code',
      redirect_uri: 'http://localhost:8400/',
      scope: `${ARM}.default offline_access openid`,
      state: 's&t',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...change,
    })}`
  const redeem = (code: string, change: Record<string, string> = {}) =>
    tenant.post('oauth2/v2.0/token', {
      grant_type: 'authorization_code',
      client_id: AZ,
      code,
      redirect_uri: 'http://localhost:8400/',
      code_verifier: verifier,
      ...change,
    })
  async function signedIn(name: string, change: Record<string, string> = {}) {
    const shown = await tenant.page(address(change))
    return tenant.page('login', { request: sealedIn(shown.text), login: name, passwd: PASSWORD })
  }

  test('sign in on the page, redeem the code with its verifier; a code comes once', async () => {
    const { id, name } = await user()
    const shown = await tenant.page(address({ login_hint: '"><script>alert(1)</script>' }))
    assert.equal(shown.status, 200)
    const policy = shown.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'; style-src 'sha256-.+'; form-action 'self' http:\/\/localhost:8400;/)
    assert.ok(!shown.text.includes('<script'))
    assert.match(shown.text, /<html lang="en">[\s\S]*<label for="login">[\s\S]*autocomplete="current-password"/)
    const back = await signedIn(name)
    assert.equal(back.status, 302)
    const location = new URL(back.headers.get('location') ?? '')
    assert.deepEqual([location.host, location.searchParams.get('state')], ['localhost:8400', 's&t'])
    const code = location.searchParams.get('code') ?? ''
    const { status, body } = await redeem(code)
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal((await bearer(body.access_token)).objectId, id)
    assert.deepEqual((await redeem(code)).body.error_codes, [54005])
    const refresh = { grant_type: 'refresh_token', client_id: AZ, refresh_token: String(body.refresh_token) }
    assert.deepEqual(
      (await tenant.post('oauth2/v2.0/token', refresh)).body.error_codes,
      [70000],
      'a code used twice ends all',
    )
  })

  test('as a form, and in the fragment', async () => {
    const { name } = await user()
    const form = await signedIn(name, { response_mode: 'form_post' })
    assert.match(form.text, /<form method="post" action="http:\/\/localhost:8400\/">[\s\S]*name="code"/)
    const fragment = await signedIn(name, { response_mode: 'fragment' })
    assert.match(fragment.headers.get('location') ?? '', /^http:\/\/localhost:8400\/#code=/)
  })

  test('a wrong password shows the page again, and says so; a wrong verifier gets nothing', async () => {
    const { name } = await user()
    const shown = await tenant.page(address())
    const wrong = await tenant.page('login', { request: sealedIn(shown.text), login: name, passwd: 'x' })
    assert.deepEqual([wrong.status, /role="alert".*invalid username or password/.test(wrong.text)], [401, true])
    const location = new URL((await signedIn(name)).headers.get('location') ?? '')
    const code = location.searchParams.get('code') ?? ''
    assert.deepEqual((await redeem(code, { code_verifier: 'other' })).body.error_codes, [501481])
  })

  test('a password that has to be changed is changed on the page', async () => {
    const { name } = await user({ passwordProfile: { password: PASSWORD, forceChangePasswordNextSignIn: true } })
    const asked = await signedIn(name)
    assert.match(asked.text, /Choose a new password[\s\S]*autocomplete="new-password"/)
    const send = (newpasswd: string) =>
      tenant.page('login', { request: sealedIn(asked.text), login: name, passwd: PASSWORD, newpasswd })
    assert.match((await send('weak')).text, /complexity requirements/)
    assert.equal((await send('Better-Than-Before-3')).status, 302)
  })

  for (const { name, change, back } of [
    { name: 'without PKCE', change: { code_challenge: '', code_challenge_method: '' }, back: 'invalid_request' },
    { name: 'another response type', change: { response_type: 'token' }, back: 'unsupported_response_type' },
    { name: 'nobody is signed in', change: { prompt: 'none' }, back: 'login_required' },
    { name: 'an unknown resource', change: { scope: 'https://x.example/.default' }, back: 'invalid_resource' },
  ]) {
    test(`the client is told: ${name}`, async () => {
      const path = address(change)
        .replace(/&code_challenge=&code_challenge_method=$/, '')
        .replace(/code_challenge(_method)?=(&|$)/g, '')
      const answer = await tenant.page(path)
      assert.equal(new URL(answer.headers.get('location') ?? '').searchParams.get('error'), back)
    })
  }

  test('an address that is not registered is never gone to', async () => {
    const { appId } = await application({ web: { redirectUris: ['https://app.example/back'] } })
    for (const redirect_uri of ['https://evil.example/', 'https://app.example/back/x', 'javascript:alert(1)']) {
      const answer = await tenant.page(address({ client_id: appId, redirect_uri }))
      assert.deepEqual([answer.status, answer.headers.get('location')], [400, null])
      assert.match(answer.text, /AADSTS50011/)
    }
    assert.equal(
      (await tenant.page(address({ client_id: appId, redirect_uri: 'https://app.example/back' }))).status,
      200,
    )
  })

  test('a page of a tenant that is not here', async () => {
    for (const path of ['/other/oauth2/deviceauth', '/%22%3E%3Cb%3E/login/outside', '/other/oauth2/v2.0/logout']) {
      const answer = await tenant.page(path)
      assert.deepEqual([answer.status, /AADSTS90002/.test(answer.text)], [400, true])
      assert.ok(!answer.text.includes('<b>'))
    }
  })

  test('a page that was changed on the way is refused', async () => {
    const shown = await tenant.page(address())
    const answer = await tenant.page('login', { request: `${sealedIn(shown.text)}x`, login: 'a', passwd: 'b' })
    assert.match(answer.text, /AADSTS165000/)
  })

  test('an outside provider signs people in: made on the first time, the same ever after', async () => {
    const once = async (name: string) => {
      const shown = await tenant.page(address())
      const [, link = ''] = /href="([^"]+login\/outside[^"]+)"/.exec(shown.text) ?? []
      const away = new URL((await tenant.page(link.replaceAll('&amp;', '&'))).headers.get('location') ?? '')
      assert.equal(away.origin, issuer.url)
      issuer.challenge = away.searchParams.get('code_challenge') ?? ''
      const code = issuer.code({
        sub: 'p1',
        aud: 'lazuli',
        nonce: away.searchParams.get('nonce') ?? '',
        preferred_username: name,
        name: 'Pat',
      })
      const state = away.searchParams.get('state') ?? ''
      return tenant.page(`login/outside/callback?${new URLSearchParams({ code, state })}`)
    }
    const ids = []
    for (const name of ['pat@elsewhere.example', 'renamed@elsewhere.example']) {
      const back = await once(name)
      assert.equal(back.status, 302, back.text)
      const code = new URL(back.headers.get('location') ?? '').searchParams.get('code') ?? ''
      ids.push((await bearer((await redeem(code)).body.access_token)).objectId)
    }
    assert.equal(ids[0], ids[1])
    const { name } = await user()
    issuer.subject = 'p2'
    assert.match((await once(name)).text, /AADSTS50020/, "nobody takes another's name")
  })
})

const sealedIn = (html: string): string => /name="request" value="([^"]+)"/.exec(html)?.[1] ?? ''
const headerOf = (token: unknown): { kid?: string } =>
  JSON.parse(Buffer.from(String(token).split('.')[0] ?? '', 'base64url').toString())

function asserted(appId: string, assertion: string) {
  return tenant.post('oauth2/v2.0/token', {
    grant_type: 'client_credentials',
    client_id: appId,
    client_assertion_type: JWT_BEARER,
    client_assertion: assertion,
    scope: `${ARM}.default`,
  })
}

interface Change {
  readonly aud?: string
  readonly exp?: number
  readonly sub?: string
}

/** A self-signed certificate, and assertions signed with it. */
async function certificate() {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(
    { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    true,
    ['sign', 'verify'],
  )
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=test',
    keys: { privateKey, publicKey },
    notBefore: new Date(Date.now() - 3600_000),
    notAfter: new Date(Date.now() + 24 * 3600_000),
  })
  const der = Buffer.from(made.rawData)
  const digest = (algorithm: string) => createHash(algorithm).update(der).digest('base64url')
  return {
    pem: der.toString('base64'),
    sha1: digest('sha1'),
    sha256: digest('sha256'),
    sign(appId: string, header: object, change: Change = {}) {
      const at = Math.floor(clock / 1000)
      return new SignJWT({
        iss: appId,
        sub: change.sub ?? appId,
        aud: change.aud ?? `https://login.microsoftonline.com/${tenant.identity.install.tenantId}/oauth2/v2.0/token`,
        exp: at + (change.exp ?? 600),
        nbf: at - 3600,
        jti: randomUUID(),
      })
        .setProtectedHeader({ alg: 'RS256', ...header })
        .sign(privateKey)
    },
  }
}

interface Issuer {
  readonly url: string
  readonly server: Server
  subject: string
  /** What the last sign-in began with: its code is redeemed with what hashes to this. */
  challenge: string
  sign(claims: Record<string, unknown>): Promise<string>
  changeKey(): Promise<void>
  /** A code of its authorization endpoint, for an id token with these claims. */
  code(claims: Record<string, unknown>): string
}

/** An OpenID Connect provider on this machine: what GitHub's or a company's is elsewhere. */
async function startIssuer(): Promise<Issuer> {
  let pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  let kid = 'k1'
  const codes = new Map<string, Record<string, unknown>>()
  const server = createServer(async (request, response) => {
    const answer = (body: object) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.url === '/.well-known/openid-configuration') {
      const { url } = issued
      return answer({
        issuer: url,
        jwks_uri: `${url}/keys`,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
      })
    }
    if (request.url === '/keys')
      return answer({ keys: [{ ...(await exportJWK(pair.publicKey)), kid, alg: 'RS256', use: 'sig' }] })
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    const claims = codes.get(form.get('code') ?? '')
    const shown = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (request.url !== '/token' || !claims || shown !== issued.challenge) return response.writeHead(400).end('{}')
    return answer({ id_token: await issued.sign(claims) })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issued: Issuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    subject: 'p1',
    challenge: '',
    sign(claims) {
      const at = Math.floor(clock / 1000)
      return new SignJWT({ iss: issued.url, iat: at, exp: at + 600, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid })
        .sign(pair.privateKey)
    },
    async changeKey() {
      pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
      kid = 'k2'
    },
    code(claims) {
      const code = randomUUID()
      codes.set(code, { ...claims, sub: issued.subject })
      return code
    },
  }
  return issued
}
