import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { checkResponse } from '../support/contract.ts'
import { type Answer, type Ask, startServer } from '../support/server.ts'
import { type Example, elsewhere, examples, makePlaces } from './examples.ts'

const server = await startServer()
after(() => server.stop())
const all: Readonly<Record<string, Example>> = examples(await makePlaces(server))
/** What there is, as a client is told. */
const providers: readonly { namespace: string; resourceTypes: readonly { resourceType: string }[] }[] = (
  await server.ask('/providers?api-version=2021-04-01')
).json.value
const types = providers.flatMap(({ namespace, resourceTypes }) =>
  resourceTypes.map(({ resourceType }) => ({ type: `${namespace}/${resourceType}` })),
)

/** Signs in, and has no right to anything. */
const nobody = await (async () => {
  const graph = async (path: string, body: object) => {
    const token = await server.token({ resource: 'https://graph.microsoft.com/' })
    const answer = await server.ask(path, { method: 'POST', host: 'graph.microsoft.com', token, body })
    assert.equal(answer.status < 300, true, answer.text)
    return answer.json
  }
  const { id, appId } = await graph('/v1.0/applications', { displayName: 'nobody' })
  await graph('/v1.0/servicePrincipals', { appId })
  const { secretText } = await graph(`/v1.0/applications/${id}/addPassword`, {})
  return server.token({ clientId: appId, secret: secretText })
})()
/** Types of which the same body is refused under another name. */
const twins: Readonly<Record<string, string>> = {
  'Microsoft.Authorization/roleAssignments': 'RoleAssignmentExists',
  'Microsoft.Authorization/roleDefinitions': 'RoleDefinitionWithSameNameExists',
  'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials': 'BadRequest',
}

/** Asks, and holds the answer against the contract of its version, where there are facts of it. */
async function askOf({ noFacts }: Example, path: string, options: Ask = {}): Promise<Answer> {
  const answer = await server.ask(path, options)
  if (!noFacts)
    checkResponse(options.method ?? 'GET', path, answer.status, answer.text === '' ? undefined : answer.json)
  return answer
}

