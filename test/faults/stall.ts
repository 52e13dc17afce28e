/**
 * Loaded into the real server by `--import`: stops its main thread dead at a named commit point, at the occurrence asked
 * for, after writing the point's name to a file. The suite sees the file and sends SIGKILL from its own process. Nothing
 * is thrown and nothing of the server's code knows of it: the points are the calls that bring state to disk.
 *
 * LAZULI_TEST_STALL = `POINT:OCCURRENCE:FILE`; occurrences count from the SIGUSR2 that the suite sends once the server is ready.
 * Points that begin with `metrics-` are those of the thread that writes metrics, which starts with the first of them: there
 * they count from the start.
 */
import childProcess from 'node:child_process'
import { writeFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import sqlite from 'node:sqlite'
import { isMainThread, workerData } from 'node:worker_threads'

const [point = '', occurrence = '1', file = ''] = (process.env.LAZULI_TEST_STALL ?? '').split(':')
const METRICS = 'metrics-'
const isOfMetrics = typeof workerData === 'string' && workerData.endsWith('metrics.db')
if (point !== '' && file !== '' && (isMainThread || isOfMetrics)) arm()

function arm(): void {
  let left = isMainThread ? Number.POSITIVE_INFINITY : Number(occurrence)
  if (isMainThread) {
    process.on('SIGUSR2', () => {
      left = Number(occurrence)
    })
  }
  const prefix = isMainThread ? '' : METRICS
  const pass = (place: string) => {
    const name = `${prefix}${place}`
    if (name !== point || --left > 0) return
    writeFileSync(file, name)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
  stallInCommits(pass)
  stallInFiles(pass).catch(() => process.exit(70))
  stallInSpawns(pass)
}

function stallInCommits(pass: (name: string) => void): void {
  const { run } = sqlite.StatementSync.prototype
  sqlite.StatementSync.prototype.run = function (...parameters) {
    const { sourceSQL } = this
    const name = sourceSQL === 'COMMIT' ? 'commit' : sourceSQL === 'BEGIN IMMEDIATE' ? 'begin' : undefined
    if (name) pass(`${name}-before`)
    const outcome = Reflect.apply(run, this, parameters)
    if (name) pass(`${name}-after`)
    return outcome
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
