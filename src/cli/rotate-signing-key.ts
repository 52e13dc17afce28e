import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dataDirectoryOf, dataFlag } from '../config.ts'
import { objectAt, textAt } from '../json.ts'
import { askServer } from './kit/ask-server.ts'
import { defineCommand, Refusal } from './kit/command.ts'
import { demandServer } from './kit/demand-server.ts'

export default defineCommand({
  summary: 'Signs tokens with a new key from now on; those that older keys signed stay good until they expire.',
  usage: '[--data DIR]',
  flags: [dataFlag],
  args: { least: 0, most: 0 },
  async run({ program, values, env }) {
    const server = await demandServer(program, dataDirectoryOf(values, env))
    const token = (await readFile(join(server.dataDir, 'owner-token'), 'utf8')).trim()
    const { status, body } = await askServer(server, '/lazuli/signing-keys', { token, body: {} })
    if (status !== 201) throw new Refusal(textAt(objectAt(body.error).message) ?? `The server answered ${status}.`)
    console.log(`signing with ${textAt(body.kid)}`)
    return 0
  },
})
