/**
 * Terraform's azurerm provider, unmodified, under `lazuli run`: creates a workspace with what it stands on, plans again
 * without a difference, and destroys all of it. The provider is built once from its Go module, which takes ten minutes
 * and more, and is kept in the user's cache by its version.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { startServer, type TestServer } from '../support/server.ts'
import { buildProvider, inOrder, Terraform } from './terraform.ts'

const here = join(import.meta.dirname, 'azurerm')

export async function azurerm(): Promise<void> {
  buildProvider({
    name: 'azurerm',
    version: '5.2.0',
    source: join(here, 'provider'),
    target: 'github.com/hashicorp/terraform-provider-azurerm',
  })
  const server = await startServer()
  const terraform = new Terraform(server, join(here, 'main.tf'))
  await inOrder([
    ['init', () => terraform.run('init', '-input=false')],
    ['apply creates everything', () => terraform.run('apply', '-auto-approve', '-parallelism=20')],
    ['what it made is there, and is what was asked for', () => there(server)],
    // 2 where there is one.
    ['a second plan finds no difference', () => terraform.run('plan', '-detailed-exitcode')],
    ['destroy removes everything', () => terraform.run('destroy', '-auto-approve', '-parallelism=20')],
    ['nothing is left', () => nothingLeft(server)],
  ])
  await server.stop()
  terraform.remove()
}

function groupOf({ facts }: TestServer): string {
  return `/subscriptions/${facts.subscriptionId}/resourceGroups/terraform`
}

async function nothingLeft(server: TestServer): Promise<void> {
  const group = await server.ask(`${groupOf(server)}?api-version=2021-04-01`)
  assert.equal(group.status, 404)
  const deleted = await server.ask(
    `/subscriptions/${server.facts.subscriptionId}/providers/Microsoft.KeyVault/deletedVaults?api-version=2023-07-01`,
  )
  assert.deepEqual(deleted.json.value, [], 'the vault was purged, as the provider is told to')
}

/** Looks behind the provider's back. */
async function there(at: TestServer): Promise<void> {
  const tag = at.facts.subscriptionId.slice(0, 8)
  const read = async (path: string, version: string) => {
    const answer = await at.ask(`${groupOf(at)}/providers/${path}?api-version=${version}`)
    assert.equal(answer.status, 200, answer.text)
    return answer.json
  }
  const ML = 'Microsoft.MachineLearningServices/workspaces/tf-workspace'
  const workspace = await read(ML, '2024-04-01')
  assert.match(workspace.properties.storageAccount, new RegExp(`/tfstore${tag}$`))
  const cluster = await read(`${ML}/computes/tf-cluster`, '2024-04-01')
  assert.equal(cluster.properties.properties.scaleSettings.maxNodeCount, 2)
  const identity = await read('Microsoft.ManagedIdentity/userAssignedIdentities/tf-identity', '2023-01-31')
  const assignments = await at.ask(
    `${groupOf(at)}/providers/Microsoft.Storage/storageAccounts/tfstore${tag}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=atScope()`,
  )
  const principals = assignments.json.value.map(
    (one: { properties: { principalId: string } }) => one.properties.principalId,
  )
  assert.ok(principals.includes(identity.properties.principalId))
  const secret = await at.ask('/secrets/a-secret?api-version=7.4', {
    host: `tf-${tag}.vault.azure.net`,
    token: await at.token({ resource: 'https://vault.azure.net' }),
  })
  assert.equal(secret.json.value, 's3cr3t')
  const blob = await at.ask('/things/hello.txt', {
    host: `tfstore${tag}.blob.core.windows.net`,
    token: await at.token({ resource: 'https://storage.azure.com' }),
    headers: { 'x-ms-version': '2023-11-03' },
  })
  assert.equal(blob.text, 'hello')
}
