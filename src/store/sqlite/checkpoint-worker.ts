import { parentPort, workerData } from 'node:worker_threads'
import { Connection } from './connection.ts'

/**
 * Copies the WAL into the database on a thread of its own. PASSIVE waits for nobody and holds nobody up; it reaches
 * the end of the WAL when the writer pauses.
 */
const connection = new Connection(String(workerData))
parentPort?.on('message', (message: 'checkpoint' | 'close') => {
  if (message === 'close') {
    connection.close()
    parentPort?.close()
    return
  }
  const [row] = connection.execute<{ log: number; checkpointed: number }>('PRAGMA wal_checkpoint(PASSIVE)', []).rows
  parentPort?.postMessage(row?.log === row?.checkpointed)
})
