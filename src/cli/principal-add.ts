import { dataDirectoryOf, dataFlag } from '../config.ts'
import { objectAt, textAt } from '../json.ts'
import { askOwner } from './kit/ask-server.ts'
import { defineCommand, Refusal } from './kit/command.ts'
import { demandServer } from './kit/demand-server.ts'

export default defineCommand({
  summary: 'Makes an application with a secret, without any rights, and prints its ids and the secret this once.',
  usage: 'NAME [--json] [--data DIR]',
  flags: [dataFlag, { name: 'json', help: 'print it as one JSON object' }],
  args: { least: 1, most: 1 },
  async run({ program, values, env, args, value }) {
    const server = await demandServer(program, dataDirectoryOf(values, env))
    const { status, body } = await askOwner(server, '/lazuli/principals', { name: args[0] })
    if (status !== 201) throw new Refusal(textAt(objectAt(body.error).message) ?? `The server answered ${status}.`)
    if (value('json')) console.log(JSON.stringify(body))
    else for (const [name, text] of Object.entries(body)) console.log(`${`${name}:`.padEnd(10)}${text}`)
    return 0
  },
})
