import { objectAt } from '../../json.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'
import { BUILT_IN } from '../registries/built-in.ts'
import { type AssetKind, ownerType, versionType } from './asset-kinds.ts'

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
  const own = await versionsBelow(resources, container.id, kind)
  const name = container.id.slice(container.id.lastIndexOf('/') + 1)
  // A curated environment is read in a workspace that has no version of that name itself.
  const curated = own.length === 0 && kind === 'environments'
  const items = curated ? await versionsBelow(resources, `${BUILT_IN}/environments/${name}`, kind) : own
  const latest = items.find(({ body }) => objectAt(body.properties).isArchived !== true) ?? items[0]
  const numbers = items.map(({ name }) => (/^\d+$/.test(name) ? Number(name) : 0))
  return { latestVersion: latest?.name ?? null, nextVersion: String(Math.max(0, ...numbers) + 1) }
}

const versionsBelow = async (
  resources: Resources,
  container: string,
  kind: AssetKind,
): Promise<readonly StoredResource[]> =>
  (await resources.children(container, versionType(kind, ownerType(container)), { newestFirst: true })).items
