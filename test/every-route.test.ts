/**
 * Every route that the registries of every plane have, asked by somebody who has no right at all: each says so in its
 * plane's own form, and nothing has changed afterwards but the activity log. A new type, action or operation is in here by being declared.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { loadRegistry, type RegisteredType } from '../src/arm/registry.ts'
import { faces } from '../src/data-planes/faces.ts'
import { blobOperations } from '../src/data-planes/storage/routes.ts'
import { vaultOperations } from '../src/data-planes/vault/vault-operations.ts'
import { examples, makePlaces, type Places } from './conformance/examples.ts'
import { type Answer, startServer, type TestServer } from './support/server.ts'

const { providers, operations } = await loadRegistry(join(import.meta.dirname, '..', 'src', 'providers'))
const VERSION = 'api-version=2099-01-01'

let server: TestServer
let places: Places
/** Of nobody: a principal without an assignment, by audience. */
const nobody = new Map<string, string>()
let stranger: { appId: string; objectId: string; secret: string }
let vault = ''

before(async () => {
  server = await startServer()
  places = await makePlaces(server)
  const example = examples(places)['Microsoft.KeyVault/vaults']
  assert.ok(example)
  vault = `${example.collection}/${example.names[0]}`
  const made = await server.ask(`${vault}?api-version=${example.apiVersion}`, { method: 'PUT', body: example.body })
  assert.ok(made.status < 300, made.text)
  stranger = (await server.ask('/lazuli/principals', { method: 'POST', body: { name: 'nobody' } })).json
  for (const resource of ['https://management.azure.com/', 'https://storage.azure.com/', 'https://vault.azure.net']) {
    nobody.set(resource, await server.token({ resource, clientId: stranger.appId, secret: stranger.secret }))
  }
})
after(() => server?.stop())

const asNobody = (path: string, method: string, body?: unknown, audience = 'https://management.azure.com/') =>
  server.ask(path, { method, token: nobody.get(audience) ?? '', ...(body !== undefined && { body }) })

/** What stands in the database, but for the activity log, which tells of refusals. */
function kept(): Readonly<Record<string, string>> {
  const database = new DatabaseSync(join(server.data, 'lazuli.db'), { readOnly: true })
  const tables = database
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name")
    .all()
    .map(({ name }) => String(name))
    .filter((name) => name !== 'activities')
  const found = Object.fromEntries(
    tables.map((name) => [name, JSON.stringify(database.prepare(`select * from "${name}"`).all(), withoutBytes)]),
  )
  database.close()
  return found
}
const withoutBytes = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : typeof value === 'bigint' ? `${value}` : value

/** Asks by each, and tells of those that were not refused, and of every table that is another than before. */
async function refused<Route>(
  routes: readonly Route[],
  ask: (route: Route) => Promise<{ readonly what: string; readonly answer: Answer }>,
  isRefusal: (answer: Answer, route: Route) => boolean,
): Promise<void> {
  assert.ok(routes.length > 0)
  const before = kept()
  const wrong: string[] = []
  for (const route of routes) {
    const { what, answer } = await ask(route)
    if (!isRefusal(answer, route)) wrong.push(`${what}: ${answer.status} ${answer.text.slice(0, 200)}`)
  }
  assert.deepEqual(wrong, [], `${wrong.length} of ${routes.length}`)
  const after = kept()
  const changed = Object.keys(before).filter((table) => before[table] !== after[table])
  assert.deepEqual(changed, [], 'tables that are not as they were')
}

/** An id of a type's resource, below what is there. */
function idOf({ provider, type, path, at }: RegisteredType): string {
  if (type === 'Microsoft.Resources/subscriptions') return places.subscription
  if (type === 'Microsoft.Resources/resourceGroups') return places.group
  const [first = '', ...below] = path.split('/')
  const tops = [places.workspace, places.account, vault]
  const top = tops.find((id) => id.toLowerCase().includes(`/providers/${provider.namespace}/${first}/`.toLowerCase()))
  const own = below.map((segment) => `${segment}/default`).join('/')
  if (top !== undefined) return below.length > 0 ? `${top}/${own}` : top
  const scope = at.includes('tenant') && at.length === 1 ? '' : places.group
  return `${scope}/providers/${provider.namespace}/${first}/default${below.length > 0 ? `/${own}` : ''}`
}

