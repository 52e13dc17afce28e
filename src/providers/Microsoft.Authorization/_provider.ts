import { defineProvider } from '../../arm/define-resource.ts'
import { permissions } from './_permissions.ts'
import { providerOperations } from './_provider-operations.ts'

/** Role assignments and definitions, which the access check reads, and locks. */
export default defineProvider({
  namespace: 'Microsoft.Authorization',
  alwaysRegistered: true,
  knownVersions: [
    '2015-01-01',
    '2015-07-01',
    '2016-07-01',
    '2017-05-01',
    '2017-10-01-preview',
    '2018-01-01-preview',
    '2018-07-01',
    '2018-09-01-preview',
    '2020-03-01-preview',
    '2020-04-01-preview',
    '2020-05-01',
    '2020-08-01-preview',
    '2020-10-01',
    '2021-04-01-preview',
    '2022-01-01-preview',
    '2022-04-01',
    '2022-05-01-preview',
  ],
  operations: [permissions, ...providerOperations],
})
