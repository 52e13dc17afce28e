/**
 * Every type at every version against the facts alone: what there is comes from `GET /providers`, what is expected from
 * `spec/` as ./facts.ts reads it. Nothing here knows a type; ./examples.ts has one body of each.
 */
import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { startServer } from '../support/server.ts'
import { type Example, examples, makePlaces, onlyNames } from './examples.ts'
import { factsOf, namespaces, type Operation, operationOn, type TypeFacts, typesOf, versionsOf } from './facts.ts'
import { completed, isMapping, type Mapping, type Mutation, mutationsOf, problemsOf } from './mutations.ts'

const server = await startServer()
after(() => server.stop())
const places = await makePlaces(server)
const all = examples(places)
const token = await server.token()
const agent = new Agent({ keepAlive: true, maxSockets: 8 })
after(() => agent.destroy())

interface Listed {
  readonly namespace: string
  /** Below the namespace. */
  readonly type: string
  /** `Namespace/type`. */
  readonly whole: string
  readonly versions: readonly string[]
}

const providers: readonly {
  readonly namespace: string
  readonly resourceTypes: readonly { readonly resourceType: string; readonly apiVersions: readonly string[] }[]
}[] = (await server.ask('/providers?api-version=2021-04-01')).json.value
const types: readonly Listed[] = providers.flatMap(({ namespace, resourceTypes }) =>
  resourceTypes.map(({ resourceType, apiVersions }) => ({
    namespace,
    type: resourceType,
    whole: `${namespace}/${resourceType}`,
    versions: apiVersions,
  })),
)

interface Reply {
  readonly status: number
  readonly warning: string | undefined
  readonly code: string
  readonly etag: string | undefined
  readonly text: string
  readonly body: unknown
}

/** The suite asks some ten thousand times: over connections that stay. */
function ask(method: string, path: string, body?: unknown): Promise<Reply> {
  const sent = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        agent,
        method,
        host: '127.0.0.1',
        port: server.facts.port,
        path,
        headers: {
          authorization: `Bearer ${token}`,
          ...(sent !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString()
          const parsed: unknown = text === '' ? undefined : JSON.parse(text)
          const error = isMapping(parsed) && isMapping(parsed.error) ? parsed.error : {}
          const { warning } = response.headers
          resolve({
            status: response.statusCode ?? 0,
            warning: Array.isArray(warning) ? warning[0] : warning,
            code: String(error.code ?? ''),
            etag: response.headers.etag,
            text,
            body: parsed,
          })
        })
      },
    )
    asking.once('error', reject)
    asking.end(sent)
  })
}

/** Asks for each, eight at a time, in no order. */
async function forEach<Item>(items: readonly Item[], one: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const worker = async (): Promise<void> => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await one(item)
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}

/** Where resources of a type stand: as its example says, else below the workspace or the group of the suite. */
function collectionOf({ namespace, type, whole }: Listed): string {
  const given = all[whole]?.collection
  if (given !== undefined) return given
  const [first = '', ...below] = type.split('/')
  const children = below.map((segment, at) => (at === below.length - 1 ? segment : `${segment}/conform`)).join('/')
  if (below.length > 0 && places.workspace.toLowerCase().includes(`/providers/${namespace}/${first}/`.toLowerCase())) {
    return `${places.workspace}/${children}`
  }
  if (below.length > 0 && places.account.toLowerCase().includes(`/providers/${namespace}/${first}/`.toLowerCase())) {
    return `${places.account}/${children}`
  }
  if (whole === 'Microsoft.Resources/subscriptions') return '/subscriptions'
  const parent = parentOf(namespace, first)
  if (below.length > 0 && parent) return `${parent.path}/${children}`
  return `${places.group}/providers/${whole}`
}

/** A resource for others to stand below: the second of its type's example, so that the first comes and goes. */
function parentOf(namespace: string, type: string): { readonly path: string; readonly example: Example } | undefined {
  const example = all[`${namespace}/${type}`]
  return example && { path: `${example.collection}/${example.names[1]}`, example }
}

/** An operation on a resource of the type has its body from one model. */
const modelOf = (operation: Operation | undefined): string | undefined => operation?.body?.model

