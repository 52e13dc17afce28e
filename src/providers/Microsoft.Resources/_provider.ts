import { defineProvider } from '../../arm/define-resource.ts'
import { checkResourceName } from './_check-name.ts'
import { deploymentOperations } from './_deployments.ts'
import { moveOperations } from './_moves.ts'
import { providerOperations } from './_providers.ts'
import { resourceListings } from './_resources.ts'
import { tagNameOperations } from './_tag-names.ts'
import { tagOperations } from './_tags.ts'

/** The resource manager's own: tenants, subscriptions, groups, providers, listings over all types. */
export default defineProvider({
  namespace: 'Microsoft.Resources',
  alwaysRegistered: true,
  knownVersions: [
    '2014-04-01',
    '2015-01-01',
    '2015-11-01',
    '2016-02-01',
    '2016-06-01',
    '2016-09-01',
    '2017-05-10',
    '2018-02-01',
    '2018-05-01',
    '2018-06-01',
    '2019-03-01',
    '2019-05-01',
    '2019-05-10',
    '2019-06-01',
    '2019-07-01',
    '2019-08-01',
    '2019-10-01',
    '2019-11-01',
    '2020-01-01',
    '2020-06-01',
    '2020-08-01',
    '2020-10-01',
    '2021-01-01',
    '2021-04-01',
    '2022-01-01',
    '2022-09-01',
    '2022-12-01',
    '2023-07-01',
    '2024-03-01',
    '2024-07-01',
    '2024-11-01',
    '2025-03-01',
    '2025-04-01',
    '2026-06-01',
  ],
  operations: [
    {
      method: 'GET',
      path: '/tenants',
      scope: 'tenant',
      answer: async ({ tenantId }) => ({
        body: {
          value: [
            {
              id: `/tenants/${tenantId}`,
              tenantId,
              countryCode: 'US',
              displayName: 'Lazuli',
              domains: [],
              tenantCategory: 'Home',
            },
          ],
        },
      }),
    },
    {
      method: 'GET',
      path: '/locations',
      scope: 'subscription',
      right: 'subscriptions/locations/read',
      answer: async (_deps, { scope, arm }) => ({
        body: {
          value: arm.regions().map(({ name, displayName, geographyGroup }) => ({
            id: `${scope.text}/locations/${name}`,
            name,
            type: 'Region',
            displayName,
            regionalDisplayName: `(${geographyGroup}) ${displayName}`,
            metadata: { regionType: 'Physical', regionCategory: 'Recommended', geographyGroup },
          })),
        },
      }),
    },
    ...providerOperations,
    ...resourceListings,
    ...moveOperations,
    ...deploymentOperations,
    ...tagOperations,
    ...tagNameOperations,
    checkResourceName,
  ],
})
