/** What jobs act as: managed identities of their compute and who submitted them, asked for by real processes inside jobs. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer, until } from './support/server.ts'

const ML = 'api-version=2023-10-01'
const RBAC = 'api-version=2022-04-01'
const READER = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'

/** Runs in the job: asks each endpoint as its clients do, and prints what came. */
const SCRIPT = `
import json, os, urllib.request, urllib.error
def ask(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer: return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal: return refusal.code, json.load(refusal)
env = os.environ
arm = "?resource=https%3A%2F%2Fmanagement.azure.com%2F&api-version="
seen = {"variables": sorted(name for name in env if name.startswith(("IDENTITY_", "MSI_", "OBO_", "DEFAULT_IDENTITY", "AZURE_POD")))}
def tried(name, url, **headers):
    status, body = ask(url, **headers)
    seen[name] = [status, body.get("error", {}).get("code") if status != 200 else body["client_id"]]
    return body.get("access_token")
if "IDENTITY_ENDPOINT" in env:
    token = tried("app", env["IDENTITY_ENDPOINT"] + arm + "2019-08-01", **{"X-IDENTITY-HEADER": env["IDENTITY_HEADER"]})
    tried("ml", env["MSI_ENDPOINT"] + arm + "2017-09-01&clientid=" + env.get("ASKED", env.get("DEFAULT_IDENTITY_CLIENT_ID", "")), secret=env["MSI_SECRET"])
    tried("imds", env["AZURE_POD_IDENTITY_AUTHORITY_HOST"] + "/metadata/identity/oauth2/token" + arm + "2018-02-01", Metadata="true")
    tried("without metadata", env["AZURE_POD_IDENTITY_AUTHORITY_HOST"] + "/metadata/identity/oauth2/token" + arm + "2018-02-01")
    tried("wrong secret", env["IDENTITY_ENDPOINT"] + arm + "2019-08-01", **{"X-IDENTITY-HEADER": env["AZUREML_RUN_TOKEN"]})
    tried("another identity", env["MSI_ENDPOINT"] + arm + "2017-09-01&clientid=someone-else", secret=env["MSI_SECRET"])
    tried("another resource", env["MSI_ENDPOINT"] + "?resource=https://x.example", secret=env["MSI_SECRET"])
    if token:
        base = env["OWN"] + env["AZUREML_WORKSPACE_SCOPE"]
        seen["reads"] = ask(base + "?api-version=2023-10-01", Authorization="Bearer " + token)[0]
        refused = ask(env["OWN"] + "/subscriptions/" + env["AZUREML_ARM_SUBSCRIPTION"] + "/resourceGroups/made-by-job?api-version=2021-04-01", Authorization="Bearer " + token)
        seen["elsewhere"] = [refused[0], refused[1].get("error", {}).get("code")]
if "OBO_ENDPOINT" in env:
    token = tried("obo", env["OBO_ENDPOINT"] + "&resource=https://management.azure.com")
    seen["as user"] = ask(env["OWN"] + "/subscriptions/" + env["AZUREML_ARM_SUBSCRIPTION"] + "/resourceGroups?api-version=2021-04-01", Authorization="Bearer " + token)[0]
    seen["secret"] = env["OBO_ENDPOINT"]
elif "IDENTITY_HEADER" in env: seen["secret"] = env["IDENTITY_ENDPOINT"] + arm + "2019-08-01 " + env["IDENTITY_HEADER"]
print("SEEN " + json.dumps(seen))
`

