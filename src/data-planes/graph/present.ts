import type { DirectoryKind, DirectoryObject } from '../../domain/directory/directory-object.ts'
import { firstPartyRoles, isFirstParty, MICROSOFT } from '../../domain/directory/first-party.ts'
import { type KeyCredential, keysOf } from '../../domain/directory/key-credentials.ts'
import { roleLinkId } from '../../domain/directory/links.ts'
import { holderOf } from '../../domain/directory/secrets.ts'
import type { Json, JsonObject } from '../../json.ts'
import type { DirectoryLink } from '../../store/directory.ts'
import type { ClientSecret } from '../../store/identities.ts'
import type { Repositories } from '../../store/store.ts'

interface Presented {
  readonly store: Pick<Repositories, 'identities' | 'directory'>
  readonly tenantId: string
}

/** An object whole, as `$select` and `$filter` see it; `shown` is what is answered where nothing is selected. */
export async function directoryObject(from: Presented, object: DirectoryObject): Promise<JsonObject> {
  const base = {
    '@odata.type': `#microsoft.graph.${object.kind}`,
    id: object.id,
    deletedDateTime: null,
    displayName: object.displayName,
    createdDateTime: timeOf(object.createdAt),
  }
  const { mustChangePassword: _, federatedIdentityCredentials: __, keyCredentials: ___, ...details } = object.details
  const kinds: Readonly<Record<DirectoryKind, () => JsonObject | Promise<JsonObject>>> = {
    application: () => applicationOf(from, object),
    servicePrincipal: () => servicePrincipalOf(from, object),
    user: () => ({ ...userDefaults, userPrincipalName: object.displayName, ...details }),
    group: () => ({ ...groupDefaults, ...details }),
  }
  return { ...base, ...(await kinds[object.kind]()) }
}

/** What Graph answers of a user unless it is asked for more. */
const userShown = new Set([
  '@odata.type',
  'id',
  'businessPhones',
  'displayName',
  'givenName',
  'jobTitle',
  'mail',
  'mobilePhone',
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
])

/** The part of an object that is answered: what is selected, or what Graph shows unasked. */
export function shown(whole: JsonObject, select: readonly string[] | undefined): JsonObject {
  const keysWanted = select?.some((one) => one.toLowerCase() === 'keycredentials') ?? false
  const type = whole['@odata.type']
  const wanted = select && new Set(['id', '@odata.type', ...select].map((one) => one.toLowerCase()))
  const entries = Object.entries(whole)
    .filter(([name]) =>
      wanted ? wanted.has(name.toLowerCase()) : type !== '#microsoft.graph.user' || userShown.has(name),
    )
    // Certificates themselves are answered to those who select them.
    .map(([name, value]) => [name, name === 'keyCredentials' && !keysWanted ? withoutKeys(value) : value] as const)
  return Object.fromEntries(entries)
}

const withoutKeys = (value: Json | undefined): Json =>
  Array.isArray(value) ? value.map((one) => ({ ...(one as JsonObject), key: null })) : []

async function applicationOf({ store }: Presented, object: DirectoryObject): Promise<JsonObject> {
  const { details } = object
  const { federatedIdentityCredentials: _, keyCredentials: __, ...set } = details
  return {
    ...applicationDefaults,
    appId: object.appId ?? null,
    publisherDomain: DOMAIN,
    ...set,
    web: { ...webDefaults, ...(details.web as JsonObject | undefined) },
    spa: { redirectUris: [], ...(details.spa as JsonObject | undefined) },
    publicClient: { redirectUris: [], ...(details.publicClient as JsonObject | undefined) },
    api: { ...apiDefaults, ...(details.api as JsonObject | undefined) },
    keyCredentials: keysOf(details).map(keyOf),
    passwordCredentials: (await store.identities.secretsOf(holderOf(object))).map(passwordOf),
  }
}

async function servicePrincipalOf({ store, tenantId }: Presented, object: DirectoryObject): Promise<JsonObject> {
  const { details, appId, managed = false, resourceId } = object
  const application = appId === undefined || managed ? undefined : await store.directory.applicationByApp(appId)
  const foreign = isFirstParty(appId)
  const app = application?.details ?? {}
  const { keyCredentials: _, federatedIdentityCredentials: __, ...set } = details
  return {
    accountEnabled: true,
    addIns: [],
    alternativeNames: resourceId === undefined ? [] : ['isExplicit=False', resourceId],
    appDescription: null,
    appDisplayName: managed ? null : (application?.displayName ?? object.displayName),
    appId: appId ?? null,
    applicationTemplateId: null,
    appOwnerOrganizationId: managed ? null : foreign ? MICROSOFT : tenantId,
    appRoleAssignmentRequired: false,
    appRoles: [...firstPartyRoles(appId), ...((app.appRoles as JsonObject[] | undefined) ?? [])],
    description: null,
    disabledByMicrosoftStatus: null,
    homepage: null,
    info: emptyInfo,
    keyCredentials: keysOf(details).map(keyOf),
    loginUrl: null,
    logoutUrl: null,
    notes: null,
    notificationEmailAddresses: [],
    oauth2PermissionScopes:
      ((app.api as JsonObject | undefined)?.oauth2PermissionScopes as JsonObject[] | undefined) ?? [],
    passwordCredentials: managed ? [] : (await store.identities.secretsOf(object.id)).map(passwordOf),
    preferredSingleSignOnMode: null,
    replyUrls: ((app.web as JsonObject | undefined)?.redirectUris as Json[] | undefined) ?? [],
    resourceSpecificApplicationPermissions: [],
    samlSingleSignOnSettings: null,
    servicePrincipalNames: [...namesOf(app), ...(appId === undefined ? [] : [appId])],
    servicePrincipalType: managed ? 'ManagedIdentity' : 'Application',
    signInAudience: managed ? null : (app.signInAudience ?? 'AzureADMyOrg'),
    tags: [],
    tokenEncryptionKeyId: null,
    verifiedPublisher: { addedDateTime: null, displayName: null, verifiedPublisherId: null },
    ...set,
  }
}

