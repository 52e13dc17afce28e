import { type Static, type TSchema, Type } from 'typebox'
import type { Deps } from '../../domain/deps.ts'
import type { RunPath } from '../../domain/runs/find-run.ts'
import type { Json } from '../../json.ts'
import { type Answer, type Operation, operation, type RegionalRequest } from '../operation.ts'

const byWorkspace = '/runs/{runId}'
const byExperiment = [
  '/experimentids/{experimentId}/runs/{runId}',
  '/experiments/{experimentName}/runs/{runId}',
] as const

type Request<Query extends TSchema, Body extends TSchema> = RegionalRequest<
  '/runs/{runId}',
  Static<Query>,
  Static<Body>
> & { readonly path: RunPath }

interface Declared<Query extends TSchema, Body extends TSchema> extends Pick<Operation, 'name' | 'method' | 'right'> {
  /** What follows the run. */
  readonly suffix: string
  /** Not there for a run without its experiment. */
  readonly onlyByExperiment?: true
  readonly query?: Query
  readonly body?: Body
  readonly answer: (deps: Deps, request: Request<Query, Body>) => Promise<Json | Answer | undefined>
}

const Anything = Type.Object({})

/** Declares an operation on a run, at the three paths by which run history knows one. */
export function runOperation<Query extends TSchema = typeof Anything, Body extends TSchema = typeof Anything>({
  suffix,
  onlyByExperiment,
  answer,
  ...declared
}: Declared<Query, Body>): readonly Operation[] {
  const paths = onlyByExperiment ? byExperiment : ([byWorkspace, ...byExperiment] as const)
  return paths.map((path) =>
    operation({
      ...declared,
      path: `${path}${suffix}` as '/runs/{runId}',
      answer: (deps, request) =>
        answer(deps, { ...(request as Request<Query, Body>), path: request.params as unknown as RunPath }),
    }),
  )
}
