import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { openSecret } from '../../store/sealing.ts'
import { accountKey } from '../dependencies/account-keys.ts'
import type { Deps } from '../deps.ts'
import { datastorePlace } from './datastore.ts'

/** Where a datastore's credentials stand among its secrets. */
export const credentialSecrets = 'properties.credentials.secrets'

/**
 * What `listSecrets` of a datastore answers: what was sent with it, or, for one with an account key of which none was
 * sent (the workspace's own), the key that the account has now.
 *
 * @throws DatastoreWithoutSecrets
 */
export async function datastoreSecrets(
  { store, sealing }: Pick<Deps, 'store' | 'sealing'>,
  datastore: StoredResource,
): Promise<JsonObject> {
  const kind = textAt(objectAt(objectAt(datastore.body.properties).credentials).credentialsType) ?? 'None'
  const sealed = openSecret(sealing, datastore, credentialSecrets)
  if (sealed !== undefined && kind !== 'None') {
    const sent: unknown = JSON.parse(sealed)
    return { ...(isObject(sent) ? sent : {}), secretsType: kind }
  }
  const place = kind === 'AccountKey' ? datastorePlace(datastore) : undefined
  const account = place && (await store.resources.byGlobalName('Microsoft.Storage/storageAccounts', place.account))
  const key = account && accountKey(sealing, account)
  if (key === undefined) throw fault('DatastoreWithoutSecrets', { datastore: datastore.name, kind })
  return { secretsType: 'AccountKey', key }
}
