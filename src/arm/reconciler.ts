import type { Deps } from '../domain/deps.ts'
import { type Fault, fault, isFault } from '../faults.ts'
import { foldId, parseResourceId, type ResourceId } from '../resource-id.ts'
import type { StoredOperation } from '../store/operations.ts'
import type { StoredResource } from '../store/resources.ts'
import { openSecret } from '../store/sealing.ts'
import { putEnded } from './activity.ts'
import type { ApplyRequest, InnerCalls, Progress } from './define-resource.ts'
import { getKept, markKept, peekKept, putKept } from './kept.ts'
import { keyedLocks } from './locks.ts'
import { canceled, failedWith, succeeded } from './operations.ts'
import { checkReferences } from './references.ts'
import type { RegisteredType, Registry } from './registry.ts'
import { removeTree } from './removal.ts'
import { sealAll } from './secrets.ts'
import { simulatedHold } from './simulated.ts'

export interface Reconciler {
  /** Goes on with what an earlier process left unfinished. */
  start(): Promise<void>
  /** Lets no further step begin, and waits for those under way. */
  stop(): Promise<void>
  /** Takes up an operation that is written down already. */
  begin(operation: StoredOperation): void
  /** The operation once it has ended, or as it stands when the time is over. */
  settled(operation: StoredOperation, withinMs?: number): Promise<StoredOperation>
  /** The operation that is changing a resource as a whole now; actions are none. */
  activeOn(resourceId: string): string | undefined
}

export interface ReconcilerDeps {
  readonly deps: Deps
  readonly registry: Registry
  /** Inner calls need the reconciler and the reconciler needs them: asked for when first needed. */
  readonly inner: () => InnerCalls
}

/** What is thrown and is no fault may be a disk or an engine that is away for a moment: tried again, ever later. */
const ATTEMPTS = 6
const FIRST_BACKOFF_MS = 200
const DAY_MS = 86_400_000

