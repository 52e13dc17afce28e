import type { IncomingHttpHeaders } from 'node:http'
import { fault } from '../faults.ts'
import type { StoredResource } from '../store/resources.ts'

/** What a write asks of the resource's present state, by `If-Match` and `If-None-Match`. */
export interface Preconditions {
  readonly match: string | undefined
  readonly noneMatch: string | undefined
}

export const preconditionsOf = (headers: IncomingHttpHeaders): Preconditions => ({
  match: headers['if-match'],
  noneMatch: headers['if-none-match'],
})

/** @throws PreconditionFailed where the resource is not as the client believes */
export function checkPreconditions(asked: Preconditions, id: string, existing: StoredResource | undefined): void {
  const { match, noneMatch } = asked
  if (match !== undefined && (!existing || !names(match, existing.etag))) throw fault('PreconditionFailed', { id })
  if (noneMatch !== undefined && existing && names(noneMatch, existing.etag)) throw fault('PreconditionFailed', { id })
}

/** Whether a list of entity tags names this one. Weak and strong ones are alike here. */
export function names(header: string, etag: string): boolean {
  if (header.trim() === '*') return true
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '').replace(/^"|"$/g, '') === etag)
}