const isArmRefusal = ({ status, text }: Answer): boolean => {
  if (status !== 403) return false
  // A HEAD has no body to say it in.
  if (text === '') return true
  const { error } = JSON.parse(text) as { error: { code: string; message: string } }
  return error.code === 'AuthorizationFailed' && error.message.includes(stranger.objectId)
}

describe('the resource manager', () => {
  const types = providers.flatMap((provider) => provider.types)

  test('every verb of every type', () =>
    refused(
      types.flatMap((type) => ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'].map((method) => ({ type, method }))),
      async ({ type, method }) => {
        const id = idOf(type)
        const body = method === 'PUT' || method === 'PATCH' ? { location: 'eastus', properties: {} } : undefined
        return { what: `${method} ${id}`, answer: await asNobody(`${id}?${VERSION}`, method, body) }
      },
      isArmRefusal,
    ))

  test('every listing of every type', () =>
    refused(
      types.filter(({ type }) => type !== 'Microsoft.Resources/subscriptions'),
      async (type) => {
        const id = idOf(type)
        const collection = id.slice(0, id.lastIndexOf('/'))
        return { what: `GET ${collection}`, answer: await asNobody(`${collection}?${VERSION}`, 'GET') }
      },
      isArmRefusal,
    ))

  test('every action of every type', () =>
    refused(
      types.flatMap((type) =>
        Object.entries(type.declaration.actions ?? {}).map(([name, { method = 'POST' }]) => ({ type, name, method })),
      ),
      async ({ type, name, method }) => {
        const path = `${idOf(type)}/${name}`
        return { what: `${method} ${path}`, answer: await asNobody(`${path}?${VERSION}`, method, {}) }
      },
      isArmRefusal,
    ))

  const scopeOf = (scope: string): string =>
    scope === 'tenant' ? '' : scope === 'subscription' ? places.subscription : places.group
  const pathOf = ({ provider, operation }: (typeof operations)[number]): string => {
    const below = operation.path.startsWith('/') ? operation.path : `/providers/${provider.namespace}/${operation.path}`
    return scopeOf(operation.scope) + below.replaceAll(/\{[^}]+\}/g, 'eastus')
  }

  test('every operation at a scope that needs a right', () =>
    refused(
      operations.filter(({ operation }) => operation.right !== undefined),
      async (one) => {
        const { method } = one.operation
        const path = pathOf(one)
        const body = method === 'GET' ? undefined : {}
        return { what: `${method} ${path}`, answer: await asNobody(`${path}?${VERSION}`, method, body) }
      },
      isArmRefusal,
    ))

  test('an operation that needs no right of its own shows nothing of what is here, and changes nothing', () =>
    refused(
      operations.filter(({ operation }) => operation.right === undefined),
      async (one) => {
        const { method } = one.operation
        const path = pathOf(one)
        const body = method === 'GET' ? undefined : { type: 'x', name: 'y', query: 'resources', subscriptions: [] }
        return { what: `${method} ${path}`, answer: await asNobody(`${path}?${VERSION}`, method, body) }
      },
      ({ status, text }) => status < 500 && !text.toLowerCase().includes(places.workspace.toLowerCase()),
    ))
})

test('every operation of every service of a region', () =>
  refused(
    faces.flatMap(({ name, prefixes, operations }) =>
      prefixes.flatMap((prefix) => operations.map((operation) => ({ face: name, prefix, operation }))),
    ),
    async ({ face, prefix, operation: { name, method, path } }) => {
      const whole = `${prefix}${places.workspace}${path.replaceAll(/\{[^}]+\}/g, 'none')}`
      const body = method === 'GET' ? undefined : {}
      return { what: `${face} ${name}: ${method} ${whole}`, answer: await asNobody(whole, method, body) }
    },
    ({ status, text }) => status === 403 && text.includes(stranger.objectId),
  ))

test('every operation of a vault', () => {
  const name = vault.slice(vault.lastIndexOf('/') + 1)
  return refused(
    vaultOperations,
    async ({ name: called, method, path }) => {
      const whole = `/_vault/${name}${path.replaceAll(/\{[^}]+\}/g, 'none')}?api-version=7.4`
      const body = method === 'GET' || method === 'DELETE' ? undefined : {}
      return {
        what: `${called}: ${method} ${whole}`,
        answer: await asNobody(whole, method, body, 'https://vault.azure.net'),
      }
    },
    ({ status, text }) => status === 403 && JSON.parse(text).error.code === 'Forbidden',
  )
})