const putAt = (facts: TypeFacts): { readonly put: Operation; readonly model: string } | undefined => {
  const put = operationOn(facts, 'PUT')
  const model = modelOf(put)
  return put && model !== undefined ? { put, model } : undefined
}

test('what the facts know and the registry does not is refused by name, never as if there were no such thing', async (t) => {
  const missing = new Map<string, Set<string>>()
  const wrong: string[] = []
  for (const namespace of namespaces) {
    const provider = providers.find((one) => one.namespace.toLowerCase() === namespace)
    for (const type of typesOf(namespace)) {
      const declared = provider?.resourceTypes.some(
        ({ resourceType }) => resourceType.toLowerCase() === type.toLowerCase(),
      )
      if (declared) continue
      const newest = factsOf(namespace, type).at(-1)
      for (const { method, path } of newest?.operations ?? []) {
        const concrete = path
          .replace(/^\/\{scope\}/, places.group)
          .replace(/\{subscriptionId\}/i, server.facts.subscriptionId)
          .replace(/\{resourceGroupName\}/i, 'conformance')
          .replaceAll(/\{[^}]+\}/g, 'conform')
        const { status, code } = await ask(
          method,
          `${concrete}?api-version=${newest?.version}`,
          method === 'GET' || method === 'HEAD' || method === 'DELETE' ? undefined : {},
        )
        if (status === 501) missing.set(namespace, (missing.get(namespace) ?? new Set()).add(type))
        if (['InvalidResourceType', 'InvalidRequestUri', 'ActionNotFound'].includes(code)) {
          wrong.push(`${method} ${path}: ${status} ${code}`)
        }
      }
    }
  }
  for (const [namespace, of] of missing) t.diagnostic(`not covered of ${namespace}: ${[...of].join(', ')}`)
  assert.deepEqual(wrong, [])
})

