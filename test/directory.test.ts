/** The directory through Microsoft Graph: what may be made, by whom, how it is listed, and what groups' roles do. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type Ask, startServer, type TestServer } from './support/server.ts'

const GRAPH = 'https://graph.microsoft.com'
const AZ = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'
const PASSWORD = 'Analytical-Engine-1'

let server: TestServer
let owner = ''
before(async () => {
  server = await startServer()
  owner = await server.token({ resource: GRAPH })
})
after(() => server?.stop())

const graph = (path: string, ask: Ask = {}) => server.ask(path, { host: 'graph.microsoft.com', token: owner, ...ask })
async function made(path: string, body: object, token = owner) {
  const answer = await graph(path, { method: 'POST', body, token })
  assert.ok(answer.status < 300, answer.text)
  return answer.text === '' ? undefined : answer.json
}
const filtered = (text: string) => `$filter=${encodeURIComponent(text)}`

let users = 0
async function user(more: object = {}) {
  const name = `person${++users}@contoso.com`
  const { id } = await made('/v1.0/users', {
    accountEnabled: true,
    displayName: `Person ${users}`,
    mailNickname: `person${users}`,
    userPrincipalName: name,
    passwordProfile: { password: PASSWORD, forceChangePasswordNextSignIn: false },
    ...more,
  })
  const token = async (resource: string) => {
    const form = new URLSearchParams({
      grant_type: 'password',
      client_id: AZ,
      username: name,
      password: PASSWORD,
      scope: `${resource}/.default`,
    })
    const answer = await server.ask(`/${server.facts.tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      token: null,
      body: form.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    assert.equal(answer.status, 200, answer.text)
    return answer.json.access_token as string
  }
  return { id: id as string, name, token }
}

/** An application that signs in, with permissions of Graph's. */
async function program(...roles: readonly string[]) {
  const { id, appId } = await made('/v1.0/applications', { displayName: 'program' })
  const principal = await made('/v1.0/servicePrincipals', { appId })
  const found = await graph(`/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')`)
  for (const value of roles) {
    const role = found.json.appRoles.find((one: { value: string }) => one.value === value)
    const body = { principalId: principal.id, resourceId: found.json.id, appRoleId: role.id }
    await made(`/v1.0/servicePrincipals/${principal.id}/appRoleAssignments`, body)
  }
  const { secretText } = await made(`/v1.0/applications/${id}/addPassword`, {})
  const token = (resource: string) => server.token({ resource, clientId: appId, secret: secretText })
  return { id, appId, principal: principal.id as string, token: await token(GRAPH), tokenFor: token }
}

test('an application: made, changed, found by its id, its client id and its URI, and gone with its service principal', async () => {
  const one = await made('/v1.0/applications', {
    displayName: 'one',
    tags: ['a'],
    web: { redirectUris: ['https://a.example'] },
  })
  const principal = await made('/v1.0/servicePrincipals', { appId: one.appId })
  assert.deepEqual([one.signInAudience, one.passwordCredentials], ['AzureADMyOrg', []])
  const change = { displayName: 'two', identifierUris: [`api://${one.appId}`], tags: [] }
  assert.equal((await graph(`/v1.0/applications/${one.id}`, { method: 'PATCH', body: change })).status, 204)
  for (const path of [
    `/v1.0/applications/${one.id}`,
    `/beta/applications(appId='${one.appId}')`,
    `/v1.0/applications?${filtered(`identifierUris/any(s:s eq 'api://${one.appId}')`)}`,
    `/v1.0/applications?${filtered(`startswith(displayName,'tw') and appId eq '${one.appId}'`)}`,
  ]) {
    const { json } = await graph(path)
    const seen = json.value?.[0] ?? json
    assert.deepEqual([seen.id, seen.displayName, seen.tags], [one.id, 'two', []], path)
  }
  assert.equal((await graph(`/v1.0/servicePrincipals/${principal.id}`)).json.displayName, 'two')
  assert.equal((await graph(`/v1.0/applications/${one.id}`, { method: 'DELETE' })).status, 204)
  for (const path of [`/v1.0/applications/${one.id}`, `/v1.0/servicePrincipals/${principal.id}`]) {
    assert.equal((await graph(path)).status, 404)
  }
})

