import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { type Config, readConfig, serverFlags } from '../config.ts'
import { defineCommand, type Invocation, Refusal } from './kit/command.ts'
import { mayBecomeDataDirectory } from './kit/data-directory.ts'
import { runningServer, type ServerFacts } from './kit/server-facts.ts'
import { quote } from './kit/shell.ts'

const READY_WITHIN_MS = 60_000

export default defineCommand({
  summary: 'Starts the server: in the foreground until it is interrupted, or with --detach in the background.',
  usage: '[--detach] [--port N] [--data DIR] …',
  flags: [...serverFlags, { name: 'detach', help: 'return when the server is ready, and leave it running' }],
  async run(invocation) {
    const config = readConfig(invocation.values, invocation.env)
    const running = await runningServer(config.dataDirectory)
    if (running) {
      throw new Refusal(
        `A server runs on ${config.dataDirectory} already (process ${running.pid}, ${running.httpUrl}). Two servers cannot share a data directory.`,
      )
    }
    const found = await readdir(config.dataDirectory).catch((): string[] => [])
    if (!mayBecomeDataDirectory(found)) {
      throw new Refusal(
        `${config.dataDirectory} holds files that are not Lazuli's. Give --data a folder of its own, which need not exist yet.`,
      )
    }
    return invocation.value('detach') ? detach(invocation, config) : foreground(invocation, config)
  },
})

async function foreground(invocation: Invocation, config: Config): Promise<number> {
  const stopping = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.resolve())
  // Inside of `up --detach` the parent waits for a word over this channel.
  const tell = process.send?.bind(process)
  const server = await invocation.program.startServer(config).catch((error: NodeJS.ErrnoException) => {
    const reason = said(error, config)
    tell?.({ failed: reason })
    if (tell) process.disconnect()
    throw new Refusal(reason)
  })
  // A server may run until it is killed: what it has compiled is kept now, for the next start.
  flushCompileCache()
  if (tell) {
    tell({ ready: server.facts })
    process.disconnect()
  } else {
    announce(invocation, server.facts)
  }
  await stopping.promise
  if (!tell) console.log('Stopping. Jobs that run go on; the next start finds them again.')
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
  await server.stop()
  // Whatever a part has left open must not keep the process.
  process.exit(0)
}

/** Errors that a user can mend, in a sentence; the rest with their stack. */
function said(error: NodeJS.ErrnoException, config: Config): string {
  if (error.code === 'EADDRINUSE') {
    return `Port ${config.port} of ${config.host} is taken by another program. Choose another with --port, or --port 0 for a free one.`
  }
  if (error.code === 'EACCES') return `No permission: ${error.message}.`
  return error.message.includes('in use') ? error.message : (error.stack ?? error.message)
}

async function detach(invocation: Invocation, config: Config): Promise<number> {
  mkdirSync(join(config.dataDirectory, 'logs'), { recursive: true, mode: 0o700 })
  const output = join(config.dataDirectory, 'logs', 'output.log')
  const file = openSync(output, 'w', 0o600)
  const words = process.argv.slice(2).filter((word) => !/^--?detach$/.test(word))
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...words], {
    detached: true,
    stdio: ['ignore', file, file, 'ipc'],
    // Else the variable would have the child detach in its turn.
    env: Object.fromEntries(Object.entries(invocation.env).filter(([name]) => name !== 'LAZULI_DETACH')),
  })
  closeSync(file)
  const outcome = await new Promise<{ ready?: ServerFacts; failed?: string }>((resolve) => {
    const timer = setTimeout(
      () => resolve({ failed: `It was not ready within ${READY_WITHIN_MS / 1000} s.` }),
      READY_WITHIN_MS,
    )
    child.once('message', (message: { ready?: ServerFacts; failed?: string }) => {
      clearTimeout(timer)
      resolve(message)
    })
    child.once('exit', (code, signal) => resolve({ failed: `It ended with ${signal ?? `code ${code}`}.` }))
  })
  if (!outcome.ready) {
    throw new Refusal(
      [outcome.failed ?? 'It did not start.', readFileSync(output, 'utf8').trim()]
        .filter((part) => part !== '')
        .join('\n'),
    )
  }
  child.unref()
  if (child.connected) child.disconnect()
  announce(invocation, outcome.ready)
  return 0
}

function announce({ program, values }: Invocation, facts: ServerFacts): void {
  const data = values.data === undefined ? '' : ` --data ${quote(facts.dataDir)}`
  console.log(
    [
      `Lazuli ${facts.version} listens on ${facts.httpUrl} and ${facts.httpsUrl} (process ${facts.pid}).`,
      `Data: ${facts.dataDir}    Isolation of jobs: ${facts.isolation}`,
      '',
      'Point curl, Python, az and JavaScript of a shell at it, and back again:',
      `  eval "$(${program.command} env${data})"`,
      `  eval "$(${program.command} env --undo)"`,
      '',
    ].join('\n'),
  )
}
