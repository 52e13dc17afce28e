import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What a running server leaves in `DATA/server.json`, for the command line and for tests. */
export interface ServerFacts {
  readonly pid: number
  /** When the process began, as the system tells it: a pid alone may be another process's by now. */
  readonly processStart: string
  readonly startedAt: string
  readonly version: string
  readonly host: string
  readonly port: number
  readonly httpUrl: string
  readonly httpsUrl: string
  readonly mlflowUrl: string
  readonly dataDir: string
  readonly bundle: string
  readonly rootCertificate: string
  readonly tenantId: string
  readonly subscriptionId: string
  readonly clientId: string
  readonly isolation: string
  /** The domains that are served here; what a user's NO_PROXY must not except. */
  readonly intercepts: readonly string[]
}

/** The server that runs on a data directory, or undefined. A file that a killed server left behind is seen through. */
export async function runningServer(dataDirectory: string): Promise<ServerFacts | undefined> {
  const text = await readFile(join(dataDirectory, 'server.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const facts: ServerFacts = JSON.parse(text)
  return (await processStart(facts.pid)) === facts.processStart ? facts : undefined
}

/** When a process began, in the system's own words; undefined where there is none (a zombie counts as none). */
export async function processStart(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat !== undefined) {
    // The command, in parentheses, may hold anything: fields are counted behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  }
  if (process.platform === 'linux') return undefined
  const listed = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => undefined)
  return listed?.stdout.trim() || undefined
}
