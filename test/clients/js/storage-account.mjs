// A storage account of a flow's own, made through the resource manager, with its shared key and the flow's identity.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { ClientSecretCredential } from '@azure/identity'
import { StorageSharedKeyCredential } from '@azure/storage-blob'

const { LAZULI_TENANT, LAZULI_CLIENT_ID, LAZULI_CLIENT_SECRET, SUBSCRIPTION_ID, RESOURCE_GROUP, LOCATION, DIRECT } = process.env

export async function storageAccount(prefix) {
  const identity = new ClientSecretCredential(LAZULI_TENANT, LAZULI_CLIENT_ID, LAZULI_CLIENT_SECRET)
  const { token } = await identity.getToken('https://management.azure.com/.default')
  const account = `${prefix}${randomUUID().slice(0, 8)}`
  const id = `${DIRECT}/subscriptions/${SUBSCRIPTION_ID}/resourceGroups/${RESOURCE_GROUP}/providers/Microsoft.Storage/storageAccounts/${account}`
  const arm = (method, path = '', body) =>
    fetch(`${id}${path}?api-version=2023-01-01`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
  const body = { location: LOCATION, kind: 'StorageV2', sku: { name: 'Standard_LRS' }, properties: {} }
  assert.ok((await arm('PUT', '', body)).ok)
  let key
  while (!key) {
    const answer = await arm('POST', '/listKeys')
    if (answer.ok) key = (await answer.json()).keys[0].value
  }
  return { account, identity, arm, shared: new StorageSharedKeyCredential(account, key) }
}
