/**
 * Every curl command of Microsoft's article, run by the real curl through the proxy of a real server. The commands and
 * the list of typos mended in them stand in demo/article.ts, which the demo walks with too.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { article, fill, mends } from '../demo/article.ts'
import { type Answer, type Curl, openCurl } from '../demo/curl.ts'
import { root, startServer, type TestServer, until } from './support/server.ts'

describe("the article's commands", () => {
  let server: TestServer
  let curl: Curl
  const values: Record<string, string> = {
    'YOUR-RESOURCE-GROUP': 'TheArticle',
    'AZURE-LOCATION': 'eastus',
    'YOUR-NEW-WORKSPACE-NAME': 'my-workspace',
    'YOUR-WORKSPACE-NAME': 'my-workspace',
    'YOUR-WORKSPACE-FRIENDLY-NAME': 'My workspace',
    'YOUR-WORKSPACE-DESCRIPTION': 'as the article has it',
    'YOUR-REGISTRY-NAME': 'articleregistry',
    'YOUR-KEYVAULT-NAME': 'articlevault',
    'YOUR-APPLICATION-INSIGHTS-NAME': 'articleinsights',
    'YOUR-STORAGE-ACCOUNT-NAME': 'articlestorage',
    'YOUR-MANAGED-IDENTITY': 'article-identity',
    'YOUR-VAULT': 'articlevault2',
    'YOUR-KEY': 'key',
    'YOUR-KEY-VERSION': '0123456789abcdef0123456789abcdef',
    'YOUR-COMPUTE-NAME': 'article-compute',
    ADMIN_USERNAME: 'azureuser',
    ADMIN_PASSWORD: 'Sesame-opens-7-caves',
  }
  const run = (command: string) => curl.run(fill(command, values))
  const bearer = `-H 'Authorization: Bearer <YOUR-ACCESS-TOKEN>'`
  const group = 'https://management.azure.com/subscriptions/<YOUR-SUBSCRIPTION-ID>/resourceGroups/<YOUR-RESOURCE-GROUP>'
  const get = (url: string) => run(`curl '${url}' ${bearer}`)
  const put = (url: string, body: object) =>
    run(`curl -X PUT '${url}' ${bearer} -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`)
  const workspaceUrl = (name: string) =>
    `${group}/providers/Microsoft.MachineLearningServices/workspaces/${name}?api-version=2022-05-01`

  before(async () => {
    server = await startServer()
    curl = await openCurl(server.env)
    values['YOUR-TENANT-ID'] = server.facts.tenantId
    values['YOUR-SUBSCRIPTION-ID'] = server.facts.subscriptionId
    values['YOUR-CLIENT-ID'] = server.facts.clientId
    values['YOUR-CLIENT-SECRET'] = readFileSync(join(server.data, 'client-secret'), 'utf8').trim()
  })
  after(async () => {
    await curl?.close()
    await server?.stop()
  })

  const original = join(root, '..', 'shared', 'article', 'article.md')
  test('are those of the article, with its typos mended', {
    skip: !existsSync(original) && 'the article is not here',
  }, () => {
    const blocks = [...readFileSync(original, 'utf8').matchAll(/```(?:bash)?\n(curl[\s\S]*?)```/g)].map(
      ([, text]) => text ?? '',
    )
    const mended = blocks.map((text) => mends.reduce((so, { from, to }) => so.replace(from, to), text).trimEnd())
    assert.deepEqual(
      mended,
      Object.values(article).map((text) => text.trimEnd()),
    )
    for (const { from, why } of mends)
      assert.ok(
        blocks.some((text) => text.search(from) >= 0),
        `still needed: ${why}`,
      )
  })

  test('retrieve a token: every field a string, good for an hour', async () => {
    const answer = await run(article.token)
    assert.equal(answer.status, 200)
    const token = answer.json<Record<string, string>>()
    assert.deepEqual(Object.keys(token).sort(), [
      'access_token',
      'expires_in',
      'expires_on',
      'ext_expires_in',
      'not_before',
      'resource',
      'token_type',
    ])
    for (const value of Object.values(token)) assert.equal(typeof value, 'string')
    assert.equal(token.token_type, 'Bearer')
    assert.equal(token.resource, 'https://management.azure.com/')
    assert.ok(Math.abs(Number(token.expires_in) - 3599) <= 1)
    assert.ok(Math.abs(Number(token.expires_on) - Date.now() / 1000 - 3599) < 60)
    values['YOUR-ACCESS-TOKEN'] = token.access_token ?? ''
  })

  test('set the Authorization header', async () => {
    const url = `'https://management.azure.com/subscriptions/<YOUR-SUBSCRIPTION-ID>?api-version=2022-12-01'`
    const answer = await run(article.header.replace('...more args...', url))
    assert.equal(answer.status, 200)
    assert.equal(answer.json<{ subscriptionId: string }>().subscriptionId, server.facts.subscriptionId)
  })

  test('list resource groups', async () => {
    assert.equal((await put(`${group}?api-version=2021-04-01`, { location: 'eastus' })).status, 201)
    const answer = await run(article.groups)
    assert.equal(answer.status, 200)
    const made = answer.json<List>().value.find(({ name }) => name === 'TheArticle')
    assert.deepEqual(
      [made?.id, made?.type, made?.location, made?.properties],
      [
        `/subscriptions/${server.facts.subscriptionId}/resourceGroups/TheArticle`,
        'Microsoft.Resources/resourceGroups',
        'eastus',
        { provisioningState: 'Succeeded' },
      ],
    )
  })

  test('the registration that the troubleshooting asks for', async () => {
    const provider =
      'https://management.azure.com/subscriptions/<YOUR-SUBSCRIPTION-ID>/providers/Microsoft.ContainerRegistry'
    const register = (verb: string) => run(`curl -X POST '${provider}/${verb}?api-version=2021-04-01' ${bearer} -d ''`)
    assert.equal((await register('unregister')).status, 200)
    const refused = await put(
      `${group}/providers/Microsoft.ContainerRegistry/registries/<YOUR-REGISTRY-NAME>?api-version=2023-07-01`,
      { location: 'eastus', sku: { name: 'Basic' } },
    )
    assert.equal(refused.status, 409)
    const { error } = refused.json<{ error: { code: string; message: string } }>()
    assert.equal(error.code, 'MissingSubscriptionRegistration')
    assert.match(error.message, /The subscription is not registered to use namespace 'Microsoft.ContainerRegistry'/)
    assert.equal((await register('register')).status, 200)
  })

  test('the dependencies that the article takes for granted', async () => {
    const vault = { sku: { family: 'A', name: 'standard' }, tenantId: server.facts.tenantId, accessPolicies: [] }
    for (const [path, body] of [
      [
        'Microsoft.ContainerRegistry/registries/<YOUR-REGISTRY-NAME>?api-version=2023-07-01',
        { sku: { name: 'Basic' }, properties: { adminUserEnabled: true } },
      ],
      ['Microsoft.KeyVault/vaults/<YOUR-KEYVAULT-NAME>?api-version=2023-07-01', { properties: vault }],
      [
        'Microsoft.Insights/components/<YOUR-APPLICATION-INSIGHTS-NAME>?api-version=2020-02-02',
        { kind: 'web', properties: { Application_Type: 'web' } },
      ],
      [
        'Microsoft.Storage/storageAccounts/<YOUR-STORAGE-ACCOUNT-NAME>?api-version=2022-09-01',
        { kind: 'StorageV2', sku: { name: 'Standard_LRS' } },
      ],
      ['Microsoft.ManagedIdentity/userAssignedIdentities/<YOUR-MANAGED-IDENTITY>?api-version=2018-11-30', {}],
    ] as const) {
      const url = `${group}/providers/${path}`
      const made = await put(url, { location: 'eastus', ...body })
      assert.ok([200, 201, 202].includes(made.status), `${path}: ${made.status} ${made.text}`)
      await until(path, async () => {
        const seen = (await get(url)).json<Resource>()
        return (seen.properties?.provisioningState ?? 'Succeeded') === 'Succeeded'
      })
    }
  })

  test('create a workspace: 202, and a Location that tells how it goes', async () => {
    const answer = await run(article.workspace)
    assert.equal(answer.status, 202, answer.text)
    await finished(answer)
    const workspace = (await get(workspaceUrl('my-workspace'))).json<Resource>()
    const properties = workspace.properties ?? {}
    assert.equal(properties.provisioningState, 'Succeeded')
    assert.equal(properties.friendlyName, 'My workspace')
    assert.match(
      String(properties.applicationInsights),
      /^\/subscriptions\//,
      'an id without its leading slash is fine',
    )
    assert.match(String(workspace.identity?.type), /^systemAssigned$/i)
    assert.match(String(workspace.identity?.principalId), /^[0-9a-f-]{36}$/)
    assert.equal(workspace.identity?.tenantId, server.facts.tenantId)
    assert.equal(properties.discoveryUrl, 'https://eastus.experiments.azureml.net/discovery')
  })

  test('an update of it answers 200', async () => {
    assert.equal((await run(article.workspace)).status, 200)
  })

  test('list workspaces, with the slash before the query', async () => {
    const answer = await run(article.workspaces)
    assert.equal(answer.status, 200)
    const [workspace] = answer.json<List>().value
    assert.equal(workspace?.name, 'my-workspace')
    assert.equal(workspace?.type, 'Microsoft.MachineLearningServices/workspaces')
    for (const name of [
      'storageAccount',
      'containerRegistry',
      'keyVault',
      'applicationInsights',
      'workspaceId',
      'hbiWorkspace',
      'creationTime',
      'discoveryUrl',
    ]) {
      assert.ok(name in (workspace?.properties ?? {}), name)
    }
  })

  test('ask the discovery URL, without a token', async () => {
    const { properties } = (await get(workspaceUrl('my-workspace'))).json<Resource>()
    const answer = await run(`curl ${properties?.discoveryUrl}`)
    assert.equal(answer.status, 200)
    const services = answer.json<Record<string, string>>()
    const keys = [
      'api',
      'catalog',
      'experimentation',
      'gallery',
      'history',
      'hyperdrive',
      'labeling',
      'modelmanagement',
      'pipelines',
      'studiocoreservices',
    ]
    for (const key of keys) assert.match(String(services[key]), /^https:\/\/[^/]+(\/project)?$/, key)
    assert.equal(services.api, 'https://eastus.api.azureml.ms')
    assert.equal(services.modelmanagement, 'https://eastus.modelmanagement.azureml.net')
    values['REGIONAL-API-SERVER'] = 'eastus.api.azureml.ms'
  })

  test('list experiments', async () => {
    const answer = await run(article.experiments)
    assert.equal(answer.status, 200, answer.text)
    assert.ok(Array.isArray(answer.json<List>().value))
  })

  test('list registered models, and delete one', async () => {
    const models = workspaceUrl('my-workspace').replace('?', '/models/article-model/versions/1?')
    const made = await put(models, {
      properties: { modelUri: 'azureml://datastores/workspaceblobstore/paths/model', modelType: 'custom_model' },
    })
    assert.equal(made.status, 201, made.text)
    const listed = await run(article.models)
    assert.equal(listed.status, 200, listed.text)
    const model = listed.json<List>().value.find(({ name }) => name === 'article-model')
    assert.equal(model?.id, 'article-model:1')

    values['YOUR-MODEL-ID'] = model.id
    const deleted = await run(article.deleteModel)
    assert.ok([200, 204].includes(deleted.status), deleted.text)
    assert.equal((await run(article.models)).json<List>().value.length, 0)
    assert.equal((await get(models)).status, 404, 'Azure Resource Manager knows the same models')
  })

  test('list computes, and create one: 201, then provisioning that can be polled', async () => {
    assert.deepEqual((await run(article.computes)).json<List>().value, [])
    const made = await run(article.compute)
    assert.equal(made.status, 201, made.text)
    await until('the operation is over', async () => {
      const { status, error } = (await get(made.headers.get('azure-asyncoperation') ?? '')).json<{
        status: string
        error?: unknown
      }>()
      assert.ok(status === 'InProgress' || status === 'Succeeded', JSON.stringify(error))
      return status === 'Succeeded'
    })
    const url = workspaceUrl('my-workspace').replace('?', '/computes/article-compute?')
    await until('the compute is provisioned', async () => {
      const { properties } = (await get(url)).json<Resource>()
      assert.notEqual(properties?.provisioningState, 'Failed')
      return properties?.provisioningState === 'Succeeded'
    })
    const [compute] = (await run(article.computes)).json<List>().value
    assert.equal(compute?.name, 'article-compute')
    assert.equal((compute?.properties?.properties as { vmSize?: string } | undefined)?.vmSize, 'Standard_D1')
    assert.ok(!JSON.stringify(compute).includes('Sesame'), 'a password is never answered')
  })

  test('overwrite it: 200', async () => {
    assert.equal((await run(article.compute)).status, 200)
  })

  test('create a workspace with a user-assigned identity', async () => {
    values['YOUR-NEW-WORKSPACE-NAME'] = 'with-identity'
    const answer = await run(article.workspaceWithIdentity)
    assert.equal(answer.status, 202, answer.text)
    await finished(answer)
    const { identity } = (await get(workspaceUrl('with-identity'))).json<Resource>()
    assert.match(String(identity?.principalId), /^[0-9a-f-]{36}$/)
    const assigned = Object.entries(identity?.userAssignedIdentities ?? {})
    assert.equal(assigned.length, 1)
    assert.match(String(assigned[0]?.[0]), /userAssignedIdentities\/article-identity$/)
    assert.match(String(assigned[0]?.[1].principalId), /^[0-9a-f-]{36}$/)
    assert.match(String(assigned[0]?.[1].clientId), /^[0-9a-f-]{36}$/)
  })

  describe('create a workspace with customer-managed keys: each condition by its name, then it succeeds', () => {
    const vault = (properties: object, location = 'eastus2euap') =>
      put(`${group}/providers/Microsoft.KeyVault/vaults/<YOUR-VAULT>?api-version=2023-07-01`, {
        location,
        properties: {
          sku: { family: 'A', name: 'standard' },
          tenantId: server.facts.tenantId,
          accessPolicies: [],
          ...properties,
        },
      })
    const asked = async () => {
      const name = `with-${values['YOUR-VAULT']}-${Object.keys(made).length}`
      made[name] = true
      values['YOUR-NEW-WORKSPACE-NAME'] = name
      const answer = await run(article.workspaceWithOwnKeys)
      assert.equal(answer.status, 202, answer.text)
      return { name, answer }
    }
    const made: Record<string, boolean> = {}
    const refused = async () => {
      const { name, answer } = await asked()
      const told = await until('the operation is over', async () => {
        const now = await get(answer.headers.get('location') ?? '')
        return now.status !== 202 && !/"InProgress"/.test(now.text) && now
      })
      const { properties } = (await get(workspaceUrl(name))).json<Partial<Resource>>()
      assert.notEqual(properties?.provisioningState, 'Succeeded', 'no workspace calls itself encrypted')
      return told.json<{ error: { code: string; message: string } }>().error
    }
    const principalOf = async (appId: string): Promise<string> => {
      const token = await server.token({ resource: 'https://graph.microsoft.com' })
      const query = `$filter=${encodeURIComponent(`appId eq '${appId}'`)}`
      const found = await server.ask(`/v1.0/servicePrincipals?${query}`, { token, host: 'graph.microsoft.com' })
      return found.json.value[0].id
    }
    const policyFor = (objectId: string, keys: readonly string[]) => ({
      accessPolicies: [{ tenantId: server.facts.tenantId, objectId, permissions: { keys } }],
    })
    const safe = { enableSoftDelete: true, enablePurgeProtection: true }
    const COSMOS = 'a232010e-820c-4083-83bb-3ace5fc29d0b'
    const MACHINE_LEARNING = '0736f41a-0425-4b46-bdb5-1563eff02385'

    test('no such vault', async () => assert.match((await refused()).message, /articlevault2/))
    test('a vault in another region', async () => {
      values['YOUR-VAULT'] = 'articlevault3'
      assert.ok((await vault({ enablePurgeProtection: true }, 'eastus')).status < 300)
      assert.match((await refused()).message, /region|location/i)
    })
    test('a vault without purge protection', async () => {
      values['YOUR-VAULT'] = 'articlevault4'
      assert.ok((await vault({})).status < 300)
      assert.match((await refused()).message, /purge protection/i)
    })
    test('a vault without soft delete', async () => {
      values['YOUR-VAULT'] = 'articlevault6'
      assert.ok((await vault({ enableSoftDelete: false })).status < 300)
      assert.match((await refused()).message, /soft delete/i)
    })
    test('no such key, then a key of another type', async () => {
      values['YOUR-VAULT'] = 'articlevault5'
      assert.ok((await vault(safe)).status < 300)
      assert.match((await refused()).message, /key 'key\/0123.+was not found/i)
      values['YOUR-KEY-VERSION'] = await keyVersion('EC')
      assert.match((await refused()).message, /no RSA key/)
    })
    const keyVersion = async (kty: string) => {
      const key = `${group}/providers/Microsoft.KeyVault/vaults/<YOUR-VAULT>/keys/<YOUR-KEY>?api-version=2023-07-01`
      if (kty !== 'EC') values['YOUR-KEY'] = 'rsakey'
      const answer = await put(key, { properties: { kty } })
      assert.equal(answer.status, 200, answer.text)
      const { properties } = answer.json<{ properties: { keyUriWithVersion: string } }>()
      return properties.keyUriWithVersion.split('/').at(-1) ?? ''
    }
    test('Azure Cosmos DB without the rights, then with some of them', async () => {
      values['YOUR-KEY-VERSION'] = await keyVersion('RSA')
      assert.match((await refused()).message, /'Azure Cosmos DB' .+ permissions get, wrapKey, unwrapKey/)
      await vault({ ...safe, ...policyFor(await principalOf(COSMOS), ['get', 'wrapKey']) })
      assert.match((await refused()).message, /'Azure Cosmos DB' .+ permissions unwrapKey on/)
      await vault({ ...safe, ...policyFor(await principalOf(COSMOS), ['get', 'wrapKey', 'unwrapKey']) })
    })
    test('Azure Machine Learning without contributor access to the subscription', async () => {
      const subscription = `/subscriptions/${server.facts.subscriptionId}`
      const at = `${subscription}/providers/Microsoft.Authorization/roleAssignments`
      const query = `api-version=2022-04-01&$filter=${encodeURIComponent(`principalId eq '${await principalOf(MACHINE_LEARNING)}'`)}`
      const held = await server.ask(`${at}?${query}`)
      assert.equal(held.json.value.length, 1, held.text)
      const [{ name, properties }] = held.json.value
      const one = `${at}/${name}?api-version=2022-04-01`
      assert.equal((await server.ask(one, { method: 'DELETE' })).status, 200)
      assert.match((await refused()).message, /'Azure Machine Learning' .+ contributor access/)
      const { roleDefinitionId, principalId } = properties
      const again = await server.ask(one, { method: 'PUT', body: { properties: { roleDefinitionId, principalId } } })
      assert.equal(again.status, 201, again.text)
    })
    test('all conditions met: the command as the article has it succeeds', async () => {
      const { name, answer } = await asked()
      await finished(answer)
      const { properties } = (await get(workspaceUrl(name))).json<Resource>()
      assert.equal(properties?.provisioningState, 'Succeeded')
    })
  })

  test('without api-version: a human-readable list of those supported', async () => {
    const answer = await get(workspaceUrl('my-workspace').replace(/\?.*/, ''))
    assert.equal(answer.status, 400)
    const { error } = answer.json<{ error: { code: string; message: string } }>()
    assert.equal(error.code, 'MissingApiVersionParameter')
    assert.match(error.message, /2022-05-01/)
  })

  test('a registry without admin access is told of by the Location', async () => {
    const registry = 'articlenoadmin'
    await put(`${group}/providers/Microsoft.ContainerRegistry/registries/${registry}?api-version=2023-07-01`, {
      location: 'eastus',
      sku: { name: 'Basic' },
      properties: { adminUserEnabled: false },
    })
    const command = article.workspace.replace('<YOUR-REGISTRY-NAME>', registry)
    values['YOUR-NEW-WORKSPACE-NAME'] = 'no-admin'
    const answer = await run(command)
    assert.equal(answer.status, 202, answer.text)
    const told = await until('the operation is over', async () => {
      const now = await get(answer.headers.get('location') ?? '')
      return now.status !== 202 && !/"InProgress"|"Creating"/.test(now.text) && now
    })
    assert.match(told.text, /admin/i)
    assert.match(told.text, new RegExp(registry))
  })

  test("moving a workspace is refused, as the article's warning says", async () => {
    const subscription = '/subscriptions/<YOUR-SUBSCRIPTION-ID>'
    const body = {
      resources: [
        `${subscription}/resourceGroups/<YOUR-RESOURCE-GROUP>/providers/Microsoft.MachineLearningServices/workspaces/my-workspace`,
      ],
      targetResourceGroup: `${subscription}/resourceGroups/lazuli`,
    }
    const answer = await run(
      `curl -X POST '${group}/moveResources?api-version=2021-04-01' ${bearer} -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`,
    )
    assert.ok(answer.status >= 400, `${answer.status} ${answer.text}`)
    assert.match(answer.text, /workspaces/)
  })

  test('delete the group: 202, then all in it is gone', async () => {
    const asked = await run(`curl -X DELETE '${group}?api-version=2021-04-01' ${bearer}`)
    assert.equal(asked.status, 202, asked.text)
    await finished(asked)
    assert.equal((await get(`${group}?api-version=2021-04-01`)).status, 404)
    assert.equal((await get(workspaceUrl('my-workspace'))).status, 404)
  })

  test('no password given to a compute stands in the data directory', async () => {
    await server.stopOnly()
    const grep = spawnSync('grep', ['-rlF', 'Sesame-opens-7-caves', server.data], { encoding: 'utf8' })
    assert.equal(grep.status, 1, `found in ${grep.stdout}${grep.stderr}`)
  })

  /** Follows a Location until it no longer says that the operation goes on. */
  async function finished(answer: Answer): Promise<void> {
    const location = answer.headers.get('location')
    assert.ok(location, 'a Location')
    await until('the operation is over', async () => {
      const now = await get(location)
      assert.ok(now.status < 300, `${now.status} ${now.text}`)
      if (now.status === 202) return false
      const { status = 'Succeeded' } = now.text.trim() === '' ? {} : now.json<{ status?: string }>()
      assert.notEqual(status, 'Failed', now.text)
      return status === 'Succeeded'
    })
  }
})

interface Resource {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly location?: string
  readonly properties?: Readonly<Record<string, unknown>>
  readonly identity?: {
    readonly type: string
    readonly principalId?: string
    readonly tenantId?: string
    readonly userAssignedIdentities?: Readonly<
      Record<string, { readonly principalId?: string; readonly clientId?: string }>
    >
  }
}

interface List {
  readonly value: readonly Resource[]
}