/** A delete may go on for a while; the resource is gone when it has ended. */
async function remove(path: string, query: string): Promise<number> {
  const answer = await server.ask(`${path}?${query}`, { method: 'DELETE' })
  const location = answer.headers.location
  if (answer.status === 202 && location) {
    const { pathname, search } = new URL(location)
    while ((await server.ask(pathname + search)).status === 202) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return answer.status
}

async function settled(path: string): Promise<Answer> {
  for (;;) {
    const answer = await server.ask(path)
    if (!['Creating', 'Updating'].includes(answer.json.properties?.provisioningState)) return answer
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A body without when things happened, and without the entity tag of a moment. */
function withoutTimes(body: unknown): unknown {
  return JSON.parse(
    JSON.stringify(body, (key, value) => {
      const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)$/.test(value)
      return isTime || /^etag$/i.test(key) ? undefined : value
    }),
  )
}

test('every declared type has an example, or a reason for none', () => {
  const without = types.map(({ type }) => type).filter((type) => !(type in all) && !(type in elsewhere))
  assert.deepEqual(without, [])
})

for (const { type } of types.filter((one) => !(one.type in elsewhere))) {
  describe(type, () => {
    let example: Example
    let first: string
    let query: string
    before(() => {
      const found = all[type]
      assert.ok(found)
      example = found
      first = `${example.collection}/${example.names[0]}`
      query = `api-version=${example.apiVersion}`
    })
    const ask = (path: string, options?: Ask) => askOf(example, path, options)
    const put = (path: string, options: Ask = {}) =>
      server.ask(`${path}?${query}`, { method: 'PUT', body: example.body, ...options })

    test('put makes it, put again changes nothing that a client sees', async () => {
      const made = await put(first)
      assert.ok([200, 201, 202].includes(made.status), `${made.status} ${made.text}`)
      const before = await settled(`${first}?${query}`)
      assert.equal(before.json.id.toLowerCase(), first.toLowerCase())
      assert.equal(before.json.type, type)
      assert.equal(before.json.name, example.names[0])
      const again = await put(first)
      assert.equal(again.status, example.updated ?? 200, again.text)
      const after = await settled(`${first}?${query}`)
      assert.deepEqual(withoutTimes(after.json), withoutTimes(before.json))
      await ask(`${first}?${query}`)
    })

    test('it is the same in any case', async () => {
      const answer = await server.ask(`${first.toUpperCase()}/?${query}`)
      assert.equal(answer.status, 200, answer.text)
      assert.equal(answer.json.name, example.names[0])
    })

    test('a stale entity tag is refused, the present one is not', async () => {
      const stale = await put(first, { headers: { 'If-Match': '"stale"' } })
      assert.deepEqual([stale.status, stale.json.error.code], [412, 'PreconditionFailed'])
      const exists = await put(first, { headers: { 'If-None-Match': '*' } })
      assert.equal(exists.status, 412)
      const { etag } = (await settled(`${first}?${query}`)).headers
      assert.ok(etag)
      assert.equal((await put(first, { headers: { 'If-Match': etag } })).status, example.updated ?? 200)
      await settled(`${first}?${query}`)
    })

    test('pages of a listing hold each once', async () => {
      const second = `${example.collection}/${example.names[1]}`
      const made = await put(second)
      if (type in twins) {
        assert.equal(made.json.error.code, twins[type], 'the same twice')
      } else assert.ok(made.status < 300, made.text)
      const seen: string[] = []
      let next: string | undefined = `${example.collection}?${query}&$top=1`
      while (next !== undefined) {
        const page: Answer = await ask(next)
        assert.equal(page.status, 200, page.text)
        seen.push(...page.json.value.map(({ id }: { id: string }) => id.toLowerCase()))
        const link: string | undefined = page.json.nextLink ?? undefined
        next = link === undefined ? undefined : new URL(link).pathname + new URL(link).search
      }
      for (const bad of ['$top=none', '$top=0', '$skipToken=garbage']) {
        const refused = await ask(`${example.collection}?${query}&${bad}`)
        assert.deepEqual([refused.status, refused.json.error.code], [400, 'InvalidParameter'], bad)
      }
      assert.equal(new Set(seen).size, seen.length)
      assert.ok(seen.includes(first.toLowerCase()), 'the first is there')
      if (made.status < 300) {
        assert.ok(seen.includes(second.toLowerCase()), 'the second is there')
        await settled(`${second}?${query}`)
        await remove(second, query + (example.deleteQuery ?? ''))
      }
    })

    test('versions: none, malformed, one that never was, a later one', async () => {
      const code = async (path: string) => (await server.ask(path)).json.error?.code
      assert.equal(await code(first), 'MissingApiVersionParameter')
      assert.equal(await code(`${first}?api-version=latest`), 'InvalidApiVersionParameter')
      assert.equal(await code(`${first}?api-version=2019-02-03`), 'NoRegisteredProviderFound')
      const later = await server.ask(`${first}?api-version=2099-01-01`)
      assert.equal(later.status, 200)
      assert.match(String(later.headers.warning), /^299 - /)
    })

    test('no token, a token for another audience, a principal without rights', async () => {
      const none = await server.ask(`${first}?${query}`, { token: null })
      assert.equal(none.status, 401)
      assert.match(String(none.headers['www-authenticate']), /^Bearer /)
      const wrong = await server.ask(`${first}?${query}`, {
        token: await server.token({ resource: 'https://vault.azure.net' }),
      })
      assert.deepEqual([wrong.status, wrong.json.error.code], [401, 'InvalidAuthenticationTokenAudience'])
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const denied = await server.ask(`${first}?${query}`, {
          method,
          token: nobody,
          ...(method === 'PUT' && { body: example.body }),
        })
        assert.deepEqual([method, denied.status, denied.json.error?.code], [method, 403, 'AuthorizationFailed'])
        assert.match(denied.json.error.message, /does not have authorization to perform action '[^']+' over scope/)
      }
      assert.equal((await server.ask(`${first}?${query}`)).status, 200, 'it is still there')
    })

    test('a bad name is refused, and a body that is none', async () => {
      if (example.badName !== undefined) {
        const bad = await put(`${example.collection}/${example.badName}`)
        assert.equal(bad.status, 400, bad.text)
        assert.match(bad.json.error.code, /Name/)
      }
      for (const body of ['', '[]', '{"a": ', '"text"']) {
        const refused = await put(first, { body })
        assert.deepEqual([refused.status, refused.json.error.code], [400, 'InvalidRequestContent'], body)
      }
    })

    test('delete, and delete again', async () => {
      const deleteQuery = query + (example.deleteQuery ?? '')
      assert.ok([200, 202].includes(await remove(first, deleteQuery)))
      assert.equal((await server.ask(`${first}?${query}`)).status, 404)
      const again = await remove(first, deleteQuery)
      assert.equal(again, type === 'Microsoft.Resources/resourceGroups' ? 404 : 204)
    })
  })
}
