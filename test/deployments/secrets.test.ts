/** What follows from a secure parameter is told nowhere: not in refusals, not in what-if, not by what is nested. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Deployer, identity, nested, startDeployer, stateOf, template, V } from '../support/deploy.ts'

const SECRET = 'Hunter2-"leaks"'
let deployer: Deployer
before(async () => {
  deployer = await startDeployer()
})
after(() => deployer.stop())

const secure = (type = 'securestring') => ({ secret: { type } })
const given = { parameters: { secret: { value: SECRET } } }

/** In any case, as text and as JSON within JSON. */
function tells(answer: unknown, secret = 'hunter2'): boolean {
  return JSON.stringify(answer).toLowerCase().includes(secret)
}
const ask = (verb: string, parts: object, more: object = given) => {
  const body = { properties: { mode: 'Incremental', template: template(parts), ...more } }
  const id = `${deployer.group}/providers/Microsoft.Resources/deployments/asked`
  return deployer.engine.ask(`${id}/${verb}${V}`, { method: 'POST', body })
}

for (const { what, parts } of [
  {
    what: 'that quotes what the facts do not allow',
    parts: {
      resources: [
        {
          type: 'Microsoft.Storage/storageAccounts',
          apiVersion: '2023-01-01',
          name: 'refused',
          location: 'eastus',
          kind: "[parameters('secret')]",
          sku: { name: 'Standard_LRS' },
        },
      ],
    },
  },
  {
    what: 'of a location that there is not',
    parts: { resources: [identity('x', { location: "[toUpper(concat('in', parameters('secret')))]" })] },
  },
  {
    what: 'of what waits for nobody',
    parts: { resources: [identity('x', { dependsOn: ["[concat('on-', parameters('secret'))]"] })] },
  },
  {
    what: 'of a condition that is none',
    parts: { resources: [identity('x', { condition: "[parameters('secret')]" })] },
  },
  {
    what: 'of a type that is none',
    parts: { resources: [{ ...identity('x'), type: "[concat('Contoso.', parameters('secret'), '/things')]" }] },
  },
  {
    what: "that an inner template's plain parameter leads to",
    parts: {
      resources: [
        nested(
          'inner',
          {
            parameters: { plain: { type: 'string' } },
            resources: [identity('x', { location: "[base64ToString(base64(parameters('plain')))]" })],
          },
          { properties: { parameters: { plain: { value: "[parameters('secret')]" } } } },
        ),
      ],
    },
  },
  {
    what: 'by a default that follows from it',
    parts: {
      parameters: { ...secure(), half: { type: 'string', defaultValue: "[concat('x', parameters('secret'))]" } },
      resources: [identity('x', { location: "[base64ToString(base64(parameters('half')))]" })],
    },
  },
]) {
  test(`a refusal ${what} tells no secret`, async () => {
    const whole = { parameters: secure(), ...parts }
    for (const verb of ['validate', 'whatIf']) {
      const reply = await ask(verb, whole)
      assert.equal(reply.status, 400, JSON.stringify(reply.body))
      assert.ok(!tells(reply.body), JSON.stringify(reply.body))
    }
    const { put } = await deployer.deploy(whole, given)
    assert.equal(put.status, 400)
    assert.ok(!tells(put.body), JSON.stringify(put.body))
  })
}

test('what-if tells of a value that follows from a secret that there is one', async () => {
  await deployer.deploy({ resources: [identity('seen', { tags: { a: 'before', pin: '1' } })] })
  const reply = await ask(
    'whatIf',
    {
      parameters: secure('secureobject'),
      variables: { held: "[concat('<', parameters('secret').word, '>')]" },
      resources: [
        identity('seen', { tags: { a: "[variables('held')]", pin: "[string(parameters('secret').pin)]" } }),
        identity('new', { tags: { deep: "[parameters('secret').word]", open: 'plain' } }),
      ],
    },
    { parameters: { secret: { value: { word: SECRET, pin: 7 } } } },
  )
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  assert.ok(!tells(reply.body), JSON.stringify(reply.body))
  const { changes } = reply.body.properties
  const named = (name: string) => changes.find(({ resourceId }: { resourceId: string }) => resourceId.endsWith(name))
  assert.deepEqual(named('new').after.tags, { deep: '*******', open: 'plain' })
  assert.deepEqual(named('seen').after.tags, { a: '*******', pin: '*******' })
  assert.deepEqual(
    named('seen').delta.map(({ path, before, after: to }: Record<string, unknown>) => [path, before, to]),
    [
      ['tags.a', 'before', '*******'],
      ['tags.pin', '1', '*******'],
    ],
  )
})

