import { containerVersions } from '../../domain/assets/container-versions.ts'
import type { Deps } from '../../domain/deps.ts'
import { assetId } from '../../domain/runs/register-outputs.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Workspace } from '../operation.ts'

/** How this service names who did something. */
export const userOf = (who: string): JsonObject => ({ userObjectId: who, userName: who, userTenantId: null })

const metadataOf = ({ etag, system }: StoredResource): JsonObject => ({
  etag,
  createdTime: system.createdAt,
  modifiedTime: system.lastModifiedAt,
  createdBy: userOf(system.createdBy),
  modifiedBy: userOf(system.lastModifiedBy),
})

/** The resource of a workspace, which knows its GUID. @throws WorkspaceNotFound */
export async function workspaceResource({ store }: Pick<Deps, 'store'>, workspace: Workspace): Promise<StoredResource> {
  const found = await store.resources.get(workspace.id)
  if (!found) throw fault('WorkspaceNotFound', { workspace: workspace.name })
  return found
}

/** This service writes MLTable as its package does: `mltable.load` takes no other word. */
const wordOf = (type = 'uri_file'): string => (type.toLowerCase() === 'mltable' ? 'MLTable' : type)

/** Source: `DataVersionEntity` of the service's client. */
export function presentVersion(workspace: StoredResource, version: StoredResource): JsonObject {
  const properties = objectAt(version.body.properties)
  const name = version.id.split('/').at(-3) ?? ''
  return {
    dataVersion: {
      assetId: assetId(workspace, 'data', name, version.name),
      dataContainerName: name,
      dataType: wordOf(textAt(properties.dataType)),
      dataUri: textAt(properties.dataUri) ?? '',
      versionId: version.name,
      mutableProps: {
        dataExpiryTime: null,
        description: textAt(properties.description) ?? null,
        tags: objectAt(properties.tags),
        isArchived: properties.isArchived === true,
      },
      referencedDataUris: Array.isArray(properties.referencedUris) ? properties.referencedUris : [],
      properties: objectAt(properties.properties),
    },
    entityMetadata: metadataOf(version),
    // Not among the client's facts, and yet what `mltable.load` asks first: an asset has its own place, and no dataflow.
    isV2: true,
  }
}

/** Source: `DataContainerEntity`, with the version that was made last. */
export async function presentContainer(
  deps: Pick<Deps, 'store'>,
  workspace: StoredResource,
  container: StoredResource,
): Promise<JsonObject> {
  const properties = objectAt(container.body.properties)
  const { latestVersion, nextVersion } = await containerVersions(deps.store.resources, container, 'data')
  const latest =
    latestVersion === null ? undefined : await deps.store.resources.get(`${container.id}/versions/${latestVersion}`)
  return {
    dataContainer: {
      name: container.name,
      dataType: wordOf(textAt(properties.dataType) ?? textAt(objectAt(latest?.body.properties).dataType)),
      mutableProps: {
        description: textAt(properties.description) ?? null,
        tags: objectAt(properties.tags),
        isArchived: properties.isArchived === true,
      },
      isRegistered: objectAt(latest?.body.properties).isAnonymous !== true,
    },
    entityMetadata: metadataOf(container),
    latestVersion: latest ? presentVersion(workspace, latest) : null,
    nextVersionId: nextVersion,
    legacyDatasetType: null,
  }
}