test('secrets: shown once, listed by their first characters, removed', async () => {
  const { id } = await made('/v1.0/applications', { displayName: 'secrets' })
  const body = { passwordCredential: { displayName: 'ci', endDateTime: '2099-01-01T00:00:00Z' } }
  const added = await made(`/v1.0/applications/${id}/addPassword`, body)
  assert.ok(added.secretText.length >= 32)
  const { json, text } = await graph(`/v1.0/applications/${id}`)
  const [known] = json.passwordCredentials
  assert.deepEqual(
    [known.displayName, known.hint, known.secretText, known.endDateTime],
    ['ci', added.secretText.slice(0, 3), null, '2099-01-01T00:00:00Z'],
  )
  assert.ok(!text.includes(added.secretText))
  const remove = (keyId: string) =>
    graph(`/v1.0/applications/${id}/removePassword`, { method: 'POST', body: { keyId } })
  assert.equal((await remove(randomUUID())).status, 400)
  assert.equal((await remove(added.keyId)).status, 204)
  assert.deepEqual((await graph(`/v1.0/applications/${id}`)).json.passwordCredentials, [])
})

test('an application is made with secrets of its own, whose texts are told this once', async () => {
  const credentials = [{ displayName: 'first', endDateTime: '2099-01-01T00:00:00Z' }, { displayName: 'second' }]
  const one = await made('/v1.0/applications', { displayName: 'with secrets', passwordCredentials: credentials })
  await made('/v1.0/servicePrincipals', { appId: one.appId })
  const named = (name: string) =>
    one.passwordCredentials.find(({ displayName }: { displayName: string }) => displayName === name)
  const [first, second] = [named('first'), named('second')]
  assert.deepEqual([one.passwordCredentials.length, first.endDateTime], [2, '2099-01-01T00:00:00Z'])
  for (const { secretText } of [first, second]) {
    assert.ok(await server.token({ resource: GRAPH, clientId: one.appId, secret: secretText }))
  }
  const read = await graph(`/v1.0/applications/${one.id}`)
  assert.ok(!read.text.includes(first.secretText) && !read.text.includes(second.secretText))
  const body = { displayName: 'x', passwordCredentials: [{ endDateTime: 'never' }] }
  const refused = await graph('/v1.0/applications', { method: 'POST', body })
  assert.deepEqual([refused.status, refused.json.error.message], [400, "'never' is no time."])
})

test('a change names members of web, api and the like: those that it does not name stay', async () => {
  const { id } = await made('/v1.0/applications', {
    displayName: 'members',
    web: { homePageUrl: 'https://a.example', redirectUris: ['https://a.example/in'] },
  })
  const scope = { id: randomUUID(), value: 'read', type: 'User', isEnabled: true }
  for (const body of [
    { id, web: { redirectUris: ['https://b.example/in'] } },
    { api: { oauth2PermissionScopes: [scope] } },
    { api: { requestedAccessTokenVersion: 2 } },
  ]) {
    const answer = await graph(`/v1.0/applications/${id}`, { method: 'PATCH', body })
    assert.equal(answer.status, 204, answer.text)
  }
  const { web, api } = (await graph(`/v1.0/applications/${id}`)).json
  assert.deepEqual([web.homePageUrl, web.redirectUris], ['https://a.example', ['https://b.example/in']])
  assert.deepEqual([api.oauth2PermissionScopes, api.requestedAccessTokenVersion], [[scope], 2])
  const gone = { method: 'PATCH', body: { web: { homePageUrl: null } } }
  assert.equal((await graph(`/v1.0/applications/${id}`, gone)).status, 204)
  assert.equal((await graph(`/v1.0/applications/${id}`)).json.web.homePageUrl, null)
  const other = await graph(`/v1.0/applications/${id}`, { method: 'PATCH', body: { id: randomUUID() } })
  assert.equal(other.status, 400, 'the id of another')
})

