/**
 * Workspaces with customer-managed keys: nothing of theirs is on the disk in clear, their key opens and closes them, and
 * another version of it takes over.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ArmClient, filesWith, ML } from './providers/arm-client.ts'
import { type Answer, until } from './support/server.ts'
import { startVault, type VaultServer } from './vault/vault-server.ts'

const VAULT = 'kv-cmk'
const CRYPTO_USER = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'
/** What is sent in every place that can hold a text, and must be found nowhere. */
const MARK = 'PLAIN-0x5eaf00d'

let vault: VaultServer
let arm: ArmClient
let workspace: string
let cosmos: string
let standing: object
let vaultId: string

const createKey = async (name: string) => {
  const made = await vault.ask(`/keys/${name}/create`, { method: 'POST', body: { kty: 'RSA' }, vault: VAULT })
  assert.equal(made.status, 200, made.text)
  return made.json.key.kid as string
}
const setEnabled = async (kid: string, enabled: boolean) => {
  const { pathname } = new URL(kid)
  const changed = await vault.ask(pathname, { method: 'PATCH', body: { attributes: { enabled } }, vault: VAULT })
  assert.equal(changed.status, 200, changed.text)
}
const wish = (keyIdentifier: string, properties: object = {}) => ({
  location: 'eastus',
  tags: { mark: `${MARK}-tag` },
  identity: { type: 'SystemAssigned' },
  properties: {
    ...standing,
    friendlyName: `${MARK}-name`,
    description: `${MARK}-description`,
    encryption: { status: 'Enabled', keyVaultProperties: { keyVaultArmId: vaultId, keyIdentifier } },
    ...properties,
  },
})
const mlflow = (path: string, body: object, method = 'POST'): Promise<Answer> =>
  vault.server.ask(`/mlflow/v2.0${workspace}/api/2.0/mlflow/${path}`, { method, body, host: 'eastus.api.azureml.ms' })
const isClosed = ({ status, json }: Answer) => status === 403 && json.error?.code === 'CustomerManagedKeyNotAccessible'

before(async () => {
  vault = await startVault('kv-unused')
  arm = new ArmClient(vault.server)
  const { storageAccount, keyVault, applicationInsights } = (await arm.get(arm.workspace)).json.properties
  standing = { storageAccount, keyVault, applicationInsights }
  vaultId = await vault.makeVault(VAULT, { enablePurgeProtection: true })
  const token = await vault.server.token({ resource: 'https://graph.microsoft.com' })
  const filter = encodeURIComponent("appId eq 'a232010e-820c-4083-83bb-3ace5fc29d0b'")
  const found = await vault.server.ask(`/v1.0/servicePrincipals?$filter=${filter}`, {
    token,
    host: 'graph.microsoft.com',
  })
  cosmos = found.json.value[0].id
  workspace = `${arm.group}/providers/${ML}/workspaces/sealed`
})
after(() => vault.server.stop())

