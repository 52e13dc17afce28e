import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import type { ListResources, Resources, StoredResource } from '../../store/resources.ts'
import type { Page, Repositories } from '../../store/store.ts'

const FEATURES = 'Microsoft.MachineLearningServices/workspaces/featuresets/versions/features'

/** The features of a feature set's version, as resources: its specification names them, no row of their own does. */
export const featureRows = {
  async get({ resources }: Repositories, id: ResourceId): Promise<StoredResource | undefined> {
    const rows = await rowsOf(resources, id.parent?.text ?? '')
    return rows.find(({ name }) => name.toLowerCase() === id.name.toLowerCase())
  },
  async list(
    { resources }: Repositories,
    version: ResourceId,
    { after, limit }: ListResources,
    query: URLSearchParams,
  ): Promise<Page<StoredResource>> {
    const wanted = query.get('featureName')?.toLowerCase()
    const words = query.get('description')?.toLowerCase()
    const found = (await rowsOf(resources, version.text)).filter(
      ({ name, body }) =>
        (wanted === undefined || name.toLowerCase() === wanted) &&
        (words === undefined || (textAt(objectAt(body.properties).description) ?? '').toLowerCase().includes(words)),
    )
    const start = Number(after ?? 0)
    const end = limit === undefined ? found.length : start + limit
    return { items: found.slice(start, end), ...(end < found.length && { next: String(end) }) }
  },
  // A feature comes and goes with its version alone.
  put: () => Promise.resolve(),
  remove: () => Promise.resolve(),
}

async function rowsOf(resources: Resources, version: string): Promise<readonly StoredResource[]> {
  const found = await resources.get(version)
  if (!found) return []
  return featuresOf(found).map(({ name, dataType, ...feature }) => ({
    id: `${found.id}/features/${name}`,
    type: FEATURES,
    name,
    body: {
      properties: {
        featureName: name,
        dataType,
        ...feature,
        properties: {},
      },
    },
    state: {},
    secrets: {},
    provisioningState: 'Succeeded',
    etag: found.etag,
    system: found.system,
  }))
}

interface Feature {
  readonly name: string
  readonly dataType: string
  readonly description: string
  readonly tags: JsonObject
}

/**
 * azure-ai-ml puts the specification that it has read from the folder into the version's properties, as text: with
 * `FeatureName` and `DataType` where the file has `name` and `type`.
 */
function featuresOf(version: StoredResource): readonly Feature[] {
  const text = textAt(objectAt(objectAt(version.body.properties).properties).featuresetProperties)
  if (text === undefined) return []
  const { features } = folded(parsed(text))
  return (Array.isArray(features) ? features.filter(isObject) : []).map(folded).map((feature) => ({
    name: textAt(feature.featurename) ?? textAt(feature.name) ?? '',
    dataType: capital(textAt(feature.datatype) ?? textAt(feature.type) ?? ''),
    description: textAt(feature.description) ?? '',
    tags: objectAt(feature.tags),
  }))
}

function parsed(text: string): JsonObject {
  try {
    return objectAt(JSON.parse(text))
  } catch {
    return {}
  }
}

/** The same members by names without case and underscores. */
const folded = (value: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toLowerCase().replaceAll('_', ''), member]))

/** `integer` as Azure spells it: `Integer`. */
const capital = (type: string): string => type.replace(/^./, (first) => first.toUpperCase())
