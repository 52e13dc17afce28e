import { fault } from '../../faults.ts'

/** An opaque token that continues a listing, for planes whose tokens are text of the service's own. */
export const pageToken = (next: string): string => Buffer.from(`1:${next}`).toString('base64url')

/**
 * What `pageToken` was made from; undefined for none.
 *
 * @throws ParameterInvalid for a token that was not made here
 */
export function readPageToken(token: string | undefined): string | undefined {
  if (!token) return undefined
  const text = Buffer.from(token, 'base64url').toString()
  if (!text.startsWith('1:')) throw fault('ParameterInvalid', { reason: `The page token '${token}' is invalid.` })
  return text.slice(2)
}

/** A position in a listing that is numbered from its start. */
export function readOffset(token: string | undefined): number {
  const text = readPageToken(token)
  if (text === undefined) return 0
  if (!/^\d+$/.test(text)) throw fault('ParameterInvalid', { reason: `The page token '${token}' is invalid.` })
  return Number(text)
}
