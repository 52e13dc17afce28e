import { article } from './article.ts'
import type { Answer } from './curl.ts'
import { type Stage, Unexpected } from './stage.ts'

/** A part of the demo with a name in its final table. */
export interface Step {
  readonly name: string
  play(stage: Stage): Promise<void>
}

const GROUP = 'https://management.azure.com/subscriptions/<YOUR-SUBSCRIPTION-ID>/resourceGroups/<YOUR-RESOURCE-GROUP>'
const AUTH = `-H 'Authorization: Bearer <YOUR-ACCESS-TOKEN>'`
const put = (url: string, body: object) =>
  `curl -X PUT '${url}' \\\n  ${AUTH} -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(body)}'`
const get = (url: string) => `curl '${url}' ${AUTH}`

/** The article from its first command to its last but one; the model that it deletes comes from the training job. */
export const walk: readonly Step[] = [
  { name: 'retrieve a token', play: retrieveToken },
  { name: 'list resource groups', play: listGroups },
  { name: 'create the four dependencies', play: createDependencies },
  { name: 'create a workspace', play: (stage) => createWorkspace(stage, article.workspace) },
  { name: 'list workspaces', play: listWorkspaces },
  { name: 'create one with a user-assigned identity', play: createWithIdentity },
  { name: 'create one with customer-managed keys', play: createWithOwnKeys },
  { name: 'discover the regional server', play: discover },
  { name: 'list experiments and models', play: listExperimentsAndModels },
  { name: 'create a compute and list it', play: createCompute },
]

async function retrieveToken(stage: Stage): Promise<void> {
  const token = (await stage.ask(article.token, 200)).json<Record<string, string>>()
  for (const name of [
    'token_type',
    'expires_in',
    'ext_expires_in',
    'expires_on',
    'not_before',
    'resource',
    'access_token',
  ]) {
    expect(typeof token[name] === 'string', `the answer holds ${name} as a string`)
  }
  stage.values['YOUR-ACCESS-TOKEN'] = token.access_token ?? ''
  stage.hide(token.access_token ?? '')
}

async function listGroups(stage: Stage): Promise<void> {
  await stage.ask(put(`${GROUP}?api-version=2021-04-01`, { location: '<AZURE-LOCATION>' }), 201)
  const { value } = (await stage.ask(article.groups, 200)).json<List>()
  expect(has(value, stage.values['YOUR-RESOURCE-GROUP']), 'the list holds the group just made')
}

async function createDependencies(stage: Stage): Promise<void> {
  const location = '<AZURE-LOCATION>'
  const vault = { sku: { family: 'A', name: 'standard' }, tenantId: '<YOUR-TENANT-ID>', accessPolicies: [] }
  const wishes: readonly [path: string, body: object][] = [
    [
      'Microsoft.ContainerRegistry/registries/<YOUR-REGISTRY-NAME>?api-version=2023-07-01',
      { location, sku: { name: 'Basic' }, properties: { adminUserEnabled: true } },
    ],
    ['Microsoft.KeyVault/vaults/<YOUR-KEYVAULT-NAME>?api-version=2023-07-01', { location, properties: vault }],
    [
      'Microsoft.Insights/components/<YOUR-APPLICATION-INSIGHTS-NAME>?api-version=2020-02-02',
      { location, kind: 'web', properties: { Application_Type: 'web' } },
    ],
    [
      'Microsoft.Storage/storageAccounts/<YOUR-STORAGE-ACCOUNT-NAME>?api-version=2022-09-01',
      { location, kind: 'StorageV2', sku: { name: 'Standard_LRS' } },
    ],
    ['Microsoft.ManagedIdentity/userAssignedIdentities/<YOUR-MANAGED-IDENTITY>?api-version=2018-11-30', { location }],
    [
      'Microsoft.KeyVault/vaults/<YOUR-VAULT>?api-version=2023-07-01',
      { location: 'eastus2euap', properties: { ...vault, enableSoftDelete: true, enablePurgeProtection: true } },
    ],
  ]
  for (const [path, body] of wishes) {
    const url = `${GROUP}/providers/${path}`
    await stage.ask(put(url, body), 200, 201, 202)
    await stage.poll(get(url), succeeded, path.split('/')[1] ?? path)
  }
}

async function createWorkspace(stage: Stage, command: string): Promise<void> {
  const made = await stage.ask(command, 202)
  const location = made.headers.get('location')
  if (!location) throw new Unexpected('the answer has no Location')
  await stage.poll(get(location), finished, 'the workspace')
  const url = `${GROUP}/providers/Microsoft.MachineLearningServices/workspaces/<YOUR-NEW-WORKSPACE-NAME>?api-version=2022-05-01`
  const workspace = (await stage.ask(get(url), 200)).json<Resource>()
  expect(workspace.properties?.provisioningState === 'Succeeded', 'the workspace is provisioned')
  stage.values['DISCOVERY-URL'] ??= String(workspace.properties?.discoveryUrl)
  stage.values['YOUR-WORKSPACE-NAME'] ??= workspace.name
}

async function listWorkspaces(stage: Stage): Promise<void> {
  const { value } = (await stage.ask(article.workspaces, 200)).json<List>()
  expect(has(value, stage.values['YOUR-WORKSPACE-NAME']), 'the list holds the workspace just made')
}