/** Calls `apply`, `remove` and `run` until they are done. All that it knows stands in the store. */
export function makeReconciler({ deps, registry, inner }: ReconcilerDeps): Reconciler {
  const { store, log } = deps
  const locks = keyedLocks()
  const driving = new Map<string, Promise<StoredOperation>>()
  const active = new Map<string, string>()
  const stopping = new AbortController()

  const applyRequest = (id: ResourceId, resource: StoredResource): ApplyRequest<unknown> => ({
    id,
    wish: resource.body,
    state: resource.state,
    resource,
    secret: (path) => openSecret(deps.sealing, resource, path),
    arm: inner(),
  })

  async function drive(operation: StoredOperation): Promise<StoredOperation> {
    try {
      return operation.verb === 'delete' ? await driveRemoval(operation) : await driveSteps(operation)
    } finally {
      driving.delete(operation.id)
      const key = foldId(operation.resourceId)
      if (active.get(key) === operation.id) active.delete(key)
    }
  }

  async function driveSteps(operation: StoredOperation): Promise<StoredOperation> {
    let failures = 0
    let first = true
    while (!stopping.signal.aborted) {
      let wait: number | StoredOperation
      try {
        const isFirst = first
        wait = await locks.run(foldId(operation.resourceId), () => step(operation, isFirst))
      } catch (error) {
        failures++
        log.error({ err: error, operation: operation.id, resource: operation.resourceId, failures }, 'A step failed')
        if (failures >= ATTEMPTS) return end(operation, applyFailed(operation.resourceId, error))
        wait = FIRST_BACKOFF_MS * 2 ** failures
      }
      if (typeof wait !== 'number') return wait
      first = false
      await pause(wait, stopping.signal)
    }
    return operation
  }

  /** One call of the declaration; answers how long to wait, or the ended operation. */
  async function step(operation: StoredOperation, first: boolean): Promise<number | StoredOperation> {
    const now = await store.operations.get(operation.id)
    if (now && now.status !== 'InProgress') return now
    const id = parseResourceId(operation.resourceId)
    const type = id && registry.type(id.type)
    if (!id || !type) return end(operation, applyFailed(operation.resourceId, 'its type is not declared any more'))
    const resource = await getKept(store, type, id)
    if (!resource) return cancel(operation)
    const held = simulatedHold(operation, deps.now())
    if (typeof held === 'number') return held
    if (held) return end(operation, held)
    const progress = await attempt(operation, type, id, resource, first)
    if (progress.at === 'failed') return end(operation, progress.fault, progress.state)
    if (progress.at === 'done') return finish(operation, type, id, progress)
    if (progress.state && JSON.stringify(progress.state) !== JSON.stringify(resource.state)) {
      const { state } = progress
      await store.write(async (within) => {
        const kept = await getKept(within, type, id)
        if (kept) await putKept(within, type, { ...kept, state })
      })
    }
    return progress.againAfterMs ?? 200
  }

  async function attempt(
    operation: StoredOperation,
    { declaration }: RegisteredType,
    id: ResourceId,
    resource: StoredResource,
    first: boolean,
  ): Promise<Progress> {
    const request = applyRequest(id, resource)
    try {
      if (operation.verb === 'action') {
        const action = declaration.actions?.[operation.action ?? '']
        if (!action?.run) throw new Error(`'${resource.type}' has no action '${operation.action}' that goes on`)
        return await action.run(deps, { ...request, body: operation.input ?? {} })
      }
      const late = declaration.references?.filter((reference) => reference.late) ?? []
      if (first && late.length > 0) await checkReferences(registry, store, late, resource.body)
      return declaration.apply ? await declaration.apply(deps, request) : { at: 'done' }
    } catch (error) {
      if (isFault(error)) return { at: 'failed', fault: error }
      throw error
    }
  }

  async function finish(
    operation: StoredOperation,
    type: RegisteredType,
    id: ResourceId,
    progress: Progress & { at: 'done' },
  ): Promise<StoredOperation> {
    const ended = succeeded(operation, deps.now())
    return store.write(async (within) => {
      const current = await within.operations.get(operation.id)
      if (current && current.status !== 'InProgress') return current
      const kept = await getKept(within, type, id)
      if (!kept) {
        const gone = canceled(operation, deps.now())
        await putEnded(within, gone, deps.now())
        return gone
      }
      await putKept(within, type, {
        ...kept,
        state: progress.state ?? kept.state,
        secrets: { ...kept.secrets, ...sealAll(deps.sealing, kept.id, progress.secrets ?? {}) },
        ...(operation.verb !== 'action' && { provisioningState: 'Succeeded' as const }),
      })
      await putEnded(within, ended, deps.now())
      return ended
    })
  }

  async function end(
    operation: StoredOperation,
    problem: Fault,
    state?: StoredResource['state'],
  ): Promise<StoredOperation> {
    log.info({ operation: operation.id, resource: operation.resourceId, code: problem.code }, problem.message)
    const ended = failedWith(operation, problem, deps.now())
    const id = parseResourceId(operation.resourceId)
    const type = id && registry.type(id.type)
    return store.write(async (within) => {
      const current = await within.operations.get(operation.id)
      if (current && current.status !== 'InProgress') return current
      const kept = id && type && (await peekKept(within, type, id))
      if (kept?.closed) await markKept(within, type, { resource: kept, provisioningState: 'Failed' })
      else if (kept) {
        await putKept(within, type, {
          ...kept,
          state: state ?? kept.state,
          ...(operation.verb !== 'action' && { provisioningState: 'Failed' as const }),
        })
      }
      await putEnded(within, ended, deps.now())
      return ended
    })
  }

  async function cancel(operation: StoredOperation): Promise<StoredOperation> {
    const gone = canceled(operation, deps.now())
    await store.write((within) => putEnded(within, gone, deps.now()))
    return gone
  }

  async function driveRemoval(operation: StoredOperation): Promise<StoredOperation> {
    const query = new URLSearchParams(
      Object.entries(operation.input ?? {}).flatMap(([key, value]) =>
        typeof value === 'string' ? [[key, value] as [string, string]] : [],
      ),
    )
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      try {
        const removal = { deps, registry, locks, signal: stopping.signal, applyRequest }
        if (!(await removeTree(removal, operation.resourceId, query))) return operation
        const ended = succeeded(operation, deps.now())
        await store.write((within) => putEnded(within, ended, deps.now()))
        return ended
      } catch (error) {
        if (isFault(error)) return end(operation, error)
        log.error({ err: error, operation: operation.id, resource: operation.resourceId, failures }, 'A removal failed')
        if (failures + 1 >= ATTEMPTS) return end(operation, applyFailed(operation.resourceId, error))
        await pause(FIRST_BACKOFF_MS * 2 ** failures, stopping.signal)
      }
    }
    return operation
  }

  const reconciler: Reconciler = {
    async start() {
      const left = await store.operations.unfinished()
      for (const operation of left) reconciler.begin(operation)
      await store.write((within) =>
        within.operations.forgetBefore(new Date(deps.now().getTime() - 7 * DAY_MS).toISOString()),
      )
    },
    async stop() {
      stopping.abort()
      await Promise.allSettled(driving.values())
    },
    begin(operation) {
      if (driving.has(operation.id) || stopping.signal.aborted) return
      if (operation.verb !== 'action') active.set(foldId(operation.resourceId), operation.id)
      const driven = drive(operation)
      driving.set(operation.id, driven)
      // A store that can't be written ends the drive: the operation stays written down and a restart goes on with it.
      driven.catch((error: unknown) => log.error({ err: error, operation: operation.id }, 'An operation was left'))
    },
    async settled(operation, withinMs) {
      const driven = driving.get(operation.id)
      if (!driven) return (await store.operations.get(operation.id)) ?? operation
      if (withinMs === undefined) return driven
      const timer = new AbortController()
      const late = pause(withinMs, timer.signal).then(() => operation)
      const first = await Promise.race([driven, late])
      timer.abort()
      return first
    },
    activeOn: (resourceId) => active.get(foldId(resourceId)),
  }
  return reconciler
}

const applyFailed = (id: string, reason: unknown): Fault =>
  fault('ApplyFailed', { id, reason: reason instanceof Error ? reason.message : String(reason) }, { cause: reason })

/** Resolves after the time, or as soon as the signal falls. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    signal.addEventListener('abort', finish)
  })
}
