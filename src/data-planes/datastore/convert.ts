import { STORAGE_SUFFIX } from '../../domain/datastores/datastore.ts'
import { datastoreSecrets } from '../../domain/datastores/datastore-secrets.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault, isFault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'

/** The kinds that this service and the resource manager both know, and the property that names the part of the account. */
const PARTS: Readonly<Record<string, 'containerName' | 'fileShareName' | 'filesystem'>> = {
  AzureBlob: 'containerName',
  AzureFile: 'fileShareName',
  AzureDataLakeGen2: 'filesystem',
}

/**
 * A datastore as this service's clients send it, in the resource manager's words.
 *
 * @throws DatastoreTypeUnsupported for what is no storage account's, DatastoreInvalid
 */
export function fromClient(name: string, sent: JsonObject): JsonObject {
  const kind = textAt(sent.dataStoreType) ?? ''
  const part = PARTS[kind]
  if (!part) throw fault('DatastoreTypeUnsupported', { datastore: name, kind })
  const section = objectAt(sent.azureStorageSection)
  return {
    datastoreType: kind,
    accountName: section.accountName,
    [part]: section.containerName,
    endpoint: textAt(section.endpoint) ?? STORAGE_SUFFIX,
    protocol: textAt(section.protocol) ?? 'https',
    serviceDataAccessAuthIdentity:
      textAt(section.serviceDataAccessAuthIdentity ?? section.ServiceDataAccessAuthIdentity) ?? 'None',
    tags: objectAt(sent.tags),
    credentials: credentialsOf(section),
  }
}

function credentialsOf(section: JsonObject): JsonObject {
  const kind = textAt(section.credentialType) ?? 'None'
  const secret = textAt(section.credential)
  const client = objectAt(section.clientCredentials)
  const missing = (what: string) =>
    fault('DatastoreInvalid', { reason: `A datastore with credentials of type ${kind} needs ${what}.` })
  switch (kind.toLowerCase()) {
    case 'none':
      return { credentialsType: 'None' }
    case 'accountkey': {
      const key = secret ?? textAt(section.accountKey)
      if (!key) throw missing('an account key')
      return { credentialsType: 'AccountKey', secrets: { secretsType: 'AccountKey', key } }
    }
    case 'sas': {
      const sasToken = secret ?? textAt(section.sasToken)
      if (!sasToken) throw missing('a SAS token')
      return { credentialsType: 'Sas', secrets: { secretsType: 'Sas', sasToken } }
    }
    case 'clientcredentials': {
      const { clientId, tenantId, clientSecret, authorityUrl, resourceUri } = client
      if (!clientId || !tenantId || !clientSecret) throw missing('clientId, tenantId and clientSecret')
      return {
        ...{ credentialsType: 'ServicePrincipal', clientId, tenantId },
        ...(authorityUrl ? { authorityUrl } : {}),
        ...(resourceUri ? { resourceUrl: resourceUri } : {}),
        secrets: { secretsType: 'ServicePrincipal', clientSecret },
      }
    }
    default:
      throw fault('DatastoreInvalid', { reason: `'${kind}' is no type of credentials.` })
  }
}

/**
 * A datastore as this service's clients read it; with its secret only where the caller may list secrets.
 *
 * Source: `DataStore` and `AzureStorage` of the client, which takes account key and SAS token by their own names.
 */
export async function toClient(
  deps: Pick<Deps, 'store' | 'sealing'>,
  datastore: StoredResource,
  { withSecret, workspace }: { readonly withSecret: boolean; readonly workspace: string },
): Promise<JsonObject> {
  const properties = objectAt(datastore.body.properties)
  const kind = textAt(properties.datastoreType) ?? ''
  const part = PARTS[kind]
  const credentials = objectAt(properties.credentials)
  const secrets = withSecret ? await secretsOf(deps, datastore) : {}
  const [, , subscriptionId, , resourceGroup] = workspace.split('/')
  const type = textAt(credentials.credentialsType) ?? 'None'
  return {
    name: datastore.name,
    dataStoreType: kind === 'AzureDataLakeGen1' ? 'AzureDataLake' : kind,
    hasBeenValidated: part !== undefined,
    tags: objectAt(properties.tags),
    azureStorageSection: part
      ? {
          accountName: properties.accountName,
          containerName: properties[part],
          endpoint: properties.endpoint ?? STORAGE_SUFFIX,
          protocol: properties.protocol ?? 'https',
          credentialType: type === 'ServicePrincipal' ? 'ClientCredentials' : type,
          credential: secrets.key ?? secrets.sasToken ?? null,
          accountKey: secrets.key ?? null,
          sasToken: secrets.sasToken ?? null,
          isSas: type === 'Sas',
          clientCredentials:
            type === 'ServicePrincipal'
              ? {
                  ...{ clientId: credentials.clientId, tenantId: credentials.tenantId, isCertAuth: false },
                  ...{ authorityUrl: credentials.authorityUrl ?? null, resourceUri: credentials.resourceUrl ?? null },
                  clientSecret: secrets.clientSecret ?? null,
                }
              : null,
          areWorkspaceManagedIdentitiesAllowed: properties.serviceDataAccessAuthIdentity !== 'None',
          serviceDataAccessAuthIdentity: properties.serviceDataAccessAuthIdentity ?? 'None',
          ...{ subscriptionId, resourceGroup },
        }
      : null,
    azureDataLakeSection:
      kind === 'AzureDataLakeGen1'
        ? { storeName: properties.storeName, clientId: credentials.clientId ?? null, clientSecret: null }
        : null,
  }
}

async function secretsOf(deps: Pick<Deps, 'store' | 'sealing'>, datastore: StoredResource): Promise<JsonObject> {
  try {
    return await datastoreSecrets(deps, datastore)
  } catch (error) {
    // One that is used by whoever asks has none.
    if (isFault(error) && error.key === 'DatastoreWithoutSecrets') return {}
    throw error
  }
}
