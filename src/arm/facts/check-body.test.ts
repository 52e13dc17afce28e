import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Fault, isFault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { loadRegistry } from '../registry.ts'
import { apiVersions } from '../versions.ts'
import { checkBody } from './check-body.ts'
import { openFacts } from './facts.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const facts = openFacts(join(root, 'spec'))
const versions = apiVersions(facts)
const registry = await loadRegistry(join(root, 'src', 'providers'))
const COMPUTES = 'Microsoft.MachineLearningServices/workspaces/computes'
const WORKSPACES = 'Microsoft.MachineLearningServices/workspaces'

function check(name: string, asked: string, body: JsonObject, verb: 'put' | 'patch' = 'put'): JsonObject {
  const type = registry.type(name)
  assert.ok(type)
  return checkBody(facts, type, versions.resolve(asked, type.provider, type.path), { verb, body })
}

const scale = (scaleSettings: JsonObject): JsonObject => ({
  properties: { computeType: 'AmlCompute', properties: { scaleSettings } },
})

test('the article’s compute is taken, and what it puts beside `properties` is kept', () => {
  const body = {
    location: 'eastus',
    properties: {
      computeType: 'AmlCompute',
      properties: {
        vmSize: 'Standard_D1',
        vmPriority: 'Dedicated',
        scaleSettings: { maxNodeCount: 1, minNodeCount: 0, nodeIdleTimeBeforeScaleDown: 'PT30M' },
      },
    },
    userAccountCredentials: { adminUserName: 'n', adminUserPassword: 'p' },
  }
  assert.deepEqual(check(COMPUTES, '2022-05-01', body), body)
})

test('names and words fold case, numbers and booleans may be text, read-only values go', () => {
  const sent = {
    Properties: { computeType: 'amlcompute', provisioningState: 'Failed', disableLocalAuth: 'True', properties: {} },
  }
  assert.deepEqual(check(COMPUTES, '2022-05-01', sent), {
    properties: { computeType: 'AmlCompute', disableLocalAuth: true, properties: {} },
  })
  assert.deepEqual(check(COMPUTES, '2022-05-01', scale({ maxNodeCount: '3' })), scale({ maxNodeCount: 3 }))
  const identity = { identity: { type: 'systemassigned, userassigned' } }
  assert.deepEqual(check(WORKSPACES, '2022-05-01', identity), { identity: { type: 'SystemAssigned,UserAssigned' } })
})

test('null stands where a value is optional, and unknown properties stay', () => {
  const body = { properties: { containerRegistry: null, somethingNew: { a: [1] } }, tags: null }
  assert.deepEqual(check(WORKSPACES, '2022-05-01', body), body)
})

test('a patch has a shape of its own: it need not say what kind it is', () => {
  const body = { properties: { properties: { scaleSettings: { maxNodeCount: 2 } } } }
  assert.deepEqual(check(COMPUTES, '2022-05-01', body, 'patch'), body)
})

for (const { why, type, body, target, says } of [
  {
    why: 'a kind that is none',
    type: COMPUTES,
    body: { properties: { computeType: 'Toaster' } },
    target: 'properties.computeType',
    says: /must be one of: AKS, AmlCompute/,
  },
  {
    why: 'a missing kind',
    type: COMPUTES,
    body: { properties: {} },
    target: 'properties.computeType',
    says: /is required/,
  },
  {
    why: 'a missing number far down',
    type: COMPUTES,
    body: scale({}),
    target: 'properties.properties.scaleSettings.maxNodeCount',
    says: /is required/,
  },
  {
    why: 'null where a value must be',
    type: COMPUTES,
    body: scale({ maxNodeCount: null }),
    target: 'properties.properties.scaleSettings.maxNodeCount',
    says: /is required/,
  },
  {
    why: 'text for a number',
    type: COMPUTES,
    body: scale({ maxNodeCount: 'many' }),
    target: 'properties.properties.scaleSettings.maxNodeCount',
    says: /must be of type integer/,
  },
  {
    why: 'half a node',
    type: COMPUTES,
    body: scale({ maxNodeCount: 1.5 }),
    target: 'properties.properties.scaleSettings.maxNodeCount',
    says: /integer/,
  },
  {
    why: 'text for an object',
    type: COMPUTES,
    body: { properties: 'x' },
    target: 'properties',
    says: /must be an object/,
  },
  {
    why: 'an object for text',
    type: WORKSPACES,
    body: { properties: { keyVault: {} } },
    target: 'properties.keyVault',
    says: /must be of type string and is an object/,
  },
  {
    why: 'a word that is none',
    type: WORKSPACES,
    body: { identity: { type: 'Mine' } },
    target: 'identity.type',
    says: /must be one of: None, SystemAssigned/,
  },
  {
    why: 'a map with a wrong value',
    type: WORKSPACES,
    body: { tags: { a: {} } },
    target: 'tags.a',
    says: /must be of type string/,
  },
]) {
  test(`a body with ${why} is refused by its path`, () => {
    const refusal = (error: unknown): error is Fault => isFault(error) && error.code === 'InvalidRequestContent'
    assert.throws(
      () => check(type, '2022-05-01', body),
      (error) => {
        assert.ok(refusal(error))
        assert.equal(error.status, 400)
        assert.equal(error.extra.details?.[0]?.target, target)
        assert.match(error.extra.details[0].message, says)
        return true
      },
    )
  })
}
