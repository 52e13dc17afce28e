import assert from 'node:assert/strict'
import { test } from 'node:test'
import { azureOrigin, cloudOf, servicesOf, signableDomains, targetOf } from './hosts.ts'
import { ownOrigin } from './origin.ts'

for (const [host, surface, name] of [
  ['management.azure.com', 'arm', ''],
  ['login.microsoftonline.com', 'login', ''],
  ['login.windows.net', 'login', ''],
  ['sts.windows.net', 'login', ''],
  ['graph.microsoft.com', 'graph', ''],
  ['ml.azure.com', 'studio', ''],
  ['eastus.api.azureml.ms', 'regional', 'eastus'],
  ['cert-eastus.experiments.azureml.net', 'regional', 'eastus'],
  ['0f3c.workspace.centralus.api.azureml.ms', 'regional', 'centralus'],
  ['westus2.modelmanagement.azureml.net', 'regional', 'westus2'],
  ['eastus.aether.ms', 'regional', 'eastus'],
  ['eastus.studioservice.azureml.com', 'regional', 'eastus'],
  ['iris.eastus.inference.ml.azure.com', 'scoring', 'iris.eastus'],
  ['kv.vault.azure.net', 'vault', 'kv'],
  ['acr.azurecr.io', 'registry', 'acr'],
  ['acct.blob.core.windows.net', 'blob', 'acct'],
  ['acct.dfs.core.windows.net', 'storage', 'acct'],
  ['eastus-8.in.applicationinsights.azure.com', 'insights', 'eastus-8'],
] as const) {
  test(`${host} is the ${surface} plane${name && ` of '${name}'`}`, () => {
    const target = targetOf(host)
    assert.equal(target?.surface, surface)
    assert.equal(target?.name, name)
    assert.equal(target?.ifAccountExists, surface === 'blob' || surface === 'storage')
    assert.ok(
      signableDomains.some((domain) => host === domain || host.endsWith(`.${domain}`)),
      'the authority may sign for it',
    )
  })
}

for (const host of [
  'pypi.org',
  'azure.com',
  'portal.azure.com',
  'evilmanagement.azure.com',
  'management.azure.com.evil.org',
  'api.azureml.ms',
  '.api.azureml.ms',
  'a.b.blob.core.windows.net',
  'iris.inference.ml.azure.com',
  '',
]) {
  test(`'${host}' is left to the network`, () => assert.equal(targetOf(host), undefined))
}

test('discovery names every key that the article and the clients read, for the region asked', () => {
  const azure = servicesOf(azureOrigin, 'centralus')
  assert.deepEqual(azure, {
    api: 'https://centralus.api.azureml.ms',
    catalog: 'https://catalog.cortanaanalytics.com',
    experimentation: 'https://centralus.experiments.azureml.net',
    gallery: 'https://gallery.cortanaintelligence.com/project',
    history: 'https://centralus.experiments.azureml.net',
    hyperdrive: 'https://centralus.experiments.azureml.net',
    labeling: 'https://centralus.experiments.azureml.net',
    modelmanagement: 'https://centralus.modelmanagement.azureml.net',
    pipelines: 'https://centralus.aether.ms',
    studio: 'https://ml.azure.com',
    studiocoreservices: 'https://centralus.studioservice.azureml.com',
  })
  const own = servicesOf(ownOrigin('https://localhost:8484'), 'eastus')
  assert.deepEqual(Object.keys(own), Object.keys(azure))
  assert.ok(Object.values(own).every((url) => url.startsWith('https://localhost:8484')))
})

test('the cloud of the own origin is found by azure-ai-ml in the URL that it was given', () => {
  const cloud = cloudOf(ownOrigin('https://localhost:8484'))
  assert.ok('https://localhost:8484/metadata/endpoints?api-version=2019-05-01'.includes(String(cloud.resourceManager)))
  assert.notEqual(cloud.name, cloudOf(azureOrigin).name)
})
