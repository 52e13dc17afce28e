import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Connection } from './connection.ts'
import { makePrivateFile } from './private-file.ts'

/**
 * Holds a data directory for one server. The lock is the operating system's, by SQLite's own locking of a file that
 * nothing else opens: it goes with the process however it ends, and no child inherits it.
 *
 * @throws Error that names the holder where another process (or this one) has it
 */
export function lockDirectory(directory: string): { release(): void } {
  const holder = join(directory, 'lock.json')
  const file = join(directory, 'lock')
  makePrivateFile(file)
  const lock = new Connection(file, { busyTimeoutMs: 0 })
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    throw new Error(`The data directory ${directory} is in use${describe(holder)}. Two servers cannot share it.`, {
      cause,
    })
  }
  writeFileSync(holder, JSON.stringify({ pid: process.pid, startedAt: startedAt() }), { mode: 0o600 })
  return { release: () => lock.close() }
}

const startedAt = (): string => new Date(Date.now() - process.uptime() * 1000).toISOString()

function describe(holder: string): string {
  try {
    const seen: unknown = JSON.parse(readFileSync(holder, 'utf8'))
    if (typeof seen === 'object' && seen !== null && 'pid' in seen && 'startedAt' in seen) {
      return ` by process ${seen.pid}, started ${seen.startedAt}`
    }
  } catch {
    // The holder has the lock and has not written who it is yet.
  }
  return ' by another process'
}
