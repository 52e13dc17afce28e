import type { Observation } from '../../compute/engine.ts'
import { fault, isFault } from '../../faults.ts'
import { textAt } from '../../json.ts'
import { finalStatuses, type Run } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { normalRegion } from '../workspaces/region.ts'
import { workspaceGuid } from '../workspaces/workspace-guid.ts'
import { failureOf } from './failure.ts'
import { identityVariables } from './identity-variables.ts'
import { type JobAddress, jobVariables } from './job-variables.ts'
import { type HandedJob, handedJob } from './read-job.ts'
import { registerOutputs } from './register-outputs.ts'
import type { RunController } from './run-controller.ts'
import { isBegun, moved, queuedAgain } from './run-states.ts'
import { issueRunToken } from './run-token.ts'
import { engineJobId, runOfEngineJob } from './submit-job.ts'

const SWEEP_MS = 2000

export interface RunReconciler {
  /** Goes on with what an earlier server left unfinished, then follows what comes. May be called twice. */
  start(): Promise<void>
  /** Stops following; jobs go on. Resolves when nothing is being written any more. May be called twice. */
  stop(): Promise<void>
}

export type ReconcilerDeps = Pick<Deps, 'store' | 'blobs' | 'engines' | 'tokens' | 'runSignals' | 'log' | 'now'> & {
  /** Asked for each job, since a port may be known only once the server listens. */
  readonly address: () => JobAddress
  /** Those that bring further what no engine runs. */
  readonly controllers: readonly RunController[]
  /** Resolves a run that its parent has made and gives it to its engine or controller. */
  readonly handOver: (run: Run) => Promise<void>
}

/**
 * Takes runs to their engines and their states after them. All it knows stands in the store: a run that is not at its
 * end is looked at again after a restart, on each change that the engine reports, and every two seconds.
 */
export function runReconciler(deps: ReconcilerDeps): RunReconciler {
  const busy = new Map<string, { again: boolean; done: Promise<void> }>()
  let sweeper: NodeJS.Timeout | undefined
  let started = false

  const look = (workspace: string, id: string): void => {
    if (!started) return
    const key = engineJobId(workspace, id)
    const running = busy.get(key)
    if (running) {
      running.again = true
      return
    }
    const entry = { again: false, done: Promise.resolve() }
    busy.set(key, entry)
    entry.done = (async () => {
      try {
        do {
          entry.again = false
          const parent = await step(deps, workspace, id)
          if (parent !== undefined) look(workspace, parent)
        } while (entry.again && started)
      } catch (error) {
        deps.log.error({ err: error, workspace, run: id }, 'a run could not be brought further; it will be tried again')
      } finally {
        busy.delete(key)
      }
    })()
  }

  const sweep = async (): Promise<void> => {
    for (const run of await deps.store.runs.unfinished()) look(run.workspace, run.id)
  }
  const sweepAgain = (): void => {
    sweep().catch((error) => deps.log.error({ err: error }, 'unfinished runs could not be read'))
  }

  return {
    async start() {
      if (started) return
      started = true
      deps.runSignals.listen(look)
      for (const engine of deps.engines.all()) {
        engine.onChange((id) => {
          const named = runOfEngineJob(id)
          if (named) look(named.workspace, named.run)
        })
      }
      await sweep()
      sweeper = setInterval(sweepAgain, SWEEP_MS)
      sweeper.unref()
    },
    async stop() {
      started = false
      clearInterval(sweeper)
      await Promise.all([...busy.values()].map(({ done }) => done))
    },
  }
}

/** Brings one run as far as it gets now, and answers the parent of one that is at its end then. */
async function step(deps: ReconcilerDeps, workspace: string, id: string): Promise<string | undefined> {
  const run = await deps.store.runs.get(workspace, id)
  if (!run) return undefined
  if (!finalStatuses.has(run.status)) await advance(deps, run)
  if (run.parentId === undefined || !run.job) return undefined
  const now = await deps.store.runs.get(workspace, id)
  return now && finalStatuses.has(now.status) ? run.parentId : undefined
}

async function advance(deps: ReconcilerDeps, run: Run): Promise<void> {
  const controller = deps.controllers.find(({ kind }) => kind === run.kind)
  try {
    if (!run.engine) {
      // Cancelled before it was handed over: nobody else knows it.
      if (run.status === 'CancelRequested') return await finish(deps, run, canceled(deps))
      // A job that a client put is handed over by its PUT's `apply`.
      return run.parentId === undefined || !run.job ? undefined : await deps.handOver(run)
    }
    if (controller) return await controller.advance(run)
    const job = handedJob(run)
    if (!job) return
    const engine = deps.engines.named(job.computeType)
    const seen = await engine.observe(job.spec.id)
    if (!seen) return await begin(deps, run, job)
    if (run.status === 'CancelRequested' && !finalStatuses.has(seen.status)) await engine.cancel(job.spec.id)
    await follow(deps, run, seen)
  } catch (error) {
    if (!isFault(error)) throw error
    await finish(deps, run, {
      status: 'Failed',
      since: deps.now().toISOString(),
      error: { code: error.code, message: error.message },
    })
  }
}

