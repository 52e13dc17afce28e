import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkResponse } from './support/contract.ts'

const computes = '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/computes'
const compute = {
  id: `${computes}/c`,
  name: 'c',
  type: 'Microsoft.MachineLearningServices/workspaces/computes',
  location: 'eastus',
  properties: { computeType: 'AmlCompute', provisioningState: 'Succeeded', properties: { vmSize: 'Standard_D1' } },
}

for (const { why, method, url, status, body } of [
  { why: 'a resource', method: 'GET', url: `${computes}/c?api-version=2022-05-01`, status: 200, body: compute },
  { why: 'a list', method: 'GET', url: `${computes}?api-version=2022-05-01`, status: 200, body: { value: [compute] } },
  {
    why: 'another case',
    method: 'GET',
    url: `${computes.toUpperCase()}/C?api-version=2022-05-01`,
    status: 200,
    body: compute,
  },
  {
    why: 'the nearest older facts',
    method: 'GET',
    url: `${computes}/c?api-version=2024-10-01`,
    status: 200,
    body: compute,
  },
  {
    why: 'a refusal',
    method: 'GET',
    url: `${computes}/c?api-version=2022-05-01`,
    status: 404,
    body: { error: { code: 'a', message: 'b' } },
  },
]) {
  test(`the contract takes ${why}`, () => checkResponse(method, url, status, body))
}

for (const { why, method, url, status, body, says } of [
  {
    why: 'a wrong type',
    method: 'GET',
    url: `${computes}/c?api-version=2022-05-01`,
    status: 200,
    body: { ...compute, location: 3 },
    says: /location must be string/,
  },
  {
    why: 'a wrong type far down',
    method: 'GET',
    url: `${computes}?api-version=2022-05-01`,
    status: 200,
    body: { value: [{ ...compute, properties: { ...compute.properties, properties: { vmSize: 1 } } }] },
    says: /vmSize must be string/,
  },
  {
    why: 'a kind that is none',
    method: 'GET',
    url: `${computes}/c?api-version=2022-05-01`,
    status: 200,
    body: { ...compute, properties: { computeType: 'Toaster' } },
    says: /computeType/,
  },
  {
    why: 'a status that the operation does not have',
    method: 'PUT',
    url: `${computes}/c?api-version=2022-05-01`,
    status: 202,
    body: compute,
    says: /202 is none of/,
  },
  {
    why: 'an operation that is none',
    method: 'GET',
    url: `${computes}/c/nothing?api-version=2022-05-01`,
    status: 200,
    body: {},
    says: /no such operation/,
  },
  {
    why: 'an error of another shape',
    method: 'GET',
    url: `${computes}/c?api-version=2022-05-01`,
    status: 404,
    body: { error: 'gone' },
    says: /error/,
  },
]) {
  test(`the contract refuses ${why}`, () => assert.throws(() => checkResponse(method, url, status, body), says))
}

for (const version of ['2020-08-01', '2022-10-01-preview', '2023-08-01-preview', '2024-10-01-preview', '2025-12-01']) {
  test(`the contract of ${version} is one of its own`, () => {
    assert.doesNotThrow(() => checkResponse('GET', `${computes}/c?api-version=${version}`, 200, compute))
    assert.throws(() => checkResponse('GET', `${computes}/c?api-version=${version}`, 200, { ...compute, location: 1 }))
  })
}
