/** What a template may not say: refused on validate and on the PUT, before anything of it is made. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Deployer, identity, startDeployer, stateOf, template, V, valuesOf } from '../support/deploy.ts'

let deployer: Deployer
before(async () => {
  deployer = await startDeployer()
})
after(() => deployer.stop())

const output = (value: unknown, type = 'string', more: object = {}) => ({ outputs: { o: { type, value, ...more } } })
const tagged = (value: string) => ({ resources: [identity('made'), identity('other', { tags: { a: value } })] })
const own = (value: string, call: string) => ({
  variables: { v: 'x' },
  functions: [
    {
      namespace: 'f',
      members: { x: { parameters: [{ name: 'a', type: 'string' }], output: { type: 'string', value } } },
    },
  ],
  ...output(call),
})
const OUTSIDE = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/far'

const refused: readonly (readonly [string, object, RegExp])[] = [
  ['utcNow outside of a default', output('[utcNow()]'), /'utcNow' is not expected at this location/],
  ['newGuid outside of a default', tagged('[newGuid()]'), /'newGuid' is not expected at this location/],
  ['copyIndex outside of a loop', output('[copyIndex()]', 'int'), /'copyIndex' is not expected at this location/],
  [
    'copyIndex of another loop',
    { resources: [identity("[concat('made', copyIndex('m'))]", { copy: { name: 'l', count: 1 } })] },
    /no copy loop 'm' around it/,
  ],
  ['reference of what is not there', output("[reference('undefd1').x]"), /'undefd1' is not defined in the template/],
  ['reference in a resource', tagged("[reference('undefd1').x]"), /'undefd1' is not defined in the template/],
  ['an outside id without a version', output(`[reference('${OUTSIDE}').x]`), /an API version is needed/],
  ['a function with too many arguments', own("[parameters('a')]", "[f.x('a', 'b')]"), /takes 1 arguments/],
  ['a function that sees a variable', own("[variables('v')]", "[f.x('a')]"), /'variables' is not expected/],
  ['a function that reads', own(`[string(reference('${OUTSIDE}'))]`, "[f.x('a')]"), /'reference' is not expected/],
  ['a lambda by itself', output("[lambda('x', 'y')]"), /'lambda' is not expected/],
  ['a lambda variable outside', output("[lambdaVariables('x')]"), /no lambda variable 'x'/],
  ['a variable of another lambda', output("[map(createArray(1), lambda('x', lambdaVariables('y')))]"), /variable 'y'/],
  ['an output that is no type', output(1, 'float'), /'o' has the type 'float'/],
  ['concat of nothing', output('[concat()]'), /'concat' takes at least 1/],
  ['variables in a circle', { variables: { a: "[variables('b')]", b: "[variables('A')]" } }, /refers to itself/],
  [
    'a resource that refers to itself',
    {
      resources: [
        identity('made'),
        identity('me', {
          tags: { a: "[reference(resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'me')).clientId]" },
        }),
      ],
    },
    /Circular dependency detected/,
  ],
  ['an output that can never be', output("[int('x')]", 'int'), /'int'/],
  ['a member that is none', { bogus: 1 }, /Could not find member 'bogus' on object of type 'Template'/],
  [
    "a resource's member that is none",
    { resources: [identity('made'), identity('x', { bogus: 1 })] },
    /Could not find member 'bogus' on object of type 'TemplateResource'. Path 'resources\[1\].bogus'/,
  ],
  ['another schema', { $schema: 'https://example.com/x.json' }, /\$schema 'https:\/\/example.com\/x.json'/],
  [
    'an option that is no boolean',
    { resources: [identity('made', { '@options': { onlyIfNotExists: '[true()]' } })] },
    /'onlyIfNotExists'/,
  ],
  ['asserts', { asserts: { a: true } }, /'asserts'/],
  ...['waitUntil', 'retryOn'].map(
    (option) =>
      [option, { resources: [identity('x', { '@options': { [option]: { a: 1 } } })] }, new RegExp(option)] as const,
  ),
  ['an integer of 64 bits', output(JSON.parse('9007199254740993'), 'int'), /outputs.o.value.* is beyond/],
  ['one in an expression', output('[add(9007199254740993, 1)]', 'int'), /9007199254740993 is beyond/],
  ['a sum that is one', output('[add(9007199254740991, 1)]', 'int'), /is beyond/],
  ['a text that is one', output("[int('99999999999999999999')]", 'int'), /is beyond/],
  ['JSON with one', output(`[json('{"a":[9007199254740993]}')]`, 'object'), /\$\.a\[0\] is beyond/],
  ['the same resource in other case', { resources: [identity('made'), identity('MADE')] }, /defined twice/],
  [
    'the same resource by two symbols',
    { languageVersion: '2.0', resources: { a: identity('made'), b: identity('made') } },
    /defined twice/,
  ],
]

for (const [name, parts, message] of refused) {
  test(`refused: ${name}`, async () => {
    const whole = { resources: [identity('made')], ...parts }
    const body = { properties: { mode: 'Incremental', template: template(whole) } }
    const id = `${deployer.group}/providers/Microsoft.Resources/deployments/look`
    const { status, body: answer } = await deployer.engine.ask(`${id}/validate${V}`, { method: 'POST', body })
    assert.equal(status, 400, JSON.stringify(answer))
    assert.match(JSON.stringify(answer.error.message), message)
    const { put } = await deployer.deploy(whole)
    assert.deepEqual([put.status, put.body.error.code], [400, answer.error.code])
    assert.equal(await deployer.has('made'), false)
  })
}

test('what is there already stays as it is where onlyIfNotExists says so', async () => {
  const one = (a: string) => identity('kept', { tags: { a }, '@options': { onlyIfNotExists: true } })
  assert.equal(stateOf(await deployer.deploy({ resources: [one('1')] })), 'Succeeded')
  assert.equal(stateOf(await deployer.deploy({ resources: [one('2')] })), 'Succeeded')
  const id = `${deployer.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/kept?api-version=2023-01-31`
  assert.deepEqual((await deployer.engine.ask(id)).body.tags, { a: '1' })
})

test('what looks like it and may be said is done', async () => {
  const made = await deployer.deploy({
    parameters: { now: { type: 'string', defaultValue: "[utcNow('yyyy')]" } },
    resources: [],
    outputs: {
      flat: { type: 'array', value: '[flatten(createArray(createArray(1, 2), createArray(), createArray(3)))]' },
      most: { type: 'int', value: '[sub(0, 9007199254740991)]' },
      folded: { type: 'object', value: "[createObject('a', 1, 'A', 2)]" },
      deep: {
        type: 'array',
        value:
          "[map(createArray(1), lambda('x', map(createArray(2), lambda('y', add(lambdaVariables('x'), lambdaVariables('y'))))))]",
      },
      loop: { type: 'array', copy: { count: 2, input: '[copyIndex(1)]' } },
    },
  })
  assert.equal(stateOf(made), 'Succeeded')
  assert.deepEqual(valuesOf(made), {
    flat: [1, 2, 3],
    most: -9007199254740991,
    folded: { a: 2 },
    deep: [[3]],
    loop: [1, 2],
  })
})

test('tags whose names differ in case are one: the last value', async () => {
  const made = await deployer.deploy({ resources: [identity('twice', { tags: { a: '1', A: '2' } })] })
  assert.equal(stateOf(made), 'Succeeded')
  const id = `${deployer.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/twice?api-version=2023-01-31`
  assert.deepEqual((await deployer.engine.ask(id)).body.tags, { a: '2' })
})

test('another location is refused by what-if, by validate and on the PUT', async () => {
  assert.equal(stateOf(await deployer.deploy({ resources: [identity('placed')] })), 'Succeeded')
  const properties = {
    mode: 'Incremental',
    template: template({ resources: [identity('made'), identity('placed', { location: 'westus' })] }),
  }
  const id = `${deployer.group}/providers/Microsoft.Resources/deployments/look`
  const asked = [['validate', 'POST'] as const, ['whatIf', 'POST'] as const, ['', 'PUT'] as const]
  for (const [verb, method] of asked) {
    const { status, body } = await deployer.engine.ask(`${id}${verb && `/${verb}`}${V}`, {
      method,
      body: { properties },
    })
    assert.deepEqual(
      [status, body.error.code, body.error.details[0].code],
      [400, 'InvalidTemplateDeployment', 'InvalidResourceLocation'],
    )
  }
  assert.equal(await deployer.has('made'), false)
})

test('a detail level that there is not is refused by its name', async () => {
  const { put } = await deployer.deploy(
    { resources: [identity('made')] },
    { debugSetting: { detailLevel: 'requestContent, everything' } },
  )
  assert.equal(put.status, 400)
  assert.match(put.body.error.message, /requestContent, everything/)
  assert.equal(await deployer.has('made'), false)
  const { put: none } = await deployer.deploy({ resources: [] }, { debugSetting: { detailLevel: 'none' } })
  assert.ok(none.status < 300)
})