test('a failure while it runs tells none: in its error, its operations, its activity log', async () => {
  const parts = {
    parameters: secure(),
    resources: [
      identity('first'),
      identity('late', {
        // Known only once the first is there: nothing could refuse it before.
        location: "[if(empty(reference('first').clientId), 'eastus', parameters('secret'))]",
      }),
    ],
    outputs: { never: { type: 'int', value: "[int(parameters('secret'))]" } },
  }
  const { outputs: _outputs, ...without } = parts
  const failed = await deployer.deploy(without, given)
  assert.equal(failed.end.body.properties.provisioningState, 'Failed', JSON.stringify(failed.put.body))
  const records = await deployer.engine.ask(`${failed.id}/operations${V}`)
  assert.match(JSON.stringify(records.body), /\*{7}/)
  for (const told of [failed.put.body, failed.end.body, records.body]) assert.ok(!tells(told), JSON.stringify(told))
  const filter = `eventTimestamp ge '${new Date(Date.now() - 600_000).toISOString()}'`
  const log = await deployer.engine.ask(
    `${deployer.engine.subscription}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter=${encodeURIComponent(filter)}`,
  )
  assert.equal(log.status, 200)
  assert.ok(log.body.value.length > 0 && !tells(log.body))
})

test('what is nested keeps a secret that it was given as plain text, whoever asks it', async () => {
  const inner = {
    parameters: { plain: { type: 'string' }, list: { type: 'array' }, open: { type: 'string' } },
    resources: [identity('of-inner')],
  }
  const deployed = await deployer.deploy(
    {
      parameters: secure(),
      resources: [
        nested('by-inner', inner, {
          properties: {
            parameters: {
              plain: { value: "[concat('x', parameters('secret'))]" },
              list: { value: ["[parameters('secret')]"] },
              open: { value: 'plain to see' },
            },
          },
        }),
        nested(
          'by-outer',
          { resources: [identity('of-outer', { tags: { held: "[uniqueString(parameters('secret'))]" } })] },
          { scope: 'outer' },
        ),
      ],
    },
    given,
  )
  assert.equal(stateOf(deployed), 'Succeeded')
  const at = (name: string) => `${deployer.group}/providers/Microsoft.Resources/deployments/${name}`
  const shown = await deployer.engine.ask(at('by-inner') + V)
  assert.deepEqual(shown.body.properties.parameters, {
    plain: { type: 'string' },
    list: { type: 'array' },
    open: { type: 'string', value: 'plain to see' },
  })
  assert.ok(!tells(shown.body))
  const exported = await deployer.engine.ask(`${at('by-outer')}/exportTemplate${V}`, { method: 'POST' })
  assert.equal(exported.body.template.resources[0].tags.held, '*******')
  // The resource itself has it: that is what was asked for.
  const own = `${deployer.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/of-outer`
  assert.match((await deployer.engine.ask(`${own}?api-version=2023-01-31`)).body.tags.held, /^[a-z2-7]{13}$/)
})

test('operations record what was sent and answered where they are asked to, without secrets', async () => {
  const parts = {
    parameters: secure(),
    resources: [
      identity('noted', { tags: { a: 'open', b: "[concat('-', parameters('secret'))]" } }),
      nested(
        'noted-inner',
        { parameters: { inner: { type: 'securestring' } }, resources: [identity('deep')] },
        { properties: { parameters: { inner: { value: 'literal-hunter2' } } } },
      ),
      identity('wrong', { location: "[if(empty(reference('noted').clientId), 'eastus', 'nowhere')]" }),
    ],
  }
  const { id, put } = await deployer.deploy(parts, {
    ...given,
    debugSetting: { detailLevel: 'responsecontent, requestContent' },
  })
  assert.deepEqual(put.body.properties.debugSetting, { detailLevel: 'requestContent, responseContent' })
  const { body } = await deployer.engine.ask(`${id}/operations${V}`)
  const of = (name: string) =>
    body.value.find(
      (one: { properties: { targetResource: { resourceName: string } } }) =>
        one.properties.targetResource.resourceName === name,
    ).properties
  assert.deepEqual(of('noted').request.content, { location: 'eastus', tags: { a: 'open', b: '*******' } })
  assert.equal(of('noted').response.content.tags.a, 'open')
  assert.match(of('noted').response.content.properties.clientId, /^[0-9a-f-]{36}$/)
  assert.deepEqual(of('noted-inner').request.content.properties.parameters, { inner: { value: '*******' } })
  assert.match(of('wrong').response.content.error.code, /Location/)
  assert.ok(!tells(body), JSON.stringify(body))
  const plain = await deployer.deploy({ resources: [identity('noted')] })
  const { value } = (await deployer.engine.ask(`${plain.id}/operations${V}`)).body
  assert.ok(!('request' in value[0].properties) && !('response' in value[0].properties))
})
