// Key Vault by @azure/keyvault-secrets and @azure/keyvault-keys.
import { createHash, randomUUID } from 'node:crypto'
import { ClientSecretCredential } from '@azure/identity'
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys'
import { SecretClient } from '@azure/keyvault-secrets'

const env = process.env
const credential = new ClientSecretCredential(env.LAZULI_TENANT, env.LAZULI_CLIENT_ID, env.LAZULI_CLIENT_SECRET)
const check = (holds, what) => {
  if (!holds) {
    console.log(`FAIL ${what}`)
    process.exit(1)
  }
  console.log(`ok   ${what}`)
}
const refused = async (work, what) =>
  check(
    await work().then(
      () => false,
      (error) => error.statusCode,
    ),
    what,
  )

const name = `kvjs${randomUUID().slice(0, 8)}`
const id = `/subscriptions/${env.SUBSCRIPTION_ID}/resourceGroups/lazuli/providers/Microsoft.KeyVault/vaults/${name}`
const { token } = await credential.getToken('https://management.azure.com/.default')
const made = await fetch(`${env.DIRECT}${id}?api-version=2023-07-01`, {
  method: 'PUT',
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  body: JSON.stringify({
    location: 'eastus',
    properties: {
      tenantId: env.LAZULI_TENANT,
      sku: { family: 'A', name: 'standard' },
      enableRbacAuthorization: true,
    },
  }),
})
check(made.status < 300, `vault ${name}`)
const url = `https://${name}.vault.azure.net`
await made.body.cancel()

const secrets = new SecretClient(url, credential)
const first = await secrets.setSecret('one', 'v1', { tags: { a: 'b' }, contentType: 'text/plain' })
await secrets.setSecret('one', 'v2')
check((await secrets.getSecret('one')).value === 'v2', 'setSecret, getSecret')
check((await secrets.getSecret('one', { version: first.properties.version })).value === 'v1', 'a version')
await secrets.updateSecretProperties('one', first.properties.version, { enabled: false })
await refused(() => secrets.getSecret('one', { version: first.properties.version }), 'a disabled version is refused')
let versions = 0
for await (const _ of secrets.listPropertiesOfSecretVersions('one')) versions++
check(versions === 2, 'listPropertiesOfSecretVersions')
const backup = await secrets.backupSecret('one')
await (await secrets.beginDeleteSecret('one')).pollUntilDone()
await (await secrets.beginRecoverDeletedSecret('one')).pollUntilDone()
check((await secrets.getSecret('one')).value === 'v2', 'delete and recover')
await (await secrets.beginDeleteSecret('one')).pollUntilDone()
await secrets.purgeDeletedSecret('one')
await secrets.restoreSecretBackup(backup)
check((await secrets.getSecret('one')).value === 'v2', 'purge and restore')

const keys = new KeyClient(url, credential)
const rsa = await keys.createRsaKey('rsa', { keySize: 2048 })
const crypto = new CryptographyClient(rsa, credential)
const sealed = await crypto.encrypt({ algorithm: 'RSA-OAEP-256', plaintext: Buffer.from('clear') })
const opened = await crypto.decrypt({ algorithm: 'RSA-OAEP-256', ciphertext: sealed.result })
check(Buffer.from(opened.result).toString() === 'clear', 'encrypt, decrypt')
const digest = createHash('sha256').update('message').digest()
const signed = await crypto.sign('PS256', digest)
check((await crypto.verify('PS256', digest, signed.result)).result, 'sign, verify')
const wrapped = await crypto.wrapKey('RSA-OAEP', Buffer.alloc(32, 7))
check(Buffer.from((await crypto.unwrapKey('RSA-OAEP', wrapped.result)).result).equals(Buffer.alloc(32, 7)), 'wrapKey, unwrapKey')
const ec = new CryptographyClient(await keys.createEcKey('ec', { curve: 'P-384' }), credential)
const hash = createHash('sha384').update('message').digest()
check((await ec.verify('ES384', hash, (await ec.sign('ES384', hash)).result)).result, 'EC sign, verify')
const rotated = await keys.rotateKey('rsa')
check(rotated.properties.version !== rsa.properties.version, 'rotateKey')
await keys.updateKeyRotationPolicy('rsa', {
  lifetimeActions: [{ action: 'Rotate', timeBeforeExpiry: 'P30D' }],
  expiresIn: 'P90D',
})
check((await keys.getKeyRotationPolicy('rsa')).expiresIn === 'P90D', 'rotation policy')
await (await keys.beginDeleteKey('ec')).pollUntilDone()
let deleted = 0
for await (const _ of keys.listDeletedKeys()) deleted++
check(deleted === 1, 'beginDeleteKey, listDeletedKeys')
await keys.purgeDeletedKey('ec')
await refused(() => keys.getDeletedKey('ec'), 'purged is gone')
