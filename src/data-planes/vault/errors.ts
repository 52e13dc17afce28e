import { type Fault, fault, isFault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'

/** A refusal as Key Vault shows it: the inner code says what its `Forbidden` and `Conflict` mean. */
export function refusalOf({ key, code, message }: Fault): JsonObject {
  const inner = code === 'Forbidden' || code === 'Conflict' ? { innererror: { code: key.replace(/^Vault/, '') } } : {}
  return { error: { code, message, ...inner } }
}

/** What a caller may see of an error: this plane's faults, and what is wrong with a request as one of them. */
export function asVaultFault(error: unknown): Fault | undefined {
  if (isFault(error)) {
    return error.key === 'BodyInvalid' ? fault('VaultBadParameter', { reason: error.message }) : error
  }
  const { statusCode, message, validation } = error as { statusCode?: number; message?: string; validation?: unknown }
  if (statusCode === 413) return fault('VaultRequestTooLarge', { most: BODY_LIMIT })
  const theirs = validation !== undefined || (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
  return theirs ? fault('VaultBadParameter', { reason: message ?? 'The request is malformed' }) : undefined
}

export const BODY_LIMIT = 1024 * 1024