for (const listed of types) {
  const { namespace, type, whole, versions } = listed
  const known = factsOf(namespace, type)
  const collection = collectionOf(listed)
  const example = all[whole]

  describe(whole, () => {
    before(async () => {
      const parent = parentOf(namespace, type.split('/')[0] ?? '')
      if (!parent || example || !collection.startsWith(`${parent.path}/`)) return
      const made = await ask('PUT', `${parent.path}?api-version=${parent.example.apiVersion}`, parent.example.body)
      assert.ok(made.status < 300, made.text)
    })

    test('a body that breaks one rule of a version is refused, names the field, and leaves no row', async (t) => {
      const wrong: string[] = []
      let sent = 0
      for (const facts of known) {
        const shape = putAt(facts)
        if (!shape) continue
        const body = completed(facts, shape.model, (example?.body ?? { location: 'eastus' }) as Mapping)
        const query = `api-version=${facts.version}`
        const path = `${collection}/${example?.names[0] ?? onlyNames[whole] ?? 'default'}?${query}`
        // A verb that the type does not have yet says so, whatever the body.
        const probe = await ask('PUT', path, { location: 1, properties: 1 })
        if (probe.status === 501 && probe.code === 'NotImplemented') {
          t.diagnostic(`not covered: PUT of ${whole}`)
          break
        }
        const before = (await ask('GET', path)).text
        await forEach(mutationsOf(facts, shape.model, body), async (mutation) => {
          sent++
          wrong.push(...(await accepted('PUT', path, facts, mutation)))
        })
        const after = (await ask('GET', path)).text
        if (after !== before) wrong.push(`${facts.version}: now there is ${after}`)
      }
      t.diagnostic(`${sent} bodies refused`)
      assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} of ${sent}`)
    })

    if (example) {
      test('the same resource at every version: statuses and answers are those of the facts', async () => {
        const wrong: string[] = []
        for (const facts of known) {
          const shape = putAt(facts)
          if (!shape) continue
          const { put, model } = shape
          const path = `${collection}/${example.names[0]}?api-version=${facts.version}`
          const made = await ask('PUT', path, completed(facts, model, example.body as Mapping))
          const say = (what: string) => wrong.push(`${facts.version} ${what}`)
          if (!(String(made.status) in put.responses)) {
            say(`PUT: ${made.status} is none of ${Object.keys(put.responses)}: ${made.text.slice(0, 300)}`)
          }
          const read = operationOn(facts, 'GET')
          const answer = await settled(path)
          const answered = read?.responses['200']?.model ?? model
          for (const problem of problemsOf(facts, answered, answer.body)) say(`GET: ${problem}`)
        }
        assert.deepEqual(wrong, [])
      })

      test('a PATCH that breaks one rule of a version is refused, and changes nothing', async (t) => {
        const wrong: string[] = []
        let sent = 0
        const { etag } = await settled(`${collection}/${example.names[0]}?api-version=${example.apiVersion}`)
        for (const facts of known) {
          const model = operationOn(facts, 'PATCH')?.body?.model
          if (model === undefined) continue
          const path = `${collection}/${example.names[0]}?api-version=${facts.version}`
          await forEach(mutationsOf(facts, model, completed(facts, model, {})), async (mutation) => {
            sent++
            wrong.push(...(await accepted('PATCH', path, facts, mutation)))
          })
          if ((await ask('GET', path)).etag !== etag) wrong.push(`${facts.version}: it has changed`)
        }
        t.diagnostic(`${sent} bodies refused`)
        assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} of ${sent}`)
      })
    }

    test('versions answer as the table says', async () => {
      const withFacts = known.map(({ version }) => version)
      const at = async (version: string | undefined) =>
        ask('GET', version === undefined ? collection : `${collection}?api-version=${version}`)
      for (const version of withFacts) assert.ok(versions.includes(version), `${version} is listed`)
      for (const version of versions) {
        const { code, warning, text } = await at(version)
        assert.doesNotMatch(code, /ApiVersion|NoRegisteredProvider/, `${version}: ${text}`)
        assert.equal(warning, undefined, version)
      }
      // Of a namespace whose facts end early, the listing is what there is.
      const newest = [...versions, ...withFacts].toSorted().at(-1) ?? versionsOf(namespace).at(-1)
      const later = await at(`${Number(newest?.slice(0, 4) ?? 2030) + 5}-01-01`)
      assert.doesNotMatch(later.code, /ApiVersion|NoRegisteredProvider/, later.text)
      if (later.status < 400) assert.match(later.warning ?? '', /^299 - "/)
      // Of a resource that is there, it must be an answer.
      if (example) assert.equal(later.status, 200, later.text)
      for (const unknown of ['2010-02-03', '2010-02-03-preview']) {
        const { status, code, text } = await at(unknown)
        assert.deepEqual([status, code], [400, 'NoRegisteredProviderFound'], unknown)
        for (const version of versions) assert.ok(text.includes(version), `${unknown}: the list has ${version}`)
      }
      for (const malformed of ['latest', '2022-13-01', '2022-02-30', '2022-05-01%20', "2022-05-01'", '22-05-01']) {
        const { status, code } = await at(malformed)
        assert.deepEqual([status, code], [400, 'InvalidApiVersionParameter'], malformed)
      }
      for (const missing of [undefined, '']) {
        const { status, code, text } = await at(missing)
        assert.deepEqual([status, code], [400, 'MissingApiVersionParameter'])
        for (const version of versions) assert.ok(text.includes(version), `the list has ${version}`)
      }
    })

    if (example) {
      test('it goes', async () => {
        const query = `api-version=${example.apiVersion}${example.deleteQuery ?? ''}`
        const removed = await ask('DELETE', `${collection}/${example.names[0]}?${query}`)
        assert.ok([200, 202, 204].includes(removed.status), removed.text)
      })
    }
  })
}

/** What is wrong where a body that breaks a rule is not refused for that. */
async function accepted(
  method: string,
  path: string,
  { version }: TypeFacts,
  { rule, at, body }: Mutation,
): Promise<readonly string[]> {
  const { status, text } = await ask(method, path, body)
  const last = at.replaceAll('[0]', '').split('.').at(-1) ?? at
  const refused = status === 400 && text.toLowerCase().includes(last.toLowerCase())
  return refused ? [] : [`${version} ${rule} ${at}: ${status} ${text.slice(0, 300)}`]
}

async function settled(path: string): Promise<Reply> {
  for (;;) {
    const answer = await ask('GET', path)
    const properties = isMapping(answer.body) ? answer.body.properties : undefined
    const state = isMapping(properties) ? properties.provisioningState : undefined
    if (state !== 'Creating' && state !== 'Updating') return answer
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
