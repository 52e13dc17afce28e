/** Linked templates, over a whole server: the blobs are real, and so are the signatures that let them be read. */
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { after, before, test } from 'node:test'
import { serviceSas } from '../../src/blobs/sas.ts'
import { identity, nested, template } from '../support/deploy.ts'
import { startServer, type TestServer } from '../support/server.ts'

const V = '?api-version=2024-03-01'
let server: TestServer
let group: string
let account: string
let sas: string

before(async () => {
  server = await startServer()
  group = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli`
  account = 'linkedtemplates'
  const id = `${group}/providers/Microsoft.Storage/storageAccounts/${account}`
  const body = { location: 'eastus', sku: { name: 'Standard_LRS' }, kind: 'StorageV2', properties: {} }
  await server.ask(`${id}?api-version=2023-01-01`, { method: 'PUT', body })
  const keys = await server.ask(`${id}/listKeys?api-version=2023-01-01`, { method: 'POST' })
  const key = createSecretKey(Buffer.from(keys.json.keys[0].value, 'base64'))
  const token = await server.token({ resource: 'https://storage.azure.com/' })
  const made = await server.ask(`/_blob/${account}/templates?restype=container`, {
    method: 'PUT',
    token,
    headers: { 'x-ms-version': '2021-12-02' },
  })
  assert.equal(made.status, 201, made.text)
  const now = Date.now()
  sas = serviceSas(
    { account, container: 'templates' },
    { permissions: 'rcw', from: new Date(now - 60_000), until: new Date(now + 3_600_000), key },
  )
})
after(() => server.stop())

const uriOf = (path: string): string => `https://${account}.blob.core.windows.net/templates/${path}`

async function upload(path: string, content: unknown): Promise<void> {
  const reply = await server.ask(`/_blob/${account}/templates/${path}?${sas}`, {
    method: 'PUT',
    body: content,
    token: null,
    headers: { 'x-ms-blob-type': 'BlockBlob', 'x-ms-version': '2021-12-02' },
  })
  assert.equal(reply.status, 201, reply.text)
}

async function deploy(name: string, properties: object, at = group) {
  const id = `${at}/providers/Microsoft.Resources/deployments/${name}`
  const put = await server.ask(id + V, { method: 'PUT', body: { properties: { mode: 'Incremental', ...properties } } })
  const poll = String(put.headers['azure-asyncoperation'] ?? '').replace(/^https?:\/\/[^/]+/, '')
  while (poll !== '' && (await server.ask(poll)).json.status === 'InProgress')
    await new Promise((go) => setTimeout(go, 20))
  return { put, properties: (await server.ask(id + V)).json.properties }
}

test('a template and its parameters are read from blobs; relative links and the signature go along', async () => {
  await upload(
    'inner/leaf.json',
    template({
      parameters: { name: { type: 'string' } },
      resources: [identity("[parameters('name')]")],
      outputs: { id: { type: 'string', value: "[reference(parameters('name')).principalId]" } },
    }),
  )
  await upload(
    'main.json',
    template({
      contentVersion: '1.2.0.0',
      parameters: { prefix: { type: 'string' } },
      resources: [
        {
          type: 'Microsoft.Resources/deployments',
          apiVersion: '2022-09-01',
          name: 'leaf',
          properties: {
            mode: 'Incremental',
            templateLink: { relativePath: 'inner/leaf.json' },
            parameters: { name: { value: "[concat(parameters('prefix'), '-linked')]" } },
          },
        },
      ],
      outputs: {
        id: { type: 'string', value: "[reference('leaf').outputs.id.value]" },
        from: { type: 'string', value: '[deployment().properties.templateLink.uri]' },
      },
    }),
  )
  await upload('parameters.json', {
    $schema: 'https://x',
    contentVersion: '1.0.0.0',
    parameters: { prefix: { value: 'my' } },
  })
  const { put, properties } = await deploy('linked', {
    templateLink: { uri: uriOf('main.json'), queryString: sas, contentVersion: '1.2.0.0' },
    parametersLink: { uri: `${uriOf('parameters.json')}?${sas}` },
  })
  assert.equal(put.status, 201, put.text)
  assert.equal(properties.provisioningState, 'Succeeded', JSON.stringify(properties.error))
  assert.deepEqual(properties.templateLink, { uri: uriOf('main.json'), contentVersion: '1.2.0.0' })
  assert.equal(properties.outputs.from.value, uriOf('main.json'))
  assert.equal(properties.outputs.id.value.length, 36)
  assert.ok(!JSON.stringify(properties).includes(new URLSearchParams(sas).get('sig') ?? '?'))
  const made = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/my-linked`
  assert.equal((await server.ask(`${made}?api-version=2023-01-31`)).status, 200)
})

test('what is inside a linked template, and what falls back to it, reads its relative links too', async () => {
  await upload('deep/leaf.json', template({ resources: [identity('from-inside')] }))
  const link = {
    type: 'Microsoft.Resources/deployments',
    apiVersion: '2022-09-01',
    name: 'inside-leaf',
    properties: { mode: 'Incremental', templateLink: { relativePath: 'deep/leaf.json' } },
  }
  await upload('around.json', template({ resources: [nested('inside', { resources: [link] })] }))
  const own = `${group}-links`
  await server.ask(`${own}?api-version=2021-04-01`, { method: 'PUT', body: { location: 'eastus' } })
  const leaf = `${own}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/from-inside?api-version=2023-01-31`
  const good = await deploy('around', { templateLink: { uri: uriOf('around.json'), queryString: sas } }, own)
  assert.equal(good.properties.provisioningState, 'Succeeded', JSON.stringify(good.properties.error ?? good.put.json))
  assert.equal((await server.ask(leaf, { method: 'DELETE' })).status, 200)
  const fails = {
    template: template({ outputs: { never: { type: 'int', value: "[length(list('nobody', '2023-01-01'))]" } } }),
    onErrorDeployment: { type: 'SpecificDeployment', deploymentName: 'around' },
  }
  const back = await deploy('fails', fails, own)
  assert.equal(back.properties.provisioningState, 'Failed')
  assert.equal(back.properties.onErrorDeployment.provisioningState, 'Succeeded', JSON.stringify(back.properties))
  assert.equal((await server.ask(leaf)).status, 200)
})

test('what may not be read, is not there or is no template is refused with the reason, and nothing is made', async () => {
  await upload('broken.json', '{"resources": ')
  await upload('list.json', '[]')
  await upload('empty.json', {})
  for (const [link, why] of [
    [{ uri: uriOf('main.json') }, /answered 401/],
    [{ uri: `${uriOf('ghost.json')}?${sas}` }, /answered 404 \(BlobNotFound\)/],
    [{ uri: `${uriOf('main.json')}?${sas.replace(/sig=[^&]+/, 'sig=AAAA')}` }, /answered 403/],
    [{ uri: `${uriOf('broken.json')}?${sas}` }, /it is no JSON/],
    [{ uri: `${uriOf('list.json')}?${sas}` }, /no JSON object/],
    [{ uri: `${uriOf('empty.json')}?${sas}` }, /has no 'resources'/],
    [{ uri: `${uriOf('main.json')}?${sas}`, contentVersion: '9.0.0.0' }, /content version '9\.0\.0\.0'/],
    [{ uri: 'https://example.com/main.json' }, /only blobs of storage accounts that are here/],
    [{ uri: `${server.url}/lazuli/status` }, /only blobs of storage accounts that are here/],
    [{ uri: 'file:///etc/passwd' }, /only blobs of storage accounts that are here/],
    [{ relativePath: 'x.json' }, /relative to nothing/],
  ] as const) {
    const { put } = await deploy('refused', { templateLink: link })
    assert.equal(put.status, 400, put.text)
    assert.match(put.json.error.message, why)
    assert.ok(!put.text.includes('sig='), 'the signature is in the refusal')
  }
})
