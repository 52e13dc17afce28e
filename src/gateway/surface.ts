import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'

/** The planes behind the one port. `direct` is Lazuli's own routes under `/lazuli`. */
export type Surface =
  | 'arm'
  | 'login'
  | 'regional'
  | 'blob'
  /** The storage services beside blobs: dfs, file, queue, table. */
  | 'storage'
  | 'vault'
  | 'registry'
  | 'scoring'
  | 'graph'
  | 'insights'
  | 'studio'
  | 'direct'

/**
 * Renders URLs for the origin that was asked: Azure's host names for a client that came to one, Lazuli's own origin
 * with reserved paths for one that came directly. Every method answers without a trailing slash.
 */
export interface Origin {
  arm(): string
  login(): string
  /** `https://{region}.api.azureml.ms`, or the own origin. */
  regional(region: string): string
  /** `https://{region}.experiments.azureml.net`, or the own origin: where discovery lives. */
  discovery(region: string): string
  blob(account: string): string
  /** Any storage service's endpoint: blob, dfs, file, queue, table. */
  storage(account: string, service: string): string
  vault(name: string): string
  containerRegistry(name: string): string
  scoring(endpoint: string, region: string): string
  graph(): string
  studio(): string
}

/** Texts at URIs, read as anybody who has the URI may read them. */
export interface Documents {
  /** @throws DocumentNotHere where nothing is there, or it may not be read by this URI alone */
  read(uri: string): Promise<string>
}

/** What the gateway knows of a request when it hands it to a plane. */
export interface RequestContext {
  readonly surface: Surface
  /** The name that the host or the reserved path carried: an account, a vault, a region, an endpoint. */
  readonly name: string
  /** The path and query as the plane sees them, without a reserved prefix. */
  readonly url: string
  /** The host asked for, lower case, with its port if one was given. */
  readonly host: string
  readonly origin: Origin
  readonly requestId: string
  readonly log: Logger
}

/** A plane's entry. It answers the response itself, refusals too; what it throws becomes the plane-less 500. */
export type SurfaceHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
) => Promise<void>

/** A surface that is loaded with the first request for it: what few ask for shall not make every start longer. */
export function whenAsked(load: () => Promise<SurfaceHandler>): SurfaceHandler {
  let surface: Promise<SurfaceHandler> | undefined
  return async (request, response, context) => {
    surface ??= load()
    return (await surface)(request, response, context)
  }
}
