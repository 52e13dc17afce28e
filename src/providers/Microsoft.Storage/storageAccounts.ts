import { Type } from 'typebox'
import { defineResource, done } from '../../arm/define-resource.ts'
import { demandAccountKey, forgetAccountKey, sealAccount } from '../../domain/dependencies/account-encryption.ts'
import { accountKeyPaths, newAccountKey } from '../../domain/dependencies/account-keys.ts'
import { demandKnownNetwork } from '../../domain/dependencies/open-network.ts'
import { linkResources } from '../../domain/network/private-links.ts'
import { ensureIdentity, identityFault, identityView } from '../../domain/workspaces/workspace-identity.ts'
import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'

const SERVICES = ['blob', 'dfs', 'file', 'queue', 'table'] as const

const links = ['blob', 'dfs', 'file', 'queue', 'table', 'web'].map((group) => ({
  group,
  members: [group],
  zones: [`privatelink.${group}.core.windows.net`],
}))

/** A storage account: its keys are made with it, its blobs are served by the storage data plane under its name. */
export default defineResource({
  type: 'Microsoft.Storage/storageAccounts',
  name: /^[a-z0-9]{3,24}$/,
  moves: true,
  globalName: true,
  nameTaken: (name) => fault('StorageAccountAlreadyTaken', { name }),
  reads: Type.Object({
    kind: Type.Optional(Type.String()),
    sku: Type.Optional(Type.Object({ name: Type.String() })),
    identity: Type.Optional(Type.Object({})),
    properties: Type.Optional(Type.Object({ isHnsEnabled: Type.Optional(Type.Boolean()) })),
  }),
  statuses: { created: 202, createdDone: 200 },
  defaults: () => ({
    properties: {
      supportsHttpsTrafficOnly: true,
      allowBlobPublicAccess: false,
      minimumTlsVersion: 'TLS1_2',
      networkAcls: { bypass: 'AzureServices', defaultAction: 'Allow', ipRules: [], virtualNetworkRules: [] },
      encryption: {
        keySource: 'Microsoft.Storage',
        services: { blob: { enabled: true, keyType: 'Account' }, file: { enabled: true, keyType: 'Account' } },
      },
    },
  }),
  async check(deps, { id, body, existing }) {
    demandKnownNetwork(id.name, objectAt(body.properties))
    const problem = await identityFault(deps.store.resources, objectAt(body.identity))
    if (problem) throw problem
    await demandAccountKey(deps, body, existing)
    if (!existing) return undefined
    const before = objectAt(existing.body.properties).isHnsEnabled ?? false
    const wished = body.properties?.isHnsEnabled
    if (wished !== undefined && wished !== before) {
      throw fault('StorageAccountPropertyImmutable', { property: 'isHnsEnabled', account: id.name })
    }
    return undefined
  },
  async apply(deps, { id, wish, resource, state: before, secret }) {
    // Before the account has keys: nothing can be written into it until its bytes are sealed.
    await sealAccount(deps, resource, wish)
    const identity = await ensureIdentity(deps, id, objectAt(wish.identity))
    const state = { ...before, identity }
    if (secret(accountKeyPaths.key1)) return done(state)
    const now = deps.now().toISOString()
    return done(
      { ...state, createdAt: now, keyCreationTime: { key1: now, key2: now } },
      { [accountKeyPaths.key1]: newAccountKey(), [accountKeyPaths.key2]: newAccountKey() },
    )
  },
  async remove(deps, { id }) {
    await deps.blobs.removeAccount(id.name)
    await forgetAccountKey(deps, id.name)
    await deps.identities.remove(id.key)
    return done()
  },
  async view({ store }, { name, body, state }, { origin }) {
    const identity = await identityView(store.resources, objectAt(body.identity), objectAt(state.identity))
    const skuName = textAt(objectAt(body.sku).name) ?? 'Standard_LRS'
    const location = textAt(body.location) ?? ''
    return {
      ...(identity && { identity }),
      sku: { name: skuName, tier: skuName.split('_')[0] ?? 'Standard' },
      properties: {
        primaryEndpoints: Object.fromEntries(SERVICES.map((service) => [service, `${origin.storage(name, service)}/`])),
        primaryLocation: location,
        statusOfPrimary: 'available',
        ...(state.createdAt !== undefined && { creationTime: state.createdAt }),
        ...(state.keyCreationTime !== undefined && { keyCreationTime: state.keyCreationTime }),
        privateEndpointConnections: [],
      },
    }
  },
  actions: {
    privateLinkResources: {
      method: 'GET',
      answer: async (_deps, { resource }) => linkResources(resource, links),
    },
    listKeys: { answer: async (_deps, { state, secret }) => keysOf(state, secret) },
    revokeUserDelegationKeys: {
      async answer(deps, { state, keep }) {
        // Every key that was given out until now, and every SAS that was made with one, is void.
        await keep({}, { ...state, delegationKeysSince: deps.now().toISOString() })
        return {}
      },
    },
    regenerateKey: {
      async answer(deps, { body, state, secret, keep }) {
        const key = textAt(body.keyName) ?? ''
        if (key !== 'key1' && key !== 'key2') throw fault('InvalidKeyName', { key })
        const value = newAccountKey()
        const times = { ...objectAt(state.keyCreationTime), [key]: deps.now().toISOString() }
        await keep({ [accountKeyPaths[key]]: value }, { ...state, keyCreationTime: times })
        return keysOf({ keyCreationTime: times }, (path) => (path === accountKeyPaths[key] ? value : secret(path)))
      },
    },
  },
})

const keysOf = (
  state: Readonly<Record<string, unknown>>,
  secret: (path: string) => string | undefined,
): { keys: { keyName: string; value: string; permissions: string; creationTime: string }[] } => ({
  keys: (['key1', 'key2'] as const).map((keyName) => ({
    keyName,
    value: secret(accountKeyPaths[keyName]) ?? '',
    permissions: 'Full',
    creationTime: textAt(objectAt(state.keyCreationTime)[keyName]) ?? '',
  })),
})
