import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'

/** One part of a service that Azure lets be reached through a private endpoint. */
export interface LinkGroup {
  readonly group: string
  readonly members: readonly string[]
  readonly zones: readonly string[]
}

/**
 * A connection is made by a private endpoint, and there is no network that could hold one: approving or rejecting what
 * is not there is refused, whoever asks.
 *
 * @throws PrivateEndpointConnectionNotFound
 */
export function demandConnection(id: ResourceId, existing: StoredResource | undefined): void {
  if (!existing) throw fault('PrivateEndpointConnectionNotFound', { name: id.name, resource: id.parent?.text ?? '' })
}

/** What `privateLinkResources` of a resource answers. */
export const linkResources = ({ id, type }: StoredResource, groups: readonly LinkGroup[]): JsonObject => ({
  value: groups.map(({ group, members, zones }) => ({
    id: `${id}/privateLinkResources/${group}`,
    name: group,
    type: `${type}/privateLinkResources`,
    properties: { groupId: group, requiredMembers: members, requiredZoneNames: zones },
  })),
})
