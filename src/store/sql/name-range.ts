import type { ExpressionBuilder } from 'kysely'
import type { NameRange } from '../blobs.ts'
import type { Tables } from './tables.ts'

/** Greater than every name that begins with a prefix: no name holds this character. */
export const BEYOND = '\u{10ffff}'

/** Names of a range, as one lower and one upper bound: the primary key is sought, never scanned. */
export function inRange(eb: ExpressionBuilder<Tables, 'blobs'>, { prefix = '', from, exclusive }: NameRange) {
  const upper = eb('name', '<', prefix + BEYOND)
  // Compared as the database does, by bytes: a name from beyond the prefix's start is the later bound.
  if (from === undefined || Buffer.compare(Buffer.from(from), Buffer.from(prefix)) < 0) {
    return [eb('name', '>=', prefix), upper]
  }
  return [eb('name', exclusive ? '>' : '>=', from), upper]
}