let server: TestServer
let workspace = ''
let group = ''
before(async () => {
  server = await startServer({ env: { LAZULI_ALLOW_SUBSTITUTE: '1' } })
  group = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli`
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/default`
  await put(`${workspace}/environments/plain/versions/1?${ML}`, {
    properties: { image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04' },
  })
})
after(() => server?.stop())

async function put(path: string, body: object) {
  const answer = await server.ask(path, { method: 'PUT', body })
  assert.ok(answer.status < 300, answer.text)
  return answer.json
}

const compute = (name: string, identity?: object) =>
  put(`${workspace}/computes/${name}?${ML}`, {
    location: 'eastus',
    ...(identity && { identity }),
    properties: {
      computeType: 'AmlCompute',
      properties: { vmSize: 'Standard_DS1_v2', scaleSettings: { minNodeCount: 0, maxNodeCount: 1 } },
    },
  })

const grant = (principalId: string, scope: string) =>
  put(`${scope}/providers/Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}?${RBAC}`, {
    properties: { roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${READER}`, principalId },
  })

let jobs = 0
const submit = (on: string, more: object = {}, token?: string) =>
  server.ask(`${workspace}/jobs/identity-${++jobs}?${ML}`, {
    method: 'PUT',
    ...(token !== undefined && { token }),
    body: {
      properties: {
        jobType: 'Command',
        command: `python -c '${SCRIPT.replaceAll("'", '"')}'`,
        environmentId: `${workspace}/environments/plain/versions/1`,
        computeId: `${workspace}/computes/${on}`,
        environmentVariables: { OWN: server.url },
        ...more,
      },
    },
  })

/** What a job's script printed, once the job is at its end. */
async function seenBy(name: string) {
  await until(
    `job ${name} ends`,
    async () => {
      const { json } = await server.ask(`${workspace}/jobs/${name}?${ML}`)
      return ['Completed', 'Failed'].includes(json.properties.status)
    },
    120_000,
  )
  const runs = `/history/v1.0${workspace}/experiments/Default/runs/${name}/details`
  const details = await server.ask(runs)
  const log = details.json.logFiles['user_logs/std_log.txt']
  const text = await (
    await fetch(log.replace(/^https:\/\/([^.]+)\.blob\.core\.windows\.net/, `${server.url}/_blob/$1`))
  ).text()
  const [, found] = /^SEEN (.*)$/m.exec(text) ?? []
  assert.ok(found, text)
  return JSON.parse(found)
}

async function run(on: string, more: object = {}) {
  const answer = await submit(on, more)
  assert.equal(answer.status, 201, answer.text)
  return seenBy(answer.json.name)
}

test("a job on a compute with an identity of its own gets that identity's tokens by each shape, and its rights", async () => {
  const { identity } = await compute('own-identity', { type: 'SystemAssigned' })
  await grant(identity.principalId, workspace)
  const principal = await server.ask(`/v1.0/servicePrincipals/${identity.principalId}`, {
    host: 'graph.microsoft.com',
    token: await server.token({ resource: 'https://graph.microsoft.com' }),
  })
  const { appId } = principal.json
  const seen = await run('own-identity')
  assert.deepEqual(seen.variables, [
    'AZURE_POD_IDENTITY_AUTHORITY_HOST',
    'DEFAULT_IDENTITY_CLIENT_ID',
    'IDENTITY_ENDPOINT',
    'IDENTITY_HEADER',
    'MSI_ENDPOINT',
    'MSI_SECRET',
  ])
  for (const shape of ['app', 'ml', 'imds']) assert.deepEqual(seen[shape], [200, appId], shape)
  assert.deepEqual(seen['without metadata'], [400, 'bad_request_102'])
  assert.deepEqual(seen['wrong secret'], [401, 'RunSecretInvalid'])
  assert.deepEqual(seen['another identity'], [400, 'IdentityNotFound'])
  assert.deepEqual(seen['another resource'], [400, 'invalid_resource'])
  assert.equal(seen.reads, 200)
  assert.deepEqual(seen.elsewhere, [403, 'AuthorizationFailed'])

  const [address, header] = seen.secret.split(' ')
  const after = await server.ask(address.slice(server.url.length), {
    token: null,
    headers: { 'x-identity-header': header },
  })
  assert.deepEqual([after.status, after.json.error.code], [401, 'RunSecretInvalid'], 'a secret ends with its run')
})

test('a job names one of several identities of its compute, and no other', async () => {
  const made = async (name: string) => {
    const id = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`
    const { properties } = await put(`${id}?api-version=2023-01-31`, { location: 'eastus' })
    return { id, clientId: properties.clientId as string }
  }
  const [one, other, stranger] = [await made('job-one'), await made('job-other'), await made('job-stranger')]
  await compute('two-identities', {
    type: 'UserAssigned',
    userAssignedIdentities: { [one.id]: {}, [other.id]: {} },
  })
  const managed = (clientId?: string) => ({ identity: { identityType: 'Managed', ...(clientId && { clientId }) } })
  const seen = await run('two-identities', managed(other.clientId))
  assert.deepEqual(seen.app, [200, other.clientId])
  for (const [identity, why] of [
    [managed(stranger.clientId), /does not have the managed identity/],
    [managed(), /several managed identities/],
  ] as const) {
    const refused = await submit('two-identities', identity)
    assert.deepEqual([refused.status, why.test(refused.text)], [400, true], refused.text)
  }
  const none = await submit('cpu-cluster', managed())
  assert.deepEqual([none.status, /has none/.test(none.text)], [400, true], none.text)
})

test('a serverless job gets that one of its workspace’s assigned identities that it names, and none unasked', async () => {
  const id = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/job-serverless`
  const { properties } = await put(`${id}?api-version=2023-01-31`, { location: 'eastus' })
  const managed = { identity: { identityType: 'Managed', clientId: properties.clientId } }
  const before = await submit('serverless', managed)
  assert.deepEqual([before.status, /has none/.test(before.text)], [400, true], before.text)
  const patched = await server.ask(`${workspace}?${ML}`, {
    method: 'PATCH',
    body: { identity: { type: 'SystemAssigned,UserAssigned', userAssignedIdentities: { [id]: {} } } },
  })
  assert.ok(patched.status < 300, patched.text)
  await until('the workspace has it', async () => {
    const { json } = await server.ask(`${workspace}?${ML}`)
    return json.properties.provisioningState === 'Succeeded'
  })
  const seen = await run('serverless', managed)
  assert.deepEqual(seen.app, [200, properties.clientId])
  assert.deepEqual(seen['another identity'], [400, 'IdentityNotFound'])
  assert.deepEqual((await run('serverless')).variables, [])
})

test('a job acts for who submitted it where it asks to; a run can not ask that for its user', async () => {
  const seen = await run('cpu-cluster', { identity: { identityType: 'UserIdentity' } })
  assert.deepEqual(seen.variables, ['OBO_ENDPOINT'])
  assert.deepEqual(seen.obo, [200, server.facts.clientId])
  assert.equal(seen['as user'], 200)
  const after = await server.ask(`${seen.secret.slice(server.url.length)}&resource=https://management.azure.com`, {
    token: null,
  })
  assert.equal(after.status, 401)
})

test('a job without any identity gets no endpoint', async () => {
  assert.deepEqual((await run('cpu-cluster', { identity: { identityType: 'AMLToken' } })).variables, [])
})
