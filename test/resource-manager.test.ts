/** What the resource manager does for every type beside its verbs: tags, tag names, operations, features, names. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ArmEngine, startArmEngine } from './support/arm-engine.ts'

const V = 'api-version=2021-04-01'
let engine: ArmEngine
let group: string
let identity: string

before(async () => {
  engine = await startArmEngine()
  group = `${engine.subscription}/resourceGroups/g`
  identity = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one`
  await engine.ask(`${group}?${V}`, { method: 'PUT', body: { location: 'eastus' } })
  await engine.ask(`${identity}?api-version=2018-11-30`, {
    method: 'PUT',
    body: { location: 'eastus', tags: { Owner: 'ann' } },
  })
})
after(() => engine.stop())

const tagsOf = (scope: string) => `${scope}/providers/Microsoft.Resources/tags/default?${V}`
const send = (path: string, method: string, body?: unknown, token?: string) =>
  engine.ask(path, { method, ...(body !== undefined && { body }), ...(token !== undefined && { token }) })
const codeOf = ({ status, body }: { status: number; body: { error?: { code: string } } }) => [status, body?.error?.code]

test('tags are merged, deleted by name and value, replaced, and taken away; names fold case', async () => {
  const patch = async (operation: string, tags: object) => {
    const answer = await send(tagsOf(identity), 'PATCH', { operation, properties: { tags } })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body.properties.tags
  }
  const before = await engine.ask(`${identity}?api-version=2018-11-30`)
  assert.deepEqual(await patch('Merge', { owner: 'bob', cost: '1' }), { owner: 'bob', cost: '1' })
  assert.deepEqual(await patch('delete', { OWNER: 'somebody else', cost: '1' }), { owner: 'bob' })
  assert.deepEqual(await patch('Replace', { only: 'x' }), { only: 'x' })
  const shown = await engine.ask(`${identity}?api-version=2018-11-30`)
  assert.deepEqual(shown.body.tags, { only: 'x' })
  assert.notEqual(shown.headers.get('etag'), before.headers.get('etag'))
  assert.deepEqual(shown.body.properties, before.body.properties)
  assert.equal((await send(tagsOf(identity), 'DELETE')).status, 200)
  const { body } = await engine.ask(tagsOf(identity))
  assert.deepEqual(body, {
    id: `${identity}/providers/Microsoft.Resources/tags/default`,
    name: 'default',
    type: 'Microsoft.Resources/tags',
    properties: { tags: {} },
  })
})

test('groups and subscriptions have tags too, a role assignment has none', async () => {
  for (const scope of [group, engine.subscription]) {
    assert.equal((await send(tagsOf(scope), 'PUT', { properties: { tags: { a: 'b' } } })).status, 200)
    assert.deepEqual((await engine.ask(`${scope}?${V}`)).body.tags, { a: 'b' })
  }
  const { body } = await engine.ask(
    `${engine.subscription}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01`,
  )
  const refused = await send(tagsOf(body.value[0].id), 'PUT', { properties: { tags: { a: 'b' } } })
  assert.deepEqual(codeOf(refused), [400, 'UnsupportedResourceOperation'])
})

for (const { name, body, status, code } of [
  {
    name: 'an unknown operation',
    body: { operation: 'Mix', properties: { tags: {} } },
    status: 400,
    code: 'InvalidRequestContent',
  },
  { name: 'no tags', body: { operation: 'Merge' }, status: 400, code: 'InvalidRequestContent' },
  {
    name: 'a reserved character',
    body: { operation: 'Merge', properties: { tags: { 'a/b': '' } } },
    status: 400,
    code: 'InvalidTagNameCharacters',
  },
  {
    name: 'a value that is too long',
    body: { operation: 'Merge', properties: { tags: { a: 'x'.repeat(257) } } },
    status: 400,
    code: 'InvalidTagValueLength',
  },
  {
    name: 'too many',
    body: {
      operation: 'Replace',
      properties: { tags: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`t${at}`, ''])) },
    },
    status: 400,
    code: 'InvalidTagCount',
  },
]) {
  test(`tags are refused and stay as they were: ${name}`, async () => {
    const before = await engine.ask(tagsOf(identity))
    assert.deepEqual(codeOf(await send(tagsOf(identity), 'PATCH', body)), [status, code])
    assert.deepEqual((await engine.ask(tagsOf(identity))).body, before.body)
  })
}

test('a PUT of a resource has the same rules for its tags', async () => {
  const bad = await send(
    `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/two?api-version=2018-11-30`,
    'PUT',
    {
      location: 'eastus',
      tags: { 'a?b': 'c' },
    },
  )
  assert.deepEqual(codeOf(bad), [400, 'InvalidTagNameCharacters'])
})

test('who may tag needs no right on the resource, and a reader may not; a read-only lock stops all', async () => {
  const { appId, secret, objectId } = await engine.identity.addPrincipal({ name: 'tagger' })
  const token = await engine.tokenFor({ clientId: appId, secret })
  const put = () => send(tagsOf(identity), 'PUT', { properties: { tags: { a: 'b' } } }, token)
  assert.deepEqual(codeOf(await put()), [403, 'AuthorizationFailed'])
  const role = 'b0b0b0b0-0000-4000-8000-000000000001'
  const roles = `${engine.subscription}/providers/Microsoft.Authorization`
  const made = await send(`${roles}/roleDefinitions/${role}?api-version=2022-04-01`, 'PUT', {
    properties: {
      roleName: 'Tagger',
      permissions: [{ actions: ['Microsoft.Resources/tags/*'] }],
      assignableScopes: [engine.subscription],
    },
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const given = await send(
    `${group}/providers/Microsoft.Authorization/roleAssignments/b0b0b0b0-0000-4000-8000-000000000002?api-version=2022-04-01`,
    'PUT',
    { properties: { principalId: objectId, roleDefinitionId: `${roles}/roleDefinitions/${role}` } },
  )
  assert.equal(given.status, 201, JSON.stringify(given.body))
  assert.equal((await put()).status, 200)
  const write = await send(`${identity}?api-version=2018-11-30`, 'PUT', { location: 'eastus' }, token)
  assert.deepEqual(codeOf(write), [403, 'AuthorizationFailed'])
  const lock = `${group}/providers/Microsoft.Authorization/locks/l?api-version=2016-09-01`
  await send(lock, 'PUT', { properties: { level: 'ReadOnly' } })
  assert.deepEqual(codeOf(await put()), [409, 'ScopeLocked'])
  await send(lock, 'DELETE')
})

test('what is not there has no tags', async () => {
  const missing = await engine.ask(tagsOf(`${identity}none`))
  assert.equal(missing.status, 404)
  assert.equal(
    (await send(tagsOf(`${engine.subscription}/resourceGroups/none`), 'PUT', { properties: { tags: {} } })).status,
    404,
  )
})

test('tag names: declared, with values, counted where they are used, and kept while in use', async () => {
  const names = (rest = '') => `${engine.subscription}/tagNames${rest}?${V}`
  assert.equal((await send(names('/env'), 'PUT')).status, 201)
  assert.equal((await send(names('/ENV'), 'PUT')).status, 200)
  assert.equal((await send(names('/env/tagValues/prod'), 'PUT')).status, 201)
  assert.deepEqual(codeOf(await send(names('/none/tagValues/x'), 'PUT')), [404, 'TagNameNotFound'])
  await send(tagsOf(identity), 'PUT', { properties: { tags: { env: 'prod' } } })
  const found = (await engine.ask(names())).body.value.find((one: { tagName: string }) => one.tagName === 'env')
  assert.deepEqual(found, {
    id: `${engine.subscription}/tagNames/env`,
    tagName: 'env',
    count: { type: 'Total', value: 1 },
    values: [
      {
        id: `${engine.subscription}/tagNames/env/tagValues/prod`,
        tagValue: 'prod',
        count: { type: 'Total', value: 1 },
      },
    ],
  })
  assert.deepEqual(codeOf(await send(names('/env/tagValues/prod'), 'DELETE')), [409, 'TagNameInUse'])
  assert.deepEqual(codeOf(await send(names('/env'), 'DELETE')), [409, 'TagNameInUse'])
  await send(tagsOf(identity), 'DELETE')
  assert.equal((await send(names('/env/tagValues/prod'), 'DELETE')).status, 200)
  assert.equal((await send(names('/env'), 'DELETE')).status, 200)
  assert.equal((await send(names('/env'), 'DELETE')).status, 204)
})

test('the listing of resources: filters, pages, times', async () => {
  const own = `${engine.subscription}/resourceGroups/listed`
  await send(`${own}?${V}`, 'PUT', { location: 'eastus' })
  const make = (name: string, tags: object, location = 'eastus') =>
    send(`${own}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}?api-version=2018-11-30`, 'PUT', {
      location,
      tags,
    })
  await make('one', { cost: '1', owner: 'ann' })
  await make('two', { cost: '2', owner: '1' })
  await make('three', { stage: 'x' }, 'westus')
  const names = async (filter: string) => {
    const path = `${own}/resources?${V}&$filter=${encodeURIComponent(filter)}`
    const answer = await engine.ask(path)
    return answer.body.error?.code ?? answer.body.value.map(({ name }: { name: string }) => name)
  }
  assert.deepEqual(await names("tagName eq 'cost' and tagValue eq '1'"), ['one'], 'one tag has both')
  assert.deepEqual(await names("tagname eq 'COST'"), ['one', 'two'])
  assert.deepEqual(await names("startswith(tagName, 'st')"), ['three'])
  assert.deepEqual(await names("substringof('T', name)"), ['three', 'two'])
  assert.deepEqual(await names("location eq 'West US'"), ['three'])
  assert.deepEqual(await names("name eq 'one' or name eq 'two'"), ['one', 'two'])
  assert.deepEqual(
    await names("resourceType eq 'microsoft.managedidentity/userassignedidentities' and name ne 'one'"),
    ['three', 'two'],
  )
  assert.deepEqual(await names("resourceType eq 'Microsoft.Storage/storageAccounts'"), [])
  for (const bad of ["colour eq 'red'", 'name', "name eq 'a' and", "name eq 'a' and name eq 'b' or name eq 'c'"]) {
    assert.equal(await names(bad), 'InvalidFilterInQueryString', bad)
  }
  const seen: string[] = []
  let next: string | undefined = `${own}/resources?${V}&$top=1&$expand=createdTime,provisioningState`
  while (next !== undefined) {
    const { body }: Awaited<ReturnType<typeof engine.ask>> = await engine.ask(next)
    assert.equal(body.value.length, 1)
    assert.ok(
      body.value[0].createdTime && body.value[0].provisioningState === 'Succeeded' && !body.value[0].changedTime,
    )
    seen.push(body.value[0].name)
    next = body.nextLink
  }
  assert.deepEqual(seen, ['one', 'three', 'two'])
  for (const bad of ['$top=0', '$top=many', '$skipToken=/elsewhere', '$expand=nope', '$expand=createdTime,nope']) {
    assert.deepEqual(codeOf(await engine.ask(`${own}/resources?${V}&${bad}`)), [400, 'InvalidParameter'], bad)
  }
})

test('every provider lists its operations, at its own versions', async () => {
  const list = await engine.ask('/providers/Microsoft.Storage/operations?api-version=2022-09-01')
  const named = new Map(
    list.body.value.map((one: { name: string; isDataAction: boolean }) => [one.name, one.isDataAction]),
  )
  assert.equal(named.get('Microsoft.Storage/storageAccounts/listKeys/action'), false)
  assert.equal(named.get('Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'), true)
  assert.equal(named.size, list.body.value.length)
  const { body } = await engine.ask(
    '/providers/Microsoft.Authorization/providerOperations/Microsoft.KeyVault?api-version=2022-04-01&$expand=resourceTypes',
  )
  assert.equal(body.name, 'Microsoft.KeyVault')
  assert.ok(body.resourceTypes.some(({ name }: { name: string }) => name === 'vaults'))
  const never = await engine.ask('/providers/Microsoft.Storage/operations?api-version=2021-03-03')
  assert.deepEqual(codeOf(never), [400, 'NoRegisteredProviderFound'])
  const none = await engine.ask('/providers/Microsoft.None/operations?api-version=2022-09-01')
  assert.deepEqual(codeOf(none), [404, 'InvalidResourceNamespace'])
})

test('names that are reserved are told apart; preview features are none', async () => {
  const check = (name: string) =>
    send('/providers/Microsoft.Resources/checkResourceName?api-version=2022-12-01', 'POST', { name, type: 'a/b' })
  assert.equal((await check('mine')).body.status, 'Allowed')
  for (const name of ['azure', 'my-Microsoft-thing', 'loginpage']) {
    assert.deepEqual(codeOf(await check(name)), [400, 'ReservedResourceName'], name)
  }
  assert.equal((await check('azure-like')).status, 200)
  const features = `${engine.subscription}/providers/Microsoft.Features`
  assert.deepEqual((await engine.ask(`${features}/features?api-version=2021-07-01`)).body, { value: [] })
  const one = `${features}/providers/Microsoft.Storage/features/Fast`
  assert.deepEqual(codeOf(await engine.ask(`${one}?api-version=2021-07-01`)), [404, 'FeatureNotFound'])
  assert.deepEqual(codeOf(await send(`${one}/register?api-version=2021-07-01`, 'POST')), [404, 'FeatureNotFound'])
})

test('a resource stands where its type has a place, and nowhere else', async () => {
  const own = 'providers/Microsoft.ManagedIdentity/userAssignedIdentities'
  for (const scope of [
    engine.subscription,
    identity,
    `${engine.subscription}/providers/Microsoft.Resources/resourceGroups/g`,
  ]) {
    const path = `${scope}/${own}/lost?api-version=2018-11-30`
    const answer = await send(path, 'PUT', { location: 'eastus' })
    assert.deepEqual(codeOf(answer), [400, 'InvalidResourceType'], scope)
    assert.equal((await engine.ask(path)).status, 404)
  }
  const deep = await send(
    `${engine.subscription}/${own}/a/federatedIdentityCredentials/b?api-version=2023-01-31`,
    'PUT',
    {},
  )
  assert.deepEqual(codeOf(deep), [400, 'InvalidResourceType'])
})

test('what is not there is refused in the words of its type; a location in a path must be one', async () => {
  const missing = await engine.ask(`${group}/providers/Microsoft.Resources/deployments/none?${V}`)
  assert.deepEqual(codeOf(missing), [404, 'DeploymentNotFound'])
  const nowhere = `${engine.subscription}/providers/Microsoft.MachineLearningServices/locations/nowhere/usages`
  assert.deepEqual(codeOf(await engine.ask(`${nowhere}?api-version=2023-10-01`)), [400, 'LocationNotFound'])
})
