import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Deployer, identity, nested, startDeployer, stateOf, template, V, valuesOf } from '../support/deploy.ts'

let deployer: Deployer
before(async () => {
  deployer = await startDeployer()
})
after(() => deployer.stop())

test('a nested template of outer scope sees the parameters around it; its own loops run', async () => {
  const made = await deployer.deploy({
    parameters: { prefix: { type: 'string', defaultValue: 'outer' } },
    resources: [
      nested(
        'out',
        {
          parameters: { prefix: { type: 'string', defaultValue: 'never' } },
          resources: [
            identity("[concat(parameters('prefix'), copyIndex())]", { copy: { name: 'loop', count: 2 } }),
            identity("[concat(parameters('prefix'), '-after')]", { dependsOn: ['loop'] }),
            nested('deeper', {
              variables: { own: 'deep' },
              resources: [identity("[concat(variables('own'), 'est')]")],
            }),
          ],
          outputs: {
            text: { type: 'string', value: "[concat('[', parameters('prefix'), ']')]" },
            all: { type: 'array', copy: { count: 2, input: '[copyIndex()]' } },
          },
        },
        { scope: 'outer' },
      ),
    ],
    outputs: {
      text: { type: 'string', value: "[reference('out').outputs.text.value]" },
      all: { type: 'array', value: "[reference('out').outputs.all.value]" },
    },
  })
  assert.equal(stateOf(made), 'Succeeded')
  for (const name of ['outer0', 'outer1', 'outer-after', 'deepest']) assert.ok(await deployer.has(name), name)
  assert.deepEqual(valuesOf(made), { text: '[outer]', all: [0, 1] })
})

test('a nested deployment goes to another group, and to a whole subscription', async () => {
  const other = await deployer.makeGroup('elsewhere')
  const made = await deployer.deploy({
    resources: [
      nested('there', { resources: [identity('[resourceGroup().name]')] }, { resourceGroup: 'elsewhere' }),
      nested(
        'wide',
        {
          $schema: 'https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#',
          resources: [
            {
              type: 'Microsoft.Resources/resourceGroups',
              apiVersion: '2021-04-01',
              name: 'made-by-it',
              location: 'eastus',
            },
          ],
        },
        { subscriptionId: deployer.engine.subscription.split('/').at(-1) ?? '', location: 'eastus' },
      ),
    ],
  })
  assert.equal(stateOf(made), 'Succeeded')
  assert.ok(await deployer.has('elsewhere', other))
  const group = `${deployer.engine.subscription}/resourceGroups/made-by-it?api-version=2021-04-01`
  assert.equal((await deployer.engine.ask(group)).status, 200)
})

test('a group of the template is waited for by the id that subscriptionResourceId makes', async () => {
  const made = await deployer.deploy(
    {
      resources: [
        { type: 'Microsoft.Resources/resourceGroups', apiVersion: '2022-09-01', name: 'waited', location: 'eastus' },
        nested(
          'into',
          { resources: [identity('in-it', { location: '[resourceGroup().location]' })] },
          {
            resourceGroup: 'waited',
            dependsOn: ["[subscriptionResourceId('Microsoft.Resources/resourceGroups', 'waited')]"],
          },
        ),
      ],
    },
    {},
    { scope: deployer.engine.subscription },
  )
  assert.equal(stateOf(made), 'Succeeded')
})

test('what is wrong in a nested template is refused before anything is made', async () => {
  for (const [parts, properties, why] of [
    [{ parameters: { needed: { type: 'string' } } }, {}, /'needed' is not provided/],
    [{ resources: [{ ...identity('x'), type: 'Contoso.Nothing/nothings' }] }, {}, /Contoso\.Nothing/],
    [{ resources: [identity('x', { dependsOn: ['ghost'] })] }, {}, /'ghost' is not defined/],
    [{}, { parameters: { extra: { value: 1 } } }, /'extra' in the parameters file are not valid/],
    [{ resources: [nested('b', { resources: [identity('y', { tags: 1 })] })] }, {}, /tags/],
  ] as const) {
    const made = await deployer.deploy({ resources: [identity('first'), nested('bad', parts, { properties })] })
    assert.equal(made.put.status, 400, JSON.stringify(made.put.body))
    assert.match(made.put.body.error.message, why)
    assert.equal(await deployer.has('first'), false)
  }
})

test('a nested deployment whose parameters come at run time is looked over as far as they go', async () => {
  const given = { who: { value: "[reference('giver').principalId]" } }
  const wrong = await deployer.deploy({
    resources: [
      identity('giver'),
      nested(
        'taker',
        { parameters: { who: { type: 'string' }, what: { type: 'string' } } },
        { properties: { parameters: given } },
      ),
    ],
  })
  assert.match(wrong.put.body.error.message, /'what' is not provided/)
  const made = await deployer.deploy({
    resources: [
      identity('giver'),
      nested(
        'taker',
        {
          parameters: { who: { type: 'string' } },
          resources: [identity("[concat('of-', substring(parameters('who'), 0, 8))]")],
          outputs: { who: { type: 'string', value: "[parameters('who')]" } },
        },
        { properties: { parameters: given } },
      ),
    ],
    outputs: { who: { type: 'string', value: "[reference('taker').outputs.who.value]" } },
  })
  assert.equal(stateOf(made), 'Succeeded')
  assert.equal(String(valuesOf(made).who).length, 36)
})

