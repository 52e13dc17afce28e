import { join } from 'node:path'
import type { Logger } from 'pino'
import type { BlobStore } from '../store/blobs.ts'
import type { DataKeyRing } from '../store/data-keys.ts'
import type { Sealing } from '../store/sealing.ts'
import type { Store } from '../store/store.ts'
import { type StorageAccounts, storageAccounts } from './accounts.ts'
import type { Blobs } from './blobs.ts'
import { type Collector, collector } from './collector.ts'
import type { Core, Protection } from './core.ts'
import { etagSource, stampSource } from './etags.ts'
import { heldNames } from './held-names.ts'
import { localBlobs } from './local-blobs.ts'
import { pieceFiles } from './piece-files.ts'
import { pins } from './pins.ts'
import { sealedMetadata } from './sealed-metadata.ts'
import { seals } from './seals.ts'

export interface OpenBlobs {
  /** The data directory; large pieces lie in `blobs` below it. */
  readonly directory: string
  readonly rows: BlobStore
  readonly store: Store
  readonly sealing: Sealing
  /** Data keys of accounts with customer-managed keys. */
  readonly ring?: DataKeyRing
  readonly now: () => Date
  readonly log: Logger
  /** How long the name of a deleted container is nobody's, in milliseconds; at once free where it is left out. */
  readonly namesHeldMs?: () => number
}

/** The blob service's core, what the rest of the server sees of it, and its lifecycle. */
export interface BlobService {
  readonly core: Core
  readonly accounts: StorageAccounts
  readonly blobs: Blobs
  readonly collector: Collector
  /** Stops collecting and closes the folders. Call before the store is closed. May be called twice. */
  close(): Promise<void>
}

/** What has no settings of its own: the file service, and an account that is being deleted. */
const UNPROTECTED: Protection = {
  versions: false,
  blobDays: undefined,
  containerDays: undefined,
  permanentDelete: false,
  hierarchical: false,
}

/** Opens the blob service of a data directory, and begins to collect what nothing names. */
export async function openBlobs(options: OpenBlobs): Promise<BlobService> {
  const { directory, rows, store, sealing, ring, now, log, namesHeldMs = () => 0 } = options
  const files = await pieceFiles(join(directory, 'blobs'))
  const accounts = storageAccounts({ store, sealing, now })
  const core: Core = {
    rows: ring ? sealedMetadata(rows, ring) : rows,
    files,
    pins: pins(),
    seals: seals(ring),
    now,
    nextEtag: etagSource(now),
    nextStamp: stampSource(now),
    heldNames: heldNames(now, namesHeldMs),
    protection: async (name) => {
      const account = await accounts.get(name)
      return account ? { ...account.blob, hierarchical: account.isHierarchical } : UNPROTECTED
    },
  }
  const collecting = collector(core, log)
  collecting.start()
  return {
    core,
    accounts,
    blobs: localBlobs(core, accounts),
    collector: collecting,
    async close() {
      await collecting.stop()
      await files.close()
    },
  }
}
