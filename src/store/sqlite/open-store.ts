import { join } from 'node:path'
import type { DataKeyRing, RowSealing } from '../data-keys.ts'
import type { Metrics } from '../metrics.ts'
import type { RotatingSealing } from '../sealing-key.ts'
import { sqlActivities } from '../sql/activities.ts'
import { containers } from '../sql/blobs.ts'
import { sqlDataKeys } from '../sql/data-keys.ts'
import { sqlDirectory } from '../sql/directory.ts'
import { sqlDocuments } from '../sql/documents.ts'
import { sqlGrants } from '../sql/grants.ts'
import { sqlIdentities } from '../sql/identities.ts'
import { sqlOperations } from '../sql/operations.ts'
import { sqlResources } from '../sql/resources.ts'
import { sqlRunRecords } from '../sql/run-records.ts'
import { sqlRunSearches, sqlRuns } from '../sql/runs.ts'
import { sqlSamples } from '../sql/samples.ts'
import { unsealed } from '../sql/sealed-body.ts'
import type { Database, Session } from '../sql/session.ts'
import { sqlVaultObjects } from '../sql/vault-objects.ts'
import type { Repositories, Store } from '../store.ts'
import { openMetrics } from './metrics/open-metrics.ts'
import { type Promised, pendingPoints } from './metrics/pending-points.ts'
import { METRICS_FILE } from './metrics/schema.ts'
import { openDatabase } from './open-database.ts'
import { resealAll } from './reseal.ts'
import { cachedResources } from './resource-cache.ts'
import { resourceChanges, type Touched } from './resource-changes.ts'

export interface OpenStore {
  /** Made, with mode 0700, if it is not there. */
  readonly directory: string
  /** Seals the rows of scopes with customer-managed keys; left out, there are none. */
  readonly ring?: DataKeyRing
}

/** The store, and the database beneath for those who keep tables of their own and share its group commit. */
export interface SqliteStore extends Store {
  readonly database: Database
  /** Changes the key of the sealing, and has every sealed value wrapped by it; answers how many rows changed. */
  reseal(sealing: RotatingSealing): Promise<number>
}

/**
 * Opens the store of a data directory, and holds the directory until `close`.
 *
 * @throws Error where another server has the directory, or its schema is newer than this program
 */
export async function openStore({ directory, ring }: OpenStore): Promise<SqliteStore> {
  const database = await openDatabase(directory)
  const metrics = openMetrics(join(directory, METRICS_FILE), database)
  await metrics.takeOver()
  metrics.collect()
  let runsRemoved = false
  const noteRemoval = (): void => {
    runsRemoved = true
  }
  const inside = new WeakMap<Session, Repositories>()
  const within = (session: Session): Repositories => {
    const known = inside.get(session) ?? repositories(session, { sealing: ring, metrics, noteRemoval })
    inside.set(session, known)
    return known
  }
  const committed = repositories(database.read, { sealing: ring, metrics, noteRemoval })
  const resources = cachedResources(committed.resources)
  // What a key opened is read anew when it comes or goes.
  ring?.onChange(() => resources.forgetAll())
  const changes = resourceChanges()
  return {
    ...committed,
    resources,
    metrics,
    runSearches: sqlRunSearches(database.read, ring ?? unsealed),
    database,
    async write(work) {
      const touched: Touched = { keys: new Set(), types: new Set() }
      const promised: Promised[] = []
      const result = await database.write((session) =>
        work({ ...changes.watch(within(session), touched), pendingPoints: pendingPoints(session, promised) }),
      )
      await metrics.keep(promised)
      if (touched.keys.size > 0) resources.forget(touched.keys)
      if (touched.types.size > 0) changes.tell(touched.types)
      if (runsRemoved) {
        runsRemoved = false
        metrics.collect()
      }
      return result
    },
    async reseal({ rotate, rewrap }) {
      rotate()
      const changed = await resealAll(database, rewrap)
      resources.forgetAll()
      return changed
    },
    onResourceChange: changes.listen,
    async close() {
      await metrics.close()
      await database.close()
    },
  }
}

interface Beside {
  readonly sealing: RowSealing | undefined
  readonly metrics: Metrics
  readonly noteRemoval: () => void
}

const repositories = (session: Session, { sealing = unsealed, metrics, noteRemoval }: Beside): Repositories => ({
  resources: sqlResources(session, sealing),
  operations: sqlOperations(session, sealing),
  identities: sqlIdentities(session),
  directory: sqlDirectory(session),
  grants: sqlGrants(session),
  activities: sqlActivities(session),
  runs: sqlRuns(session, sealing, { metrics, noteRemoval }),
  documents: sqlDocuments(session, sealing),
  runRecords: sqlRunRecords(session, sealing),
  pendingPoints: pendingPoints(session, []),
  samples: sqlSamples(session),
  vaults: sqlVaultObjects(session),
  dataKeys: sqlDataKeys(session),
  blobContainers: containers(session),
})
