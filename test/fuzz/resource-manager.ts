import { type Example, examples, makePlaces } from '../conformance/examples.ts'
import type { TestServer } from '../support/server.ts'
import type { Chance, Maker, Sent } from './chance.ts'

type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value }

interface Asker {
  readonly token: string
  readonly subscriptionId: string
  /** A resource of each type that a client can make. */
  readonly made: readonly Example[]
}

/** The resource manager: broken addresses and bodies, and bodies that a type would take but for something in them. */
export async function resourceManager(server: TestServer, chance: Chance): Promise<Maker> {
  const asker: Asker = {
    token: await server.token(),
    subscriptionId: server.facts.subscriptionId,
    made: Object.values(examples(await makePlaces(server))),
  }
  return () => (chance.next() < 0.08 ? bentRequest(chance, asker) : oneRequest(chance, asker))
}

const GUID = '11111111-1111-4111-8111-111111111111'
const VERSIONS = ['2022-04-01', '2021-04-01', '2023-10-01', '2016-09-01', '2099-01-01', '2020-13-45', 'latest', '']
const BODIES = [
  '{"location":"eastus","properties":{}}',
  '{"properties":{"roleName":"x","permissions":[{"actions":["*"]}],"assignableScopes":["/"]}}',
  '{"properties":{"level":"ReadOnly"}}',
  '{"properties":{"principalId":"x","roleDefinitionId":"y"}}',
  '{"identity":{"type":"UserAssigned","userAssignedIdentities":{"a":{}}},"tags":{"a":1}}',
  '{"a":[[[[[[[[[[]]]]]]]]]],"__proto__":{"x":1},"constructor":null}',
]

function oneRequest({ next, pick, noise, broken }: Chance, { token, subscriptionId }: Asker): Sent {
  const sub = `/subscriptions/${subscriptionId}`
  const group = `${sub}/resourceGroups/fuzz`
  const ml = `${sub}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
  const paths = [
    sub,
    group,
    ml,
    `${ml}/computes/c`,
    `${ml}/jobs/j`,
    `${ml}/data/d/versions/1`,
    `${ml}/listKeys`,
    `${group}/providers/Microsoft.Authorization/roleAssignments/${GUID}`,
    `${group}/providers/Microsoft.Authorization/roleDefinitions/${GUID}`,
    `${group}/providers/Microsoft.Authorization/locks/x`,
    `${group}/providers/Microsoft.Authorization/permissions`,
    `${group}/providers/Microsoft.Storage/storageAccounts/fuzz`,
    `${sub}/providers/Microsoft.MachineLearningServices/locations/eastus/vmSizes`,
    '/providers/Microsoft.Authorization/permissions',
  ]
  const query = `?api-version=${pick(VERSIONS)}${next() < 0.3 ? `&$filter=${noise()}` : ''}${next() < 0.2 ? `&$top=${noise(3)}&$skipToken=${noise()}` : ''}`
  const path = pick(paths)
  return {
    // No deletes of what the next request may need, and no POST that would truly begin something.
    method: pick(['GET', 'GET', 'PUT', 'PATCH', 'POST', 'HEAD', 'OPTIONS']),
    path: (next() < 0.8 ? broken(path) : path) + (next() < 0.5 ? broken(query) : query),
    body: next() < 0.8 ? broken(pick(BODIES)) : noise(200),
    headers: {
      authorization: next() < 0.8 ? `Bearer ${token}` : broken(`Bearer ${token}`).replaceAll('\u0000', ' '),
      'content-type': pick(['application/json', 'text/plain', 'application/json; charset=utf-16', '']),
      ...(next() < 0.2 && { 'if-match': noise(10) }),
    },
  }
}

/** Values that a careless reader stumbles over. */
const VALUES: readonly Value[] = [
  null,
  '',
  0,
  -1,
  1e308,
  true,
  [],
  {},
  [null],
  'x'.repeat(5_000),
  '\u0000',
  '../../x',
  '[concat(1)]',
  '2022-01-01',
  { toString: 1, valueOf: null },
  { ['__proto__']: { a: 1 }, constructor: 'x' },
  [[[[[[{}]]]]]],
  '/subscriptions/x/resourceGroups/y/providers/z',
]

/** A value with some of its parts others, or gone, or with a member more. */
function bent(chance: Chance, value: Value, depth = 0): Value {
  const { next, pick, noise } = chance
  if (next() < 0.06 + (depth === 0 ? 0 : 0.02)) return pick(VALUES)
  if (Array.isArray(value)) return value.map((item: Value) => bent(chance, item, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
    .filter(() => next() > 0.04)
    .map(([name, member]) => [name, bent(chance, member, depth + 1)] as const)
  const more = next() < 0.1 ? [[pick(['toString', '__proto__', 'id', 'etag', noise(6)]), pick(VALUES)] as const] : []
  return Object.fromEntries([...members, ...more])
}

/** A body that a type would take, but for something in it. */
function bentRequest(chance: Chance, { token, made }: Asker): Sent {
  const { next, pick } = chance
  const example = pick(made)
  const patches = next() < 0.2
  return {
    method: patches ? 'PATCH' : 'PUT',
    path: `${example.collection}/${pick(example.names)}?api-version=${example.apiVersion}`,
    body: JSON.stringify(bent(chance, example.body as Value)),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  }
}