const grant = async (name: string, principalId = cosmos) => {
  const id = `${vaultId}/providers/Microsoft.Authorization/roleAssignments/${name}`
  const { subscriptionId } = vault.server.facts
  const roleDefinitionId = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${CRYPTO_USER}`
  const body = { properties: { roleDefinitionId, principalId, principalType: 'ServicePrincipal' } }
  const assigned = await vault.server.ask(`${id}?api-version=2022-04-01`, { method: 'PUT', body })
  assert.equal(assigned.status, 201, assigned.text)
  return `${id}?api-version=2022-04-01`
}

const poolOf = (maxNodeCount: number) => ({
  vmSize: 'STANDARD_DS2_V2',
  scaleSettings: { minNodeCount: 0, maxNodeCount, nodeIdleTimeBeforeScaleDown: 'PT2M' },
})

describe('a workspace with a customer-managed key', () => {
  let first: string
  let second: string
  let assignment: string
  let runId: string

  test('is refused while the rights are missing, and nothing of it is on the disk in clear', async () => {
    first = await createKey('ours')
    const failed = `${workspace}-failed`
    const refusal = await arm.refusal(failed, wish(first))
    assert.match(refusal.message, /'Azure Cosmos DB' .+ get, wrapKey, unwrapKey/)
    assert.deepEqual(filesWith(vault.server.data, MARK), [])
  })

  test('is made with them, by roles or access policies', async () => {
    assignment = await grant('66666666-6666-4666-8666-666666666666')
    const made = await arm.made(workspace, wish(first))
    assert.equal(made.properties.encryption.keyVaultProperties.keyIdentifier, first)
    assert.equal(made.properties.description, `${MARK}-description`)
  })

  test('seals what is in it: assets, datastores and their secrets, experiments, runs, parameters, tags', async () => {
    const described = { description: `${MARK}-asset`, tags: { mark: `${MARK}-tag` }, properties: { mark: `${MARK}-p` } }
    await arm.made(`${workspace}/environments/e/versions/1`, {
      properties: { ...described, image: `mcr.microsoft.com/${MARK.toLowerCase()}:1` },
    })
    await arm.made(`${workspace}/data/d/versions/1`, {
      properties: {
        ...described,
        dataType: 'uri_file',
        dataUri: `azureml://datastores/workspaceblobstore/paths/${MARK}`,
      },
    })
    const datastore = {
      properties: {
        ...described,
        datastoreType: 'AzureBlob',
        accountName: 'someaccount',
        containerName: 'c',
        endpoint: 'core.windows.net',
        protocol: 'https',
        credentials: {
          credentialsType: 'AccountKey',
          secrets: { secretsType: 'AccountKey', key: Buffer.from(`${MARK}-secret-key`).toString('base64') },
        },
      },
    }
    const kept = await arm.put(`${workspace}/datastores/own`, datastore, '&skipValidation=true')
    assert.ok(kept.status < 300, kept.text)
    const experiment = await mlflow('experiments/create', { name: 'e1', tags: [{ key: 'mark', value: `${MARK}-e` }] })
    assert.equal(experiment.status, 200, experiment.text)
    const run = await mlflow('runs/create', {
      experiment_id: experiment.json.experiment_id,
      run_name: `${MARK}-run`,
      tags: [{ key: 'mark', value: `${MARK}-run-tag` }],
    })
    assert.equal(run.status, 200, run.text)
    runId = run.json.run.info.run_id
    await mlflow('runs/log-parameter', { run_id: runId, key: 'lr', value: `${MARK}-parameter` })
    await mlflow('runs/set-tag', { run_id: runId, key: 'later', value: `${MARK}-later` })
    await mlflow('runs/log-metric', { run_id: runId, key: 'loss', value: 0.5, timestamp: 1, step: 0 })
    assert.deepEqual(filesWith(vault.server.data, MARK), [])
  })

  const readable = async () => {
    const run = await mlflow('runs/search', { experiment_ids: [], filter: `tags.mark = '${MARK}-run-tag'` })
    const environment = await arm.get(`${workspace}/environments/e/versions/1`)
    assert.equal(environment.json.properties.description, `${MARK}-asset`, environment.text)
    const one = await vault.server.ask(`/mlflow/v2.0${workspace}/api/2.0/mlflow/runs/get?run_id=${runId}`, {
      host: 'eastus.api.azureml.ms',
    })
    assert.ok(one.text.includes(`${MARK}-parameter`), one.text)
    assert.ok(run.status < 500, run.text)
    return true
  }

  test('answers as any other', async () => {
    await readable()
  })

  test('a disabled key closes it within a minute, in every face, and enabling brings all back', async () => {
    await setEnabled(first, false)
    await until('the workspace is closed', async () => isClosed(await arm.get(workspace)))
    const refused = await arm.get(workspace)
    assert.match(refused.json.error.message, /disabled|not enabled/i)
    assert.ok(isClosed(await arm.get(`${workspace}/environments/e/versions/1`)))
    assert.ok(isClosed(await arm.put(workspace, wish(first))))
    const run = await mlflow('runs/create', { experiment_id: '1' })
    assert.equal(run.status, 403, run.text)
    const listed = await arm.get(`${arm.group}/providers/${ML}/workspaces`)
    assert.equal(listed.status, 200, 'the list of all workspaces stays')
    const shown = listed.json.value.find(({ name }: { name: string }) => name === 'sealed')
    assert.ok(shown && !JSON.stringify(shown).includes(MARK), 'with what is kept in clear')
    assert.equal((await arm.get(arm.workspace)).status, 200, 'others are not touched')
    await setEnabled(first, true)
    await until('the workspace is back', async () => (await arm.get(workspace)).status === 200)
    await readable()
  })

  test('so do a deleted key and a right that is taken away', async () => {
    assert.equal((await vault.ask('/keys/ours', { method: 'DELETE', vault: VAULT })).status, 200)
    await until('the workspace is closed', async () => isClosed(await arm.get(workspace)))
    await vault.ask('/deletedkeys/ours/recover', { method: 'POST', vault: VAULT })
    await until('the workspace is back', async () => (await arm.get(workspace)).status === 200)
    await vault.server.ask(assignment, { method: 'DELETE' })
    await until('the workspace is closed', async () => isClosed(await arm.get(workspace)))
    assert.match((await arm.get(workspace)).json.error.message, /'Azure Cosmos DB' lost/)
    await grant('77777777-7777-4777-8777-777777777777')
    await until('the workspace is back', async () => (await arm.get(workspace)).status === 200)
    await readable()
  })

  test('another version of the key takes over: the one before may go', async () => {
    second = await createKey('ours')
    const rotated = await arm.made(workspace, wish(second))
    assert.equal(rotated.properties.encryption.keyVaultProperties.keyIdentifier, second)
    await setEnabled(first, false)
    await vault.server.kill9()
    await vault.server.restart()
    assert.equal((await arm.get(workspace)).status, 200)
    await readable()
    await setEnabled(second, false)
    await until('the workspace is closed', async () => isClosed(await arm.get(workspace)))
    await vault.server.kill9()
    await vault.server.restart()
    assert.ok(isClosed(await arm.get(workspace)), 'a restart opens nothing')
    await setEnabled(second, true)
    await until('the workspace is back', async () => (await arm.get(workspace)).status === 200)
    await readable()
  })

  test('a user-assigned identity that is named uses the key in place of Azure Cosmos DB', async () => {
    const identity = `${arm.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/key-user`
    const { principalId } = (await arm.made(identity, { location: 'eastus' })).properties
    const named = `${workspace}-by-identity`
    const encryption = {
      status: 'Enabled',
      identity: { userAssignedIdentity: identity },
      keyVaultProperties: { keyVaultArmId: vaultId, keyIdentifier: second },
    }
    const user = { type: 'UserAssigned', userAssignedIdentities: { [identity]: {} } }
    const body = { ...wish(second, { encryption, primaryUserAssignedIdentity: identity }), identity: user }
    const stranger = await arm.refusal(`${named}1`, {
      ...body,
      identity: { type: 'SystemAssigned' },
      properties: { ...body.properties, primaryUserAssignedIdentity: undefined },
    })
    assert.match(stranger.message, /none of the workspace's userAssignedIdentities/)
    const without = await arm.refusal(`${named}2`, body)
    assert.match(without.message, /'key-user' .+ get, wrapKey, unwrapKey/)
    await grant('88888888-8888-4888-8888-888888888888', principalId)
    const made = await arm.made(named, body)
    assert.equal(made.properties.encryption.identity.userAssignedIdentity, identity)
  })

  test('encryption is neither turned off nor moved to another vault, and none is turned on later', async () => {
    const off = await arm.put(
      workspace,
      wish(second, {
        encryption: { status: 'Disabled', keyVaultProperties: { keyVaultArmId: vaultId, keyIdentifier: second } },
      }),
    )
    assert.ok(off.status === 200 || off.status === 400, off.text)
    assert.equal((await arm.get(workspace)).json.properties.encryption?.status, 'Enabled')
    const plain = `${arm.group}/providers/${ML}/workspaces/plain`
    await arm.made(plain, { location: 'eastus', identity: { type: 'SystemAssigned' }, properties: standing })
    const on = await arm.put(plain, wish(second))
    assert.equal(on.status, 400, on.text)
    assert.match(on.json.error.message, /when a workspace is made/)
    const elsewhere = await vault.makeVault('kv-cmk-other', { enablePurgeProtection: true })
    const moved = wish(second.replace(VAULT, 'kv-cmk-other'))
    Object.assign(moved.properties.encryption.keyVaultProperties, { keyVaultArmId: elsewhere })
    const refused = await arm.put(workspace, moved)
    assert.equal(refused.status, 400, refused.text)
    assert.match(refused.json.error.message, /key vault of the one before/)
  })

  test('nothing of all that is on the disk in clear, in the logs or what the server said', async () => {
    assert.deepEqual(filesWith(vault.server.data, MARK), [])
    assert.ok(!vault.server.output.includes(MARK))
  })

  test('can be deleted while its key is away, and comes back with the key', async () => {
    const deleted = `/subscriptions/${vault.server.facts.subscriptionId}/providers/${ML}/deletedWorkspaces`
    await setEnabled(second, false)
    await until('the workspace is closed', async () => isClosed(await arm.get(workspace)))
    await arm.gone(workspace)
    assert.equal((await arm.get(`${workspace}/environments/e/versions/1`)).status, 404)
    const listed = await vault.server.ask(`${deleted}?api-version=2024-10-01`)
    assert.ok(listed.text.includes('"sealed"'), listed.text)
    assert.ok(!listed.text.includes(MARK))
    await setEnabled(second, true)
    const back = wish(second, { allowRecoverSoftDeletedWorkspace: true })
    await until('the workspace can be brought back', async () => (await arm.put(workspace, back)).status < 300)
    await until('it is back', async () => (await arm.get(workspace)).json.properties?.provisioningState === 'Succeeded')
    await readable()
  })

  test('is deleted for good while its key is away, and one of its name may be without a key', async () => {
    const compute = { location: 'eastus', properties: { computeType: 'AmlCompute', properties: poolOf(1) } }
    await arm.made(`${workspace}/computes/still-there`, compute)
    await setEnabled(second, false)
    await until('the workspace is closed', async () => isClosed(await arm.get(workspace)))
    await arm.gone(workspace, '&forceToPurge=true')
    assert.ok(!(await arm.get(`${arm.group}/providers/${ML}/workspaces`)).text.includes('"sealed"'))
    await vault.server.kill9()
    await vault.server.restart()
    assert.equal((await arm.get(workspace)).status, 404)
    await setEnabled(second, true)
    const made = await arm.made(workspace, {
      location: 'eastus',
      identity: { type: 'SystemAssigned' },
      properties: standing,
    })
    assert.equal(made.properties.encryption, undefined)
    assert.equal((await arm.get(`${workspace}/environments/e/versions/1`)).status, 404)
  })
})
