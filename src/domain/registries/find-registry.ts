import { fault } from '../../faults.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'
import { REGISTRIES } from './registry-ids.ts'

/** The registry of a name, which is one in the whole tenant. @throws RegistryNotFound */
export async function findRegistry(resources: Resources, name: string): Promise<StoredResource> {
  const found = await resources.byGlobalName(REGISTRIES, name)
  if (!found || found.deletedAt !== undefined) throw fault('RegistryNotFound', { registry: name })
  return found
}
