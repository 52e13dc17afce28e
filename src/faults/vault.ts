import type { FaultEntry } from '../faults.ts'

const HELP = 'For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid='

/**
 * Refusals of Key Vault's data plane, with its codes. Where Azure names an inner code, the key is that code behind
 * `Vault`, and the plane's `errors.ts` shows it.
 */
export const vaultFaults = {
  VaultUnauthorized: { status: 401, code: 'Unauthorized', message: '{reason}' },
  VaultUnknown: {
    status: 404,
    code: 'VaultNotFound',
    message: "There is no key vault '{vault}'. It may have been deleted: a deleted vault can be recovered.",
  },
  VaultBadParameter: { status: 400, code: 'BadParameter', message: '{reason}' },
  VaultSecretNotFound: {
    status: 404,
    code: 'SecretNotFound',
    message: `A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. ${HELP}2125182`,
  },
  VaultKeyNotFound: {
    status: 404,
    code: 'KeyNotFound',
    message: `A key with (name/id) {name} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. ${HELP}2125182`,
  },
  VaultCertificateNotFound: {
    status: 404,
    code: 'CertificateNotFound',
    message: `A certificate with (name/id) {name} was not found in this key vault. If you recently deleted this certificate you may be able to recover it using the correct recovery command. ${HELP}2125182`,
  },
  VaultDeletedSecretNotFound: { status: 404, code: 'SecretNotFound', message: 'Deleted Secret not found: {name}' },
  VaultDeletedKeyNotFound: { status: 404, code: 'KeyNotFound', message: 'Deleted Key not found: {name}' },
  VaultDeletedCertificateNotFound: {
    status: 404,
    code: 'CertificateNotFound',
    message: 'Deleted Certificate not found: {name}',
  },
  VaultAccessDenied: {
    status: 403,
    code: 'Forbidden',
    message: `The user, group or application '{caller}' does not have {kind} {permission} permission on key vault '{vault}'. ${HELP}2125287`,
  },
  VaultForbiddenByConnection: {
    status: 403,
    code: 'Forbidden',
    message:
      'Public network access is disabled and request is not from a trusted service nor via an approved private link.\r\nVault: {vault}',
  },
  VaultForbiddenByRbac: {
    status: 403,
    code: 'Forbidden',
    message:
      "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: {caller}\r\nAction: '{action}'\r\nResource: '{resource}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\nVault: {vault}\r\n",
  },
  VaultSecretDisabled: {
    status: 403,
    code: 'Forbidden',
    message: 'Operation get is not allowed on a disabled secret.',
  },
  VaultKeyDisabled: {
    status: 403,
    code: 'Forbidden',
    message: 'Operation {operation} is not allowed on a disabled key.',
  },
  VaultKeyNotYetValid: {
    status: 403,
    code: 'Forbidden',
    message: 'Operation {operation} is not allowed on a key that is not yet valid.',
  },
  VaultKeyExpired: {
    status: 403,
    code: 'Forbidden',
    message: 'Operation {operation} is not allowed on an expired key.',
  },
  VaultKeyOperationForbidden: {
    status: 403,
    code: 'Forbidden',
    message: 'Operation {operation} is not permitted on this key.',
  },
  VaultObjectIsManaged: {
    status: 403,
    code: 'Forbidden',
    message: "'{name}' belongs to the certificate of the same name and is changed with it.",
  },
  VaultObjectIsDeletedButRecoverable: {
    status: 409,
    code: 'Conflict',
    message:
      '{kind} {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, it can only be recovered or purged.',
  },
  VaultObjectExists: {
    status: 409,
    code: 'Conflict',
    message: "'{name}' stands in this vault: it can't be restored over what is there.",
  },
  VaultPurgeForbidden: {
    status: 403,
    code: 'Forbidden',
    message:
      'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.',
  },
  VaultPendingNotFound: {
    status: 404,
    code: 'PendingCertificateNotFound',
    message: "There is no operation under way on the certificate '{name}'.",
  },
  VaultContactsNotFound: { status: 404, code: 'ContactsNotFound', message: 'Contacts not found.' },
  VaultNotSupported: { status: 400, code: 'NotSupported', message: '{reason}' },
  VaultNotImplemented: {
    status: 501,
    code: 'NotImplemented',
    message: '{method} {path} of Key Vault is not implemented by Lazuli.',
  },
  VaultPathUnknown: { status: 404, code: 'NotFound', message: 'There is no {method} {path} in Key Vault.' },
  VaultRequestTooLarge: {
    status: 413,
    code: 'RequestEntityTooLarge',
    message: 'The body is larger than {most} bytes.',
  },
  VaultInternalError: {
    status: 500,
    code: 'InternalServerError',
    message: 'Something went wrong here. The log has it under {requestId}.',
  },
  VaultNotForDeployments: {
    status: 403,
    code: 'Forbidden',
    message:
      "The specified KeyVault '{vault}' is not enabled for template deployment. Please set its property 'enabledForTemplateDeployment' to true.",
  },
} as const satisfies Record<string, FaultEntry>
