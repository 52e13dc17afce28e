import { defineProvider } from '../../arm/define-resource.ts'
import { deletedVault, deletedVaults, purgeVault } from '../../domain/dependencies/deleted-vaults.ts'
import { nameAvailability } from '../../domain/dependencies/name-availability.ts'
import { textAt } from '../../json.ts'

/** Key vaults. What is in them is `domain/vaults`, which their data plane shares. */
export default defineProvider({
  namespace: 'Microsoft.KeyVault',
  knownVersions: [
    '2015-06-01',
    '2016-10-01',
    '2018-02-14',
    '2019-09-01',
    '2020-04-01-preview',
    '2021-04-01-preview',
    '2021-06-01-preview',
    '2021-10-01',
    '2022-07-01',
    '2023-02-01',
    '2023-07-01',
    '2024-11-01',
    '2025-05-01',
    '2026-02-01',
    '2026-05-15',
  ],
  operations: [
    {
      method: 'POST',
      path: 'checkNameAvailability',
      scope: 'subscription',
      right: 'checkNameAvailability/read',
      answer: async ({ store }, { body }) => ({
        body: await nameAvailability(
          store.resources,
          {
            type: 'Microsoft.KeyVault/vaults',
            rule: /^[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/,
            invalid: (name) =>
              `The vault name '${name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.`,
            taken: (name) => `The vault name '${name}' is already in use.`,
          },
          textAt(body.name) ?? '',
        ),
      }),
    },
    {
      method: 'GET',
      path: 'deletedVaults',
      scope: 'subscription',
      right: 'deletedVaults/read',
      answer: async ({ store }, { scope }) => ({ body: await deletedVaults(store.resources, scope.text) }),
    },
    {
      method: 'GET',
      path: 'locations/{location}/deletedVaults/{name}',
      scope: 'subscription',
      right: 'locations/deletedVaults/read',
      answer: async ({ store }, { scope, params }) => ({
        body: await deletedVault(store.resources, scope.text, params.name ?? ''),
      }),
    },
    {
      method: 'POST',
      path: 'locations/{location}/deletedVaults/{name}/purge',
      scope: 'subscription',
      right: 'locations/deletedVaults/purge/action',
      async answer({ store }, { scope, params, arm }) {
        await purgeVault({ resources: store.resources, purge: arm.purge }, scope.text, params.name ?? '')
        return { accepted: true }
      },
    },
  ],
})
