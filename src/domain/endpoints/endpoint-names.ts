import { type Fault, fault } from '../../faults.ts'
import { sameId } from '../../resource-id.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'
import { BATCH_ENDPOINTS, ONLINE_ENDPOINTS, regionOf } from './endpoint.ts'

/** Endpoints of every kind with this name in a region, the one that was first there first: they share their hosts. */
async function named(resources: Resources, region: string, name: string): Promise<readonly StoredResource[]> {
  const found = await Promise.all([ONLINE_ENDPOINTS, BATCH_ENDPOINTS].map((type) => resources.byName(type, name)))
  return found
    .flat()
    .filter((endpoint) => regionOf(endpoint) === region.toLowerCase())
    .sort((a, b) => a.system.createdAt.localeCompare(b.system.createdAt) || a.id.localeCompare(b.id))
}

/** The endpoint behind `{name}.{region}.inference.ml.azure.com`. */
export const findEndpoint = async (
  resources: Resources,
  region: string,
  name: string,
): Promise<StoredResource | undefined> => (await named(resources, region, name))[0]

/**
 * What is wrong with an endpoint's name: somebody else's endpoint answers by it. Asked before a wish is written and again
 * when it is made true, since two wishes may come at once.
 */
export async function endpointNameFault(
  resources: Resources,
  { id, name, region }: { readonly id: string; readonly name: string; readonly region: string },
): Promise<Fault | undefined> {
  const holder = await findEndpoint(resources, region, name)
  return holder && !sameId(holder.id, id) ? fault('EndpointNameTaken', { name, region }) : undefined
}
