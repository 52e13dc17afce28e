import type { Logger } from 'pino'
import type { Blobs } from '../blobs/blobs.ts'
import type { ComputeEngine } from '../compute/engine.ts'
import type { AccessControl, ManagedIdentities, TokenIssuer } from '../identity/identity.ts'
import type { ServingEngine } from '../serving/engine.ts'
import type { Sealing } from '../store/sealing.ts'
import type { Store } from '../store/store.ts'
import type { CustomerKeys } from './customer-keys/customer-keys.ts'
import type { JobAddress } from './runs/job-variables.ts'
import type { Simulation } from './simulation/simulation.ts'

/** Engines by what they make true. */
export interface Engines {
  /** @throws EngineUnavailable where none here makes this compute type true */
  named(computeType: string): ComputeEngine
  all(): readonly ComputeEngine[]
}

/** Settings that rules ask for; read once, in `config.ts`. */
export interface Settings {
  /** Build an environment with what the machine has where the asked interpreter or image is lacking. */
  readonly allowSubstitute: boolean
  /** Memory that stays free on the machine when a further node comes up, in bytes. */
  readonly keepFreeBytes: number
  /** How many vCPUs of a family a region's quota admits. */
  readonly quotaCores: number
  /** Refuse what clients log past Azure's limits, which are smaller than MLflow's. */
  readonly matchCloud: boolean
  /** Refuse requests past Azure's limits, unless the simulation says otherwise. */
  readonly enforceRateLimit: boolean
}

/** Tells the run reconciler at once that a run wants attention. It would find out by itself a little later. */
export interface RunSignals {
  announce(workspace: string, run: string): void
  /** The listener for all that is announced from now on; a second one takes the first one's place. */
  listen(listener: (workspace: string, run: string) => void): void
}

/** What use-cases and declarations are built with; made once, in `main.ts`. */
export interface Deps {
  readonly store: Store
  readonly blobs: Blobs
  readonly sealing: Sealing
  readonly engines: Engines
  /** Where models answer. */
  readonly serving: ServingEngine
  /** How what runs on this machine reaches this server; its proxy is '' before the port is open. */
  readonly address: () => JobAddress
  readonly identities: ManagedIdentities
  readonly access: AccessControl
  readonly customerKeys: CustomerKeys
  readonly tokens: TokenIssuer
  readonly runSignals: RunSignals
  readonly settings: Settings
  readonly simulation: Simulation
  readonly log: Logger
  readonly now: () => Date
  /** The tenant that this install is. */
  readonly tenantId: string
}
