import { fault } from '../faults.ts'
import { type JsonObject, textAt } from '../json.ts'
import type { ResourceId } from '../resource-id.ts'
import type { StoredResource } from '../store/resources.ts'
import { normalLocation, regions } from './regions.ts'
import type { RegisteredType } from './registry.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * The body with its location as ARM keeps it. A tracked resource must have one; it can't move.
 *
 * @throws LocationRequired, LocationNotAvailableForResourceType, InvalidResourceLocation, InvalidResourceGroupLocation
 */
export function placeBody(
  type: RegisteredType,
  id: ResourceId,
  body: JsonObject,
  existing: StoredResource | undefined,
): JsonObject {
  const sent = textAt(body.location)
  // What extends any resource (a role assignment) is nowhere of its own.
  const placed =
    type.at.includes('resourceGroup') && !type.at.includes('resource') && type.declaration.tracked !== false
  const tracked = placed || type.type === 'Microsoft.Resources/resourceGroups'
  const before = textAt(existing?.body.location)
  if (sent === undefined || sent === '') {
    if (tracked && before === undefined) throw fault('LocationRequired')
    return before === undefined ? body : { ...body, location: before }
  }
  const location = normalLocation(sent)
  if (location === undefined) {
    const locations = regions.map(({ name }) => name).join(',')
    if (type.type === 'Microsoft.Resources/resourceGroups') {
      throw fault('LocationNotAvailableForResourceGroup', { location: sent, locations })
    }
    throw fault('LocationNotAvailableForResourceType', {
      location: sent,
      type: type.type,
      locations,
    })
  }
  if (before !== undefined && tracked && location !== before) {
    if (type.type === 'Microsoft.Resources/resourceGroups') {
      throw fault('InvalidResourceGroupLocation', { location, existing: before })
    }
    throw fault('InvalidResourceLocation', {
      name: id.name,
      existing: before,
      group: id.resourceGroup ?? '',
      location,
    })
  }
  return { ...body, location }
}

/** Where an operation is said to run: where its resource is, else where what stands around it is. */
export const locationOf = (body: JsonObject | undefined, { parent, group }: Partial<Surroundings>): string =>
  textAt(body?.location) ?? textAt(parent?.body.location) ?? textAt(group?.body.location) ?? 'global'

/** Refuses a location in a path that is none, whatever its spelling. @throws LocationUnknown */
export function demandLocation(location: string | undefined): void {
  if (location === undefined || normalLocation(location) !== undefined) return
  throw fault('LocationUnknown', { location, locations: regions.map(({ name }) => name).join(',') })
}
