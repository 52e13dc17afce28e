import { join } from 'node:path'
import type { Deps } from '../domain/deps.ts'
import { fault } from '../faults.ts'
import type { Documents, Origin, SurfaceHandler } from '../gateway/surface.ts'
import type { AccessControl, Authenticator } from '../identity/identity.ts'
import type { ArmDeps } from './arm-deps.ts'
import type { InnerCalls } from './define-resource.ts'
import { expireDeleted } from './expiry.ts'
import { openFacts } from './facts/facts.ts'
import { makeInnerCalls } from './inner-calls.ts'
import { keyedLocks, type Locks } from './locks.ts'
import { openPolicies } from './policy/policies.ts'
import { rateLimits } from './rate-limits.ts'
import { makeReconciler } from './reconciler.ts'
import { loadRegistry, type Registry } from './registry.ts'
import { armRouter } from './router.ts'
import { scopeLocks } from './scope-locks.ts'
import { apiVersions } from './versions.ts'

export interface ArmOptions {
  readonly deps: Deps
  readonly authenticator: Authenticator
  readonly access: AccessControl
  /** Renders URLs where nobody asked: what a deployment's expressions read. */
  readonly origin: Origin
  /** Reads what template links lead to; without one no link can be followed. */
  readonly documents?: Documents
  /** Where declarations are read from; the program's own unless said. */
  readonly providersDirectory?: string
  /** Where facts are read from; the program's own unless said. */
  readonly factsDirectory?: string
}

/** The resource manager: its plane, its inner calls, and the reconciler behind it. */
export interface Arm extends InnerCalls {
  readonly surface: SurfaceHandler
  readonly registry: Registry
  /** One piece of work at a time per key, for other planes that choose by what is there before they put. */
  readonly inTurn: Locks['run']
  /** Goes on with what an earlier process left unfinished. May be called twice. */
  start(): Promise<void>
  /** Ends the steps under way and begins no more. May be called twice. */
  stop(): Promise<void>
}

const noDocuments: Documents = {
  async read() {
    throw fault('DocumentNotHere', { reason: 'this server reads no documents' })
  },
}

/**
 * Builds the resource manager over the declarations in a folder.
 *
 * @throws Error where a declaration does not stand where its type says
 */
export async function openArm(options: ArmOptions): Promise<Arm> {
  const { deps, authenticator, access, origin } = options
  const registry = await loadRegistry(options.providersDirectory ?? join(import.meta.dirname, '..', 'providers'))
  const facts = openFacts(options.factsDirectory ?? join(import.meta.dirname, '..', '..', 'spec'))
  const versions = apiVersions(facts)
  const inner = makeInnerCalls(() => arm)
  const reconciler = makeReconciler({ deps, registry, inner: () => inner })
  const arm: ArmDeps = {
    deps,
    authenticator,
    access,
    origin,
    documents: options.documents ?? noDocuments,
    registry,
    facts,
    versions,
    scopeLocks: scopeLocks(deps),
    rateLimits: rateLimits(deps),
    policies: openPolicies({ deps, registry }),
    reconciler,
    inner,
    writes: keyedLocks(),
  }
  let expiry: { stop(): void } | undefined
  return {
    ...inner,
    surface: armRouter(arm),
    registry,
    inTurn: keyedLocks().run,
    async start() {
      await reconciler.start()
      expiry ??= expireDeleted(arm)
    },
    async stop() {
      expiry?.stop()
      await reconciler.stop()
    },
  }
}
