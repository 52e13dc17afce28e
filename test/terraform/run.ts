/**
 * `npm run test:terraform`: Terraform's azurerm provider, unmodified, under `lazuli run`: creates a workspace with what it
 * stands on, plans again without a difference, and destroys all of it. Needs go and terraform. The provider is built
 * once from its Go module, which takes ten minutes and more, and is kept in the user's cache by its version.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { lazuli, startServer, type TestServer } from '../support/server.ts'

const VERSION = '5.2.0'
const MODULE = 'github.com/hashicorp/terraform-provider-azurerm'
const here = import.meta.dirname

for (const program of ['go', 'terraform']) {
  if (spawnSync(program, ['version']).error) {
    console.log(`FAIL ${program} is not there: this suite needs go and terraform`)
    process.exit(1)
  }
}

const plugins = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lazuli', 'terraform')
buildProvider()
const folder = mkdtempSync(join(tmpdir(), 'lazuli-terraform-'))
copyFileSync(join(here, 'main.tf'), join(folder, 'main.tf'))
const rc = join(folder, 'terraformrc')
writeFileSync(
  rc,
  `disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = "${plugins}"\n  }\n}\n`,
)

let passed = 0
const server = await startServer()
try {
  await ok('init', async () => terraform('init', '-input=false'))
  await ok('apply creates everything', async () => terraform('apply', '-auto-approve', '-parallelism=20'))
  await ok('what it made is there, and is what was asked for', () => there(server))
  await ok('a second plan finds no difference', async () =>
    // 2 where there is one.
    terraform('plan', '-detailed-exitcode'),
  )
  await ok('destroy removes everything', async () => terraform('destroy', '-auto-approve', '-parallelism=20'))
  await ok('nothing is left', async () => {
    const group = await server.ask(`${groupOf(server)}?api-version=2021-04-01`)
    assert.equal(group.status, 404)
    const deleted = await server.ask(
      `/subscriptions/${server.facts.subscriptionId}/providers/Microsoft.KeyVault/deletedVaults?api-version=2023-07-01`,
    )
    assert.deepEqual(deleted.json.value, [], 'the vault was purged, as the provider is told to')
  })
} catch (error) {
  console.log(`FAIL ${error instanceof Error ? error.message : error}`)
} finally {
  await server.stop()
  rmSync(folder, { recursive: true })
}
console.log(`${passed} passed, ${6 - passed} failed`)
process.exitCode = passed === 6 ? 0 : 1

function groupOf({ facts }: TestServer): string {
  return `/subscriptions/${facts.subscriptionId}/resourceGroups/terraform`
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

/** Builds the provider where the cache has it not. */
function buildProvider(): void {
  const place = join(plugins, 'registry.terraform.io', 'hashicorp', 'azurerm', VERSION, platform())
  const file = join(place, `terraform-provider-azurerm_v${VERSION}`)
  if (existsSync(file)) return
  console.log(`building ${MODULE} ${VERSION}; this takes ten minutes and more, once …`)
  mkdirSync(place, { recursive: true })
  // Without optimisations it compiles in half the time; it waits for a server most of its own.
  const flags = ['-gcflags=all=-N -l -dwarf=false', '-ldflags=-s -w']
  const built = spawnSync('nice', ['-n', '19', 'go', 'build', '-o', `${file}.new`, ...flags, MODULE], {
    cwd: join(here, 'provider'),
    stdio: 'inherit',
  })
  if (built.status !== 0) {
    console.log('FAIL the provider could not be built')
    process.exit(1)
  }
  renameSync(`${file}.new`, file)
}

function platform(): string {
  const { stdout } = spawnSync('go', ['env', 'GOOS', 'GOARCH'], { encoding: 'utf8' })
  return stdout.trim().replace('\n', '_')
}

/** Runs Terraform against the server. @throws Error with the end of what it printed */
async function terraform(...words: readonly string[]): Promise<void> {
  const { facts, data } = server
  const child = spawn(lazuli, ['run', '--data', data, '--', 'terraform', ...words, '-no-color'], {
    cwd: folder,
    env: {
      ...process.env,
      TF_CLI_CONFIG_FILE: rc,
      TF_IN_AUTOMATION: '1',
      ARM_TENANT_ID: facts.tenantId,
      ARM_SUBSCRIPTION_ID: facts.subscriptionId,
      ARM_CLIENT_ID: facts.clientId,
      ARM_CLIENT_SECRET_FILE_PATH: join(data, 'client-secret'),
    },
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`terraform ${words[0]} ended with ${code}:\n${printed.slice(-6000)}`)
}

async function ok(what: string, work: () => Promise<void>): Promise<void> {
  const started = performance.now()
  await work()
  passed++
  console.log(`ok   ${what} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
}