test('a manager: set, read, replaced, taken away, and gone with the user', async () => {
  const [anna, ben, cleo] = [await user(), await user(), await user()]
  const manager = `/v1.0/users/${ben.id}/manager`
  const set = (id: string, token = owner) =>
    graph(`${manager}/$ref`, { method: 'PUT', body: { '@odata.id': `${GRAPH}/v1.0/directoryObjects/${id}` }, token })
  assert.equal((await graph(manager)).status, 404)
  assert.equal((await set(anna.id)).status, 204)
  assert.equal((await set(cleo.id)).status, 204)
  assert.equal((await graph(manager)).json.id, cleo.id)
  const reports = async (id: string) =>
    (await graph(`/v1.0/users/${id}/directReports`)).json.value.map((one: { id: string }) => one.id)
  assert.deepEqual([await reports(cleo.id), await reports(anna.id)], [[ben.id], []])
  assert.equal((await set(ben.id)).status, 400, 'nobody is their own')
  assert.equal((await set(randomUUID())).status, 404)
  assert.equal((await set(anna.id, await ben.token(GRAPH))).status, 403)
  assert.equal((await graph(`${manager}/$ref`, { method: 'DELETE' })).status, 204)
  assert.equal((await graph(`${manager}/$ref`, { method: 'DELETE' })).status, 404)
  await set(cleo.id)
  await graph(`/v1.0/users/${cleo.id}`, { method: 'DELETE' })
  assert.equal((await graph(manager)).status, 404)
})

test('a weak password is taken of a user whose policy allows it, and of no other', async () => {
  const weak = { password: 'lazurite', forceChangePasswordNextSignIn: false }
  const { id } = await user({ passwordPolicies: 'DisablePasswordExpiration, DisableStrongPassword' })
  const change = (of: string, body: object) => graph(`/v1.0/users/${of}`, { method: 'PATCH', body })
  assert.equal((await change(id, { passwordProfile: weak })).status, 204)
  assert.equal((await change((await user()).id, { passwordProfile: weak })).status, 400)
  assert.equal((await change(id, { passwordPolicies: 'Nope' })).status, 400)
})

test("an application's role that somebody has is read by its id, from either side", async () => {
  const { principal } = await program('User.Read.All')
  const [assignment] = (await graph(`/v1.0/servicePrincipals/${principal}/appRoleAssignments`)).json.value
  for (const path of [
    `/v1.0/servicePrincipals/${principal}/appRoleAssignments/${assignment.id}`,
    `/v1.0/servicePrincipals/${assignment.resourceId}/appRoleAssignedTo/${assignment.id}`,
  ]) {
    const { '@odata.context': _, ...read } = (await graph(path)).json
    assert.deepEqual(read, assignment)
  }
  const unknown = await graph(`/v1.0/servicePrincipals/${principal}/appRoleAssignments/none`)
  assert.equal(unknown.status, 404)
})

test('a page at a time, only what is selected, counted', async () => {
  const names = ['p1', 'p2', 'p3', 'p4', 'p5']
  for (const name of names) {
    const body = { displayName: `page-${name}`, mailEnabled: false, mailNickname: name, securityEnabled: true }
    await made('/v1.0/groups', body)
  }
  const seen: string[] = []
  let next: string | undefined =
    `/v1.0/groups?$top=2&$select=displayName&$count=true&${filtered("startswith(displayName,'page-')")}`
  while (next !== undefined) {
    const { json }: { json: { value: Record<string, string>[]; '@odata.nextLink'?: string; '@odata.count': number } } =
      await graph(next)
    assert.equal(json['@odata.count'], 5)
    for (const one of json.value) {
      assert.deepEqual(Object.keys(one).sort(), ['@odata.type', 'displayName', 'id'])
      seen.push(one.displayName ?? '')
    }
    const link: string | undefined = json['@odata.nextLink']
    assert.ok(link === undefined || link.startsWith('https://graph.microsoft.com/v1.0/groups?'))
    next = link === undefined ? undefined : link.slice(GRAPH.length)
  }
  assert.deepEqual(
    seen,
    names.map((name) => `page-${name}`),
  )
  const down = await graph(
    `/v1.0/groups?$orderby=displayName desc&${filtered("startswith(displayName,'page-')")}`.replaceAll(' ', '%20'),
  )
  assert.equal(down.json.value[0].displayName, 'page-p5')
  const count = await graph('/v1.0/groups/$count', { headers: { consistencylevel: 'eventual' } })
  assert.ok(Number(count.text) >= 5)
})

