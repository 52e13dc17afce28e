import { defineProvider } from '../../arm/define-resource.ts'
import { nameAvailability } from '../../domain/dependencies/name-availability.ts'
import { textAt } from '../../json.ts'

/** Container registries, as a workspace's dependency. */
export default defineProvider({
  namespace: 'Microsoft.ContainerRegistry',
  knownVersions: [
    '2017-03-01',
    '2017-10-01',
    '2018-02-01-preview',
    '2018-09-01',
    '2019-04-01',
    '2019-05-01',
    '2019-05-01-preview',
    '2019-06-01-preview',
    '2019-12-01-preview',
    '2020-11-01-preview',
    '2021-06-01-preview',
    '2021-08-01-preview',
    '2021-09-01',
    '2021-12-01-preview',
    '2022-02-01-preview',
    '2022-12-01',
    '2023-01-01-preview',
    '2023-06-01-preview',
    '2023-07-01',
    '2023-08-01-preview',
    '2023-11-01-preview',
    '2025-04-01',
    '2025-11-01',
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
            type: 'Microsoft.ContainerRegistry/registries',
            rule: /^[a-zA-Z0-9]{5,50}$/,
            invalidReason: 'Invalid',
            invalid: () => 'The specified registry name is invalid. It takes 5 to 50 letters and digits.',
            taken: (name) => `The registry ${name} is already in use.`,
          },
          textAt(body.name) ?? '',
        ),
      }),
    },
  ],
})
