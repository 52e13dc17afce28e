import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type ArmEngine, startArmEngine } from '../../../test/support/arm-engine.ts'

const READER = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
const AUTHORIZATION = 'providers/Microsoft.Authorization'
const VERSION = 'api-version=2022-04-01'

let engine: ArmEngine
let sub = ''
before(async () => {
  engine = await startArmEngine()
  sub = engine.subscription
  await engine.ask(`${sub}/resourceGroups/g?api-version=2021-04-01`, { method: 'PUT', body: { location: 'eastus' } })
})
after(() => engine.stop())

const assignment = (name: string, scope = `${sub}/resourceGroups/g`) =>
  `${scope}/${AUTHORIZATION}/roleAssignments/${name}?${VERSION}`
const body = (principalId: string, role = READER) => ({
  properties: { principalId, roleDefinitionId: `${sub}/${AUTHORIZATION}/roleDefinitions/${role}` },
})
const put = (path: string, wish: object) => engine.ask(path, { method: 'PUT', body: wish })

test("the bootstrap application's assignments can be listed and read", async () => {
  const list = await engine.ask(`${sub}/${AUTHORIZATION}/roleAssignments?${VERSION}`)
  assert.equal(list.status, 200)
  const { objectId } = engine.identity.install
  const own = list.body.value.filter(
    ({ properties }: { properties: { principalId: string } }) => properties.principalId === objectId,
  )
  assert.equal(own.length, 4)
  const [first] = own
  assert.equal(first.properties.scope, sub)
  const one = await engine.ask(`${first.id}?${VERSION}`)
  assert.deepEqual([one.status, one.body], [200, first])
})

test('an assignment gives its right at once, and its delete takes it away', async () => {
  const { appId, secret, objectId } = await engine.identity.addPrincipal({ name: 'reader' })
  const token = await engine.tokenFor({ clientId: appId, secret })
  const look = () => engine.ask(`${sub}/resourceGroups/g?api-version=2021-04-01`, { token })
  const denied = await look()
  assert.deepEqual([denied.status, denied.body.error.code], [403, 'AuthorizationFailed'])
  const path = assignment(randomUUID())
  const made = await put(path, body(objectId.toUpperCase()))
  assert.deepEqual(
    [made.status, made.body.properties.principalId, made.body.properties.principalType, made.body.properties.scope],
    [201, objectId, 'ServicePrincipal', `${sub}/resourceGroups/g`],
  )
  assert.equal((await look()).status, 200)
  const write = await engine.ask(assignment(randomUUID()), { method: 'PUT', body: body(objectId), token })
  assert.deepEqual([write.status, write.body.error.code], [403, 'AuthorizationFailed'])
  const list = await engine.ask(
    `${sub}/${AUTHORIZATION}/roleAssignments?${VERSION}&$filter=${encodeURIComponent(`principalId eq '${objectId}'`)}`,
  )
  assert.equal(list.body.value.length, 1)
  assert.ok([200, 204].includes((await engine.ask(path, { method: 'DELETE' })).status))
  assert.equal((await look()).status, 403)
})

test('refusals: an unknown role, an unknown principal, a twin, a change', async () => {
  const { objectId } = await engine.identity.addPrincipal({ name: 'twin' })
  const name = randomUUID()
  assert.equal((await put(assignment(name), body(objectId))).status, 201)
  const code = async (path: string, wish: object) => {
    const { status, body } = await put(path, wish)
    return [status, body.error?.code]
  }
  assert.deepEqual(await code(assignment(randomUUID()), body(objectId, randomUUID())), [
    400,
    'RoleDefinitionDoesNotExist',
  ])
  assert.deepEqual(await code(assignment(randomUUID()), body(randomUUID())), [400, 'PrincipalNotFound'])
  assert.deepEqual(await code(assignment(randomUUID()), body(objectId)), [409, 'RoleAssignmentExists'])
  const owner = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'
  assert.deepEqual(await code(assignment(name), body(objectId, owner)), [400, 'RoleAssignmentUpdateNotPermitted'])
  assert.equal((await put(assignment(name), body(objectId))).status, 200)
})

test('role definitions can be listed, found by name and read, and not be written', async () => {
  const path = `${sub}/${AUTHORIZATION}/roleDefinitions`
  const named = await engine.ask(`${path}?${VERSION}&$filter=${encodeURIComponent("roleName eq 'Reader'")}`)
  assert.deepEqual(
    named.body.value.map((one: { name: string; properties: object }) => [one.name, one.properties]),
    [
      [
        READER,
        {
          roleName: 'Reader',
          type: 'BuiltInRole',
          description: 'View all resources, but does not allow you to make any changes.',
          assignableScopes: ['/'],
          permissions: [{ actions: ['*/read'], notActions: [], dataActions: [], notDataActions: [] }],
        },
      ],
    ],
  )
  assert.equal((await engine.ask(`${path}/${READER}?${VERSION}`)).body.properties.roleName, 'Reader')
  assert.equal((await engine.ask(`${path}/${randomUUID()}?${VERSION}`)).status, 404)
  const written = await put(`${path}/${READER}?${VERSION}`, { properties: { roleName: 'Mine' } })
  assert.ok(written.status >= 400, `PUT answered ${written.status}`)
})
