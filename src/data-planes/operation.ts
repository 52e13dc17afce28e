import type { Logger } from 'pino'
import { type Static, type TSchema, Type } from 'typebox'
import type { Deps } from '../domain/deps.ts'
import type { Fault } from '../faults.ts'
import type { Origin } from '../gateway/surface.ts'
import type { Caller } from '../identity/identity.ts'
import type { Json } from '../json.ts'

/** The workspace that a regional request is about. */
export interface Workspace {
  /** Folded: the key of its runs, and of its id. */
  readonly key: string
  /** In the spelling of its creation. */
  readonly id: string
  readonly name: string
  readonly region: string
}

/** Names of the blanks in a path: `'/runs/{runId}/details'` has `runId`. */
type Blanks<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | Blanks<Rest> : never

export interface RegionalRequest<Path extends string, Query, Body> {
  readonly params: { readonly [Name in Blanks<Path>]: string }
  readonly query: Query
  readonly body: Body
  readonly caller: Caller
  readonly workspace: Workspace
  readonly origin: Origin
  readonly log: Logger
  /** The path and query that were asked, for the links of a further page. */
  readonly url: string
}

/** An answer with a status of its own or a body that is no JSON; any other value is the JSON of a 200. */
export class Answer {
  readonly status: number
  readonly body: string
  readonly contentType: string
  constructor(status: number, body = '', contentType = 'text/plain; charset=utf-8') {
    this.status = status
    this.body = body
    this.contentType = contentType
  }
}

interface Declared<Path extends string, Query extends TSchema, Body extends TSchema> {
  /** What `NotImplemented` and the coverage page call it: `Runs.cancel`. */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the workspace, with blanks as the facts write them: `/runs/{runId}/details`. */
  readonly path: Path
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
}