test('secure outputs are shown nowhere and go on to who asks with the right to', async () => {
  const made = await deployer.deploy({
    parameters: { secret: { type: 'securestring', defaultValue: 'hunter2-out' } },
    resources: [
      nested(
        'secretive',
        {
          parameters: { secret: { type: 'securestring' } },
          outputs: { secret: { type: 'securestring', value: "[parameters('secret')]" } },
        },
        { properties: { parameters: { secret: { value: "[parameters('secret')]" } } } },
      ),
      identity('knows', {
        tags: { size: "[string(length(listOutputsWithSecureValues('secretive', '2022-09-01').secret))]" },
      }),
    ],
  })
  assert.equal(stateOf(made), 'Succeeded')
  const at = `${deployer.group}/providers/Microsoft.Resources/deployments/secretive`
  const { body } = await deployer.engine.ask(at + V)
  assert.deepEqual(body.properties.outputs.secret, { type: 'securestring' })
  const asked = await deployer.engine.ask(`${at}/listOutputsWithSecureValues${V}`, { method: 'POST' })
  assert.deepEqual(asked.body, { secret: 'hunter2-out' })
  const knows = `${deployer.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/knows`
  assert.equal((await deployer.engine.ask(`${knows}?api-version=2023-01-31`)).body.tags.size, '11')
  assert.ok(!JSON.stringify(await deployer.engine.store.resources.get(at)).includes('hunter2'))
})

test('what fails in a nested deployment is told with its own details', async () => {
  const account = {
    type: 'Microsoft.Storage/storageAccounts',
    apiVersion: '2022-09-01',
    name: 'NOT_A_NAME',
    location: 'eastus',
    sku: { name: 'Standard_LRS' },
    kind: 'StorageV2',
  }
  const made = await deployer.deploy({ resources: [nested('fails', { resources: [account] })] })
  const [outer] = made.end.body.properties.error.details
  assert.deepEqual([outer.code, outer.details[0].code], ['DeploymentFailed', 'InvalidResourceName'])
})

test('Complete mode keeps what nested deployments made', async () => {
  const group = await deployer.makeGroup('complete-nested')
  const parts = (...names: string[]) => ({
    resources: [identity('own'), nested('inside', { resources: names.map((name) => identity(name)) })],
  })
  await deployer.deploy({ resources: [identity('stray')] }, {}, { scope: group })
  const made = await deployer.deploy(parts('kept'), { mode: 'Complete' }, { scope: group })
  assert.equal(stateOf(made), 'Succeeded')
  const there = await Promise.all(['own', 'kept', 'stray'].map((name) => deployer.has(name, group)))
  assert.deepEqual(there, [true, true, false])
})

test('a nested deployment in Complete mode is refused, by validate and what-if too, before anything is made', async () => {
  const group = await deployer.makeGroup('never-emptied')
  await deployer.deploy({ resources: [identity('stays')] }, {}, { scope: group })
  const complete = (mode: string) => nested('all-mine', { resources: [identity('x')] }, { properties: { mode } })
  for (const inner of [
    complete('Complete'),
    complete("[toLower('COMPLETE')]"),
    nested('around', { resources: [complete('Complete')] }),
  ]) {
    const parts = { resources: [identity('first'), inner] }
    const { put, id } = await deployer.deploy(parts, {}, { scope: group })
    const body = { properties: { mode: 'Incremental', template: template(parts) } }
    const asked = ['validate', 'whatIf'].map((verb) =>
      deployer.engine.ask(`${id}/${verb}${V}`, { method: 'POST', body }),
    )
    for (const reply of [put, ...(await Promise.all(asked))]) {
      assert.equal(reply.status, 400, JSON.stringify(reply.body))
      assert.match(reply.body.error.message, /mode 'Complete' is not supported for nested deployment/)
    }
  }
  assert.deepEqual([await deployer.has('stays', group), await deployer.has('first', group)], [true, false])
})

test('a scope that names a group as a resource of a provider is refused and nothing hangs', async () => {
  for (const scope of [
    `${deployer.engine.subscription}/providers/Microsoft.Resources/resourceGroups/deploy`,
    '/providers/Microsoft.Resources/resourceGroups/deploy',
  ]) {
    const { put } = await deployer.deploy({ resources: [identity('before-it'), identity('lost', { scope })] })
    assert.equal(put.status, 400, JSON.stringify(put.body))
    assert.match(put.body.error.message, /names a subscription or a resource group as a resource of a provider/)
  }
  assert.equal(await deployer.has('before-it'), false)
})

test('no refusal tells a value that follows from a secure parameter', async () => {
  const parts = (value: string) => ({
    parameters: { secret: { type: 'securestring' } },
    variables: { half: "[concat('x', parameters('secret'))]" },
    resources: [identity('leaky', { tags: { a: value } })],
  })
  for (const value of ["[string(int(parameters('secret')))]", "[string(json(variables('half')))]"]) {
    const { put } = await deployer.deploy(parts(value), { parameters: { secret: { value: 'hunter2-leaks' } } })
    assert.equal(put.status, 400)
    assert.match(put.body.error.message, /'(int|json)' failed; a secure value is part of it/)
    assert.ok(!JSON.stringify(put.body).includes('hunter2'), JSON.stringify(put.body))
  }
})
