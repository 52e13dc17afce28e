import { defineProvider } from '../../arm/define-resource.ts'

/** Registrable, as Kubernetes computes need it; it has no types here. */
export default defineProvider({
  namespace: 'Microsoft.ContainerService',
  knownVersions: ['2023-10-01', '2024-01-01', '2024-09-01'],
})