async function createWithIdentity(stage: Stage): Promise<void> {
  stage.values['YOUR-NEW-WORKSPACE-NAME'] = 'with-identity'
  await createWorkspace(stage, article.workspaceWithIdentity)
}

async function createWithOwnKeys(stage: Stage): Promise<void> {
  stage.values['YOUR-NEW-WORKSPACE-NAME'] = 'with-own-keys'
  const vault = `${GROUP}/providers/Microsoft.KeyVault/vaults/<YOUR-VAULT>`
  const made = await stage.ask(
    put(`${vault}/keys/<YOUR-KEY>?api-version=2023-07-01`, { properties: { kty: 'RSA' } }),
    200,
  )
  const { keyUriWithVersion } = made.json<{ properties: { keyUriWithVersion: string } }>().properties
  stage.values['YOUR-KEY-VERSION'] = keyUriWithVersion.split('/').at(-1) ?? ''
  const { properties, location } = (await stage.ask(get(`${vault}?api-version=2023-07-01`), 200)).json<
    Resource & { location: string }
  >()
  const policy = {
    tenantId: stage.values['YOUR-TENANT-ID'] ?? '',
    objectId: await cosmosPrincipal(stage),
    permissions: { keys: ['get', 'wrapKey', 'unwrapKey'] },
  }
  const granted = { location, properties: { ...properties, accessPolicies: [policy] } }
  await stage.ask(put(`${vault}?api-version=2023-07-01`, granted), 200)
  await createWorkspace(stage, article.workspaceWithOwnKeys)
}

/** The object id of "Azure Cosmos DB" in this tenant, from Microsoft Graph. */
async function cosmosPrincipal(stage: Stage): Promise<string> {
  const form = article.token.replace('https%3A%2F%2Fmanagement.azure.com%2F', 'https%3A%2F%2Fgraph.microsoft.com')
  const { access_token: token = '' } = (await stage.askQuietly(form, 200)).json<Record<string, string>>()
  stage.hide(token)
  const filter = "$filter=appId%20eq%20'a232010e-820c-4083-83bb-3ace5fc29d0b'"
  const asked = `curl "https://graph.microsoft.com/v1.0/servicePrincipals?\\${filter}" -H 'Authorization: Bearer ${token}'`
  const { value } = (await stage.ask(asked, 200)).json<{ value: readonly { id: string }[] }>()
  return value[0]?.id ?? ''
}

async function discover(stage: Stage): Promise<void> {
  const services = (await stage.ask(`curl <DISCOVERY-URL>`, 200)).json<Record<string, string>>()
  for (const name of ['api', 'experimentation', 'history', 'hyperdrive', 'modelmanagement']) {
    expect(Boolean(services[name]?.startsWith('https://')), `discovery names ${name}`)
  }
  stage.values['REGIONAL-API-SERVER'] = (services.api ?? '').replace('https://', '')
}

async function listExperimentsAndModels(stage: Stage): Promise<void> {
  for (const command of [article.experiments, article.models]) {
    expect(Array.isArray((await stage.ask(command, 200)).json<List>().value), 'a list comes back')
  }
}

async function createCompute(stage: Stage): Promise<void> {
  await stage.ask(article.computes, 200)
  await stage.ask(article.compute, 201)
  const url = `${GROUP}/providers/Microsoft.MachineLearningServices/workspaces/<YOUR-WORKSPACE-NAME>/computes/<YOUR-COMPUTE-NAME>?api-version=2022-05-01`
  await stage.poll(get(url), succeeded, 'the compute')
  const { value } = (await stage.ask(article.computes, 200)).json<List>()
  expect(has(value, stage.values['YOUR-COMPUTE-NAME']), 'the list holds the compute just made')
}

export interface Resource {
  readonly id: string
  readonly name: string
  readonly properties?: Readonly<Record<string, unknown>>
}

export interface List {
  readonly value: readonly Resource[]
}

const has = (list: readonly Resource[], name: string | undefined) => list.some((item) => item.name === name)

/** @throws Unexpected where what the article says does not hold */
export function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Unexpected(`expected that ${what}`)
}

/** A resource's own account of how far it is. */
export function succeeded(answer: Answer): true | undefined {
  if (answer.status !== 200) throw new Unexpected(`answered ${answer.status}`)
  const state = answer.json<Resource>().properties?.provisioningState ?? 'Succeeded'
  if (state === 'Failed' || state === 'Canceled') throw new Unexpected(`provisioning ended ${state}`)
  return state === 'Succeeded' ? true : undefined
}

/** An operation's account, as a `Location` gives it: 202 while it goes on. */
export function finished(answer: Answer): true | undefined {
  if (answer.status === 202) return undefined
  if (answer.status >= 300) throw new Unexpected(`the operation ended with ${answer.status}: ${answer.text}`)
  const { status = 'Succeeded' } = answer.text.trim() === '' ? {} : answer.json<{ status?: string }>()
  if (status === 'Failed' || status === 'Canceled') throw new Unexpected(`the operation ended ${status}`)
  return status === 'Succeeded' ? true : undefined
}
