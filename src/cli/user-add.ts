import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dataDirectoryOf, dataFlag } from '../config.ts'
import { objectAt, textAt } from '../json.ts'
import { askServer } from './kit/ask-server.ts'
import { defineCommand, Refusal } from './kit/command.ts'
import { demandServer } from './kit/demand-server.ts'

export default defineCommand({
  summary: 'Makes a user who signs in with a password, which is made and printed this once, and must be changed then.',
  usage: 'NAME [--display-name TEXT] [--json] [--data DIR]',
  flags: [
    dataFlag,
    { name: 'display-name', value: 'TEXT', help: 'how the user is shown (default: the name)' },
    { name: 'json', help: 'print it as one JSON object' },
  ],
  args: { least: 1, most: 1 },
  async run({ program, values, env, args, value }) {
    const server = await demandServer(program, dataDirectoryOf(values, env))
    const token = (await readFile(join(server.dataDir, 'owner-token'), 'utf8')).trim()
    const displayName = value('display-name')
    const wish = { name: args[0], ...(typeof displayName === 'string' && displayName !== '' && { displayName }) }
    const { status, body } = await askServer(server, '/lazuli/users', { token, body: wish })
    if (status !== 201) throw new Refusal(textAt(objectAt(body.error).message) ?? `The server answered ${status}.`)
    if (value('json')) console.log(JSON.stringify(body))
    else for (const [name, text] of Object.entries(body)) console.log(`${`${name}:`.padEnd(19)}${text}`)
    return 0
  },
})