for (const { text, found } of [
  { text: "displayName eq 'f-1'", found: ['f-1'] },
  { text: "displayName in ('f-1','F-2')", found: ['f-1', 'f-2'] },
  { text: "startswith(displayName,'f-') and not (displayName eq 'f-1' or displayName eq 'f-3')", found: ['f-2'] },
  { text: "endswith(displayName,'-3') and securityEnabled eq true", found: ['f-3'] },
  { text: "startswith(displayName,'f-') and description eq null", found: ['f-1', 'f-2'] },
  {
    text: "startswith(displayName,'f-') and createdDateTime ge 2000-01-01T00:00:00Z and mailNickname ne 'f-1'",
    found: ['f-2', 'f-3'],
  },
  { text: "description eq 'it''s'", found: ['f-3'] },
]) {
  test(`$filter: ${text}`, async () => {
    for (const name of (await graph(`/v1.0/groups?${filtered("startswith(displayName,'f-')")}`)).json.value.length
      ? []
      : ['f-1', 'f-2', 'f-3']) {
      const description = name === 'f-3' ? { description: "it's" } : {}
      await made('/v1.0/groups', {
        displayName: name,
        mailEnabled: false,
        mailNickname: name,
        securityEnabled: true,
        ...description,
      })
    }
    const { json, text: body } = await graph(`/v1.0/groups?${filtered(text)}`)
    assert.deepEqual(json.value?.map((one: { displayName: string }) => one.displayName).sort(), found, body)
  })
}

