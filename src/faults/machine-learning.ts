import type { FaultEntry } from '../faults.ts'

/** Refusals of workspaces, computes, assets and jobs. */
export const machineLearningFaults = {
  UserError: { status: 400, message: '{reason}' },

  WorkspaceDependenciesMissing: {
    status: 400,
    code: 'BadRequest',
    message: 'Missing dependent resources in workspace json: {properties}.',
  },
  WorkspaceDependencyNotFound: {
    status: 404,
    code: 'ResourceNotFound',
    message: "The {property} '{id}' was not found. Create it first, or correct its id, then send the request again.",
  },
  WorkspaceDependencyWrongType: {
    status: 400,
    code: 'InvalidResourceType',
    message: "The {property} '{id}' is not the id of a {type}.",
  },
  WorkspaceDependencyNotReady: {
    status: 409,
    code: 'DependentResourceNotReady',
    message: "The {property} '{id}' is {state}. Wait until it is Succeeded, then send the request again.",
  },
  WorkspaceRegistryWithoutAdmin: {
    status: 400,
    code: 'AdminUserDisabled',
    message:
      "The container registry '{id}' does not have its admin user enabled. Enable it (properties.adminUserEnabled), then send the request again.",
  },
  WorkspaceIdentityNotFound: {
    status: 404,
    code: 'FailedIdentityOperation',
    message: "The user-assigned identity '{id}' was not found.",
  },
  WorkspaceIdentityInvalid: { status: 400, code: 'InvalidIdentity', message: '{reason}' },
  WorkspaceEncryptionInvalid: { status: 400, code: 'InvalidEncryptionSettings', message: '{reason}' },
  CustomerKeyUnavailable: {
    status: 403,
    code: 'CustomerManagedKeyNotAccessible',
    message:
      "The data of '{scope}' can't be read: {reason} Bring the customer-managed key back, and all is there again.",
  },
  WorkspacePropertyImmutable: {
    status: 400,
    code: 'BadRequest',
    message: "The property '{property}' of workspace '{workspace}' can't be changed once it is made.",
  },
  WorkspaceSoftDeleted: {
    status: 409,
    code: 'Conflict',
    message:
      "A soft-deleted workspace '{workspace}' exists. Recover it with properties.allowRecoverSoftDeletedWorkspace, or purge it (DELETE with forceToPurge=true), then send the request again.",
  },
  WorkspaceKindUnsupported: {
    status: 400,
    code: 'WorkspaceKindNotSupported',
    message: "'{kind}' is no kind of workspace; those are: {kinds}.",
  },
  ProjectHubInvalid: { status: 400, code: 'InvalidHub', message: '{reason}' },
  WorkspaceInheritsFromHub: {
    status: 400,
    code: 'BadRequest',
    message: "The project '{workspace}' stands on what its hub '{hub}' stands on; leave out properties.{property}.",
  },
  HubHasProjects: {
    status: 409,
    code: 'Conflict',
    message: "The hub '{hub}' can't be deleted while it has projects: {projects}. Delete them first.",
  },
  WorkspaceOperationUnsupported: {
    status: 501,
    code: 'NotImplemented',
    message: '{operation} is not supported here: {why}.',
  },

  ComputeTypeUnsupported: {
    status: 400,
    code: 'ComputeTypeNotSupported',
    message: "Computes of type '{kind}' can't be made here: {why}.",
  },
  ComputeTypeImmutable: {
    status: 400,
    code: 'BadRequest',
    message: "The {property} of compute '{compute}' can't be changed once it is made; delete it and make another.",
  },
  VmSizeUnknown: {
    status: 400,
    code: 'InvalidVmSize',
    message:
      "The VM size '{size}' is not available in region '{region}'. List vmSizes of the region for those that are.",
  },
  VmSizeHasGpu: {
    status: 400,
    code: 'VmSizeNotAvailable',
    message: "The VM size '{size}' has {gpus} GPU, and this machine has none to run it on. Use a size without a GPU.",
  },
  VmSizeNotForComputeType: {
    status: 400,
    code: 'InvalidVmSize',
    message: "The VM size '{size}' can't be used for computes of type {kind}.",
  },
  ScaleSettingsInvalid: { status: 400, code: 'InvalidScaleSettings', message: '{reason}' },
  ComputePropertyInvalid: { status: 400, code: 'BadRequest', message: '{reason}' },
  ComputeQuotaExceeded: {
    status: 400,
    code: 'ClusterCoreQuotaReached',
    message:
      'Operation results in exceeding quota limits of Core. Maximum allowed: {limit}, Current in use: {used}, Additional requested: {wanted} (family {family}, region {region}).',
  },
  QuotaUpdateInvalid: { status: 400, code: 'BadRequest', message: 'The update of quotas does not fit: {reason}.' },
  UnderlyingResourceActionMissing: {
    status: 400,
    code: 'BadRequest',
    message: "The query parameter 'underlyingResourceAction' is required and must be Delete or Detach, not '{action}'.",
  },
  DetachUnsupported: {
    status: 400,
    code: 'BadRequest',
    message:
      "Computes of type {kind} are managed by the workspace and can't be detached; use underlyingResourceAction=Delete.",
  },
  ComputeOperationUnsupported: {
    status: 400,
    code: 'BadRequest',
    message: "The operation '{operation}' is not supported for computes of type {kind}.",
  },

  ConnectionInvalid: {
    status: 400,
    code: 'ValidationError',
    message: "The connection '{connection}' can't be made. {reason}",
  },

  DatastoreTypeUnsupported: {
    status: 400,
    code: 'DatastoreTypeNotSupported',
    message: "Datastore '{datastore}' is of type {kind}, which can't be read or written here.",
  },
  DatastoreSystemOwned: {
    status: 400,
    code: 'UserError',
    message: "The datastore '{datastore}' belongs to the workspace and can't be {verb}.",
  },
  DatastoreNotFound: { status: 404, code: 'NotFound', message: "The datastore '{datastore}' was not found." },
  DatastoreNameTaken: {
    status: 400,
    code: 'UserError',
    message: "Another datastore with the same name already exists: '{datastore}'.",
  },
  DatastoreExists: {
    status: 409,
    code: 'Conflict',
    message: "The datastore '{datastore}' exists and is of type {kind}; its type can't be changed.",
  },
  DatastoreInvalid: { status: 400, code: 'ValidationError', message: '{reason}' },
  DatastoreWithoutSecrets: {
    status: 400,
    code: 'UserError',
    message: "The datastore '{datastore}' has no stored credentials ({kind}).",
  },
  UriUnresolvable: { status: 400, code: 'ValidationError', message: "'{uri}' can't be resolved: {why}." },

  DatasetUnreadable: { status: 400, code: 'DatasetUnreadable', message: "The dataset can't be read here: {reason}." },
  AssetExists: { status: 409, code: 'Conflict', message: "The {kind} '{asset}' already exists." },
  AssetNotNamed: { status: 404, code: 'NotFound', message: "The {kind} '{asset}' was not found." },
  // azure-ai-ml takes the next version of an environment when this one is 409, and gives up on anything else.
  AssetVersionImmutable: {
    status: 409,
    code: 'UserError',
    message:
      "Version {version} of {kind} '{asset}' exists and can't be changed: {properties}. Only description, tags, properties and isArchived can be; put a new version instead.",
  },
  AssetReferenceInvalid: {
    status: 400,
    code: 'ValidationError',
    message: "'{reference}' is no reference to {kind}: {why}.",
  },
  AssetReferenceNotFound: {
    status: 404,
    code: 'UserError',
    message: "The {kind} '{reference}' was not found in workspace '{workspace}'.",
  },
  EnvironmentInvalid: { status: 400, code: 'ValidationError', message: '{reason}' },
  CodeInvalid: { status: 400, code: 'ValidationError', message: '{reason}' },
  AssetInvalid: { status: 400, code: 'ValidationError', message: '{reason}' },

  ComponentTypeUnsupported: {
    status: 501,
    code: 'NotImplemented',
    message: "Components of type '{kind}' can't be run here: {why}.",
  },

  RegistryNotFound: { status: 404, code: 'RegistryNotFound', message: "The registry '{registry}' was not found." },
  RegistryReadOnly: {
    status: 403,
    code: 'RegistryReadOnly',
    message: "'{id}' is built in: it can be read and not changed.",
  },
  RegistryInvalid: {
    status: 400,
    code: 'ValidationError',
    message: "The registry '{registry}' can't be made. {reason}",
  },
  AssetExistsInRegistry: {
    status: 409,
    code: 'Conflict',
    message: "The registry '{registry}' already has version {version} of '{name}' among its {kind}.",
  },
  PromotionUnsupported: {
    status: 400,
    code: 'UserError',
    message: "Resources of type '{type}' can't be copied to a registry.",
  },

  FeatureStoreOnly: {
    status: 400,
    code: 'UserError',
    message: "Feature sets and entities stand in feature stores, and the workspace '{workspace}' is none.",
  },
  MaterializationUnsupported: {
    status: 501,
    code: 'NotImplemented',
    message:
      "'{name}': feature sets can't be materialised here, since there is no Spark. Leave out the schedule and the store of materializationSettings.",
  },

  JobTypeUnsupported: {
    status: 501,
    code: 'NotImplemented',
    message:
      "Jobs of type '{kind}' can't be run here yet; jobs of type Command, Sweep and Pipeline can, and steps of type Parallel.",
  },
  SamplerUnavailable: { status: 409, message: 'Bayesian sampling needs Optuna, which could not be run here: {reason}' },
  ScheduleInvalid: { status: 400, code: 'ValidationError', message: '{reason}' },
  JobInvalid: { status: 400, code: 'ValidationError', message: '{reason}' },
  JobImmutable: {
    status: 400,
    code: 'UserError',
    message:
      "Job '{job}' exists and can't be changed: {properties}. Only displayName, description, tags, properties and isArchived can be.",
  },
} as const satisfies Record<string, FaultEntry>
