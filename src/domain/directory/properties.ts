import { type TSchema, Type } from 'typebox'
import { Check } from 'typebox/value'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject } from '../../json.ts'
import type { DirectoryKind } from './directory-object.ts'

const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()])
const text = nullable(Type.String({ maxLength: 1024 }))
const flag = nullable(Type.Boolean())
const texts = Type.Array(Type.String({ maxLength: 256 }), { maxItems: 256 })
const object = nullable(Type.Record(Type.String(), Type.Unknown()))
const objects = Type.Array(Type.Record(Type.String(), Type.Unknown()), { maxItems: 256 })
const name = Type.String({ minLength: 1, maxLength: 256, pattern: '\\S' })
const uris = Type.Partial(Type.Object({ redirectUris: texts }))
const none = Type.Array(Type.Unknown(), { maxItems: 0 })

/** What a user's passwords are not held to. Passwords never expire here. */
const POLICY = 'DisablePasswordExpiration|DisableStrongPassword'

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
    consentProvidedForMinor: text,
    country: text,
    department: text,
    employeeHireDate: text,
    employeeId: text,
    employeeOrgData: object,
    employeeType: text,
    faxNumber: text,
    givenName: text,
    jobTitle: text,
    mail: text,
    mobilePhone: text,
    officeLocation: text,
    onPremisesImmutableId: text,
    otherMails: texts,
    passwordPolicies: nullable(Type.String({ pattern: `^(None|(${POLICY})( ?, ?(${POLICY}))*)$` })),
    postalCode: text,
    preferredLanguage: text,
    showInAddressList: flag,
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
    membershipRule: text,
    membershipRuleProcessingState: text,
    preferredLanguage: text,
    resourceBehaviorOptions: none,
    resourceProvisioningOptions: none,
    theme: text,
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
  const sent = Object.entries(body).filter(
    ([property, value]) => value !== undefined && !property.startsWith('@odata.'),
  )
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
  demandNoRule(body)
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

/** @throws GraphBadRequest for a group whose members a rule would find: nothing here evaluates one */
function demandNoRule({ membershipRule, groupTypes }: JsonObject): void {
  const isDynamic = Array.isArray(groupTypes) && groupTypes.some((type) => /^dynamicmembership$/i.test(String(type)))
  if (!isDynamic && (membershipRule === undefined || membershipRule === null)) return
  throw fault('GraphBadRequest', { reason: 'Rules of membership are not evaluated here: add members to the group' })
}

/** Properties that are changed member by member; of any other a change names the whole. */
const membered = new Set([
  'api',
  'employeeOrgData',
  'info',
  'optionalClaims',
  'parentalControlSettings',
  'publicClient',
  'spa',
  'web',
])

/** Known details with a change laid over them: null takes away, anything else takes the place of what was there. */
export function changedDetails(before: JsonObject, change: JsonObject): JsonObject {
  const merged = Object.entries({ ...before, ...change }).map(([property, value]) => {
    const known = before[property]
    return membered.has(property) && isObject(known) && isObject(value)
      ? ([property, withoutNulls({ ...known, ...value })] as const)
      : ([property, value] as const)
  })
  return withoutNulls(Object.fromEntries(merged.filter(([property]) => property !== 'displayName')))
}

const withoutNulls = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null))

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
