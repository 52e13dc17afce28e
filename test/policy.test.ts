/** Azure Policy over the front door: what is kept, what is refused, and what it does to writes. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ArmEngine, type Reply, startArmEngine } from './support/arm-engine.ts'

const V = 'api-version=2021-06-01'
const AUTHORIZATION = 'Microsoft.Authorization'
let engine: ArmEngine
let groups = 0

before(async () => {
  engine = await startArmEngine()
})
after(() => engine.stop())

const put = (path: string, body: unknown) => engine.ask(path, { method: 'PUT', body })
const remove = (path: string) => engine.ask(path, { method: 'DELETE' })
const codeOf = ({ status, body }: Reply) => [status, body?.error?.code]

async function newGroup(tags: object = {}): Promise<string> {
  const group = `${engine.subscription}/resourceGroups/p${++groups}`
  assert.equal((await put(`${group}?api-version=2021-04-01`, { location: 'eastus', tags })).status, 201)
  return group
}

const definitionId = (name: string) => `${engine.subscription}/providers/${AUTHORIZATION}/policyDefinitions/${name}`
const builtIn = (id: string) => `/providers/${AUTHORIZATION}/policyDefinitions/${id}`
const rule = (condition: unknown, outcome: unknown) =>
  Object.fromEntries([
    ['if', condition],
    ['then', outcome],
  ])

async function define(name: string, condition: unknown, outcome: unknown, more: object = {}): Promise<string> {
  const answer = await put(`${definitionId(name)}?${V}`, {
    properties: { mode: 'All', displayName: `The ${name}`, policyRule: rule(condition, outcome), ...more },
  })
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return answer.body.id
}

async function assign(
  scope: string,
  policyDefinitionId: string,
  parameters: object = {},
  more: object = {},
): Promise<string> {
  const path = `${scope}/providers/${AUTHORIZATION}/policyAssignments/a${++groups}`
  const values = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, { value }]))
  const answer = await put(`${path}?${V}`, { properties: { policyDefinitionId, parameters: values, ...more } })
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return path
}

const identity = (group: string, name = 'one') =>
  `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}?api-version=2018-11-30`
const insights = (group: string, name = 'one') =>
  `${group}/providers/Microsoft.Insights/components/${name}?api-version=2020-02-02`

test('Allowed locations: what is elsewhere is refused as Azure refuses it, and nothing is left', async () => {
  const group = await newGroup()
  const assignment = await assign(group, builtIn('e56962a6-4747-49cd-b67b-bf8b01975c4c'), {
    listOfAllowedLocations: ['West Europe'],
  })
  const refused = await put(identity(group), { location: 'eastus' })
  assert.deepEqual(codeOf(refused), [403, 'RequestDisallowedByPolicy'])
  const { target, message, additionalInfo } = refused.body.error
  assert.equal(target, 'one')
  assert.match(message, /^Resource 'one' was disallowed by policy\. Policy identifiers: '\[\{"policyAssignment"/)
  assert.equal(additionalInfo[0].type, 'PolicyViolation')
  const { info } = additionalInfo[0]
  assert.deepEqual(
    [
      info.policyAssignmentId,
      info.policyAssignmentScope,
      info.policyDefinitionEffect,
      info.policyDefinitionDisplayName,
    ],
    [assignment, group, 'deny', 'Allowed locations'],
  )
  assert.deepEqual(info.evaluationDetails.evaluatedExpressions[0], {
    result: 'True',
    expressionKind: 'Field',
    expression: 'location',
    path: 'location',
    expressionValue: 'eastus',
    targetValue: ['WestEurope'],
    operator: 'NotIn',
  })
  assert.equal((await engine.ask(identity(group))).status, 404)
  assert.equal((await put(identity(group), { location: 'westeurope' })).status, 201)
  assert.equal((await remove(`${assignment}?${V}`)).status, 200)
  assert.equal((await put(identity(group, 'two'), { location: 'eastus' })).status, 201)
})

test('tags: required, appended, added, replaced, inherited from the group', async () => {
  const group = await newGroup({ team: 'blue' })
  const required = await assign(group, builtIn('871b6d14-10aa-478d-b590-94f262ecfa99'), { tagName: 'cost' })
  assert.deepEqual(codeOf(await put(identity(group), { location: 'eastus' })), [403, 'RequestDisallowedByPolicy'])
  await assign(group, builtIn('2a0e14a6-b0a6-4fab-991a-187a4f81c498'), { tagName: 'cost', tagValue: '7' })
  await assign(group, builtIn('5ffd78d9-436d-4b41-a421-5baa819e3008'), { tagName: 'stage', tagValue: 'prod' })
  await assign(group, builtIn('ea3f2387-9b95-492a-a190-fcdc54f7b070'), { tagName: 'team' })
  await assign(group, builtIn('ea3f2387-9b95-492a-a190-fcdc54f7b070'), { tagName: 'nobody-has-it' })
  const made = await put(identity(group), { location: 'eastus', tags: { Stage: 'test' } })
  assert.deepEqual([made.status, made.body.tags], [201, { Stage: 'prod', cost: '7', team: 'blue' }])
  const own = await put(identity(group, 'two'), { location: 'eastus', tags: { cost: '1', team: 'red' } })
  assert.deepEqual(own.body.tags, { cost: '1', team: 'red', stage: 'prod' })
  assert.equal((await remove(`${required}?${V}`)).status, 200)
})

test('the tags API meets policies too', async () => {
  const group = await newGroup()
  const one = identity(group)
  await put(one, { location: 'eastus', tags: { cost: '1' } })
  await assign(group, builtIn('871b6d14-10aa-478d-b590-94f262ecfa99'), { tagName: 'cost' })
  const tags = `${one.split('?')[0]}/providers/Microsoft.Resources/tags/default?api-version=2021-04-01`
  assert.deepEqual(codeOf(await put(tags, { properties: { tags: {} } })), [403, 'RequestDisallowedByPolicy'])
  assert.deepEqual((await engine.ask(one)).body.tags, { cost: '1' })
  assert.equal((await put(tags, { properties: { tags: { cost: '2' } } })).status, 200)
})

test('a PATCH is judged by what would come of it', async () => {
  const group = await newGroup()
  await put(identity(group), { location: 'eastus', tags: { cost: '1' } })
  const id = await define(
    'keeps-cost',
    { field: "tags['cost']", exists: false },
    { effect: 'deny' },
    { mode: 'Indexed' },
  )
  await assign(group, id)
  const patch = (tags: object) => engine.ask(identity(group), { method: 'PATCH', body: { tags } })
  assert.deepEqual(codeOf(await patch({ other: '1' })), [403, 'RequestDisallowedByPolicy'])
  assert.equal((await patch({ cost: '3' })).status, 200)
})

test('aliases: a property is judged, changed and appended to; a message says why', async () => {
  const group = await newGroup()
  const alias = 'Microsoft.Insights/components/RetentionInDays'
  const id = await define(
    'retention',
    {
      allOf: [
        { field: 'type', equals: 'Microsoft.Insights/components' },
        { field: alias, greater: 90 },
      ],
    },
    { effect: 'Deny' },
  )
  await assign(group, id, {}, { nonComplianceMessages: [{ message: 'Keep it short.' }] })
  const body = (RetentionInDays: number) => ({
    location: 'eastus',
    kind: 'web',
    properties: { Application_Type: 'web', RetentionInDays },
  })
  const refused = await put(insights(group), body(180))
  assert.deepEqual(codeOf(refused), [403, 'RequestDisallowedByPolicy'])
  assert.match(refused.body.error.message, /Reasons: 'Keep it short\.'\. See error details for policy resource IDs\.$/)
  const modify = await define(
    'shorten',
    {
      allOf: [
        { field: 'type', equals: 'microsoft.insights/COMPONENTS' },
        { field: alias, greaterOrEquals: 90 },
      ],
    },
    {
      effect: 'modify',
      details: { roleDefinitionIds: [], operations: [{ operation: 'addOrReplace', field: alias, value: 30 }] },
    },
  )
  await assign(group, modify)
  const made = await put(insights(group), body(180))
  assert.deepEqual([made.status, made.body.properties.RetentionInDays], [200, 30], JSON.stringify(made.body))
})

test('an append that would change what was sent refuses it', async () => {
  const group = await newGroup()
  const id = await define(
    'append-kind',
    { field: 'type', equals: 'Microsoft.Insights/components' },
    { effect: 'append', details: [{ field: 'Microsoft.Insights/components/RetentionInDays', value: 30 }] },
  )
  await assign(group, id)
  const body = (more: object) => ({ location: 'eastus', kind: 'web', properties: { Application_Type: 'web', ...more } })
  assert.deepEqual(codeOf(await put(insights(group), body({ RetentionInDays: 60 }))), [
    403,
    'RequestDisallowedByPolicy',
  ])
  assert.equal((await put(insights(group), body({}))).body.properties.RetentionInDays, 30)
})

for (const { name, condition, refused } of [
  { name: 'like', condition: { field: 'name', like: 'bad-*' }, refused: ['bad-one', 'BAD-two'] },
  { name: 'notLike', condition: { field: 'name', notLike: 'good-*' }, refused: ['bad-one', 'BAD-two', 'x12'] },
  { name: 'match', condition: { field: 'name', match: '?##' }, refused: ['x12'] },
  { name: 'contains', condition: { field: 'name', contains: 'TWO' }, refused: ['BAD-two'] },
  { name: 'in', condition: { field: 'name', in: ['x12', 'bad-ONE'] }, refused: ['bad-one', 'x12'] },
  { name: 'not', condition: { not: { field: 'name', equals: 'x12' } }, refused: ['bad-one', 'BAD-two', 'good-one'] },
  {
    name: 'anyOf',
    condition: {
      anyOf: [
        { field: 'name', equals: 'x12' },
        { field: 'tags.a', equals: 'none' },
      ],
    },
    refused: ['x12'],
  },
  {
    name: 'a value of an expression',
    condition: { value: "[concat(field('name'), '-', resourceGroup().location)]", equals: 'x12-eastus' },
    refused: ['x12'],
  },
  {
    name: 'count of values',
    condition: {
      count: { value: ['bad', 'worse'], name: 'word', where: { field: 'name', contains: "[current('word')]" } },
      greater: 0,
    },
    refused: ['bad-one', 'BAD-two'],
  },
  { name: 'containsKey', condition: { field: 'tags', containsKey: 'nothing' }, refused: [] },
]) {
  test(`condition: ${name}`, async () => {
    const group = await newGroup()
    const id = await define(
      `condition-${groups}`,
      { allOf: [{ field: 'type', like: 'Microsoft.ManagedIdentity/*' }, condition] },
      { effect: 'deny' },
    )
    await assign(group, id)
    const found: string[] = []
    for (const one of ['bad-one', 'BAD-two', 'good-one', 'x12']) {
      const answer = await put(identity(group, one), { location: 'eastus', tags: { a: 'b' } })
      if (answer.status === 403) found.push(one)
      else assert.equal(answer.status, 201, JSON.stringify(answer.body))
    }
    assert.deepEqual(found, refused)
  })
}

test('count over a list of the resource: each item at hand is judged', async () => {
  const group = await newGroup()
  const rules = 'Microsoft.Storage/storageAccounts/networkAcls.ipRules[*]'
  const id = await define(
    'open-rules',
    { count: { field: rules, where: { field: `${rules}.value`, like: '10.*' } }, greater: 1 },
    { effect: 'deny' },
  )
  await assign(group, id)
  const account = (...values: string[]) =>
    put(`${group}/providers/Microsoft.Storage/storageAccounts/policies${groups}?api-version=2022-09-01`, {
      location: 'eastus',
      kind: 'StorageV2',
      sku: { name: 'Standard_LRS' },
      properties: { networkAcls: { defaultAction: 'Allow', ipRules: values.map((value) => ({ value })) } },
    })
  assert.deepEqual(codeOf(await account('10.0.0.1', '10.0.0.2')), [403, 'RequestDisallowedByPolicy'])
  assert.notEqual((await account('10.0.0.1', '11.0.0.2')).status, 403)
})

for (const { name, properties, says } of [
  { name: 'no rule', properties: {}, says: /no 'policyRule'/ },
  {
    name: 'an unknown effect',
    properties: { policyRule: rule({ field: 'name', equals: 'a' }, { effect: 'deployIfNotExists' }) },
    says: /'deployIfNotExists' is not evaluated/,
  },
  {
    name: 'an effect that a parameter may take',
    properties: {
      policyRule: rule({ field: 'name', equals: 'a' }, { effect: "[parameters('effect')]" }),
      parameters: { effect: { type: 'String', allowedValues: ['Audit', 'AuditIfNotExists'], defaultValue: 'Audit' } },
    },
    says: /'AuditIfNotExists' is not evaluated/,
  },
  {
    name: 'an unknown condition',
    properties: { policyRule: rule({ field: 'name', resembles: 'a' }, { effect: 'deny' }) },
    says: /'resembles' is not known/,
  },
  {
    name: 'an unknown field',
    properties: { policyRule: rule({ field: 'colour', equals: 'a' }, { effect: 'deny' }) },
    says: /'colour' is not known/,
  },
  {
    name: 'two operators',
    properties: { policyRule: rule({ field: 'name', equals: 'a', like: 'b' }, { effect: 'deny' }) },
    says: /one operator/,
  },
  {
    name: 'an unknown parameter',
    properties: { policyRule: rule({ field: 'name', equals: "[parameters('x')]" }, { effect: 'deny' }) },
    says: /'x' is used and not defined/,
  },
  {
    name: 'a function of templates alone',
    properties: { policyRule: rule({ value: "[reference('x')]", equals: 1 }, { effect: 'deny' }) },
    says: /'reference' is not one of policy rules/,
  },
  {
    name: 'an unreadable expression',
    properties: { policyRule: rule({ value: '[concat(]', equals: 1 }, { effect: 'deny' }) },
    says: /can't be read/,
  },
  {
    name: 'modify without operations',
    properties: { policyRule: rule({ field: 'name', equals: 'a' }, { effect: 'modify', details: {} }) },
    says: /no 'operations'/,
  },
  {
    name: 'a mode of another service',
    properties: {
      mode: 'Microsoft.KeyVault.Data',
      policyRule: rule({ field: 'name', equals: 'a' }, { effect: 'deny' }),
    },
    says: /mode 'Microsoft.KeyVault.Data'/,
  },
]) {
  test(`a definition is refused and not kept: ${name}`, async () => {
    const path = `${definitionId('refused')}?${V}`
    const answer = await put(path, { properties })
    assert.equal(answer.status, 400, JSON.stringify(answer.body))
    assert.match(answer.body.error.code, /^InvalidPolicy/)
    assert.match(answer.body.error.message, says)
    assert.equal((await engine.ask(path)).status, 404)
  })
}

test('assignments: parameters are checked, and so is what the definition comes to', async () => {
  const group = await newGroup()
  const path = `${group}/providers/${AUTHORIZATION}/policyAssignments/bad?${V}`
  const allowed = builtIn('e56962a6-4747-49cd-b67b-bf8b01975c4c')
  const code = async (properties: object) => codeOf(await put(path, { properties }))
  assert.deepEqual(await code({ policyDefinitionId: builtIn('none') }), [404, 'PolicyDefinitionNotFound'])
  assert.deepEqual(await code({ policyDefinitionId: allowed }), [400, 'MissingPolicyParameter'])
  const given = { listOfAllowedLocations: { value: ['eastus'] } }
  assert.deepEqual(await code({ policyDefinitionId: allowed, parameters: { ...given, more: { value: 1 } } }), [
    400,
    'UndefinedPolicyParameter',
  ])
  assert.deepEqual(
    await code({ policyDefinitionId: allowed, parameters: { listOfAllowedLocations: { value: 'eastus' } } }),
    [400, 'PolicyParameterValueNotAllowed'],
  )
  assert.deepEqual(await code({ policyDefinitionId: allowed, parameters: given, overrides: [{}] }), [
    400,
    'InvalidPolicyAssignment',
  ])
  const free = await define(
    'free-effect',
    { field: 'name', equals: 'x' },
    { effect: "[parameters('effect')]" },
    { parameters: { effect: { type: 'String' } } },
  )
  assert.deepEqual(await code({ policyDefinitionId: free, parameters: { effect: { value: 'denyAction' } } }), [
    400,
    'InvalidPolicyRule',
  ])
  assert.equal((await engine.ask(path)).status, 404)
})

test('not enforced, left out, exempted: the write is let through; the rest is refused', async () => {
  const group = await newGroup()
  const id = await define(
    'none',
    { field: 'type', equals: 'Microsoft.ManagedIdentity/userAssignedIdentities' },
    { effect: 'deny' },
  )
  const idle = await assign(group, id, {}, { enforcementMode: 'DoNotEnforce' })
  assert.equal((await put(identity(group), { location: 'eastus' })).status, 201)
  await remove(`${idle}?${V}`)
  const left = await newGroup()
  const all = await assign(engine.subscription, id, {}, { notScopes: [left] })
  assert.equal((await put(identity(left), { location: 'eastus' })).status, 201)
  assert.deepEqual(codeOf(await put(identity(group), { location: 'eastus' })), [403, 'RequestDisallowedByPolicy'])
  const exemption = `${group}/providers/${AUTHORIZATION}/policyExemptions/e?api-version=2022-07-01-preview`
  const exempt = (more: object) =>
    put(exemption, { properties: { policyAssignmentId: all, exemptionCategory: 'Waiver', ...more } })
  assert.equal((await exempt({ expiresOn: '2020-01-01T00:00:00Z' })).status, 201)
  assert.deepEqual(codeOf(await put(identity(group), { location: 'eastus' })), [403, 'RequestDisallowedByPolicy'])
  assert.equal((await exempt({})).status, 200)
  assert.equal((await put(identity(group), { location: 'eastus' })).status, 200)
  assert.deepEqual(codeOf(await exempt({ exemptionCategory: 'Mood' })), [400, 'InvalidPolicyExemption'])
  await remove(`${all}?${V}`)
})

test('a set: its members take its parameters; it and they stay while they are in use', async () => {
  const group = await newGroup()
  const path = `${engine.subscription}/providers/${AUTHORIZATION}/policySetDefinitions/tags`
  const set = await put(`${path}?${V}`, {
    properties: {
      parameters: { name: { type: 'String' } },
      policyDefinitions: [
        {
          policyDefinitionId: builtIn('4f9dc7db-30c1-420c-b61a-e1d640128d26'),
          policyDefinitionReferenceId: 'add',
          parameters: {
            tagName: { value: "[parameters('name')]" },
            tagValue: { value: "[concat('of-', parameters('name'))]" },
          },
        },
        { policyDefinitionId: await define('member', { field: 'name', equals: 'member' }, { effect: 'deny' }) },
      ],
    },
  })
  assert.equal(set.status, 201, JSON.stringify(set.body))
  const assignment = await assign(group, path, { name: 'x' })
  assert.deepEqual((await put(identity(group), { location: 'eastus' })).body.tags, { x: 'of-x' })
  const refused = await put(identity(group, 'member'), { location: 'eastus' })
  assert.equal(refused.body.error.additionalInfo[0].info.policySetDefinitionId, path)
  assert.deepEqual(codeOf(await remove(`${path}?${V}`)), [400, 'PolicyDefinitionInUse'])
  assert.deepEqual(codeOf(await remove(`${definitionId('member')}?${V}`)), [400, 'PolicyDefinitionInUse'])
  await remove(`${assignment}?${V}`)
  assert.equal((await remove(`${path}?${V}`)).status, 200)
})

test('a policy that needs what only the run knows is met there, and the error says which', async () => {
  const group = await newGroup()
  await assign(group, builtIn('6c112d4e-5bc7-47ae-a041-ea2d9dccd749'), {
    listOfResourceTypesNotAllowed: ['Microsoft.ManagedIdentity/userAssignedIdentities'],
  })
  const path = `${group}/providers/Microsoft.Resources/deployments/d?api-version=2021-04-01`
  const template = {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    resources: [
      {
        type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
        apiVersion: '2018-11-30',
        name: 'inner',
        location: 'eastus',
        tags: { said: "[reference('says').outputs.it.value]" },
      },
      {
        type: 'Microsoft.Resources/deployments',
        apiVersion: '2022-09-01',
        name: 'says',
        properties: {
          mode: 'Incremental',
          template: {
            $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
            contentVersion: '1.0.0.0',
            resources: [],
            outputs: { it: { type: 'string', value: 'x' } },
          },
        },
      },
    ],
  }
  const made = await put(path, { properties: { mode: 'Incremental', template } })
  assert.ok(made.status < 300, JSON.stringify(made.body))
  let state = ''
  let shown: Reply | undefined
  while (!['Failed', 'Succeeded'].includes(state)) {
    shown = await engine.ask(path)
    state = shown.body.properties.provisioningState
  }
  assert.equal(state, 'Failed')
  assert.match(JSON.stringify(shown?.body.properties.error), /RequestDisallowedByPolicy/)
  assert.equal((await engine.ask(identity(group, 'inner'))).status, 404)
})

test('audit lets writes through and shows in the policy states, which are evaluated when asked', async () => {
  const group = await newGroup()
  const id = await define(
    'audited',
    {
      allOf: [
        { field: 'type', equals: 'Microsoft.ManagedIdentity/userAssignedIdentities' },
        { field: 'tags.owner', exists: false },
      ],
    },
    { effect: 'audit' },
  )
  await assign(group, id)
  assert.equal((await put(identity(group, 'without'), { location: 'eastus' })).status, 201)
  assert.equal((await put(identity(group, 'with'), { location: 'eastus', tags: { owner: 'ann' } })).status, 201)
  const ask = async (query: string) => {
    const path = `${group}/providers/Microsoft.PolicyInsights/policyStates/latest/${query}`
    const answer = await engine.ask(path, { method: 'POST' })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }
  const all = await ask('queryResults?api-version=2019-10-01')
  const names = all.value.map((one: { resourceId: string; complianceState: string }) => [
    one.resourceId.split('/').at(-1),
    one.complianceState,
  ])
  assert.deepEqual(names.sort(), [
    ['with', 'Compliant'],
    ['without', 'NonCompliant'],
  ])
  const filter = encodeURIComponent("complianceState eq 'NonCompliant'")
  assert.equal((await ask(`queryResults?api-version=2019-10-01&$filter=${filter}`)).value.length, 1)
  const summary = await ask('summarize?api-version=2019-10-01')
  assert.deepEqual(summary.value[0].results, { nonCompliantResources: 1, nonCompliantPolicies: 1 })
})

test('built-in definitions are read at the tenant and not written; lists tell them apart', async () => {
  const one = builtIn('e56962a6-4747-49cd-b67b-bf8b01975c4c')
  const shown = await engine.ask(`${one}?${V}`)
  assert.equal(shown.body.properties?.policyType, 'BuiltIn', JSON.stringify(shown.body))
  const written = await put(`${one}?${V}`, { properties: shown.body.properties })
  assert.ok(written.status >= 400, JSON.stringify(written.body))
  const list = async (filter = '') => {
    const path = `${engine.subscription}/providers/${AUTHORIZATION}/policyDefinitions?${V}`
    const { body } = await engine.ask(filter === '' ? path : `${path}&$filter=${encodeURIComponent(filter)}`)
    return new Set(body.value.map(({ properties }: { properties: { policyType: string } }) => properties.policyType))
  }
  assert.deepEqual(await list("policyType eq 'BuiltIn'"), new Set(['BuiltIn']))
  assert.deepEqual(await list("policyType eq 'Custom'"), new Set(['Custom']))
  assert.deepEqual(await list(), new Set(['BuiltIn', 'Custom']))
})

test('who may write a resource is still held by its policy; policies survive a restart of the compiled state', async () => {
  const group = await newGroup()
  const id = await define('changing', { field: 'name', equals: 'late' }, { effect: 'audit' })
  await assign(group, id)
  assert.equal((await put(identity(group, 'late'), { location: 'eastus' })).status, 201)
  await define('changing', { field: 'name', equals: 'late' }, { effect: 'deny' })
  assert.deepEqual(codeOf(await put(identity(group, 'late'), { location: 'eastus' })), [
    403,
    'RequestDisallowedByPolicy',
  ])
})

test('a deployment is held against policies before it makes anything; what-if shows what they add', async () => {
  const group = await newGroup()
  const type = 'Microsoft.ManagedIdentity/userAssignedIdentities'
  const added = await define(
    'looked-add',
    { field: 'type', equals: type },
    { effect: 'append', details: [{ field: 'tags.owner', value: 'me' }] },
  )
  const denied = await define(
    'looked-deny',
    {
      allOf: [
        { field: 'type', equals: type },
        { field: 'name', equals: 'bad' },
      ],
    },
    { effect: 'deny' },
  )
  await assign(group, added)
  await assign(group, denied)
  const one = (name: string) => ({ type, apiVersion: '2018-11-30', name, location: 'eastus' })
  const $schema = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#'
  const ask = (verb: string, names: readonly string[], method = 'POST') => {
    const template = { $schema, contentVersion: '1.0.0.0', resources: names.map(one) }
    const path = `${group}/providers/Microsoft.Resources/deployments/looked${verb}?api-version=2024-03-01`
    return engine.ask(path, { method, body: { properties: { mode: 'Incremental', template } } })
  }
  for (const [verb, method] of [['/validate', 'POST'] as const, ['/whatIf', 'POST'] as const, ['', 'PUT'] as const]) {
    const answer = await ask(verb, ['good', 'bad'], method)
    assert.deepEqual(codeOf(answer), [400, 'InvalidTemplateDeployment'], JSON.stringify(answer.body))
    const [detail] = answer.body.error.details
    assert.deepEqual([detail.code, detail.target], ['RequestDisallowedByPolicy', 'bad'])
    assert.equal(detail.additionalInfo[0].type, 'PolicyViolation')
  }
  assert.equal((await engine.ask(identity(group, 'good'))).status, 404)
  const { body } = await ask('/whatIf', ['good'])
  const change = body.properties.changes.find(({ resourceId }: { resourceId: string }) => resourceId.endsWith('/good'))
  assert.deepEqual([change.changeType, change.after.tags], ['Create', { owner: 'me' }])
})
