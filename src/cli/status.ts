import { dataDirectoryOf, dataFlag } from '../config.ts'
import { askServer } from './kit/ask-server.ts'
import { defineCommand, Refusal } from './kit/command.ts'
import { demandServer } from './kit/demand-server.ts'

export default defineCommand({
  summary: 'Tells whether a server runs and where it listens; exits with 1 where none does.',
  usage: '[--json] [--data DIR]',
  flags: [dataFlag, { name: 'json', help: 'print it as one JSON object' }],
  async run({ program, values, env, value }) {
    const server = await demandServer(program, dataDirectoryOf(values, env))
    // What the server itself says, so that a process that hangs is not called running.
    const { body } = await askServer(server, '/lazuli/status').catch((error: Error) => {
      throw new Refusal(`Process ${server.pid} does not answer on ${server.httpUrl}: ${error.message}`)
    })
    const { pid, port, httpUrl, httpsUrl, mlflowUrl, dataDir, version, isolation, ...rest } = body
    const shown = { pid, port, httpUrl, httpsUrl, mlflowUrl, dataDir, version, isolation }
    if (value('json')) {
      console.log(JSON.stringify({ ...shown, ...rest }))
      return 0
    }
    for (const [name, text] of Object.entries(shown)) console.log(`${`${name}:`.padEnd(12)}${text}`)
    return 0
  },
})
