import { Type } from 'typebox'
import { defineResource, done } from '../../arm/define-resource.ts'
import { vaultRetentionDays } from '../../domain/dependencies/deleted-vaults.ts'
import { demandKnownNetwork } from '../../domain/dependencies/open-network.ts'
import { linkResources } from '../../domain/network/private-links.ts'
import { fault } from '../../faults.ts'
import { objectAt } from '../../json.ts'

const VaultBody = Type.Object({
  properties: Type.Object({
    tenantId: Type.String(),
    createMode: Type.Optional(Type.String()),
    enableSoftDelete: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    enablePurgeProtection: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  }),
})

/** From this version on a vault that says nothing takes roles, before it access policies. */
const ROLES_BY_DEFAULT = '2026-02-01'

/** A key vault. Deleted ones stay recoverable, and what protects them cannot be taken back, as in Azure. */
export default defineResource({
  type: 'Microsoft.KeyVault/vaults',
  name: /^[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/,
  globalName: true,
  nameTaken: (name) => fault('VaultAlreadyExists', { name }),
  reads: VaultBody,
  defaults: ({ apiVersion }) => ({
    properties: {
      accessPolicies: [],
      enableSoftDelete: true,
      softDeleteRetentionInDays: 90,
      enableRbacAuthorization: apiVersion >= ROLES_BY_DEFAULT,
      publicNetworkAccess: 'Enabled',
    },
  }),
  recovers: ({ body }) => body.properties.createMode === 'recover',
  async check({ tenantId }, { id, body, existing, deleted }) {
    demandKnownNetwork(id.name, objectAt(body.properties))
    const { createMode: _only, ...properties } = body.properties
    if (deleted && body.properties.createMode !== 'recover') throw fault('VaultInDeletedState')
    if (deleted) return { ...deleted.body }
    if (properties.tenantId.toLowerCase() !== tenantId.toLowerCase()) {
      throw fault('VaultTenantUnknown', { tenant: properties.tenantId, own: tenantId })
    }
    const before = objectAt(existing?.body.properties)
    if (properties.enablePurgeProtection === false && before.enablePurgeProtection === true) {
      throw fault('VaultFlagIrreversible', {
        property: 'enablePurgeProtection',
        why: 'Enabling the purge protection for a vault is an irreversible action.',
      })
    }
    if (properties.enableSoftDelete === false && before.enableSoftDelete === true) {
      throw fault('VaultFlagIrreversible', {
        property: 'enableSoftDelete',
        why: "Enabling the 'soft delete' functionality is an irreversible action.",
      })
    }
    // A PUT that says nothing of purge protection keeps it.
    const kept = before.enablePurgeProtection === true && { enablePurgeProtection: true }
    return { ...body, properties: { ...properties, ...kept } }
  },
  async remove({ store }, { id }) {
    await store.write((within) => within.vaults.removeVault(id.key))
    return done()
  },
  softDelete: (vault) => ({ days: vaultRetentionDays(vault), keepsName: true }),
  view: async (_deps, { name }, { origin }) => ({ properties: { vaultUri: `${origin.vault(name)}/` } }),
  actions: {
    privateLinkResources: {
      method: 'GET',
      answer: async (_deps, { resource }) =>
        linkResources(resource, [{ group: 'vault', members: ['default'], zones: ['privatelink.vaultcore.azure.net'] }]),
    },
  },
})
