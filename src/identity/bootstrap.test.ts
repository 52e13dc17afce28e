import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openStore } from '../store/sqlite/open-store.ts'
import { bootstrapIdentity, clientSecretFile } from './bootstrap.ts'
import { clientSecrets } from './client-secrets.ts'

const now = () => new Date()

test('a first start that died after it wrote the secret goes on with that secret, and takes the wished ids', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lazuli-bootstrap-'))
  writeFileSync(clientSecretFile(directory), 'left-by-a-start-that-died\n', { mode: 0o600 })
  const store = await openStore({ directory })
  const wished = { tenantId: 'T1', subscriptionId: 's1', clientId: 'c1' }
  const install = await bootstrapIdentity({ store, directory, now }, wished)
  assert.deepEqual([install.tenantId, install.subscriptionId, install.clientId], ['t1', 's1', 'c1'])
  await clientSecrets({ store, now }).check(['c1'], 'left-by-a-start-that-died')
  await assert.rejects(clientSecrets({ store, now }).check(['c1'], 'another'), { key: 'AADSTS7000215' })
  await store.close()
  rmSync(directory, { recursive: true })
})

test('a secret file that was taken away stays away, and the secret in it still counts', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lazuli-bootstrap-'))
  const store = await openStore({ directory })
  const first = await bootstrapIdentity({ store, directory, now })
  const secret = readFileSync(clientSecretFile(directory), 'utf8').trim()
  rmSync(clientSecretFile(directory))
  assert.deepEqual(await bootstrapIdentity({ store, directory, now }), first)
  assert.throws(() => readFileSync(clientSecretFile(directory)))
  await clientSecrets({ store, now }).check([first.clientId], secret)
  await store.close()
  rmSync(directory, { recursive: true })
})
