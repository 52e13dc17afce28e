import { defineProvider } from '../../arm/define-resource.ts'

/** Role assignments and definitions: what the access check reads. */
export default defineProvider({
  namespace: 'Microsoft.Authorization',
  alwaysRegistered: true,
  knownVersions: [
    '2015-07-01',
    '2016-07-01',
    '2017-05-01',
    '2017-10-01-preview',
    '2018-01-01-preview',
    '2018-07-01',
    '2018-09-01-preview',
    '2020-03-01-preview',
    '2020-04-01-preview',
    '2020-08-01-preview',
    '2020-10-01',
    '2021-04-01-preview',
    '2022-01-01-preview',
    '2022-04-01',
    '2022-05-01-preview',
  ],
})
