import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'

/** From this version on the answer is one cloud; before, it was a list of them. */
const OBJECT_SINCE = '2022-09-01'

/**
 * `/metadata/endpoints`, which makes ARM_CLOUD_METADATA_URL, ARM_METADATA_HOSTNAME and `az cloud register` work.
 * `az cloud register` takes an object alone, and ARM_CLOUD_METADATA_URL a list alone; they ask by different versions.
 */
export function endpoints(cloud: JsonObject, query: URLSearchParams): JsonObject | readonly JsonObject[] {
  const version = query.get('api-version')
  if (!version) throw fault('MetadataVersionMissing')
  if (!/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(version)) throw fault('MetadataVersionInvalid', { version })
  return version >= OBJECT_SINCE ? cloud : [cloud]
}
