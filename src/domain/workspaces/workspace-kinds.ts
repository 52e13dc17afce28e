import { type JsonObject, textAt } from '../../json.ts'
import type { DependencyProperty } from './check-dependencies.ts'

/** What a workspace is for decides what it must stand on. */
export type WorkspaceKind = keyof typeof kinds

interface KindRules {
  /** What its body must name. */
  readonly needs: readonly DependencyProperty[]
  /** True where it stands on what its hub stands on. */
  readonly ofHub: boolean
  /** The containers and shares of the datastores that come with it, by its GUID. */
  readonly places: (guid: string) => DatastorePlaces
}

export interface DatastorePlaces {
  readonly blobs: string
  readonly artifacts: string
  readonly files: string
  readonly code: string
}

const own = (guid: string): DatastorePlaces => ({
  blobs: `azureml-blobstore-${guid}`,
  artifacts: 'azureml',
  files: `azureml-filestore-${guid}`,
  code: `code-${guid}`,
})

/** Projects share their hub's account, so each of their containers begins with the project's GUID, as in Azure. */
const shared = (guid: string): DatastorePlaces => ({
  blobs: `${guid}-azureml-blobstore`,
  artifacts: `${guid}-azureml`,
  files: `${guid}-azureml-filestore`,
  code: `${guid}-code`,
})

const kinds = {
  Default: { needs: ['storageAccount', 'keyVault', 'applicationInsights'], ofHub: false, places: own },
  FeatureStore: { needs: ['storageAccount', 'keyVault'], ofHub: false, places: own },
  Hub: { needs: ['storageAccount', 'keyVault'], ofHub: false, places: own },
  Project: { needs: [], ofHub: true, places: shared },
} as const satisfies Record<string, KindRules>

/** The kind that a body names, in any case; Default where it names none, undefined where there is none of that name. */
export function kindOf(body: JsonObject): WorkspaceKind | undefined {
  const asked = (textAt(body.kind) || 'Default').toLowerCase()
  return (Object.keys(kinds) as WorkspaceKind[]).find((kind) => kind.toLowerCase() === asked)
}

export const rulesOf = (body: JsonObject): KindRules => kinds[kindOf(body) ?? 'Default']

export const kindNames: string = Object.keys(kinds).join(', ')
