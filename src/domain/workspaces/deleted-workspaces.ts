import { type JsonObject, objectAt } from '../../json.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'
import { RETENTION_DAYS } from './retention.ts'

const DAY_MS = 86_400_000

/**
 * The workspaces of a type, below a subscription or a group, that are deleted and can still be recovered: each as it
 * was, with when it went and when it will be purged.
 */
export async function deletedWorkspaces(resources: Resources, scope: string, type: string): Promise<JsonObject> {
  const { items } = await resources.ofType(scope, type, { includeDeleted: true })
  return { value: items.flatMap((item) => (item.deletedAt === undefined ? [] : [present(item, item.deletedAt)])) }
}

function present({ id, name, type, body, state }: StoredResource, deletedAt: string): JsonObject {
  return {
    id,
    name,
    type,
    ...body,
    properties: {
      ...objectAt(body.properties),
      ...(state.workspaceId !== undefined && { workspaceId: state.workspaceId }),
      ...(state.customerId !== undefined && { customerId: state.customerId }),
      deletedTime: deletedAt,
      scheduledPurgeTime: new Date(Date.parse(deletedAt) + RETENTION_DAYS * DAY_MS).toISOString(),
    },
  }
}