test("a group's roles are its members', at any depth, from the next request on and no longer", async () => {
  const ada = await user()
  const group = (name: string) =>
    made('/v1.0/groups', { displayName: name, mailEnabled: false, mailNickname: name, securityEnabled: true })
  const [outer, inner] = [await group('outer'), await group('inner')]
  const member = (of: string, id: string) =>
    made(`/v1.0/groups/${of}/members/$ref`, { '@odata.id': `${GRAPH}/v1.0/directoryObjects/${id}` })
  await member(outer.id, inner.id)
  // A ring of groups ends by itself.
  await member(inner.id, outer.id)
  const scope = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli`
  const assigned = await server.ask(
    `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=2022-04-01`,
    {
      method: 'PUT',
      body: {
        properties: {
          principalId: outer.id,
          roleDefinitionId: '/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7',
        },
      },
    },
  )
  assert.deepEqual([assigned.status, assigned.json.properties.principalType], [201, 'Group'], assigned.text)
  const arm = await ada.token('https://management.azure.com')
  const reads = async () => (await server.ask(`${scope}?api-version=2021-04-01`, { token: arm })).status
  assert.equal(await reads(), 403)
  await member(inner.id, ada.id)
  assert.equal(await reads(), 200)
  const groups = await graph(`/v1.0/users/${ada.name}/getMemberGroups`, {
    method: 'POST',
    body: { securityEnabledOnly: false },
  })
  assert.deepEqual(new Set(groups.json.value), new Set([outer.id, inner.id]))
  const found = await server.ask(
    `${scope}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&${filtered(`assignedTo('${ada.id}')`)}`,
  )
  assert.deepEqual(
    found.json.value.map((one: { properties: { principalId: string } }) => one.properties.principalId),
    [outer.id],
  )
  await graph(`/v1.0/groups/${inner.id}/members/${ada.id}/$ref`, { method: 'DELETE' })
  assert.equal(await reads(), 403)
})

test('what is selected must be there, and a group is no member of itself', async () => {
  const ada = await user()
  for (const path of ['users', `users/${ada.id}`, 'groups', `directoryObjects/${ada.id}`, 'oauth2PermissionGrants']) {
    const { status, json } = await graph(`/v1.0/${path}?$select=id,nope`)
    assert.deepEqual([status, json.error?.code], [400, 'Request_BadRequest'], path)
    assert.match(json.error.message, /Could not find a property named 'nope'/)
  }
  const known = await graph(`/v1.0/users/${ada.id}?$select=id,DisplayName,onPremisesSamAccountName`)
  assert.equal(known.status, 200, known.text)
  assert.equal(known.json.id, ada.id)
  const own = await made('/v1.0/groups', {
    displayName: 'own',
    mailEnabled: false,
    mailNickname: 'own',
    securityEnabled: true,
  })
  const refused = await graph(`/v1.0/groups/${own.id}/members/$ref`, {
    method: 'POST',
    body: { '@odata.id': `${GRAPH}/v1.0/directoryObjects/${own.id}` },
  })
  assert.deepEqual([refused.status, refused.json.error.code], [400, 'Request_BadRequest'])
  assert.deepEqual((await graph(`/v1.0/groups/${own.id}/members`)).json.value, [])
})

test('what clients are granted in the name of users: made, found, changed, taken back', async () => {
  const [client, resource, ada] = [await program(), await program(), await user()]
  const wish = {
    clientId: client.principal,
    resourceId: resource.principal,
    consentType: 'AllPrincipals',
    scope: 'a b',
  }
  const grant = await made('/v1.0/oauth2PermissionGrants', wish)
  assert.deepEqual(
    { ...grant, id: '', '@odata.context': '' },
    { ...wish, principalId: null, id: '', '@odata.context': '' },
  )
  const own = await made('/v1.0/oauth2PermissionGrants', { ...wish, consentType: 'Principal', principalId: ada.id })
  const again = await graph('/v1.0/oauth2PermissionGrants', { method: 'POST', body: wish })
  assert.deepEqual([again.status, again.json.error.message], [409, 'Permission entry already exists.'])
  const found = await graph(
    `/v1.0/oauth2PermissionGrants?${filtered(`clientId eq '${client.principal}' and consentType eq 'AllPrincipals'`)}`,
  )
  assert.deepEqual(
    found.json.value?.map(({ id }: { id: string }) => id),
    [grant.id],
    found.text,
  )
  const ofUser = await graph(`/v1.0/users/${ada.id}/oauth2PermissionGrants`)
  assert.deepEqual(
    ofUser.json.value.map(({ id }: { id: string }) => id),
    [own.id],
  )
  const at = `/v1.0/oauth2PermissionGrants/${grant.id}`
  assert.equal((await graph(at, { method: 'PATCH', body: { scope: 'c' } })).status, 204)
  assert.deepEqual([(await graph(at)).json.scope, (await graph(at)).json.id], ['c', grant.id])
  for (const { body, method = 'POST' } of [
    { body: { ...wish, clientId: ada.id } },
    { body: { ...wish, consentType: 'Principal' } },
    { body: { ...wish, consentType: 'Everybody' } },
    { body: { ...wish, resourceId: undefined } },
    { body: { clientId: resource.principal }, method: 'PATCH' },
  ]) {
    const { status } = await graph(method === 'PATCH' ? at : '/v1.0/oauth2PermissionGrants', { method, body })
    assert.ok(status === 400 || status === 404, `${status} ${JSON.stringify(body)}`)
  }
  const denied = await graph('/v1.0/oauth2PermissionGrants', { method: 'POST', body: wish, token: client.token })
  assert.equal(denied.status, 403)
  assert.equal((await graph(at, { method: 'DELETE' })).status, 204)
  assert.equal((await graph(at)).status, 404)
  const left = await graph(`/v1.0/servicePrincipals/${client.principal}/oauth2PermissionGrants`)
  assert.deepEqual(
    left.json.value.map(({ id }: { id: string }) => id),
    [own.id],
  )
})

describe('who may change what', () => {
  const application = { displayName: 'x' }
  const aGroup = { displayName: 'x', mailEnabled: false, mailNickname: 'x', securityEnabled: true }

  test('a user makes applications and groups, owns them, and changes no others', async () => {
    const ada = await user()
    const token = await ada.token(GRAPH)
    const mine = await made('/v1.0/applications', application, token)
    const owners = await graph(`/v1.0/applications/${mine.id}/owners`, { token })
    assert.deepEqual(
      owners.json.value.map((one: { id: string }) => one.id),
      [ada.id],
    )
    assert.equal((await graph('/v1.0/me', { token })).json.userPrincipalName, ada.name)
    const owned = await graph('/v1.0/me/ownedObjects', { token })
    assert.deepEqual(
      owned.json.value.map((one: { id: string }) => one.id),
      [mine.id],
    )
    await made(`/v1.0/applications/${mine.id}/addPassword`, {}, token)
    const other = await made('/v1.0/applications', application)
    const refused = [
      await graph(`/v1.0/applications/${other.id}`, { method: 'PATCH', body: { displayName: 'y' }, token }),
      await graph(`/v1.0/applications/${other.id}/addPassword`, { method: 'POST', body: {}, token }),
      await graph(`/v1.0/applications/${other.id}`, { method: 'DELETE', token }),
      await graph('/v1.0/users', { method: 'POST', body: { ...aGroup }, token }),
      await graph(`/v1.0/users/${ada.id}`, { method: 'DELETE', token }),
    ]
    for (const answer of refused) {
      assert.deepEqual([answer.status, answer.json.error.code], [403, 'Authorization_RequestDenied'])
    }
  })

  test('an application may read, and changes what its permissions say', async () => {
    const none = await program()
    assert.equal((await graph('/v1.0/users', { token: none.token })).status, 200)
    assert.equal(
      (await graph('/v1.0/applications', { method: 'POST', body: application, token: none.token })).status,
      403,
    )
    const apps = await program('Application.ReadWrite.All')
    await made('/v1.0/applications', application, apps.token)
    assert.equal((await graph('/v1.0/groups', { method: 'POST', body: aGroup, token: apps.token })).status, 403)
    const own = await program('Application.ReadWrite.OwnedBy')
    const mine = await made('/v1.0/applications', application, own.token)
    assert.equal((await graph(`/v1.0/applications/${mine.id}`, { method: 'DELETE', token: own.token })).status, 204)
    assert.equal((await graph(`/v1.0/applications/${none.id}`, { method: 'DELETE', token: own.token })).status, 403)
    const give = { principalId: own.principal, resourceId: own.principal, appRoleId: randomUUID() }
    const assign = await graph(`/v1.0/servicePrincipals/${own.principal}/appRoleAssignments`, {
      method: 'POST',
      body: give,
      token: own.token,
    })
    assert.equal(assign.status, 403, 'nobody gives permissions to themselves')
  })

  test('the first application and the programs of Microsoft stay', async () => {
    const { clientId } = server.facts
    const first = await graph(`/v1.0/servicePrincipals(appId='${clientId}')`)
    const app = await graph(`/v1.0/applications(appId='${clientId}')`)
    const az = await graph(`/v1.0/servicePrincipals(appId='${AZ}')`)
    for (const path of [
      `/v1.0/servicePrincipals/${first.json.id}`,
      `/v1.0/applications/${app.json.id}`,
      `/v1.0/servicePrincipals/${az.json.id}`,
    ]) {
      assert.equal((await graph(path, { method: 'DELETE' })).status, 403, path)
    }
    assert.equal((await graph(`/v1.0/servicePrincipals/${first.json.id}`)).status, 200)
  })
})

for (const { name, path, body, status = 400, says } of [
  {
    name: 'a property that there is not',
    path: '/v1.0/applications',
    body: { displayName: 'x', nope: 1 },
    says: /'nope'/,
  },
  { name: 'a value of the wrong type', path: '/v1.0/applications', body: { displayName: 7 }, says: /displayName/ },
  { name: 'what must be there', path: '/v1.0/groups', body: { displayName: 'x' }, says: /mailEnabled/ },
  {
    name: 'a weak password',
    path: '/v1.0/users',
    body: {
      accountEnabled: true,
      displayName: 'x',
      mailNickname: 'x',
      userPrincipalName: 'x@y.z',
      passwordProfile: { password: 'weak' },
    },
    says: /complexity/,
  },
  {
    name: 'no password',
    path: '/v1.0/users',
    body: { accountEnabled: true, displayName: 'x', mailNickname: 'x', userPrincipalName: 'x@y.z' },
    says: /password/,
  },
  {
    name: 'a name without a domain',
    path: '/v1.0/users',
    body: {
      accountEnabled: true,
      displayName: 'x',
      mailNickname: 'x',
      userPrincipalName: 'x',
      passwordProfile: { password: PASSWORD },
    },
    says: /userPrincipalName/,
  },
  {
    name: 'a rule of membership',
    path: '/v1.0/groups',
    body: {
      displayName: 'x',
      mailEnabled: false,
      mailNickname: 'x',
      securityEnabled: true,
      groupTypes: ['DynamicMembership'],
      membershipRule: 'user.department -eq "ML"',
    },
    says: /Rules of membership are not evaluated/,
  },
  {
    name: 'a certificate that is none',
    path: '/v1.0/applications',
    body: { displayName: 'x', keyCredentials: [{ key: 'AAAA' }] },
    says: /no certificate/,
  },
  {
    name: 'a service principal of an unknown application',
    path: '/v1.0/servicePrincipals',
    body: { appId: randomUUID() },
    says: /does not reference a valid application/,
  },
  { name: 'a search', path: '/v1.0/users?$search="displayName:x"', body: undefined, says: /\$search/ },
  { name: 'an expansion', path: '/v1.0/groups?$expand=members', body: undefined, says: /\$expand/ },
  { name: 'a page of nothing', path: '/v1.0/groups?$top=0', body: undefined, says: /page size/ },
  { name: 'a token of no page', path: '/v1.0/groups?$skiptoken=xyz', body: undefined, says: /skip token/ },
] as { name: string; path: string; body?: object; status?: number; says: RegExp }[]) {
  test(`refused, and nothing is made: ${name}`, async () => {
    const before = (await graph(`${path.split('?')[0]}`)).json.value.length
    const answer = await graph(path.replaceAll('"', '%22'), body ? { method: 'POST', body } : {})
    assert.equal(answer.status, status, answer.text)
    assert.match(answer.json.error.message, says)
    assert.equal((await graph(`${path.split('?')[0]}`)).json.value.length, before)
  })
}

test('two users can not have one name, nor two applications one URI', async () => {
  const { name } = await user()
  const twin = {
    accountEnabled: true,
    displayName: 'x',
    mailNickname: 'x',
    userPrincipalName: name.toUpperCase(),
    passwordProfile: { password: PASSWORD },
  }
  const answer = await graph('/v1.0/users', { method: 'POST', body: twin })
  assert.deepEqual([answer.status, answer.json.error.code], [409, 'Request_MultipleObjectsWithSameKeyValue'])
  await made('/v1.0/applications', { displayName: 'x', identifierUris: ['api://same'] })
  const app = await graph('/v1.0/applications', {
    method: 'POST',
    body: { displayName: 'x', identifierUris: ['api://SAME'] },
  })
  assert.equal(app.status, 409)
})

test('federated credentials of an application: made, changed, found by name, gone; one issuer and subject once', async () => {
  const { id } = await made('/v1.0/applications', { displayName: 'federated' })
  const path = `/v1.0/applications/${id}/federatedIdentityCredentials`
  const body = {
    name: 'ci-main',
    issuer: 'https://issuer.example',
    subject: 'a',
    audiences: ['api://AzureADTokenExchange'],
  }
  const one = await made(path, body)
  assert.equal((await graph(`${path}/ci-main`)).json.id, one.id)
  assert.equal((await graph(`${path}/${one.id}`, { method: 'PATCH', body: { subject: 'b' } })).status, 204)
  const again = await graph(path, { method: 'POST', body: { ...body, name: 'ci-other', subject: 'b' } })
  assert.equal(again.status, 409)
  const wrong = await graph(path, { method: 'POST', body: { ...body, name: 'plain', issuer: 'http://issuer.example' } })
  assert.equal(wrong.status, 400)
  assert.equal((await graph(`${path}/ci-main`, { method: 'DELETE' })).status, 204)
  assert.deepEqual((await graph(path)).json.value, [])
})

test("what is in the directory survives a restart; a run's token does not read it", async () => {
  const ada = await user()
  await server.kill9()
  await server.restart()
  assert.equal((await graph(`/v1.0/users/${ada.id}`)).json.userPrincipalName, ada.name)
  await ada.token(GRAPH)
})
