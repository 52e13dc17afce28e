import type { FaultEntry } from '../faults.ts'

/** Refusals of tokens and rights; those of the token endpoint have their AADSTS number as key and OAuth's word as code. */
export const identityFaults = {
  AuthorizationFailed: {
    status: 403,
    message:
      "The client '{client}' with object id '{objectId}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
  },
  AuthenticationFailed: {
    status: 401,
    message: "Authentication failed. The 'Authorization' header is missing.",
  },
  AuthenticationFailedInvalidHeader: {
    status: 401,
    message: "Authentication failed. The 'Authorization' header is provided in an invalid format.",
  },
  BasicCredentialsInvalid: { status: 401, message: 'Authentication failed. {reason}' },
  InvalidAuthenticationToken: { status: 401, message: 'The access token is invalid.' },
  ExpiredAuthenticationToken: {
    status: 401,
    message: "The access token expiry UTC time '{expiry}' is earlier than current UTC time '{now}'.",
  },
  InvalidAuthenticationTokenTenant: {
    status: 401,
    message:
      "The access token is from the wrong issuer '{issuer}'. It must match the tenant '{expected}' associated with this subscription. Please use the authority (URL) '{authority}' to get the token.",
  },
  InvalidAuthenticationTokenAudience: {
    status: 401,
    message:
      "The access token has been obtained for wrong audience or resource '{audience}'. It should exactly match with one of the allowed audiences {allowed}.",
  },
  PrincipalNameInvalid: {
    status: 400,
    message: "'{name}' is not a name for a principal: it needs 1 to 120 characters.",
  },
  RunSecretInvalid: {
    status: 401,
    message: 'The secret is none of a run that is going on.',
  },
  RunIdentityMissing: { status: 400, code: 'IdentityNotFound', message: 'No token can be had for the job: {reason}.' },
  MetadataHeaderMissing: {
    status: 400,
    code: 'bad_request_102',
    message: 'Required metadata header not specified',
  },
  FederatedCredentialInvalid: { status: 400, code: 'BadRequest', message: '{reason}.' },
  RoleDefinitionDoesNotExist: {
    status: 400,
    message: "The specified role definition with ID '{role}' does not exist.",
  },
  PrincipalNotFound: {
    status: 400,
    message:
      'Principal {principal} does not exist in the directory {tenant}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay.',
  },
  RoleAssignmentExists: {
    status: 409,
    message: 'The role assignment already exists. The ID of the existing role assignment is {id}.',
  },
  RoleAssignmentUpdateNotPermitted: {
    status: 400,
    message: 'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.',
  },

  RoleAssignmentConditionUnsupported: {
    status: 501,
    code: 'NotImplemented',
    message: 'A condition on a role assignment is not evaluated by Lazuli yet, so it is refused.',
  },
  InvalidActionOrNotAction: {
    status: 400,
    message: "'{action}' does not match any of the actions supported by the providers.",
  },
  InvalidRoleDefinition: { status: 400, message: "The role definition '{role}' is not valid: {reason}." },
  RoleDefinitionCannotBeChanged: {
    status: 403,
    code: 'BuiltInRoleDefinitionUpdateNotPermitted',
    message: "The role definition '{role}' is built in: it can be neither changed nor deleted.",
  },
  RoleDefinitionWithSameNameExists: {
    status: 409,
    message: "A custom role or a built-in one with the name '{name}' already exists in the directory.",
  },
  RoleDefinitionHasAssignments: {
    status: 400,
    message: "There are existing role assignments referencing role '{role}': '{assignment}'.",
  },
  LinkedAuthorizationFailed: {
    status: 403,
    message:
      "The client '{client}' with object id '{objectId}' has permission to perform action '{action}' on scope '{scope}'; however, it does not have permission to perform action(s) '{linkedAction}' on the linked scope(s) '{linkedScope}' (respectively) or the linked scope(s) are invalid.",
  },

  AADSTS50059: {
    status: 400,
    code: 'invalid_request',
    message:
      'AADSTS50059: No tenant-identifying information found in either the request or implied by any provided credentials.',
  },
  AADSTS50049: { status: 400, code: 'invalid_instance', message: 'AADSTS50049: Unknown or invalid instance.' },
  AADSTS70003: {
    status: 400,
    code: 'unsupported_grant_type',
    message: "AADSTS70003: The app requested an unsupported grant type '{grant}'.",
  },
  AADSTS70011: {
    status: 400,
    code: 'invalid_scope',
    message:
      "AADSTS70011: The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid.",
  },
  AADSTS90002: {
    status: 400,
    code: 'invalid_request',
    message:
      "AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
  },
  AADSTS500011: {
    status: 400,
    code: 'invalid_resource',
    message:
      'AADSTS500011: The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.',
  },
  AADSTS700016: {
    status: 400,
    code: 'unauthorized_client',
    message:
      "AADSTS700016: Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
  },
  AADSTS50011: {
    status: 400,
    code: 'invalid_request',
    message:
      "AADSTS50011: The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the application '{client}'. Make sure the redirect URI sent in the request matches one added to your application.",
  },
  AADSTS50013: {
    status: 400,
    code: 'invalid_grant',
    message: 'AADSTS50013: Assertion failed signature validation. [Reason - {reason}]',
  },
  AADSTS50020: {
    status: 400,
    code: 'invalid_grant',
    message:
      "AADSTS50020: User account '{name}' from identity provider '{issuer}' can not be signed in here: {reason}.",
  },
  AADSTS50027: { status: 400, code: 'invalid_request', message: 'AADSTS50027: JWT token is invalid or malformed.' },
  AADSTS50034: {
    status: 400,
    code: 'invalid_grant',
    message: 'AADSTS50034: The user account does not exist in the directory.',
  },
  AADSTS50053: {
    status: 400,
    code: 'invalid_grant',
    message:
      'AADSTS50053: The account is locked, you have tried to sign in too many times with an incorrect user ID or password.',
  },
  AADSTS50055: {
    status: 400,
    code: 'invalid_grant',
    message: 'AADSTS50055: The password is expired: it has to be changed at the first sign-in, on the sign-in page.',
  },
  AADSTS50057: { status: 400, code: 'invalid_grant', message: 'AADSTS50057: The user account is disabled.' },
  AADSTS50058: {
    status: 400,
    code: 'login_required',
    message: 'AADSTS50058: A silent sign-in request was sent but no user is signed in.',
  },
  AADSTS50126: {
    status: 400,
    code: 'invalid_grant',
    message: 'AADSTS50126: Error validating credentials due to invalid username or password.',
  },
  AADSTS50148: {
    status: 400,
    code: 'invalid_grant',
    message: 'AADSTS50148: The code_verifier does not match the code_challenge supplied in the authorization request.',
  },
  AADSTS50166: {
    status: 400,
    code: 'invalid_request',
    message: "AADSTS50166: Request to External OIDC endpoint failed: '{issuer}': {reason}.",
  },
  AADSTS54005: {
    status: 400,
    code: 'invalid_grant',
    message:
      'AADSTS54005: OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
  },
  AADSTS70000: {
    status: 400,
    code: 'invalid_grant',
    message: 'AADSTS70000: Provided grant is invalid or malformed. {reason}.',
  },
  AADSTS70008: {
    status: 400,
    code: 'invalid_grant',
    message:
      'AADSTS70008: The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.',
  },
  AADSTS70016: {
    status: 400,
    code: 'authorization_pending',
    message: 'AADSTS70016: OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
  },
  AADSTS70018: {
    status: 400,
    code: 'authorization_declined',
    message: 'AADSTS70018: The end user has declined the authorization request.',
  },
  AADSTS70020: { status: 400, code: 'expired_token', message: 'AADSTS70020: The device code has expired.' },
  AADSTS90023: {
    status: 400,
    code: 'invalid_request',
    message: "AADSTS90023: Unsupported value '{value}' for parameter '{parameter}'.",
  },
  AADSTS165000: {
    status: 400,
    code: 'invalid_request',
    message:
      'AADSTS165000: Invalid Request: The request tokens do not match the user context. The page may have been open for too long; please go back and try again.',
  },
  AADSTS500112: {
    status: 400,
    code: 'invalid_grant',
    message:
      'AADSTS500112: The reply address does not match the reply address that was sent when requesting the authorization code.',
  },
  AADSTS500131: {
    status: 400,
    code: 'invalid_grant',
    message:
      "AADSTS500131: Assertion audience '{audience}' does not match the Client app presenting the assertion. The audience in the assertion must be the client '{client}' or a URI of its.",
  },
  AADSTS501481: {
    status: 400,
    code: 'invalid_grant',
    message: 'AADSTS501481: The Code_Verifier does not match the code_challenge supplied in the authorization request.',
  },
  AADSTS700021: {
    status: 401,
    code: 'invalid_client',
    message: "AADSTS700021: Client assertion application identifier doesn't match 'client_id' parameter '{client}'.",
  },
  AADSTS700023: {
    status: 401,
    code: 'invalid_client',
    message:
      "AADSTS700023: Client assertion audience claim does not match Realm issuer. Audience(s) '{audience}' are none of this tenant's token endpoints.",
  },
  AADSTS700024: {
    status: 401,
    code: 'invalid_client',
    message: 'AADSTS700024: Client assertion is not within its valid time range. {reason}',
  },
  AADSTS700082: {
    status: 400,
    code: 'invalid_grant',
    message: 'AADSTS700082: The refresh token has expired due to inactivity.',
  },
  AADSTS700211: {
    status: 401,
    code: 'invalid_client',
    message:
      "AADSTS700211: No matching federated identity record found for presented assertion issuer '{issuer}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.",
  },
  AADSTS700212: {
    status: 401,
    code: 'invalid_client',
    message:
      "AADSTS700212: No matching federated identity record found for presented assertion audience '{audience}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.",
  },
  AADSTS700213: {
    status: 401,
    code: 'invalid_client',
    message:
      "AADSTS700213: No matching federated identity record found for presented assertion subject '{subject}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.",
  },
  AADSTS7000112: {
    status: 401,
    code: 'unauthorized_client',
    message: "AADSTS7000112: Application '{client}'({name}) is disabled.",
  },
  AADSTS7000229: {
    status: 401,
    code: 'unauthorized_client',
    message:
      'AADSTS7000229: The client application {client} is missing service principal in the tenant {tenant}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119',
  },
  AADSTS9002325: {
    status: 400,
    code: 'invalid_request',
    message: 'AADSTS9002325: Proof Key for Code Exchange is required for cross-origin authorization code redemption.',
  },
  AADSTS700027: {
    status: 401,
    code: 'invalid_client',
    message:
      "AADSTS700027: The certificate with identifier used to sign the client assertion is not registered on application. [Reason - {reason}., Please visit the Azure Portal to see configured keys for application Id '{client}'].",
  },
  AADSTS700051: {
    status: 400,
    code: 'unsupported_response_type',
    message: "AADSTS700051: response_type '{type}' is not enabled for the application.",
  },
  AADSTS900144: {
    status: 400,
    code: 'invalid_request',
    message: "AADSTS900144: The request body must contain the following parameter: '{parameter}'.",
  },
  AADSTS900561: {
    status: 405,
    code: 'invalid_request',
    message: 'AADSTS900561: The endpoint only accepts {allowed} requests. Received a {method} request.',
  },
  AADSTS1002012: {
    status: 400,
    code: 'invalid_scope',
    message:
      'AADSTS1002012: The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).',
  },
  AADSTS7000215: {
    status: 401,
    code: 'invalid_client',
    message:
      "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'.",
  },
  AADSTS7000218: {
    status: 401,
    code: 'invalid_client',
    message:
      "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
  },
  AADSTS7000222: {
    status: 401,
    code: 'invalid_client',
    message:
      "AADSTS7000222: The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
  },
  AADSTS9002313: {
    status: 400,
    code: 'invalid_request',
    message: 'AADSTS9002313: Invalid request. Request is malformed or invalid. {reason}',
  },
  LoginPageNotFound: { status: 404, code: 'invalid_request', message: 'Nothing of the sign-in service is at {path}.' },
} as const satisfies Record<string, FaultEntry>
