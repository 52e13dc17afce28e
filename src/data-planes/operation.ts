import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { Logger } from 'pino'
import { type Static, type TSchema, Type } from 'typebox'
import type { Deps } from '../domain/deps.ts'
import type { Fault } from '../faults.ts'
import type { Origin } from '../gateway/surface.ts'
import type { Caller } from '../identity/identity.ts'
import type { Json, JsonObject } from '../json.ts'
import type { StoredResource } from '../store/resources.ts'
import type { SchemaProblem } from './schema-compiler.ts'

/** The workspace that a regional request is about. */
export interface Workspace {
  /** Folded: the key of its runs, and of its id. */
  readonly key: string
  /** In the spelling of its creation. */
  readonly id: string
  readonly name: string
  readonly region: string
}

/** Writes of the resource manager, for what is a resource there too: the checks of a client's PUT, by whoever asks. */
export interface ResourceWrites {
  /** @throws every refusal of a PUT */
  put(id: string, body: JsonObject, caller: Caller, query?: Readonly<Record<string, string>>): Promise<StoredResource>
  /** @throws every refusal of a DELETE */
  remove(id: string): Promise<void>
  /** One piece of work at a time per key: for what is chosen by what is there, as the next version is. */
  inTurn<Result>(key: string, work: () => Promise<Result>): Promise<Result>
}

/** Names of the blanks in a path: `'/runs/{runId}/details'` has `runId`. */
type Blanks<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | Blanks<Rest> : never

export interface RegionalRequest<Path extends string, Query, Body> {
  readonly params: { readonly [Name in Blanks<Path>]: string }
  readonly query: Query
  readonly body: Body
  readonly caller: Caller
  readonly workspace: Workspace
  readonly writes: ResourceWrites
  readonly origin: Origin
  readonly log: Logger
  /** The path and query that were asked, for the links of a further page. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** True where the service is asked as it is without Azure around it: `Face.plain`. */
  readonly plain: boolean
}

/** An answer with a status of its own or a body that is no JSON; any other value is the JSON of a 200. */
export class Answer {
  readonly status: number
  readonly body: string | Buffer | Readable
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
  constructor(
    status: number,
    body: Answer['body'] = '',
    contentType = 'text/plain; charset=utf-8',
    headers: Answer['headers'] = {},
  ) {
    this.status = status
    this.body = body
    this.contentType = contentType
    this.headers = headers
  }
}

/** The body of a `streamed` operation; an empty one where the request has none. */
export const streamOf = (body: unknown): Readable => (body instanceof Readable ? body : Readable.from([]))

interface Declared<Path extends string, Query extends TSchema, Body extends TSchema> {
  /** What `NotImplemented` and the coverage page call it: `Runs.cancel`. */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the workspace, with blanks as the facts write them: `/runs/{runId}/details`. */
  readonly path: Path
  /** The last blank takes all that follows, slashes too. */
  readonly deep?: true
  /** The body is no JSON: it is handed over as the stream that it is. */
  readonly streamed?: true
  /** The right, below `Microsoft.MachineLearningServices/workspaces/`. */
  readonly right: string
  readonly query?: Query
  readonly body?: Body
  readonly answer: (
    deps: Deps,
    request: RegionalRequest<Path, Static<Query>, Static<Body>>,
  ) => Promise<Json | Answer | undefined>
}

/** A declared operation whose types have been checked against its handler. */
export interface Operation extends Omit<Declared<string, TSchema, TSchema>, 'answer'> {
  readonly answer: (
    deps: Deps,
    request: RegionalRequest<string, unknown, unknown>,
  ) => Promise<Json | Answer | undefined>
}

const Anything = Type.Object({})

/** Declares one operation of a regional service. The schema of query and body is checked before `answer` is called. */
export function operation<
  const Path extends string,
  Query extends TSchema = typeof Anything,
  Body extends TSchema = typeof Anything,
>(declared: Declared<Path, Query, Body>): Operation {
  // The router only calls this with what the declared path and schemas have let through.
  return declared as unknown as Operation
}

/** What a refusal is rendered with, beside the fault itself. */
export interface RefusalContext {
  readonly requestId: string
  readonly region: string
  readonly time: string
}

/** A regional service: the paths before the workspace at which it answers, its operations, and how it refuses. */
export interface Face {
  readonly name: string
  readonly prefixes: readonly string[]
  readonly operations: readonly Operation[]
  readonly refuse: (fault: Fault, context: RefusalContext) => { readonly status: number; readonly body: Json }
  /**
   * Also answers on Lazuli's own origin as its clients know it without Azure: at this path before a workspace, and
   * without any for the workspace of the first start; there a name and a password do in place of a token.
   */
  readonly plain?: string
  /** Further paths below the workspace that mean an operation's. */
  readonly alsoAt?: (path: string) => readonly string[]
  /** Fields that are null are taken for absent. */
  readonly nullIsAbsent?: true
  /** The refusal of a request that its schema does not let through, in the service's words. */
  readonly invalid?: (problem: SchemaProblem) => Fault
}
