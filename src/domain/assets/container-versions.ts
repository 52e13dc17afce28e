import { objectAt } from '../../json.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'
import type { AssetKind } from './asset-kinds.ts'
import { versionType } from './asset-kinds.ts'

export interface ContainerVersions {
  /** The version that was made last and is not archived; null where there is none. */
  readonly latestVersion: string | null
  /** One more than the greatest whole number among the versions. */
  readonly nextVersion: string
}

/** What a container knows of its versions. */
export async function containerVersions(
  resources: Resources,
  container: Pick<StoredResource, 'id'>,
  kind: AssetKind,
): Promise<ContainerVersions> {
  const { items } = await resources.children(container.id, versionType(kind), { newestFirst: true })
  const latest = items.find(({ body }) => objectAt(body.properties).isArchived !== true) ?? items[0]
  const numbers = items.map(({ name }) => (/^\d+$/.test(name) ? Number(name) : 0))
  return { latestVersion: latest?.name ?? null, nextVersion: String(Math.max(0, ...numbers) + 1) }
}
