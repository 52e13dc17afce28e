/** Templates with something wrong in them, seeded: each is refused or deployed, and never an error of the server's own. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Deployer, identity, nested, startDeployer, template, V } from '../support/deploy.ts'

const COUNT = Number(process.env.MUTATIONS ?? 500)
const SEED = Number(process.env.SEED ?? 20_261_125)
let deployer: Deployer
before(async () => {
  deployer = await startDeployer()
})
after(() => deployer.stop())

/** mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const whole = template({
  languageVersion: '2.0',
  definitions: { name: { type: 'string', minLength: 1 } },
  functions: [
    {
      namespace: 'f',
      members: {
        x: {
          parameters: [{ name: 'a', type: 'string' }],
          output: { type: 'string', value: "[toUpper(parameters('a'))]" },
        },
      },
    },
  ],
  parameters: {
    name: { $ref: '#/definitions/name', defaultValue: "[concat('a', 'b')]" },
    list: { type: 'array', items: { type: 'int' }, defaultValue: [1, 2] },
  },
  variables: { v: "[f.x(parameters('name'))]", copy: [{ name: 'loop', count: 2, input: "[copyIndex('loop')]" }] },
  resources: {
    ids: identity("[format('{0}{1}', parameters('name'), copyIndex())]", {
      copy: { name: 'ids', count: "[length(parameters('list'))]", mode: 'serial', batchSize: 1 },
      tags: { a: "[variables('v')]" },
    }),
    old: { existing: true, ...identity('old') },
    inner: nested(
      'inner',
      {
        resources: [identity('deep', { condition: '[equals(1, 1)]' })],
        outputs: { o: { type: 'string', value: 'x' } },
      },
      { dependsOn: ['ids'] },
    ),
    outer: nested(
      'outer',
      { resources: [identity("[concat(variables('v'), copyIndex())]", { copy: { name: 'l', count: 2 } })] },
      { scope: 'outer', dependsOn: ['inner'] },
    ),
  },
  outputs: {
    o: { type: 'array', copy: { count: 2, input: "[variables('loop')[copyIndex()]]" } },
    p: { type: 'string', value: "[reference('inner').outputs.o.value]" },
  },
})

const odd: readonly unknown[] = [
  null,
  0,
  -1,
  1e21,
  1.5,
  '',
  '[',
  ']',
  '[[x]',
  '[]',
  "['a']",
  "[parameters('name')",
  "[reference('ids')]",
  '[copyIndex()]',
  '[if(true(), 1)]',
  "[variables('loop')[9]]",
  "[createObject('__proto__', 1)]",
  '__proto__',
  'constructor',
  true,
  [],
  {},
  [null],
  { copy: [] },
  { copy: [null] },
  { $ref: '#/definitions/name' },
  '../..',
  'a/b',
  '/',
  '\u0000',
  'x'.repeat(5_000),
  [[[[]]]],
  { '': 1 },
  { "[concat('a')]": 1 },
  { '[1]': 1 },
]

/** Replaces, removes or doubles one value somewhere. */
function mutated(value: unknown, random: () => number): unknown {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  if (typeof value !== 'object' || value === null || random() < 0.12) return pick(odd)
  if (Array.isArray(value)) {
    if (value.length === 0 || random() < 0.2) return [...value, pick(odd)]
    const at = Math.floor(random() * value.length)
    return value.map((item, here) => (here === at ? mutated(item, random) : item))
  }
  const keys = Object.keys(value)
  if (keys.length === 0 || random() < 0.1)
    return {
      ...value,
      [String(pick(['copy', 'condition', 'scope', 'dependsOn', 'type', 'resources', 'existing', '$ref', 'nullable']))]:
        pick(odd),
    }
  const key = pick(keys)
  const entries = Object.entries(value).flatMap(([name, item]) =>
    name !== key ? [[name, item]] : random() < 0.1 ? [] : [[name, mutated(item, random)]],
  )
  return Object.fromEntries(entries)
}

test(`${COUNT} templates with something wrong in them (seed ${SEED})`, async () => {
  const random = randomOf(SEED)
  const id = `${deployer.group}/providers/Microsoft.Resources/deployments/odd`
  let refused = 0
  for (let count = 0; count < COUNT; count++) {
    let sent: unknown = whole
    for (let times = 1 + Math.floor(random() * 3); times > 0; times--) sent = mutated(sent, random)
    const verb = random() < 0.5 ? 'validate' : 'whatIf'
    const body = { properties: { mode: 'Incremental', template: sent } }
    const { status, body: answer } = await deployer.engine.ask(`${id}/${verb}${V}`, { method: 'POST', body })
    assert.ok(status < 500, `${status} ${JSON.stringify(answer)} to ${verb} of ${JSON.stringify(sent)}`)
    if (status !== 200) {
      refused++
      assert.ok(answer.error.code && answer.error.message, JSON.stringify(answer))
    }
  }
  assert.ok(refused > COUNT / 4 && refused < COUNT, `${refused} of ${COUNT} were refused`)
})
