import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'
import { normalRegion } from '../workspaces/region.ts'

const WORKSPACES = 'Microsoft.MachineLearningServices/workspaces'
export const ONLINE_ENDPOINTS = `${WORKSPACES}/onlineEndpoints`
export const BATCH_ENDPOINTS = `${WORKSPACES}/batchEndpoints`
export const ONLINE_DEPLOYMENTS = `${ONLINE_ENDPOINTS}/deployments`
export const BATCH_DEPLOYMENTS = `${BATCH_ENDPOINTS}/deployments`

/** Azure's rule: the name is a label of the host that answers. */
export const ENDPOINT_NAME = /^[a-zA-Z](?:[a-zA-Z0-9-]{1,30})[a-zA-Z0-9]$/
export const DEPLOYMENT_NAME = /^[a-zA-Z](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/

/** How callers of an endpoint prove themselves, whatever spelling the wish has. */
export type AuthMode = 'key' | 'amltoken' | 'aadtoken'

export function authModeOf(body: JsonObject): AuthMode {
  const mode = (textAt(objectAt(body.properties).authMode) ?? '').toLowerCase().replaceAll('_', '')
  return mode === 'amltoken' || mode === 'aadtoken' ? mode : 'key'
}

export const regionOf = ({ body }: Pick<StoredResource, 'body'>): string => normalRegion(textAt(body.location) ?? '')

/** A body that says no place has its parent's. */
export async function placedLike(
  resources: Resources,
  parent: ResourceId | undefined,
  body: JsonObject,
): Promise<JsonObject> {
  if (textAt(body.location)) return body
  return { ...body, location: textAt((await resources.get(parent?.key ?? ''))?.body.location) ?? '' }
}

/** Set among an endpoint's state once anybody has said which deployment gets its traffic. */
export const TRAFFIC_GIVEN = 'trafficGiven'

/** Shares of an endpoint's requests by the folded name of a deployment, in percent; those without one are left out. */
export function sharesOf(traffic: unknown): ReadonlyMap<string, number> {
  const shares = Object.entries(objectAt(traffic)).map(([name, share]) => [name.toLowerCase(), Number(share)] as const)
  return new Map(shares.filter(([, share]) => share > 0))
}

/** What Azure writes among an endpoint's or a deployment's own properties: a client may send it back, and it is not kept. */
const WRITTEN_BY_AZURE = ['AzureAsyncOperationUri', 'azureml.onlineendpointid', 'azureml.batchendpointid']

/** A body whose `properties.properties` hold only what is the client's. */
export function withOwnProperties(body: JsonObject): JsonObject {
  const properties = objectAt(body.properties)
  const own = Object.entries(objectAt(properties.properties)).filter(
    ([name]) => !WRITTEN_BY_AZURE.includes(name) && !name.startsWith('lazuli.warning'),
  )
  return { ...body, properties: { ...properties, properties: Object.fromEntries(own) } }
}
