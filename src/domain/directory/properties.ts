import { type TSchema, Type } from 'typebox'
import { Check } from 'typebox/value'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { DirectoryKind } from './directory-object.ts'

const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()])
const text = nullable(Type.String({ maxLength: 1024 }))
const flag = nullable(Type.Boolean())
const texts = Type.Array(Type.String({ maxLength: 256 }), { maxItems: 256 })
const object = nullable(Type.Record(Type.String(), Type.Unknown()))
const objects = Type.Array(Type.Record(Type.String(), Type.Unknown()), { maxItems: 256 })
const name = Type.String({ minLength: 1, maxLength: 256, pattern: '\\S' })
const uris = Type.Partial(Type.Object({ redirectUris: texts }))

/** What clients may set of each kind, by Microsoft Graph's names. What reads it looks into `details`. */
const writable: Readonly<Record<DirectoryKind, Readonly<Record<string, TSchema>>>> = {
  application: {
    displayName: name,
    description: text,
    signInAudience: nullable(
      Type.Enum([
        'AzureADMyOrg',
        'AzureADMultipleOrgs',
        'AzureADandPersonalMicrosoftAccount',
        'PersonalMicrosoftAccount',
      ]),
    ),
    identifierUris: texts,
    isFallbackPublicClient: flag,
    isDeviceOnlyAuthSupported: flag,
    web: nullable(uris),
    spa: nullable(uris),
    publicClient: nullable(uris),
    api: object,
    appRoles: objects,
    requiredResourceAccess: objects,
    optionalClaims: object,
    groupMembershipClaims: text,
    keyCredentials: objects,
    info: object,
    notes: text,
    oauth2RequirePostResponse: flag,
    parentalControlSettings: object,
    serviceManagementReference: text,
    servicePrincipalLockConfiguration: object,
    tags: texts,
    tokenEncryptionKeyId: text,
    defaultRedirectUri: text,
    samlMetadataUrl: text,
    addIns: objects,
    uniqueName: text,
  },
  servicePrincipal: {
    displayName: name,
    description: text,
    accountEnabled: flag,
    alternativeNames: texts,
    appRoleAssignmentRequired: flag,
    homepage: text,
    info: object,
    keyCredentials: objects,
    loginUrl: text,
    logoutUrl: text,
    notes: text,
    notificationEmailAddresses: texts,
    preferredSingleSignOnMode: text,
    replyUrls: texts,
    samlSingleSignOnSettings: object,
    tags: texts,
    tokenEncryptionKeyId: text,
  },
  user: {
    displayName: name,
    userPrincipalName: Type.String({
      pattern: "^[A-Za-z0-9._'!#^~+-]{1,64}@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$",
      maxLength: 113,
    }),
    mailNickname: nullable(Type.String({ minLength: 1, maxLength: 64 })),
    accountEnabled: flag,
    ageGroup: text,
    businessPhones: texts,
    city: text,
    companyName: text,
    country: text,
    department: text,
    employeeId: text,
    employeeType: text,
    givenName: text,
    jobTitle: text,
    mail: text,
    mobilePhone: text,
    officeLocation: text,
    onPremisesImmutableId: text,
    otherMails: texts,
    postalCode: text,
    preferredLanguage: text,
    state: text,
    streetAddress: text,
    surname: text,
    usageLocation: text,
    userType: nullable(Type.Enum(['Member', 'Guest'])),
  },
  group: {
    displayName: name,
    description: text,
    mailEnabled: flag,
    mailNickname: nullable(Type.String({ minLength: 1, maxLength: 64 })),
    securityEnabled: flag,
    isAssignableToRole: flag,
    visibility: text,
    groupTypes: texts,
  },
}

/** What a new object of a kind must bring. */
const required: Readonly<Record<DirectoryKind, readonly string[]>> = {
  application: ['displayName'],
  servicePrincipal: [],
  user: ['accountEnabled', 'displayName', 'mailNickname', 'userPrincipalName'],
  group: ['displayName', 'mailEnabled', 'mailNickname', 'securityEnabled'],
}

/**
 * The properties of a body that may be set; null takes one away.
 *
 * @throws GraphBadRequest for a property that the kind has not or that can't be set, a wrong value, a missing one
 */
export function checkedProperties(kind: DirectoryKind, body: JsonObject, isNew: boolean): JsonObject {
  const known = writable[kind]
  const sent = Object.entries(body).filter(([property]) => !property.startsWith('@odata.'))
  for (const [property, value] of sent) {
    const schema = Object.hasOwn(known, property) ? known[property] : undefined
    if (!schema) {
      throw fault('GraphBadRequest', { reason: `Property '${property}' does not exist on '${kind}' or can't be set` })
    }
    if (!Check(schema, value)) {
      throw fault('GraphBadRequest', {
        reason: `Invalid value specified for property '${property}' of resource '${kind}'`,
      })
    }
  }
  const missing = isNew
    ? required[kind].filter((property) => body[property] === undefined || body[property] === null)
    : []
  if (missing.length > 0) {
    throw fault('GraphBadRequest', {
      reason: `A value is required for ${missing.map((one) => `property '${one}'`).join(' and ')} of resource '${kind}'`,
    })
  }
  return Object.fromEntries(sent)
}

/** Known details with a change laid over them: null takes away, anything else takes the place of what was there. */
export function changedDetails(before: JsonObject, change: JsonObject): JsonObject {
  const merged = Object.entries({ ...before, ...change })
  return Object.fromEntries(merged.filter(([property, value]) => property !== 'displayName' && value !== null))
}

/** What an object shows beside what clients may set. */
const fixed: Readonly<Record<DirectoryKind, readonly string[]>> = {
  application: ['appId', 'passwordCredentials', 'publisherDomain'],
  servicePrincipal: [
    'appId',
    'appDisplayName',
    'appOwnerOrganizationId',
    'appRoles',
    'servicePrincipalNames',
    'servicePrincipalType',
    'signInAudience',
    'passwordCredentials',
  ],
  user: [],
  group: [],
}

/** The names, folded, by which objects of kinds can be filtered. */
export const propertyNames = (kinds: readonly DirectoryKind[]): ReadonlySet<string> =>
  new Set(
    ['id', 'createdDateTime', ...kinds.flatMap((kind) => [...Object.keys(writable[kind]), ...fixed[kind]])].map(
      (name) => name.toLowerCase(),
    ),
  )
