import type { Caller } from '../../identity/identity.ts'
import type { JsonObject } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'

const LIFETIME_SECONDS = 8 * 3600
const REFRESH_SECONDS = 4 * 3600

/** An endpoint's name in tokens: one that is made again later is another. */
export const tokenName = ({ id, system }: StoredResource): string => `${foldId(id)} ${system.createdAt}`

/** What `token` of an endpoint answers: good for this endpoint alone, for some hours. */
export async function endpointToken(
  { tokens }: Pick<Deps, 'tokens'>,
  endpoint: StoredResource,
  caller: Caller,
): Promise<JsonObject> {
  const asked = { endpoint: tokenName(endpoint), objectId: caller.objectId }
  const { token, expiresOn } = await tokens.issueEndpointToken(asked, LIFETIME_SECONDS)
  return {
    accessToken: token,
    expiryTimeUtc: expiresOn,
    refreshAfterTimeUtc: expiresOn - REFRESH_SECONDS,
    tokenType: 'Bearer',
  }
}
