import { createHash } from 'node:crypto'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId, providerId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'

interface Arm {
  put(id: string, body: JsonObject): Promise<unknown>
}

/**
 * The workspace's container registry: the one it names, or one that is made now beside it, as Azure makes it when an
 * image is first built. Made again under the same name after a crash.
 */
export async function ensureContainerRegistry(
  arm: Arm,
  workspace: Pick<StoredResource, 'id' | 'name' | 'body'>,
): Promise<string> {
  const properties = objectAt(workspace.body.properties)
  const named = textAt(properties.containerRegistry)
  if (named) return named
  const group = parseResourceId(workspace.id)?.parent
  if (!group) throw fault('UserError', { reason: `The workspace '${workspace.id}' stands in no resource group.` })
  const own = createHash('sha256').update(workspace.id.toLowerCase()).digest('hex').slice(0, 10)
  const name = `${workspace.name.toLowerCase().replace(/[^a-z0-9]/g, '')}${own}`
  const id = providerId(group, 'Microsoft.ContainerRegistry', 'registries', name).text
  await arm.put(id, {
    location: workspace.body.location ?? '',
    sku: { name: 'Basic' },
    properties: { adminUserEnabled: true },
  })
  await arm.put(workspace.id, { ...workspace.body, properties: { ...properties, containerRegistry: id } })
  return id
}
