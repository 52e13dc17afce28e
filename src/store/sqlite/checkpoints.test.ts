import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkpoints } from './checkpoints.ts'
import { Connection } from './connection.ts'

test('the WAL stays bounded under a writer that never rests, and the rows are all there', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lazuli-wal-'))
  const path = join(directory, 'a.db')
  const writer = new Connection(path)
  writer.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE t (a TEXT)')
  const limit = checkpoints(path, writer, { copyFrom: 50, waitFrom: 400 })
  for (let at = 0; at < 4_000; at++) {
    writer.execute('INSERT INTO t VALUES (?)', ['x'.repeat(3_000)])
    await limit.afterCommit()
  }
  const wal = statSync(`${path}-wal`).size
  assert.ok(wal < 1_000 * 4_096, `${wal} bytes in the WAL`)
  await limit.close()
  assert.deepEqual({ ...writer.execute<{ n: number }>('SELECT count(*) n FROM t', []).rows[0] }, { n: 4_000 })
  writer.close()
  rmSync(directory, { recursive: true })
})
