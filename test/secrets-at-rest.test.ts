/**
 * Secrets of every kind that are given or made: none stands in a file of the data directory, in the log, in what the
 * server printed, in a refusal, or in the arguments of a process; and a new install key takes over.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ArmClient, filesWith } from './providers/arm-client.ts'
import { lazuli } from './support/server.ts'
import { startVault, type VaultServer } from './vault/vault-server.ts'

const MARK = 'SECRET-0xdecaf'
let vault: VaultServer
let arm: ArmClient
/** Everything that must stay secret: what was sent, and what was made here. */
const secrets: string[] = []
/** What was answered where nothing secret belongs. */
const told: string[] = []

before(async () => {
  vault = await startVault('kv-at-rest')
  arm = new ArmClient(vault.server)
})
after(() => vault.server.stop())

test('secrets are given, made, and refused', async () => {
  const value = `${MARK}-vault`
  secrets.push(value)
  await vault.ask('/secrets/one', { method: 'PUT', body: { value } })
  told.push((await vault.ask('/secrets/bad_name', { method: 'PUT', body: { value } })).text)
  told.push((await vault.ask('/secrets/one', { method: 'PUT', body: { value, attributes: { exp: 'x' } } })).text)
  told.push((await vault.ask('/secrets/one', { method: 'PUT', body: `{"value": "${value}"` })).text)
  told.push((await vault.ask('/secrets/one', { method: 'PUT', body: { value }, vault: 'kv-none' })).text)
  const armSecret = `${vault.id}/secrets/two?api-version=2023-07-01`
  const made = await vault.server.ask(armSecret, { method: 'PUT', body: { properties: { value } } })
  assert.equal(made.status, 201, made.text)
  told.push(made.text)

  const key = Buffer.from(`${MARK}-account-key`).toString('base64')
  secrets.push(key)
  const datastore = (accountName: string) => ({
    properties: {
      datastoreType: 'AzureBlob',
      accountName,
      containerName: 'c',
      endpoint: 'core.windows.net',
      protocol: 'https',
      credentials: { credentialsType: 'AccountKey', secrets: { secretsType: 'AccountKey', key } },
    },
  })
  const stored = await arm.put(`${arm.workspace}/datastores/own`, datastore('elsewhere'), '&skipValidation=true')
  assert.ok(stored.status < 300, stored.text)
  told.push(stored.text, (await arm.put(`${arm.workspace}/datastores/bad`, datastore('elsewhere'))).text)
  told.push((await arm.get(`${arm.workspace}/datastores/own`)).text)

  const { storageAccount } = (await arm.get(arm.workspace)).json.properties
  for (const one of (await arm.post(`${storageAccount}/listKeys`)).json.keys) secrets.push(one.value)
  const added = await vault.server.ask('/lazuli/principals', { method: 'POST', body: { name: 'somebody' } })
  secrets.push(added.json.secret)
  const wrong = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: added.json.appId,
    client_secret: `${added.json.secret}x`,
    resource: 'https://management.azure.com/',
  })
  const refused = await vault.server.ask(`/${vault.server.facts.tenantId}/oauth2/token`, {
    method: 'POST',
    token: null,
    body: wrong.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  assert.ok(refused.status >= 400)
  told.push(refused.text)
  secrets.push(await vault.server.token(), await vault.server.token({ resource: 'https://vault.azure.net' }))
})

test('none of them is in a file, in the log, in what was printed, or in a refusal', () => {
  assert.ok(secrets.length >= 7 && told.length >= 7)
  for (const secret of secrets) {
    const shown = createHash('sha256').update(secret).digest('hex').slice(0, 8)
    assert.deepEqual(filesWith(vault.server.data, secret), [], `secret ${shown}`)
    assert.ok(!vault.server.output.includes(secret), `printed: ${shown}`)
    for (const text of told) assert.ok(!text.includes(secret), `answered: ${shown} in ${text.slice(0, 120)}`)
  }
  assert.ok(filesWith(vault.server.data, 'kv-at-rest').length > 0, 'the search finds what is there')
})

test('no process has one among its arguments', () => {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        return ''
      }
    })
  for (const secret of secrets) assert.ok(!lines.some((line) => line.includes(secret)))
})

test('rotate-keys: everything opens, and nothing in the database is wrapped by the key before', async () => {
  const path = join(vault.server.data, 'sealing-key')
  const id = (key: Buffer) => createHash('sha256').update(key.subarray(0, 32)).digest('hex').slice(0, 8)
  const before = id(readFileSync(path))
  assert.ok(filesWith(vault.server.data, `v2.${before}.`).some((file) => file.startsWith('lazuli.db')))
  const ran = spawnSync(lazuli, ['rotate-keys', '--data', vault.server.data], { encoding: 'utf8' })
  assert.equal(ran.status, 0, ran.stderr)
  assert.match(ran.stdout, /; \d+ rows were sealed anew/)
  const now = id(readFileSync(path))
  assert.notEqual(now, before)
  const readable = async () => {
    assert.equal((await vault.ask('/secrets/one')).json.value, `${MARK}-vault`)
    const { storageAccount } = (await arm.get(arm.workspace)).json.properties
    assert.ok(secrets.includes((await arm.post(`${storageAccount}/listKeys`)).json.keys[0].value))
  }
  await readable()
  await vault.server.stopOnly()
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(join(vault.server.data, 'lazuli.db'), { readOnly: true })
  const sealed = [
    ...database.prepare('select sealed as text from vault_versions').all(),
    ...database.prepare('select secrets as text from resources').all(),
    ...database.prepare('select sealed_private_jwk as text from signing_keys').all(),
  ].map(({ text }) => String(text))
  database.close()
  assert.ok(sealed.some((text) => text.includes(`v2.${now}.`)))
  assert.ok(!sealed.some((text) => text.includes(`v2.${before}.`)))
  await vault.server.restart()
  await readable()
})
