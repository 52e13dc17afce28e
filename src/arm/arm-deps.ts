import type { Deps } from '../domain/deps.ts'
import type { Documents, Origin } from '../gateway/surface.ts'
import type { AccessControl, Authenticator } from '../identity/identity.ts'
import type { InnerCalls } from './define-resource.ts'
import type { Facts } from './facts/facts.ts'
import type { Locks } from './locks.ts'
import type { Policies } from './policy/policies.ts'
import type { RateLimits } from './rate-limits.ts'
import type { Reconciler } from './reconciler.ts'
import type { Registry } from './registry.ts'
import type { ScopeLocks } from './scope-locks.ts'
import type { Versions } from './versions.ts'

/** What the engine's verbs are built with; put together once, in `server.ts`. */
export interface ArmDeps {
  readonly deps: Deps
  readonly authenticator: Authenticator
  readonly access: AccessControl
  /** Renders URLs where nobody asked: what a deployment's expressions read. */
  readonly origin: Origin
  /** Reads what template links lead to. */
  readonly documents: Documents
  readonly registry: Registry
  readonly facts: Facts
  readonly versions: Versions
  readonly scopeLocks: ScopeLocks
  readonly rateLimits: RateLimits
  readonly policies: Policies
  readonly reconciler: Reconciler
  /** Lets writes of one resource take turns. */
  readonly writes: Locks
  readonly inner: InnerCalls
}
