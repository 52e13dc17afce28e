import { setTimeout as wait } from 'node:timers/promises'
import { dataDirectoryOf, dataFlag } from '../config.ts'
import { defineCommand } from './kit/command.ts'
import { processStart, runningServer } from './kit/server-facts.ts'

const PATIENCE_MS = 20_000

export default defineCommand({
  summary: 'Stops the server. Jobs that run go on, and the next start finds them again.',
  usage: '[--data DIR]',
  flags: [dataFlag],
  async run({ values, env }) {
    const directory = dataDirectoryOf(values, env)
    const server = await runningServer(directory)
    if (!server) {
      console.log(`No server runs on ${directory}.`)
      return 0
    }
    process.kill(server.pid, 'SIGTERM')
    const until = Date.now() + PATIENCE_MS
    while ((await processStart(server.pid)) === server.processStart) {
      if (Date.now() > until) {
        // Nothing that was acknowledged is lost by this: it is on disk.
        process.kill(server.pid, 'SIGKILL')
        console.error(`Process ${server.pid} did not stop within ${PATIENCE_MS / 1000} s and was killed.`)
        return 1
      }
      await wait(20)
    }
    console.log(`Stopped (process ${server.pid}).`)
    return 0
  },
})
