import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestContext } from '../../gateway/surface.ts'
import type { Caller } from '../../identity/identity.ts'
import type { ActivitySource } from '../../store/operations.ts'
import type { ReadContext } from '../define-resource.ts'
import type { ResolvedVersion } from '../versions.ts'

/** A request on its way through the engine: authenticated, its path and query read. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly context: RequestContext
  readonly method: string
  /** Without its query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly caller: Caller
  /** What the activity log tells of it; none for what only reads. */
  readonly activity?: ActivitySource | undefined
}

export const readContext = (
  { context, query, caller }: Exchange,
  version: Pick<ResolvedVersion, 'asked'>,
): ReadContext => ({ origin: context.origin, apiVersion: version.asked, query, caller })

export const warningOf = ({ warning }: ResolvedVersion): Readonly<Record<string, string>> =>
  warning === undefined ? {} : { Warning: warning }
