/**
 * Loaded into the real server by `--import`: stops its main thread dead at a named commit point, at the occurrence asked
 * for, after writing the point's name to a file. The suite sees the file and sends SIGKILL from its own process. Nothing
 * is thrown and nothing of the server's code knows of it: the points are the calls that bring state to disk.
 *
 * LAZULI_TEST_STALL = `POINT:OCCURRENCE:FILE`; occurrences count from the SIGUSR2 that the suite sends once the server is ready.
 */
import childProcess from 'node:child_process'
import { writeFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import sqlite from 'node:sqlite'
import { isMainThread } from 'node:worker_threads'

const [point = '', occurrence = '1', file = ''] = (process.env.LAZULI_TEST_STALL ?? '').split(':')
if (isMainThread && point !== '' && file !== '') arm()

function arm(): void {
  let left = Number.POSITIVE_INFINITY
  process.on('SIGUSR2', () => {
    left = Number(occurrence)
  })
  const pass = (name: string) => {
    if (name !== point || --left > 0) return
    writeFileSync(file, name)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
  stallInCommits(pass)
  stallInFiles(pass).catch(() => process.exit(70))
  stallInSpawns(pass)
}

function stallInCommits(pass: (name: string) => void): void {
  const { exec } = sqlite.DatabaseSync.prototype
  sqlite.DatabaseSync.prototype.exec = function (sql) {
    const name = sql.startsWith('COMMIT') ? 'commit' : sql.startsWith('BEGIN') ? 'begin' : 'other'
    pass(`${name}-before`)
    exec.call(this, sql)
    pass(`${name}-after`)
  }
}

async function stallInFiles(pass: (name: string) => void): Promise<void> {
  const handle = await fs.open(process.execPath, 'r')
  const prototype = Object.getPrototypeOf(handle)
  await handle.close()
  for (const name of ['datasync', 'sync']) {
    const original = prototype[name]
    prototype[name] = async function (this: fs.FileHandle) {
      pass(`file-${name}-before`)
      await original.call(this)
      pass(`file-${name}-after`)
    }
  }
}

function stallInSpawns(pass: (name: string) => void): void {
  const { spawn } = childProcess
  childProcess.spawn = ((...args: Parameters<typeof spawn>) => {
    pass('spawn-before')
    const child = spawn(...args)
    pass('spawn-after')
    return child
  }) as typeof spawn
  syncBuiltinESMExports()
}
