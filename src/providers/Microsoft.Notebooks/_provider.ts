import { defineProvider } from '../../arm/define-resource.ts'

/** Registrable, as workspaces name it among their dependencies; it has no types here. */
export default defineProvider({
  namespace: 'Microsoft.Notebooks',
  knownVersions: ['2019-10-11-preview'],
})
