import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { migrate } from '../migrations/migrate.ts'
import { migrations } from '../migrations/migrations.ts'
import type { Database } from '../sql/session.ts'
import { checkpoints } from './checkpoints.ts'
import { Connection } from './connection.ts'
import { sessionOf } from './dialect.ts'
import { lockDirectory } from './directory-lock.ts'
import { demandPart, GroupCommit } from './group-commit.ts'
import { makeMetrics } from './metrics/open-metrics.ts'
import { makePrivateFile } from './private-file.ts'

/**
 * Opens the database of a data directory, brings its schema up to date and holds the directory until `close`.
 *
 * @throws Error where another server has the directory, or the schema is newer than this program
 */
export async function openDatabase(directory: string): Promise<Database> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  chmodSync(directory, 0o700)
  const lock = lockDirectory(directory)
  try {
    return await open(join(directory, 'lazuli.db'), makeMetrics(directory), lock.release)
  } catch (error) {
    lock.release()
    throw error
  }
}

async function open(path: string, metrics: string, release: () => void): Promise<Database> {
  makePrivateFile(path)
  const writer = new Connection(path)
  // FULL: a commit is on disk when it returns, in WAL mode too.
  writer.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000;
    PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY`)
  const writing = sessionOf(writer, demandPart)
  const walLimit = checkpoints(path, writer)
  const group = new GroupCommit(writer, writing, { afterCommit: walLimit.afterCommit })
  await group.write((session) => migrate(session.db, migrations))
  const reader = new Connection(path, { readOnly: true })
  reader.exec('PRAGMA cache_size = -16000; PRAGMA mmap_size = 268435456; PRAGMA temp_store = MEMORY')
  // Searches of runs ask for metrics too; nothing writes them through here.
  reader.execute('ATTACH DATABASE ? AS metrics', [metrics])
  let closing: Promise<void> | undefined
  return {
    read: sessionOf(reader),
    write: (work) => group.write(work),
    close: () => {
      closing ??= group.close().then(async () => {
        await walLimit.close()
        reader.close()
        writer.close()
        release()
      })
      return closing
    },
  }
}
