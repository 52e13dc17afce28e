import type { FaultEntry } from '../faults.ts'

/** Refusals of the blob service; codes and sentences as Azure Storage's. */
export const storageFaults = {
  BlobNotFound: { status: 404, message: 'The specified blob does not exist.' },
  ContainerNotFound: { status: 404, message: 'The specified container does not exist.' },
  StorageResourceNotFound: { status: 404, code: 'ResourceNotFound', message: 'The specified resource does not exist.' },
  StorageAccountNotFound: {
    status: 404,
    code: 'ResourceNotFound',
    message: "There is no storage account '{account}' in this Lazuli.",
  },
  KeyVaultEncryptionKeyNotFound: {
    status: 403,
    message: 'The key vault key is not found to unwrap the encryption key.',
  },
  StorageEncryptionInvalid: {
    status: 400,
    code: 'KeyVaultAuthenticationFailure',
    message: 'The storage account can not be encrypted with the customer-managed key: {reason}',
  },
  ContainerAlreadyExists: { status: 409, message: 'The specified container already exists.' },
  ContainerBeingDeleted: {
    status: 409,
    message: 'The specified container is being deleted. Try operation later.',
  },
  FilesystemBeingDeleted: {
    status: 409,
    message: 'The specified filesystem is being deleted. Try operation later.',
  },
  ShareBeingDeleted: { status: 409, message: 'The specified share is being deleted. Try operation later.' },
  BlobAlreadyExists: { status: 409, message: 'The specified blob already exists.' },
  InvalidBlobType: { status: 409, message: 'The blob type is invalid for this operation.' },
  BlockCountExceedsLimit: {
    status: 409,
    message: 'The committed block count cannot exceed the maximum limit of {limit} blocks.',
  },
  UncommittedBlockCountExceedsLimit: {
    status: 409,
    code: 'BlockCountExceedsLimit',
    message: 'The uncommitted block count cannot exceed the maximum limit of 100,000 blocks.',
  },
  NoPendingCopyOperation: { status: 409, message: 'There is currently no pending copy operation.' },
  PublicAccessNotPermitted: { status: 409, message: 'Public access is not permitted on this storage account.' },

  ConditionNotMet: {
    status: 412,
    message: 'The condition specified using HTTP conditional header(s) is not met.',
  },
  NotModified: {
    status: 304,
    code: 'ConditionNotMet',
    message: 'The condition specified using HTTP conditional header(s) is not met.',
  },
  SourceConditionNotMet: {
    status: 412,
    message: 'The source condition specified using HTTP conditional header(s) is not met.',
  },
  AppendPositionConditionNotMet: { status: 412, message: 'The append position condition specified was not met.' },
  MaxBlobSizeConditionNotMet: { status: 412, message: 'The max blob size condition specified was not met.' },
  LeaseIdMissing: {
    status: 412,
    message: 'There is currently a lease on the blob and no lease ID was specified in the request.',
  },
  LeaseIdMismatchWithBlobOperation: {
    status: 412,
    message: 'The lease ID specified did not match the lease ID for the blob.',
  },
  LeaseIdMismatchWithContainerOperation: {
    status: 412,
    message: 'The lease ID specified did not match the lease ID for the container.',
  },
  LeaseLost: { status: 412, message: 'A lease ID was specified, but the lease for the blob/container has expired.' },
  LeaseAlreadyPresent: { status: 409, message: 'There is already a lease present.' },
  LeaseIdMismatchWithLeaseOperation: {
    status: 409,
    message: 'The lease ID specified did not match the lease ID for the blob/container.',
  },
  LeaseNotPresentWithLeaseOperation: {
    status: 409,
    message: 'There is currently no lease on the blob/container.',
  },
  LeaseIsBreakingAndCannotBeAcquired: {
    status: 409,
    message:
      'The lease ID matched, but the lease is currently in breaking state and cannot be acquired until it is broken.',
  },
  LeaseIsBreakingAndCannotBeChanged: {
    status: 409,
    message: 'The lease ID matched, but the lease is currently in breaking state and cannot be changed.',
  },
  LeaseIsBrokenAndCannotBeRenewed: {
    status: 409,
    message: 'The lease ID matched, but the lease has been broken explicitly and cannot be renewed.',
  },
  SequenceNumberConditionNotMet: { status: 412, message: 'The sequence number condition specified was not met.' },
  StoragePathNotFound: { status: 404, code: 'PathNotFound', message: 'The specified path does not exist.' },
  FilesystemNotFound: { status: 404, message: 'The specified filesystem does not exist.' },
  PathAlreadyExists: { status: 409, message: 'The specified path already exists.' },
  FilesystemAlreadyExists: { status: 409, message: 'The specified filesystem already exists.' },
  RetentionDaysInvalid: {
    status: 400,
    code: 'InvalidRequestPropertyValue',
    message: "The property days of '{policy}' must be a whole number from 1 to 365 where the policy is enabled.",
  },
  ParentNotFound: { status: 404, message: 'The specified parent path does not exist.' },
  ResourceTypeMismatch: {
    status: 409,
    message: 'The specified resource type does not match the type of the existing resource.',
  },
  FileDirectoryNotEmpty: { status: 409, code: 'DirectoryNotEmpty', message: 'The specified directory is not empty.' },
  FileRequestIntentMissing: {
    status: 400,
    code: 'MissingRequiredHeader',
    message: "An HTTP header that's mandatory for this request is not specified: 'x-ms-file-request-intent'.",
  },
  ShareNotFound: { status: 404, message: 'The specified share does not exist.' },
  ShareAlreadyExists: { status: 409, message: 'The specified share already exists.' },
  StorageResourceAlreadyExists: {
    status: 409,
    code: 'ResourceAlreadyExists',
    message: 'The specified resource already exists.',
  },
  PathConflict: { status: 409, message: 'The resource conflicts with an existing path of another kind.' },
  DirectoryIsNotEmpty: { status: 409, message: 'This operation is not permitted on a non-empty directory.' },
  DirectoryNotEmpty: {
    status: 409,
    message: 'The recursive query parameter value must be true to delete a non-empty directory.',
  },
  SourcePathNotFound: { status: 404, message: 'The source path for a rename operation does not exist.' },
  RenameDestinationParentPathNotFound: {
    status: 404,
    message: 'The parent directory of the destination path does not exist.',
  },
  InvalidRenameSourcePath: {
    status: 409,
    message:
      'The source directory cannot be the same as the destination directory, nor can the destination be a subdirectory of the source directory.',
  },
  InvalidSourceOrDestinationResourceType: {
    status: 409,
    message: 'The source and destination resource type must be identical.',
  },
  DestinationPathNotEmpty: {
    status: 409,
    code: 'PathAlreadyExists',
    message: 'The destination of the rename is a directory that is not empty.',
  },
  InvalidFlushPosition: {
    status: 400,
    message:
      'The uploaded data is not contiguous or the position query parameter value is not equal to the length of the file after appending the uploaded data.',
  },
  InvalidAppendPosition: {
    status: 400,
    code: 'InvalidAppendPosition',
    message: 'The position lies within what the file already holds: bytes are only added at its end.',
  },
  InvalidAcl: {
    status: 400,
    code: 'InvalidInput',
    message: "The access control list is invalid: '{entry}'.",
  },
  DefaultAclOnFile: {
    status: 400,
    code: 'DefaultAclOnFileNotAllowed',
    message: 'A file has no default access control list.',
  },
  InvalidPermissions: {
    status: 400,
    code: 'InvalidPermission',
    message: "'{permissions}' is neither octal nor symbolic.",
  },
  HierarchicalNamespaceNotEnabled: {
    status: 400,
    message:
      'The account has no hierarchical namespace (isHnsEnabled): paths have no owner and no access control list.',
  },
  UnsupportedRestVersion: { status: 400, message: 'The specified Rest Version is Unsupported.' },
  SnapshotsPresent: { status: 409, message: 'This operation is not permitted because the blob has snapshots.' },
  OperationNotAllowedOnRootBlob: { status: 403, message: 'Operation is not allowed on the root blob.' },
  PermanentDeleteNotEnabled: {
    status: 409,
    code: 'FeatureNotEnabled',
    message: "Permanent delete is not enabled: the account's deleteRetentionPolicy has no allowPermanentDelete.",
  },
  BlobArchived: { status: 409, message: 'This operation is not permitted on an archived blob.' },
  BlobIsSealed: { status: 409, message: 'The specified blob is sealed and its contents cannot be modified.' },
  InvalidPageRange: { status: 416, message: 'The page range specified is invalid.' },
  InvalidTag: { status: 400, code: 'InvalidTag', message: 'One of the tags is invalid: {reason}.' },
  BlobTagsTooMany: {
    status: 400,
    code: 'TagsTooLarge',
    message: 'The tags specified exceed the maximum permissible limit of 10.',
  },
  LeaseNotPresentWithBlobOperation: { status: 412, message: 'There is currently no lease on the blob.' },
  LeaseNotPresentWithContainerOperation: { status: 412, message: 'There is currently no lease on the container.' },
  InvalidRange: {
    status: 416,
    message: 'The range specified is invalid for the current size of the resource.',
  },

  InvalidHeaderValue: {
    status: 400,
    message: "The value for one of the HTTP headers is not in the correct format: '{header}'.",
  },
  MissingRequiredHeader: {
    status: 400,
    message: "An HTTP header that's mandatory for this request is not specified: '{header}'.",
  },
  InvalidQueryParameterValue: {
    status: 400,
    message: 'Value for one of the query parameters specified in the request URI is invalid.',
  },
  OutOfRangeQueryParameterValue: {
    status: 400,
    message: 'One of the query parameters specified in the request URI is outside the permissible range.',
  },
  ResourceNameLength: {
    status: 400,
    code: 'OutOfRangeInput',
    message: 'The specified resource name length is not within the permissible limits.',
  },
  OutOfRangeInput: { status: 400, message: 'One of the request inputs is out of range.' },
  MissingRequiredQueryParameter: {
    status: 400,
    message: "A query parameter that's mandatory for this request is not specified: '{parameter}'.",
  },
  InvalidUri: { status: 400, message: 'The requested URI does not represent any resource on the server.' },
  InvalidResourceName: { status: 400, message: 'The specifed resource name contains invalid characters.' },
  InvalidMetadata: {
    status: 400,
    message: 'The metadata specified is invalid. It has characters that are not permitted.',
  },
  EmptyMetadataKey: { status: 400, message: 'The key for one of the metadata key-value pairs is empty.' },
  MetadataTooLarge: { status: 400, message: 'The size of the specified metadata exceeds the maximum size permitted.' },
  InvalidMd5: {
    status: 400,
    message: 'The MD5 value specified in the request is invalid. The MD5 value must be 128 bits and Base64-encoded.',
  },
  Md5Mismatch: {
    status: 400,
    message: 'The MD5 value specified in the request did not match with the MD5 value calculated by the server.',
  },
  InvalidCrc64: {
    status: 400,
    message: 'The CRC64 value specified in the request is invalid. The CRC64 value must be 64 bits and Base64-encoded.',
  },
  Crc64Mismatch: {
    status: 400,
    message: 'The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.',
  },
  InvalidBlockId: { status: 400, message: 'The specified block ID is invalid. The block ID must be Base64-encoded.' },
  InvalidBlobOrBlock: { status: 400, message: 'The specified blob or block content is invalid.' },
  InvalidBlockList: { status: 400, message: 'The specified block list is invalid.' },
  BlockListTooLong: { status: 400, message: 'The block list may not contain more than 50,000 blocks.' },
  InvalidXmlDocument: { status: 400, message: 'XML specified is not syntactically valid.' },
  ExceedsMaxBatchRequestCount: {
    status: 400,
    message: 'The number of requests in the batch exceeds the limit of {limit}.',
  },
  InvalidXmlNodeValue: {
    status: 400,
    message: 'The value for one of the XML nodes is not in the correct format.',
  },
  PreviousSnapshotNotFound: { status: 409, message: 'The previous snapshot is not found.' },
  DelegationKeyNeedsToken: {
    status: 403,
    code: 'AuthenticationFailed',
    message: 'Server failed to authenticate the request. A user delegation key is given to the bearer of a token only.',
  },
  InvalidInput: { status: 400, message: '{reason}' },
  IncompleteBody: {
    status: 400,
    code: 'InvalidInput',
    message: 'The body ended before the length that its Content-Length header gave.',
  },
  CannotVerifyCopySource: { status: 404, message: 'The specified copy source does not exist or may not be read.' },
  ForeignCopySource: {
    status: 400,
    code: 'CannotVerifyCopySource',
    message:
      'Lazuli copies only from storage accounts that exist here: the copy source is at another service. Download it and upload it instead.',
  },
  RequestBodyTooLarge: {
    status: 413,
    message: 'The request body is too large and exceeds the maximum permissible limit ({limit} bytes).',
  },
  MissingContentLengthHeader: { status: 411, message: 'The content length header was not provided.' },
  StorageUnsupportedVerb: {
    status: 405,
    code: 'UnsupportedHttpVerb',
    message: 'The resource does not support the specified HTTP verb.',
  },
  CorsPreflightFailure: { status: 403, message: 'CORS not enabled or no matching rule found for this request.' },

  StorageNoAuthentication: {
    status: 401,
    code: 'NoAuthenticationInformation',
    message:
      'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
  },
  StorageInvalidToken: {
    status: 401,
    code: 'InvalidAuthenticationInfo',
    message:
      'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
  },
  StorageAuthenticationFailed: {
    status: 403,
    code: 'AuthenticationFailed',
    message:
      'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
  },
  StorageInvalidAuthentication: {
    status: 400,
    code: 'InvalidAuthenticationInfo',
    message: 'Authentication information is not given in the correct format. Check the value of Authorization header.',
  },
  StorageAuthorizationFailure: {
    status: 403,
    code: 'AuthorizationFailure',
    message: 'This request is not authorized to perform this operation.',
  },
  AuthorizationPermissionMismatch: {
    status: 403,
    message: 'This request is not authorized to perform this operation using this permission.',
  },
  AuthorizationProtocolMismatch: {
    status: 403,
    message: 'This request is not authorized to perform this operation using this protocol.',
  },
  AuthorizationSourceIPMismatch: {
    status: 403,
    message: 'This request is not authorized to perform this operation using this source IP {ip}.',
  },
  AuthorizationServiceMismatch: {
    status: 403,
    message: 'This request is not authorized to perform this operation using this service.',
  },
  AuthorizationResourceTypeMismatch: {
    status: 403,
    message: 'This request is not authorized to perform this operation using this resource type.',
  },
  UnauthorizedBlobOverwrite: { status: 403, message: 'This request is not authorized to perform blob overwrites.' },
  KeyBasedAuthenticationNotPermitted: {
    status: 403,
    message: 'Key based authentication is not permitted on this storage account.',
  },

  StorageInternalError: {
    status: 500,
    code: 'InternalError',
    message: 'Server encountered an internal error. Please try again after some time.',
  },
  StorageDiskFull: {
    status: 503,
    code: 'ServerBusy',
    message: 'The disk that this server keeps its data on is full. Nothing was changed.',
  },
  NotImplementedHere: { status: 501, code: 'NotImplemented', message: '{operation} is not implemented by Lazuli yet.' },
} as const satisfies Record<string, FaultEntry>
