import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { bundlesOf, dataDirectoryOf, dataFlag, savedEnvironment } from '../config.ts'
import { clientEnvironment } from './kit/client-environment.ts'
import { defineCommand, UsageError } from './kit/command.ts'
import { demandServer } from './kit/demand-server.ts'

export default defineCommand({
  summary: 'Runs a command with the environment that points it at the server, and ends with its exit code.',
  usage: '[--data DIR] -- COMMAND…',
  flags: [dataFlag],
  args: { least: 1, most: Number.POSITIVE_INFINITY },
  async run({ program, values, env, args }) {
    const [command, ...words] = args
    if (!command) throw new UsageError('Which command? lazuli run -- COMMAND…')
    const server = await demandServer(program, dataDirectoryOf(values, env))
    const user = bundlesOf(savedEnvironment(env))
    if (user.length > 0) await program.mergeBundles(server.bundle, server.rootCertificate, user)
    return follow(command, words, { ...env, ...clientEnvironment(server, env) })
  },
})

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'] as const

/** The command's exit code, as a shell tells it: 128 and the signal's number where one ended it. */
function follow(command: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve) => {
    // Before the command: it may be up, and be signalled, before the line after its start has run.
    for (const signal of forwarded) process.on(signal, () => child.kill(signal))
    const child = spawn(command, words, { stdio: 'inherit', env })
    child.once('error', (error: NodeJS.ErrnoException) => {
      console.error(`lazuli: ${command}: ${error.code === 'ENOENT' ? 'there is no such command' : error.message}`)
      resolve(error.code === 'ENOENT' ? 127 : 126)
    })
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
}