const canceled = (deps: ReconcilerDeps): Observation => ({ status: 'Canceled', since: deps.now().toISOString() })

/** Gives a job to its engine: once, for an engine that lost a job that had started can't be given it again. */
async function begin(deps: ReconcilerDeps, run: Run, job: HandedJob): Promise<void> {
  const at = deps.now().toISOString()
  if (run.status === 'CancelRequested') return finish(deps, run, canceled(deps))
  if (run.status !== 'NotStarted' && run.status !== 'Queued') {
    const message = `The ${job.computeType} engine no longer knows this job, which was ${run.status}.`
    return finish(deps, run, { status: 'Failed', since: at, error: { code: 'JobLost', message } })
  }
  const engine = deps.engines.named(job.computeType)
  const variables = { ...(await variablesOf(deps, run)), ...job.spec.variables }
  await engine.submit({ ...job.spec, variables })
  const seen = await engine.observe(job.spec.id)
  if (seen) await follow(deps, run, seen)
}

async function variablesOf(deps: ReconcilerDeps, run: Run): Promise<Record<string, string>> {
  const workspace = await deps.store.resources.get(run.workspace)
  if (!workspace) throw fault('WorkspaceNotFound', { workspace: run.workspace })
  const { token, expiresAt } = await issueRunToken(deps, run, run.createdBy.objectId)
  const address = deps.address()
  const lifetimeSeconds = Math.ceil((expiresAt.getTime() - deps.now().getTime()) / 1000)
  return {
    ...jobVariables({
      run,
      workspaceId: workspace.id,
      workspaceGuid: workspaceGuid(workspace),
      region: normalRegion(textAt(workspace.body.location) ?? ''),
      token,
      tokenExpiresAt: expiresAt,
      address,
    }),
    ...(await identityVariables(deps, run, { ownUrl: address.proxy, lifetimeSeconds })),
  }
}

/** Writes what the engine has seen since the last look. */
async function follow(deps: ReconcilerDeps, run: Run, seen: Observation): Promise<void> {
  if (finalStatuses.has(seen.status)) return finish(deps, run, seen)
  if (observed(run, seen) === run) return
  await deps.store.write(async (within) => {
    const known = await within.runs.get(run.workspace, run.id)
    const next = known && observed(known, seen)
    if (next && next !== known) await within.runs.put(next)
  })
}

/** The run with the states that were seen, those on the way too; of a job that was queued again, those since then. */
function observed(run: Run, seen: Observation): Run {
  const tries = triesOf([...(seen.spans ?? []), { status: seen.status, at: seen.since }])
  const known = triesOf(run.spans).length
  const next = tries.slice(Math.max(known - 1, 0)).reduce((before, states, later) => {
    const [first, ...rest] = states
    if (later === 0 || !first) return states.reduce((at, span) => moved(at, span.status, span.at), before)
    return rest.reduce((at, span) => moved(at, span.status, span.at), queuedAgain(before, first.at))
  }, run)
  const own = run.warnings.filter(({ source }) => source !== 'engine')
  const warnings = [...own, ...(seen.warnings ?? []).map((message) => ({ message, source: 'engine' }))]
  return warnings.length > run.warnings.length ? { ...next, warnings } : next
}

/** The states of each try: one begins in the queue that comes after further states. */
function triesOf(states: Run['spans']): readonly Run['spans'][] {
  const tries: Run['spans'][number][][] = [[]]
  for (const state of states) {
    const known = tries.at(-1)
    const again = state.status === 'Queued' && known?.some(({ status }) => isBegun(status))
    if (again) tries.push([state])
    else known?.push(state)
  }
  return tries
}

/** Ends a run: its error, its outputs as assets and its last state become visible together. */
async function finish(deps: ReconcilerDeps, run: Run, seen: Observation): Promise<void> {
  const error = seen.status === 'Failed' ? await failureOf(deps.blobs, run, seen) : undefined
  await deps.store.write(async (within) => {
    const known = await within.runs.get(run.workspace, run.id)
    if (!known || finalStatuses.has(known.status)) return
    const ended = { ...observed(known, seen), ...(error && { error }) }
    const now = deps.now().toISOString()
    await within.runs.put(seen.status === 'Completed' ? await registerOutputs(within, ended, now) : ended)
  })
}