const namesOf = ({ identifierUris }: JsonObject): readonly string[] =>
  Array.isArray(identifierUris) ? identifierUris.map(String) : []

/** A time as Graph writes it: no more digits of a second than tell something. Terraform compares them as text. */
const timeOf = (iso: string): string =>
  iso.replace(/\.(\d*?)0*Z$/, (_, digits: string) => (digits === '' ? 'Z' : `.${digits}Z`))

const keyOf = (key: KeyCredential): JsonObject => ({
  ...key,
  startDateTime: timeOf(key.startDateTime),
  endDateTime: timeOf(key.endDateTime),
})

/** A secret as it is listed: never its text. */
export const passwordOf = (secret: ClientSecret): JsonObject => ({
  customKeyIdentifier: null,
  displayName: secret.displayName ?? null,
  endDateTime: secret.expiresAt ? timeOf(secret.expiresAt) : null,
  hint: secret.hint ?? null,
  keyId: secret.id,
  secretText: null,
  startDateTime: secret.startsAt ? timeOf(secret.startsAt) : null,
})

/** An application's role as it has been given to a principal. */
export async function appRoleAssignment({ store }: Presented, link: DirectoryLink): Promise<JsonObject> {
  const [principal, resource] = await Promise.all([
    store.identities.principal(link.source),
    store.identities.principal(link.target),
  ])
  const kinds = {
    Application: 'ServicePrincipal',
    ManagedIdentity: 'ServicePrincipal',
    User: 'User',
    Group: 'Group',
  } as const
  return {
    id: roleLinkId(link),
    deletedDateTime: null,
    appRoleId: link.detail,
    createdDateTime: timeOf(link.createdAt),
    principalDisplayName: principal?.displayName ?? null,
    principalId: link.source,
    principalType: kinds[principal?.kind ?? 'Application'],
    resourceDisplayName: resource?.displayName ?? null,
    resourceId: link.target,
  }
}

/** The domain that names of users end in unless they bring their own. */
export const DOMAIN = 'lazuli.onmicrosoft.com'

const emptyInfo = {
  logoUrl: null,
  marketingUrl: null,
  privacyStatementUrl: null,
  supportUrl: null,
  termsOfServiceUrl: null,
}
const webDefaults = {
  homePageUrl: null,
  logoutUrl: null,
  redirectUris: [],
  implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance: false },
  redirectUriSettings: [],
}
const apiDefaults = {
  acceptMappedClaims: null,
  knownClientApplications: [],
  requestedAccessTokenVersion: null,
  oauth2PermissionScopes: [],
  preAuthorizedApplications: [],
}
const applicationDefaults: JsonObject = {
  addIns: [],
  applicationTemplateId: null,
  appRoles: [],
  certification: null,
  defaultRedirectUri: null,
  description: null,
  disabledByMicrosoftStatus: null,
  groupMembershipClaims: null,
  identifierUris: [],
  info: emptyInfo,
  isDeviceOnlyAuthSupported: null,
  isFallbackPublicClient: null,
  nativeAuthenticationApisEnabled: null,
  notes: null,
  optionalClaims: null,
  parentalControlSettings: { countriesBlockedForMinors: [], legalAgeGroupRule: 'Allow' },
  requestSignatureVerification: null,
  requiredResourceAccess: [],
  samlMetadataUrl: null,
  serviceManagementReference: null,
  servicePrincipalLockConfiguration: null,
  signInAudience: 'AzureADMyOrg',
  tags: [],
  tokenEncryptionKeyId: null,
  uniqueName: null,
  verifiedPublisher: { addedDateTime: null, displayName: null, verifiedPublisherId: null },
}
const userDefaults: JsonObject = {
  accountEnabled: true,
  businessPhones: [],
  givenName: null,
  jobTitle: null,
  mail: null,
  mailNickname: null,
  mobilePhone: null,
  officeLocation: null,
  otherMails: [],
  preferredLanguage: null,
  surname: null,
  usageLocation: null,
  userType: 'Member',
}
const groupDefaults: JsonObject = {
  classification: null,
  creationOptions: [],
  description: null,
  expirationDateTime: null,
  groupTypes: [],
  isAssignableToRole: null,
  mail: null,
  mailEnabled: false,
  mailNickname: null,
  membershipRule: null,
  membershipRuleProcessingState: null,
  onPremisesDomainName: null,
  onPremisesLastSyncDateTime: null,
  onPremisesNetBiosName: null,
  onPremisesProvisioningErrors: [],
  onPremisesSamAccountName: null,
  onPremisesSecurityIdentifier: null,
  onPremisesSyncEnabled: null,
  preferredDataLocation: null,
  preferredLanguage: null,
  proxyAddresses: [],
  renewedDateTime: null,
  resourceBehaviorOptions: [],
  resourceProvisioningOptions: [],
  securityEnabled: true,
  serviceProvisioningErrors: [],
  theme: null,
  uniqueName: null,
  visibility: null,
}
