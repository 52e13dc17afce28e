import type { JsonObject } from '../../json.ts'

const NAMESPACE = 'Microsoft.MachineLearningServices'

interface Listing {
  readonly namespace: string
  readonly types: readonly { readonly type: string; readonly apiVersions: readonly string[] }[]
}

/** What a user can have in a workspace here, as its list of features: the kinds of resources that this server serves. */
export function workspaceFeatures(providers: readonly Listing[]): JsonObject {
  const own = providers.find(({ namespace }) => namespace === NAMESPACE)?.types ?? []
  const below = own.filter(({ type }) => /^workspaces\/[^/]+$/.test(type))
  return {
    value: below.map(({ type }) => {
      const word = type.slice(type.indexOf('/') + 1)
      return {
        id: `${NAMESPACE}/${type}`,
        displayName: word.replace(/^./, (first) => first.toUpperCase()).replace(/([a-z])([A-Z])/g, '$1 $2'),
        description: `${word} of a workspace are served here.`,
      }
    }),
  }
}
