import type { DirectoryKind } from '../../domain/directory/directory-object.ts'

/**
 * Properties of Microsoft Graph v1.0 that objects here do not have, by kind: they may be selected, as anywhere, and tell
 * nothing. Source: the resource types of Microsoft Graph's reference.
 */
const elsewhere: Readonly<Record<DirectoryKind, string>> = {
  application:
    'authenticationBehaviors authorizationInfo certification createdByAppId deletedDateTime disabledByMicrosoftStatus isManagementRestricted logo nativeAuthenticationApisEnabled requestSignatureVerification samlMetadataUrl verifiedPublisher applicationTemplateId',
  servicePrincipal:
    'addIns applicationTemplateId createdByAppId customSecurityAttributes deletedDateTime disabledByMicrosoftStatus errorUrl isManagementRestricted oauth2PermissionScopes passwordSingleSignOnSettings preferredTokenSigningKeyEndDateTime preferredTokenSigningKeyThumbprint publisherName resourceSpecificApplicationPermissions samlMetadataUrl tokenIssuancePolicies verifiedPublisher',
  user: 'aboutMe assignedLicenses assignedPlans authorizationInfo birthday consentProvidedForMinor creationType customSecurityAttributes deletedDateTime employeeHireDate employeeLeaveDateTime employeeOrgData externalUserState externalUserStateChangeDateTime faxNumber hireDate identities imAddresses interests isManagementRestricted isResourceAccount lastPasswordChangeDateTime legalAgeGroupClassification licenseAssignmentStates mailboxSettings manager mySite onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes onPremisesLastSyncDateTime onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName passwordPolicies passwordProfile pastProjects preferredDataLocation preferredName print provisionedPlans proxyAddresses refreshTokensValidFromDateTime responsibilities schools securityIdentifier serviceProvisioningErrors showInAddressList signInActivity signInSessionsValidFromDateTime skills',
  group:
    'allowExternalSenders assignedLabels assignedLicenses autoSubscribeNewMembers deletedDateTime hasMembersWithLicenseErrors hideFromAddressLists hideFromOutlookClients isArchived isManagementRestricted isSubscribedByMail licenseProcessingState membershipRule membershipRuleProcessingState onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled preferredDataLocation preferredLanguage proxyAddresses renewedDateTime securityIdentifier serviceProvisioningErrors theme unseenCount writebackConfiguration',
}

/** Folded. */
export const knownElsewhere = (kinds: readonly DirectoryKind[]): readonly string[] =>
  kinds.flatMap((kind) => elsewhere[kind].toLowerCase().split(' '))