test('every operation of the blob service', () => {
  const account = places.account.slice(places.account.lastIndexOf('/') + 1)
  return refused(
    [...blobOperations],
    async ([key, { name }]) => {
      const [method = '', level, what = ''] = key.split(' ')
      const [restype, comp = ''] = what.includes('/') ? what.split('/') : [level === 'container' ? level : '', what]
      const copies = what === 'copied' || what === 'from-url'
      const query = new URLSearchParams({ ...(restype && { restype }), ...(comp && !copies && { comp }) })
      const place = { service: '/', container: '/conform', blob: '/conform/blob' }[level ?? ''] ?? assert.fail(key)
      const path = `/_blob/${account}${place}?${query}`
      const answer = await server.ask(path, {
        method,
        token: nobody.get('https://storage.azure.com/') ?? '',
        headers: {
          'x-ms-version': '2022-11-02',
          ...(copies && { 'x-ms-copy-source': `${server.url}/_blob/${account}/conform/other` }),
          ...(what !== 'copied' && { 'x-ms-blob-type': 'BlockBlob' }),
        },
        ...(method !== 'GET' && method !== 'HEAD' && { body: '' }),
      })
      return { what: `${name}: ${method} ${path}`, answer }
    },
    // What is not there at all may say that first.
    ({ status, text }, [, { later }]) =>
      (status === 403 && (text === '' || text.includes('AuthorizationPermissionMismatch'))) ||
      (later === true && status === 501),
  )
})

test("Lazuli's own routes that tell or change something are the owner's", () =>
  refused(
    [
      ['POST', '/lazuli/principals'],
      ['GET', '/lazuli/access?principal=x&action=y&scope=/'],
      ...['GET', 'PUT', 'PATCH', 'DELETE'].map((method) => [method, '/lazuli/simulation'] as const),
    ] as const,
    async ([method, path]) => ({
      what: `${method} ${path}`,
      answer: await asNobody(path, method, method === 'GET' ? undefined : { name: 'x' }),
    }),
    ({ status }) => status === 403,
  ))

const ROLES = { contributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c', blobs: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' }

test('a right that is given holds for the next request on every plane, and ends with the next one after it is taken', async () => {
  const account = places.account.slice(places.account.lastIndexOf('/') + 1)
  const roleAt = (scope: string, name: string) =>
    `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}?api-version=2022-04-01`
  const planes = [
    { plane: 'arm', scope: places.workspace, role: ROLES.contributor, path: `${places.workspace}?${VERSION}` },
    {
      plane: 'region',
      scope: places.workspace,
      role: ROLES.contributor,
      path: `/mlflow/v2.0${places.workspace}/api/2.0/mlflow/experiments/get-by-name?experiment_name=Default`,
    },
    {
      plane: 'blob',
      scope: places.account,
      role: ROLES.blobs,
      path: `/_blob/${account}/conform?restype=container&comp=list`,
      audience: 'https://storage.azure.com/',
    },
  ]
  for (const { plane, scope, role, path, audience } of planes) {
    const look = async () => {
      const headers = { 'x-ms-version': '2022-11-02' }
      const token = nobody.get(audience ?? 'https://management.azure.com/') ?? ''
      return (await server.ask(path, { token, headers })).status === 403 ? 'refused' : 'let in'
    }
    const properties = {
      roleDefinitionId: `${places.subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
      principalId: stranger.objectId,
    }
    for (let round = 0; round < 10; round++) {
      assert.equal(await look(), 'refused', `${plane}, before round ${round}`)
      const name = crypto.randomUUID()
      const made = await server.ask(roleAt(scope, name), { method: 'PUT', body: { properties } })
      assert.equal(made.status, 201, made.text)
      // Many at once, so that no decision that is being compiled outlives the change.
      assert.deepEqual(new Set(await Promise.all([look(), look(), look(), look()])), new Set(['let in']), plane)
      assert.equal((await server.ask(roleAt(scope, name), { method: 'DELETE' })).status, 200)
      assert.deepEqual(new Set(await Promise.all([look(), look(), look(), look()])), new Set(['refused']), plane)
    }
  }
})
