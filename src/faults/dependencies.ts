import type { FaultEntry } from '../faults.ts'

/** Refusals of what a workspace stands on: accounts, vaults, registries. Codes as their services'. */
export const dependencyFaults = {
  ClosedNetworkNotHere: {
    status: 400,
    code: 'NetworkRulesNotSupported',
    message:
      "'{name}' can't be made with '{property}' as '{value}': Lazuli has no private networks and would not keep anybody out. Leave it out, or open it.",
  },
  ManagedNetworkNotHere: {
    status: 400,
    code: 'NetworkRulesNotSupported',
    message:
      "The workspace '{name}' can't have a managed network (isolationMode '{mode}'): Lazuli has no virtual networks, its jobs use the machine's own, and nothing would hold to the rules.",
  },
  WorkspaceNetworkClosed: {
    status: 403,
    code: 'PublicNetworkAccessDisabled',
    message:
      "The public network access of the workspace '{workspace}' is disabled, and the request came by no private endpoint.",
  },
  PrivateEndpointConnectionNotFound: {
    status: 404,
    code: 'ResourceNotFound',
    message: "The private endpoint connection '{name}' of '{resource}' was not found.",
  },
  PrivateEndpointsNotHere: {
    status: 501,
    code: 'NotImplemented',
    message:
      "The private endpoint '{name}' can't be made: Lazuli has no virtual networks, everything here answers on its one port.",
  },
  StorageAccountAlreadyTaken: { status: 409, message: 'The storage account named {name} is already taken.' },
  VaultAlreadyExists: {
    status: 409,
    message:
      "The vault name '{name}' is already in use. Vault names are globally unique so it is possible that the name is already taken.",
  },
  RegistryAlreadyInUse: {
    status: 409,
    code: 'AlreadyInUse',
    message:
      'The registry DNS name {name} is already in use. You can check if the name is already claimed using following API: checkNameAvailability.',
  },
  StorageAccountPropertyImmutable: {
    status: 409,
    code: 'StorageAccountPropertyCannotBeUpdated',
    message:
      "The property '{property}' of the storage account '{account}' was specified in the input, but it cannot be updated.",
  },
  InvalidKeyName: {
    status: 400,
    code: 'InvalidValuesForRequestParameters',
    message: "'{key}' is not a key of this account: give key1 or key2.",
  },
  BlobServiceIsDefault: {
    status: 400,
    code: 'InvalidResourceName',
    message: "The blob service of an account is named 'default', not '{name}'.",
  },
  VaultInDeletedState: {
    status: 409,
    code: 'ConflictError',
    message:
      'A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.',
  },
  VaultNotDeleted: {
    status: 404,
    code: 'DeletedVaultNotFound',
    message: "The specified deleted vault '{name}' does not exist.",
  },
  VaultPurgeProtected: {
    status: 409,
    code: 'ConflictError',
    message:
      "Operation 'DeletedVaultPurge' is not allowed: the vault '{name}' is protected against purging until {until}.",
  },
  VaultFlagIrreversible: {
    status: 400,
    code: 'BadRequest',
    message: 'The property "{property}" cannot be set to false. {why}',
  },
  VaultTenantUnknown: {
    status: 400,
    code: 'BadRequest',
    message: 'The tenant {tenant} is not the tenant of this subscription ({own}).',
  },
  InvalidPasswordName: {
    status: 400,
    code: 'InvalidPasswordName',
    message: "'{name}' is no password of a registry: give password or password2.",
  },
  RegistryAdminDisabled: {
    status: 400,
    code: 'UnauthorizedForCredentialOperations',
    message:
      'Cannot perform credential operations for {id} as admin user is disabled. Kindly enable the admin user as per docs: https://docs.microsoft.com/en-us/azure/container-registry/container-registry-authentication#admin-account',
  },
} as const satisfies Record<string, FaultEntry>
