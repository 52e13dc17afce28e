import { defineProvider } from '../../arm/define-resource.ts'

/** Networks: there is none here, and what asks for one is told so. */
export default defineProvider({
  namespace: 'Microsoft.Network',
  knownVersions: [
    '2019-04-01',
    '2020-05-01',
    '2020-11-01',
    '2021-02-01',
    '2021-05-01',
    '2021-08-01',
    '2022-01-01',
    '2022-07-01',
    '2022-09-01',
    '2022-11-01',
    '2023-04-01',
    '2023-06-01',
    '2023-09-01',
    '2023-11-01',
    '2024-01-01',
    '2024-03-01',
    '2024-05-01',
    '2024-07-01',
    '2024-10-01',
    '2025-01-01',
  ],
})
