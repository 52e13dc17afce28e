/** The query language over a few rows: what each operator and function does, where errors point, and that any text ends soon. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from '../../faults.ts'
import type { Columns, Row } from './compile.ts'
import { parseQuery } from './parse.ts'
import { checkQuery, runQuery } from './run-query.ts'
import { Moment, type Type } from './syntax.ts'

const columns: Columns = new Map<string, Type>([
  ['name', 'string'],
  ['type', 'string'],
  ['location', 'string'],
  ['tags', 'dynamic'],
  ['properties', 'dynamic'],
])
const now = new Moment(Date.UTC(2026, 0, 10, 12))
const rows: readonly Row[] = [
  {
    name: 'vm-A',
    type: 'x/vms',
    location: 'eastus',
    tags: { env: 'prod' },
    properties: { cores: 4, at: '2026-01-10T11:00:00Z', disks: ['a', 'b'] },
  },
  {
    name: 'vm-b',
    type: 'x/vms',
    location: 'westus',
    tags: { env: 'test' },
    properties: { cores: 8, at: '2026-01-01T00:00:00Z', os: { kind: 'Linux' } },
  },
  { name: 'store one', type: 'x/accounts', location: 'eastus', tags: null, properties: {} },
]

async function* table(): AsyncIterable<readonly Row[]> {
  yield rows
}

async function ask(text: string) {
  const query = parseQuery(text)
  const found = await runQuery({ query, columns, rows: table(), now, skip: 0, top: 100 })
  const plain: unknown = JSON.parse(
    JSON.stringify(found.rows.map((row) => [...found.columns.keys()].map((name) => row[name] ?? null))),
  )
  return { columns: [...found.columns.keys()], rows: plain as unknown[][] }
}

const names = (text: string, expected: readonly string[]) => ({
  text: `resources | ${text} | project name`,
  expected: expected.map((name) => [name]),
})

for (const { text, expected } of [
  names("where type == 'x/vms'", ['vm-A', 'vm-b']),
  names("where type == 'X/VMS'", []),
  names("where type =~ 'X/VMS'", ['vm-A', 'vm-b']),
  names("where type !~ 'X/VMS'", ['store one']),
  names("where name != 'vm-A'", ['vm-b', 'store one']),
  names("where name has 'ONE'", ['store one']),
  names("where name has 'on'", []),
  names("where name contains 'ON'", ['store one']),
  names("where name contains_cs 'ON'", []),
  names("where name !contains 'vm'", ['store one']),
  names("where name startswith 'VM'", ['vm-A', 'vm-b']),
  names("where name endswith_cs 'A'", ['vm-A']),
  names("where location in ('eastus', 'nowhere')", ['vm-A', 'store one']),
  names("where location !in ('eastus')", ['vm-b']),
  names("where name in~ ('VM-A')", ['vm-A']),
  names("where name has_any ('one', 'b')", ['vm-b', 'store one']),
  names('where properties.cores > 4', ['vm-b']),
  names('where properties.cores between (4 .. 5)', ['vm-A']),
  names("where properties['os']['kind'] == 'Linux'", ['vm-b']),
  names("where properties.os.kind != 'Linux'", ['vm-A', 'store one']),
  names("where tags['env'] == 'prod' or isempty(tags)", ['vm-A', 'store one']),
  names("where isnotempty(tags.env) and not(tags.env =~ 'PROD')", ['vm-b']),
  names('where todatetime(properties.at) > ago(1d)', ['vm-A']),
  names('where properties.at > now() - 2h', ['vm-A']),
  names('where array_length(properties.disks) == 2 // of a comment\n', ['vm-A']),
  names('order by name desc', ['vm-b', 'vm-A', 'store one']),
  names('sort by location asc, name asc', ['store one', 'vm-A', 'vm-b']),
  names('order by toint(properties.cores) asc', ['store one', 'vm-A', 'vm-b']),
  names('order by toint(properties.cores) asc nulls last', ['vm-A', 'vm-b', 'store one']),
  names('top 1 by toint(properties.cores)', ['vm-b']),
  names('take 2', ['vm-A', 'vm-b']),
  names('limit 0', []),
  { text: 'where name == "vm-A" | project name', expected: [['vm-A']] },
  { text: 'resources | count', expected: [[3]] },
  {
    text: 'resources | summarize count() by location',
    expected: [
      ['eastus', 2],
      ['westus', 1],
    ],
  },
  {
    text: 'resources | summarize total = sum(toint(properties.cores)), avg(toint(properties.cores)), min(name), dcount(location)',
    expected: [[12, 6, 'store one', 2]],
  },
  { text: "resources | summarize make_set(location), countif(type =~ 'X/vms')", expected: [[['eastus', 'westus'], 2]] },
  { text: 'resources | where false | summarize count()', expected: [[0]] },
  { text: 'resources | where false | summarize count() by name', expected: [] },
  { text: 'resources | distinct location', expected: [['eastus'], ['westus']] },
  {
    text: "resources | take 1 | project a = strcat(name, '/', tolower('X')), b = split(name, '-')[1], c = iif(location == 'eastus', 1, 2), d = coalesce(tags.none, 'else')",
    expected: [['vm-A/x', 'A', 1, 'else']],
  },
  {
    text: 'resources | take 1 | project x = 7 / 2, y = 7.0 / 2, z = 2 + 3 * 4 - 1, w = -(1 + 1)',
    expected: [[3, 3.5, 13, -2]],
  },
  {
    text: "resources | take 1 | project d = dynamic({'a': [1, null, true]}).a, e = @'c:\\d', f = \"q\\\"\"",
    expected: [[[1, null, true], 'c:\\d', 'q"']],
  },
  {
    text: 'resources | take 1 | project t = datetime(2026-01-10), b = bin(todatetime(properties.at), 1d), s = 90m',
    expected: [['2026-01-10T00:00:00.000Z', '2026-01-10T00:00:00.000Z', '01:30:00']],
  },
])
  test(`query: ${text}`, async () => assert.deepEqual((await ask(text)).rows, expected))

for (const { text, expected } of [
  {
    text: 'resources | project properties.os.kind, tags["env"], tostring(properties.cores), strlen(name)',
    expected: ['properties_os_kind', 'tags_env', 'properties_cores', 'Column1'],
  },
  { text: 'resources | extend two = 2 | project-away tags, prop*', expected: ['name', 'type', 'location', 'two'] },
  { text: 'resources | project-rename n = name | project-keep n', expected: ['n'] },
  {
    text: 'resources | summarize count(), sum(toint(properties.cores)), make_set(name) by location',
    expected: ['location', 'count_', 'sum_properties_cores', 'set_name'],
  },
])
  test(`columns: ${text}`, async () => assert.deepEqual((await ask(text)).columns, expected))

for (const { text, line, at, says } of [
  { text: 'resources | wher x', line: 1, at: 13, says: /'wher' stands where one of where, project/ },
  { text: 'resources\n| where name = "a"', line: 2, at: 14, says: /'='/ },
  { text: 'resources | where nome == "a"', line: 1, at: 19, says: /'nome'/ },
  { text: 'resources | project name | where type == "a"', line: 1, at: 34, says: /'type'/ },
  { text: "resources | where name == 'a", line: 1, at: 27, says: /string that ends/ },
  { text: 'resources | where name == 5', line: 1, at: 24, says: /string and long/ },
  { text: 'resources | where name matches regex "(a+)+"', line: 1, at: 24, says: /matches regex/ },
  { text: 'resources | join (resources) on id', line: 1, at: 13, says: /'join' is not supported/ },
  { text: 'resources | mv-expand tags', line: 1, at: 13, says: /'mv-expand' is not supported/ },
  { text: 'resources | summarize count() by tags', line: 1, at: 13, says: /'dynamic' type/ },
  { text: 'resources | summarize name', line: 1, at: 23, says: /none of them/ },
  { text: 'resources | extend x = nope(1)', line: 1, at: 24, says: /Unknown function/ },
  { text: 'resources | extend x = tolower()', line: 1, at: 24, says: /takes 1 arguments, not 0/ },
  { text: 'resources | take -1', line: 1, at: 18, says: /whole number/ },
  { text: `resources | where ${'('.repeat(10_000)}`, line: 1, at: 83, says: /nested/ },
  { text: '', line: 1, at: 1, says: /table/ },
])
  test(`refused, with its place: ${text.slice(0, 60)}`, () => {
    assert.throws(
      () => checkQuery({ query: parseQuery(text), columns, now }),
      (error) => {
        assert.ok(isFault(error), String(error))
        const detail = error.extra.details?.[1]
        assert.deepEqual([detail?.line, detail?.characterPositionInLine], [line, at], detail?.message)
        assert.match(detail?.message ?? '', says)
        return true
      },
    )
  })

test('any text at all is answered or refused, and soon', async () => {
  const parts = [
    'resources',
    '|',
    'where',
    'project',
    'name',
    'tags',
    '.',
    'env',
    "'a'",
    '(',
    ')',
    '[',
    ']',
    '==',
    '=~',
    'in',
    ',',
    '5',
    '1d',
    'summarize',
    'count()',
    'by',
    'order',
    'extend',
    'x',
    '=',
    'tolower(',
    'dynamic(',
    '!',
    '-',
    '"',
    '@',
    '\u0000',
    '💥',
    '//',
    '\n',
    'and',
    'or',
    'not(',
    'top',
    'take',
    'distinct',
    'between',
    '..',
    '__proto__',
    'constructor',
    'toString',
  ]
  let seed = 4_711
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return seed % below
  }
  let answered = 0
  for (let count = 0; count < 20_000; count++) {
    const text = `${random(2) === 0 ? 'resources | ' : ''}${Array.from({ length: 1 + random(14) }, () => parts[random(parts.length)]).join(random(3) === 0 ? '' : ' ')}`
    try {
      await ask(text)
      answered++
    } catch (error) {
      assert.ok(isFault(error), `${JSON.stringify(text)}: ${error}`)
    }
  }
  assert.ok(answered > 10, `${answered} were queries`)
})

// What grew with the square of its text would take minutes.
for (const [what, text] of [
  ['a long chain of tests', `resources | where ${Array.from({ length: 4_000 }, () => 'true').join(' or ')}`],
  ['a long sum', `resources | extend a = ${Array.from({ length: 10_000 }, () => '1').join(' + ')}`],
  ['a long list', `resources | where name in (${Array.from({ length: 4_000 }, (_, at) => `'${at}'`).join(', ')})`],
  ['many operators', `resources${' | extend a = 1'.repeat(2_000)}`],
  ['one long text', `resources | where name == '${'x'.repeat(45_000)}'`],
  ['signs without an end', `resources | extend a = ${'-'.repeat(40_000)}1`],
] as const)
  test(`comes to an end: ${what}`, { timeout: 60_000 }, async () => {
    await ask(text).catch((error) => assert.ok(isFault(error), String(error)))
  })
