import type { FaultEntry } from '../faults.ts'

/** Refusals of the resource manager, in Azure's words. */
export const armFaults = {
  MissingApiVersionParameter: {
    status: 400,
    message:
      'The api-version query parameter (?api-version=) is required for all requests. The supported api-versions are {versions}.',
  },
  InvalidApiVersionParameter: {
    status: 400,
    message: "The api-version '{version}' is invalid. The supported versions are '{versions}'.",
  },
  NoRegisteredProviderFound: {
    status: 400,
    message:
      "No registered resource provider found for location '{location}' and API version '{version}' for type '{type}'. The supported api-versions are '{versions}'. The supported locations are '{locations}'.",
  },
  InvalidResourceNamespace: { status: 404, message: "The resource namespace '{namespace}' is invalid." },
  InvalidResourceType: {
    status: 404,
    message:
      "The resource type '{type}' could not be found in the namespace '{namespace}' for api version '{version}'.",
  },
  ResourceTypeNotInScope: {
    status: 400,
    code: 'InvalidResourceType',
    message: "A resource of type '{type}' can't stand in the scope of a {scope}; it stands in that of: {allowed}.",
  },
  LocationUnknown: {
    status: 400,
    code: 'LocationNotFound',
    message: "The location '{location}' was not found. Those that there are: {locations}.",
  },
  InvalidScope: {
    status: 400,
    code: 'InvalidRequestUri',
    message: "The request URI '{path}' is not that of a resource, a collection or an operation.",
  },
  WrongScope: {
    status: 400,
    code: 'MismatchingResourceSegments',
    message: "Resources of type '{type}' cannot be at the scope '{scope}'.",
  },
  SubscriptionNotFound: { status: 404, message: "The subscription '{subscription}' could not be found." },
  ResourceGroupNotFound: { status: 404, message: "Resource group '{group}' could not be found." },
  ResourceNotFound: {
    status: 404,
    message:
      "The Resource '{type}/{name}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
  },
  ParentResourceNotFound: {
    status: 404,
    message:
      "Failed to perform '{verb}' on resource(s) of type '{type}', because the parent resource '{parent}' could not be found.",
  },
  ResourceGroupBeingDeleted: {
    status: 409,
    message: "The resource group '{group}' is in deprovisioning state and cannot perform this operation.",
  },
  ParentResourceNotReady: {
    status: 409,
    code: 'Conflict',
    message: "The parent resource '{parent}' is being deleted: nothing can be made below it.",
  },
  MissingSubscriptionRegistration: {
    status: 409,
    message:
      "The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.",
  },
  ProviderInUse: {
    status: 409,
    code: 'CannotUnregisterProvider',
    message: "The provider '{namespace}' cannot be unregistered while its resource '{resource}' is there.",
  },
  RequestDisallowedByPolicy: { status: 403, message: "Resource '{name}' was disallowed by policy. {why}" },
  InvalidPolicyRule: { status: 400, message: "Failed to parse policy rule: '{reason}'." },
  InvalidPolicyDefinition: { status: 400, message: 'The policy definition is invalid: {reason}.' },
  InvalidPolicySetDefinition: { status: 400, message: 'The policy set definition is invalid: {reason}.' },
  InvalidPolicyAssignment: { status: 400, message: 'The policy assignment is invalid: {reason}.' },
  InvalidPolicyExemption: { status: 400, message: 'The policy exemption is invalid: {reason}.' },
  PolicyDefinitionNotFound: { status: 404, message: "The policy definition '{id}' could not be found." },
  PolicyAssignmentNotFound: { status: 404, message: "The policy assignment '{id}' could not be found." },
  BuiltInPolicyCannotBeChanged: {
    status: 403,
    code: 'AuthorizationFailed',
    message: "The policy '{name}' is built in and can be neither changed nor deleted.",
  },
  PolicyInUse: {
    status: 400,
    code: 'PolicyDefinitionInUse',
    message: "The policy '{name}' cannot be deleted while '{by}' refers to it.",
  },
  MissingPolicyParameter: {
    status: 400,
    message:
      "The policy assignment '{assignment}' is missing the parameter(s) '{parameters}' as defined in the policy definition '{definition}'.",
  },
  UndefinedPolicyParameter: {
    status: 400,
    message:
      "The policy assignment '{assignment}' has defined parameters '{parameters}' which are not present in the policy definition '{definition}'.",
  },
  InvalidPolicyParameterValue: {
    status: 400,
    code: 'PolicyParameterValueNotAllowed',
    message: "The value '{value}' of the policy parameter '{parameter}' is not one that it may have: {why}.",
  },
  FeatureNotFound: { status: 404, message: "The feature '{feature}' of the provider '{namespace}' was not found." },
  ReservedResourceName: {
    status: 400,
    message: "The resource name '{name}' or a part of the name is a trademarked or reserved word (type '{type}').",
  },
  TagsNotSupported: {
    status: 400,
    code: 'UnsupportedResourceOperation',
    message: "Resources of type '{type}' have no tags.",
  },
  TooManyTags: {
    status: 400,
    code: 'InvalidTagCount',
    message: "The number of tags '{count}' is more than the limit of '{limit}'.",
  },
  InvalidTagName: {
    status: 400,
    code: 'InvalidTagNameCharacters',
    message:
      "The tag name '{name}' is empty, longer than {limit} characters, or has reserved characters '<,>,%,&,\\,?,/' or control characters.",
  },
  InvalidTagValue: {
    status: 400,
    code: 'InvalidTagValueLength',
    message: "The value of the tag '{name}' is no text of at most {limit} characters.",
  },
  TagNameNotFound: { status: 404, message: "The tag name '{name}' was not found." },
  TagInUse: {
    status: 409,
    code: 'TagNameInUse',
    message: 'The {what} cannot be deleted while it stands on a resource.',
  },
  LocationRequired: { status: 400, message: 'The location property is required for this definition.' },
  LocationNotAvailableForResourceType: {
    status: 400,
    message:
      "The provided location '{location}' is not available for resource type '{type}'. List of available regions for the resource type is '{locations}'.",
  },
  LocationNotAvailableForResourceGroup: {
    status: 400,
    message:
      "The provided location '{location}' is not available for resource group. List of available regions is '{locations}'.",
  },
  InvalidResourceLocation: {
    status: 409,
    message:
      "The resource '{name}' already exists in location '{existing}' in resource group '{group}'. A resource with the same name cannot be created in location '{location}'. Please select a new resource name.",
  },
  InvalidResourceGroupLocation: {
    status: 409,
    message:
      "Invalid resource group location '{location}'. The Resource group already exists in location '{existing}'.",
  },
  ResourceNameRule: {
    code: 'InvalidResourceName',
    status: 400,
    message: "Resource name '{name}' is invalid for type '{type}'. Names must match '{rule}'.",
  },
  ResourceNameTaken: {
    status: 409,
    code: 'ResourceNameAlreadyTaken',
    message: "The name '{name}' of type '{type}' is already taken: such names are unique in all of Azure.",
  },
  SoftDeletedResourceExists: {
    status: 409,
    code: 'ConflictError',
    message:
      "A soft-deleted resource with the name '{name}' of type '{type}' exists. Recover it or purge it before its name is used again.",
  },
  InvalidRequestContent: {
    status: 400,
    message: "The request content was invalid and could not be deserialized: '{reason}'.",
  },
  InvalidRequestBody: {
    status: 400,
    code: 'InvalidRequestContent',
    message: "The request content does not fit '{type}' of api-version '{version}': {problems}",
  },
  InvalidLockLevel: {
    status: 400,
    code: 'InvalidRequestContent',
    message: "The lock level '{level}' is none of {levels}.",
  },
  ScopeLocked: {
    status: 409,
    message:
      "The scope '{scope}' cannot perform {operation} operation because following scope(s) are locked: '{locked}'. Please remove the lock and try again.",
  },
  PreconditionFailed: { status: 412, message: "The resource '{id}' has changed since it was read." },
  MethodNotAllowed: { status: 405, message: "The requested resource does not support http method '{method}'." },
  ActionNotFound: {
    status: 404,
    code: 'InvalidResourceAction',
    message: "The resource type '{type}' has no operation '{action}'.",
  },
  NotImplementedByLazuli: {
    status: 501,
    code: 'NotImplemented',
    message: '{operation} is not implemented by Lazuli yet.',
  },
  AnotherOperationInProgress: {
    status: 409,
    message:
      "Another operation on this resource is in progress: '{id}' is in the state '{state}'. Retry when it has ended.",
  },
  OperationNotFound: { status: 404, message: "The operation '{operation}' was not found." },
  OperationCanceled: { status: 409, message: 'The operation was canceled because the resource was deleted meanwhile.' },
  LinkedInvalidPropertyId: {
    status: 400,
    message:
      "Property id '{id}' at path '{path}' is invalid. Expect fully qualified resource Id of type '{type}' that starts with '/subscriptions/' or '/providers/'.",
  },
  LinkedResourceMissing: {
    status: 400,
    code: 'ResourceNotFound',
    message: "The resource '{id}' at path '{path}' was not found.",
  },
  LinkedPropertyRequired: {
    status: 400,
    code: 'InvalidRequestContent',
    message: "The property '{path}' is required: the id of a resource of type '{type}'.",
  },
  ResourceMoveValidationFailed: {
    status: 409,
    code: 'ResourceMoveProviderValidationFailed',
    message: 'Resource move validation failed. Please see details.',
  },
  ResourceMoveReferred: {
    status: 409,
    code: 'ResourceMoveFailed',
    message: "The resource '{id}' cannot be moved while '{by}' refers to it.",
  },
  ResourceMoveTargetExists: {
    status: 409,
    code: 'ResourceMoveFailed',
    message: "The resource group '{group}' has a resource '{name}' of the type '{type}' already.",
  },
  ResourceMoveNotSupported: {
    status: 400,
    code: 'ResourceMoveNotSupported',
    message: "Resource move is not supported for resource types '{types}'.",
  },
  InvalidPaging: {
    status: 400,
    code: 'InvalidParameter',
    message: "The query parameter '{name}' has the value '{value}', which is none that it may have.",
  },
  InvalidFilter: {
    status: 400,
    code: 'InvalidFilterInQueryString',
    message: "Invalid $filter '{filter}' specified in the query string.",
  },
  ApplyFailed: {
    status: 500,
    code: 'InternalServerError',
    message: "The operation on '{id}' could not be carried out: {reason}",
  },
} as const satisfies Record<string, FaultEntry>
