import type { Finding } from './blobs/doctor.ts'
import { examineDirectory } from './blobs/open-doctor.ts'
import { sqlBlobChecks } from './store/sql/blob-checks.ts'
import { sqlBlobs } from './store/sql/blobs.ts'
import { openStore } from './store/sqlite/open-store.ts'

/** What `lazuli doctor` finds: the store is opened as a server opens it, so that no server can be beside it. */
export async function examine(directory: string, repair: boolean): Promise<readonly Finding[]> {
  const store = await openStore({ directory })
  try {
    const found: Finding[] = []
    // One part: what is put right is put right together, and nothing else writes meanwhile.
    await store.database.write(async (session) => {
      const rows = { ...sqlBlobs(session), ...sqlBlobChecks(session) }
      for await (const finding of examineDirectory({ directory, rows, repair })) found.push(finding)
    })
    return found
  } finally {
    await store.close()
  }
}
