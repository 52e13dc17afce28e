import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'

/** Where a connection's credentials stand among its secrets. */
export const CREDENTIALS = 'properties.credentials'

/** What the credentials of each way of signing in must hold; those not named here take none. `a|b`: either. */
const needed: Readonly<Record<string, readonly string[]>> = {
  pat: ['pat'],
  managedidentity: [],
  usernamepassword: ['username'],
  sas: ['sas'],
  // azure-ai-ml writes the key of an account as `sas`.
  accountkey: ['key|sas'],
  serviceprincipal: ['clientId', 'clientSecret', 'tenantId'],
  accesskey: ['accessKeyId', 'secretAccessKey'],
  apikey: ['key'],
  customkeys: ['keys'],
  oauth2: [],
}

/** Kept as credentials where they are given, but a connection does without them. */
const OPTIONAL: ReadonlySet<string> = new Set(['managedidentity', 'oauth2'])

/**
 * A connection's wish with the credentials that its authType needs. One that stands may be put again without them, as
 * clients do that have read it: they are never answered.
 *
 * @throws ConnectionInvalid
 */
export function withOwnCredentials(name: string, body: JsonObject, existing: StoredResource | undefined): JsonObject {
  const properties = objectAt(body.properties)
  const authType = textAt(properties.authType) ?? ''
  const kind = authType.toLowerCase()
  const { credentials } = properties
  const refuse = (reason: string) => fault('ConnectionInvalid', { connection: name, reason }, { target: CREDENTIALS })
  const fields = needed[kind]
  if (!fields && isObject(credentials) && Object.keys(credentials).length > 0) {
    throw refuse(`The authType ${authType} takes no credentials.`)
  }
  if (isObject(credentials)) {
    const missing = (fields ?? []).filter((field) => field.split('|').every((name) => isEmpty(credentials[name])))
    if (missing.length === 0) return body
    throw refuse(`The credentials of authType ${authType} lack: ${missing.join(', ')}.`)
  }
  if (existing && authTypeOf(existing.body) === kind) return body
  if (fields && !OPTIONAL.has(kind)) {
    throw refuse(`The authType ${authType} needs credentials (${fields.join(', ')}).`)
  }
  // Those of another authType must not outlive it.
  return existing ? { ...body, properties: { ...properties, credentials: {} } } : body
}

/** What `listsecrets` answers as the credentials of a connection; null where it has none. */
export function openedCredentials(connection: StoredResource, sealed: string | undefined): JsonObject | null {
  if (sealed === undefined || needed[authTypeOf(connection.body)] === undefined) return null
  const credentials: unknown = JSON.parse(sealed)
  return isObject(credentials) && Object.keys(credentials).length > 0 ? credentials : null
}

const authTypeOf = (body: JsonObject): string => (textAt(objectAt(body.properties).authType) ?? '').toLowerCase()

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (isObject(value) && Object.keys(value).length === 0)
