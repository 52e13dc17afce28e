import type { Activities } from './activities.ts'
import type { BlobRows } from './blobs.ts'
import type { DataKeys } from './data-keys.ts'
import type { Directory } from './directory.ts'
import type { Documents } from './documents.ts'
import type { Grants } from './grants.ts'
import type { Identities } from './identities.ts'
import type { Metrics, PendingPoints } from './metrics.ts'
import type { Operations } from './operations.ts'
import type { Resources } from './resources.ts'
import type { RunRecords } from './run-records.ts'
import type { RunSearches } from './run-search.ts'
import type { Runs } from './runs.ts'
import type { Samples } from './samples.ts'
import type { VaultObjects } from './vault-objects.ts'

/** Everything that is kept, by noun. Reads outside of `write` see what is committed. */
export interface Repositories {
  readonly resources: Resources
  readonly operations: Operations
  readonly identities: Identities
  readonly directory: Directory
  readonly grants: Grants
  readonly runs: Runs
  readonly documents: Documents
  readonly runRecords: RunRecords
  readonly pendingPoints: PendingPoints
  readonly activities: Activities
  readonly samples: Samples
  readonly vaults: VaultObjects
  readonly dataKeys: DataKeys
  /** What the blob service has, to read: its own core writes it. */
  readonly blobContainers: Pick<BlobRows, 'container' | 'containers'>
}

/**
 * The state port. One adapter per database; the rules live in `domain` and `arm`, never behind this port.
 *
 * Writes that arrive together share one transaction (group commit): `write` resolves when its part is on disk, and
 * a part that throws is rolled back alone.
 */
export interface Store extends Repositories {
  readonly metrics: Metrics
  readonly runSearches: RunSearches
  /** Runs `work` as one atomic part. Inside, await nothing but the repositories handed in. */
  write<Result>(work: (within: Repositories) => Promise<Result>): Promise<Result>
  /**
   * Calls `listener` whenever a write that put or removed a resource of the type is on disk, before its caller is
   * answered: for what is compiled from such resources (rights).
   */
  onResourceChange(type: string, listener: () => void): void
  /** Finishes what was accepted and closes the files. May be called twice. */
  close(): Promise<void>
}

/** A page of a listing; `next` is an opaque key that continues after the last item, absent on the last page. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next?: string
}
