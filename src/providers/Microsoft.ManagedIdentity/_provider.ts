import { defineProvider } from '../../arm/define-resource.ts'

/** User-assigned identities: principals that resources share. */
export default defineProvider({
  namespace: 'Microsoft.ManagedIdentity',
  knownVersions: [
    '2015-08-31-preview',
    '2018-11-30',
    '2021-09-30-preview',
    '2022-01-31-preview',
    '2023-01-31',
    '2024-11-30',
  ],
})
