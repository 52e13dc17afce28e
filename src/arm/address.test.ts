import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { addressReader } from './address.ts'
import { loadRegistry } from './registry.ts'

const addressOf = addressReader(await loadRegistry(join(import.meta.dirname, '..', 'providers')))
const G = '/subscriptions/s/resourceGroups/g'
const ML = `${G}/providers/Microsoft.MachineLearningServices`

for (const { path, at, type } of [
  { path: '/subscriptions', at: 'collection', type: 'Microsoft.Resources/subscriptions' },
  { path: '/subscriptions/s', at: 'resource', type: 'Microsoft.Resources/subscriptions' },
  { path: '/subscriptions/s/resourcegroups', at: 'collection', type: 'Microsoft.Resources/resourceGroups' },
  { path: G, at: 'resource', type: 'Microsoft.Resources/resourceGroups' },
  { path: `${ML}/workspaces/`, at: 'collection', type: 'Microsoft.MachineLearningServices/workspaces' },
  {
    path: '/subscriptions/s/providers/microsoft.machinelearningservices/WORKSPACES',
    at: 'collection',
    type: 'Microsoft.MachineLearningServices/workspaces',
  },
  {
    path: `${ML}/workspaces/w/computes/c`.toUpperCase(),
    at: 'resource',
    type: 'Microsoft.MachineLearningServices/workspaces/computes',
  },
  {
    path: `${ML}/workspaces/w/codes/c/versions`,
    at: 'collection',
    type: 'Microsoft.MachineLearningServices/workspaces/codes/versions',
  },
  { path: `${ML}/workspaces/w/listkeys`, at: 'action', type: 'Microsoft.MachineLearningServices/workspaces' },
  {
    path: `${ML}/workspaces/w/providers/Microsoft.Authorization/roleAssignments/r`,
    at: 'resource',
    type: 'Microsoft.Authorization/roleAssignments',
  },
  {
    path: `${G}/providers/Microsoft.Authorization/roleAssignments`,
    at: 'collection',
    type: 'Microsoft.Authorization/roleAssignments',
  },
] as const) {
  test(`${path} is a ${at} of ${type}`, () => {
    const found = addressOf(path)
    assert.ok(found && 'type' in found && typeof found.type === 'object')
    assert.deepEqual([found.at, found.type.type], [at, type])
  })
}

for (const { path, at } of [
  { path: '/subscriptions/s/locations', at: 'operation' },
  { path: '/subscriptions/s/providers/Microsoft.Storage', at: 'operation' },
  { path: '/subscriptions/s/providers/Microsoft.Storage/register', at: 'operation' },
  { path: `${G}/moveResources`, at: 'operation' },
  { path: '/subscriptions/s/providers/Microsoft.X/locations/l/operationStatuses/1', at: 'poll' },
  { path: '/subscriptions/s/operationresults/1', at: 'poll' },
  { path: `${G}/providers/Microsoft.Nothing/things/t`, at: 'nothing' },
  { path: `${ML}/nothing/n`, at: 'nothing' },
  { path: `${G}/providers/Microsoft.Storage//storageAccounts/a`, at: 'resource' },
  { path: '/subscriptions//resourceGroups', at: undefined },
  { path: '/subscriptions/%', at: undefined },
  { path: `${ML}/workspaces/a%2Fb`, at: undefined },
  { path: '/favicon.ico', at: undefined },
]) {
  test(`${path} is ${at ?? 'no address'}`, () => assert.equal(addressOf(path)?.at, at))
}
