import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import type { Resources } from '../../store/resources.ts'
import { kindOf } from '../workspaces/workspace-kinds.ts'
import { findAsset } from './asset-reference.ts'

/** @throws FeatureStoreOnly where a feature set or an entity would stand in a workspace that is no feature store */
export async function demandFeatureStore(resources: Resources, version: ResourceId): Promise<void> {
  const workspace = await resources.get(version.parent?.parent?.text ?? '')
  if (workspace && kindOf(workspace.body) === 'FeatureStore') return
  throw fault('FeatureStoreOnly', { workspace: version.parent?.parent?.name ?? '' })
}

/** @throws AssetInvalid where an entity has no columns, or two of one name */
export function demandIndexColumns({ indexColumns }: JsonObject): void {
  const columns = Array.isArray(indexColumns) ? indexColumns.map((column) => textAt(objectAt(column).columnName)) : []
  if (columns.length === 0) throw fault('AssetInvalid', { reason: "An entity needs at least one of 'indexColumns'." })
  if (columns.some((name) => !name)) throw fault('AssetInvalid', { reason: "Each index column needs a 'columnName'." })
  if (new Set(columns).size < columns.length) {
    throw fault('AssetInvalid', { reason: 'Two index columns have the same name.' })
  }
}

/** @throws AssetInvalid, AssetReferenceInvalid, AssetReferenceNotFound where a feature set's entities are not there */
export async function demandEntities(
  resources: Resources,
  version: ResourceId,
  { entities, specification }: JsonObject,
): Promise<void> {
  if (!textAt(objectAt(specification).path)) {
    throw fault('AssetInvalid', { reason: "A feature set needs the path of its specification: 'specification.path'." })
  }
  const named = Array.isArray(entities) ? entities : []
  if (named.length === 0) throw fault('AssetInvalid', { reason: "A feature set needs at least one of 'entities'." })
  const workspace = version.parent?.parent?.text ?? ''
  for (const reference of named) {
    await findAsset(resources, workspace, { kind: 'featurestoreEntities', reference: textAt(reference) ?? '' })
  }
}

/** @throws MaterializationUnsupported where a feature set asks to be materialised by a schedule */
export function demandNoSchedule({ materializationSettings }: JsonObject): void {
  const { schedule, storeType } = objectAt(materializationSettings)
  const stores = textAt(storeType)?.toLowerCase() ?? 'none'
  if (!isObject(schedule) && stores === 'none') return
  throw fault('MaterializationUnsupported', { name: 'materializationSettings' })
}
