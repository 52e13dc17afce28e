/** Resource Graph of a real server: what a caller sees, its pages and forms, and what it refuses. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, startServer, type TestServer } from './support/server.ts'

let server: TestServer
let subscription = ''

before(async () => {
  server = await startServer()
  subscription = `/subscriptions/${server.facts.subscriptionId}`
  for (const group of ['graph-a', 'graph-b'])
    await put(`${subscription}/resourceGroups/${group}`, '2021-04-01', { location: 'eastus' })
  for (const [group, name, env] of [
    ['graph-a', 'one', 'prod'],
    ['graph-a', 'two', 'test'],
    ['graph-b', 'three', 'prod'],
  ] as const) {
    const id = `${subscription}/resourceGroups/${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`
    await put(id, '2018-11-30', { location: 'eastus', tags: { env } })
  }
})
after(() => server?.stop())

async function put(id: string, version: string, body: object): Promise<void> {
  const answer = await server.ask(`${id}?api-version=${version}`, { method: 'PUT', body })
  assert.ok(answer.status < 300, answer.text)
}

const ask = (
  body: object,
  options: { readonly token?: string | null; readonly version?: string } = {},
): Promise<Answer> =>
  server.ask(`/providers/Microsoft.ResourceGraph/resources?api-version=${options.version ?? '2022-10-01'}`, {
    method: 'POST',
    body,
    ...(options.token !== undefined && { token: options.token }),
  })

const MINE =
  "resources | where type =~ 'Microsoft.ManagedIdentity/userAssignedIdentities' and resourceGroup startswith 'graph-'"

test('rows are the resources as a GET shows them, in the words of the table', async () => {
  const { status, json, text } = await ask({
    query: `${MINE} | where name == 'one'`,
    subscriptions: [server.facts.subscriptionId],
  })
  assert.equal(status, 200, text)
  assert.deepEqual([json.totalRecords, json.count, json.resultTruncated, json.facets], [1, 1, 'false', []])
  const [row] = json.data
  assert.equal(row.type, 'microsoft.managedidentity/userassignedidentities')
  assert.deepEqual(
    [row.resourceGroup, row.subscriptionId, row.location, row.tags],
    ['graph-a', server.facts.subscriptionId, 'eastus', { env: 'prod' }],
  )
  const { json: shown } = await server.ask(`${row.id}?api-version=2018-11-30`)
  assert.deepEqual(row.properties, shown.properties)
})

test('workspaces and what they stand on are there with their properties', async () => {
  const { json } = await ask({
    query:
      "Resources | where type == 'microsoft.machinelearningservices/workspaces' | project name, storage = tostring(split(properties.storageAccount, '/')[-1])",
  })
  assert.equal(json.data[0].name, 'default')
  const { json: found } = await ask({
    query: `resources | where type =~ 'Microsoft.Storage/storageAccounts' and name == '${json.data[0].storage}' | count`,
  })
  assert.deepEqual(found.data, [{ Count: 1 }])
})

test("summaries, an older version's table, and its types", async () => {
  const { json } = await ask(
    { query: `${MINE} | summarize n = count() by env = tostring(tags.env) | order by n desc` },
    { version: '2019-04-01' },
  )
  assert.deepEqual(json.data, {
    columns: [
      { name: 'env', type: 'string' },
      { name: 'n', type: 'integer' },
    ],
    rows: [
      ['prod', 2],
      ['test', 1],
    ],
  })
})

test('pages follow each other by their token, and a token of another query is refused', async () => {
  const query = `${MINE} | project name | order by name asc`
  const first = await ask({ query, options: { $top: 2, resultFormat: 'objectArray' } })
  assert.deepEqual([first.json.data, first.json.totalRecords], [[{ name: 'one' }, { name: 'three' }], 3])
  const token = first.json.$skipToken
  const second = await ask({ query, options: { $top: 2, $skipToken: token } })
  assert.deepEqual([second.json.data, second.json.$skipToken], [[{ name: 'two' }], undefined])
  const wrong = await ask({ query: MINE, options: { $skipToken: token } })
  assert.equal(wrong.status, 400)
  assert.match(wrong.json.error.message, /skipToken/)
})

test('groups, subscriptions and role assignments have tables of their own', async () => {
  const { json } = await ask({
    query: "resourcecontainers | where type endswith '/resourcegroups' and name startswith 'graph-' | project name",
  })
  assert.deepEqual(json.data.map(({ name }: { name: string }) => name).toSorted(), ['graph-a', 'graph-b'])
  const { json: one } = await ask({
    query:
      "resourcecontainers | where type == 'microsoft.resources/subscriptions' | project subscriptionId, state = properties.state",
  })
  assert.deepEqual(one.data, [{ subscriptionId: server.facts.subscriptionId, state: 'Enabled' }])
  const { json: roles } = await ask({
    query: "authorizationresources | where type =~ 'Microsoft.Authorization/roleAssignments' | count",
  })
  assert.ok(roles.data[0].Count > 0)
})

test('a caller sees what it may read, and nothing of the rest', async () => {
  const made = await server.ask('/lazuli/principals', { method: 'POST', body: { name: 'graph-reader' } })
  const { appId, objectId, secret } = made.json
  const token = await server.token({ clientId: appId, secret })
  assert.deepEqual((await ask({ query: MINE }, { token })).json.data, [])
  const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
  await put(
    `${subscription}/resourceGroups/graph-b/providers/Microsoft.Authorization/roleAssignments/5d0f7a51-4b1f-4d56-9b44-fc3a1b6f0c11`,
    '2022-04-01',
    {
      properties: {
        roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${reader}`,
        principalId: objectId,
      },
    },
  )
  assert.deepEqual((await ask({ query: `${MINE} | project name` }, { token })).json.data, [{ name: 'three' }])
  assert.deepEqual((await ask({ query: 'resourcecontainers | project name' }, { token })).json.data, [
    { name: 'graph-b' },
  ])
})

for (const { name, body, says, detail } of [
  {
    name: "a query that can't be read, with its place",
    body: { query: 'resources\n| where type ~ 5' },
    says: /line 2, position 14/,
    detail: 'ParserFailure',
  },
  {
    name: 'a column that is not there',
    body: { query: 'resources | project nope' },
    says: /'nope'/,
    detail: 'SemanticError',
  },
  {
    name: 'mv-expand',
    body: { query: 'resources | mv-expand tags' },
    says: /not supported/,
    detail: 'DisallowedLogicalOperator',
  },
  {
    name: 'join',
    body: { query: 'resources | join kind=inner (resourcecontainers) on id' },
    says: /not supported/,
    detail: 'DisallowedLogicalOperator',
  },
  {
    name: "a table of Azure's that is not here",
    body: { query: 'securityresources' },
    says: /securityresources/,
    detail: 'DisallowedLogicalOperator',
  },
  { name: 'no query', body: {}, says: /'query'/, detail: undefined },
  {
    name: 'a subscription that is not there',
    body: { query: 'resources', subscriptions: ['00000000-0000-0000-0000-000000000001'] },
    says: /at least one subscription/,
    detail: undefined,
  },
  {
    name: 'facets',
    body: { query: 'resources', facets: [{ expression: 'location' }] },
    says: /facets/,
    detail: undefined,
  },
  {
    name: 'a format that there is not',
    body: { query: 'resources', options: { resultFormat: 'csv' } },
    says: /csv/,
    detail: undefined,
  },
  {
    name: 'more than a page holds',
    body: { query: 'resources', options: { $top: 5000 } },
    says: /\$top/,
    detail: undefined,
  },
])
  test(`refused: ${name}`, async () => {
    const { status, json } = await ask(body)
    assert.equal(status, 400)
    assert.equal(json.error.code, 'BadRequest')
    assert.match(json.error.message, says)
    assert.equal(json.error.details?.[1]?.code, detail)
  })

test('refused: no token, and a GET', async () => {
  assert.equal((await ask({ query: 'resources' }, { token: null })).status, 401)
  const got = await server.ask('/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01')
  assert.equal(got.status, 405, got.text)
})
