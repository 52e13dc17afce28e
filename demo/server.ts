import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '..')
const lazuli = join(root, 'bin', 'lazuli')
const execute = promisify(execFile)

/** A server of its own, with its own data directory, that goes without a trace. */
export interface ThrowAwayServer {
  readonly url: string
  readonly isolation: string
  /** What `lazuli run` gives the commands it runs. */
  readonly environment: NodeJS.ProcessEnv
  stop(): Promise<void>
}

/** Starts one on a free port and waits until it says that it listens. @throws Error with its log's end where it ends */
export async function startThrowAwayServer(): Promise<ThrowAwayServer> {
  const home = await mkdtemp(join(tmpdir(), 'lazuli-demo-'))
  const data = join(home, 'data')
  const log = createWriteStream(join(home, 'server.log'))
  const child = spawn(lazuli, ['up', '--port', '0', '--data', data], { stdio: ['ignore', 'pipe', 'pipe'] })
  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      tail = (tail + chunk).slice(-4000)
      log.write(chunk)
    })
  }
  try {
    const status = await ready(child, data, () => tail)
    const { stdout } = await execute(lazuli, ['run', '--data', data, '--', 'env', '-0'], { maxBuffer: 16 << 20 })
    const environment = Object.fromEntries(
      stdout
        .split('\0')
        .filter(Boolean)
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
    return { url: status.httpUrl, isolation: status.isolation, environment, stop: () => stop(child, home) }
  } catch (error) {
    await stop(child, home)
    throw error
  }
}

interface Status {
  readonly httpUrl: string
  readonly isolation: string
}

async function ready(child: ChildProcess, data: string, tail: () => string): Promise<Status> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${tail()}`)
    try {
      const { stdout } = await execute(lazuli, ['status', '--json', '--data', data])
      return JSON.parse(stdout) as Status
    } catch {
      // Not yet: `status` fails until the server has written where it listens.
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  throw new Error(`the server was not ready within a minute:\n${tail()}`)
}

async function stop(child: ChildProcess, home: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGTERM')
    const forced = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await ended
    clearTimeout(forced)
  }
  await rm(home, { recursive: true, force: true })
}
