import { defineProvider } from '../../arm/define-resource.ts'
import { nameAvailability } from '../../domain/dependencies/name-availability.ts'
import { textAt } from '../../json.ts'

/** Storage accounts: where every byte of a workspace lies. */
export default defineProvider({
  namespace: 'Microsoft.Storage',
  knownVersions: [
    '2015-06-15',
    '2016-01-01',
    '2016-12-01',
    '2017-06-01',
    '2017-10-01',
    '2018-02-01',
    '2018-03-01-preview',
    '2018-07-01',
    '2018-11-01',
    '2019-04-01',
    '2019-06-01',
    '2020-08-01-preview',
    '2021-01-01',
    '2021-02-01',
    '2021-04-01',
    '2021-06-01',
    '2021-08-01',
    '2021-09-01',
    '2022-05-01',
    '2022-09-01',
    '2023-01-01',
    '2023-04-01',
    '2023-05-01',
    '2025-01-01',
    '2025-06-01',
    '2025-08-01',
    '2026-04-01',
    '2026-06-01',
    '2026-09-01',
  ],
  dataActions: ['read', 'write', 'delete', 'add/action'].map(
    (verb) => `storageAccounts/blobServices/containers/blobs/${verb}`,
  ),
  operations: [
    {
      method: 'POST',
      path: 'checkNameAvailability',
      scope: 'subscription',
      right: 'checknameavailability/read',
      answer: async ({ store }, { body }) => ({
        body: await nameAvailability(
          store.resources,
          {
            type: 'Microsoft.Storage/storageAccounts',
            rule: /^[a-z0-9]{3,24}$/,
            invalid: (name) =>
              `${name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only.`,
            taken: (name) => `The storage account named ${name} is already taken.`,
          },
          textAt(body.name) ?? '',
        ),
      }),
    },
  ],
})
