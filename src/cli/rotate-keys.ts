import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dataDirectoryOf, dataFlag } from '../config.ts'
import { objectAt, textAt } from '../json.ts'
import { askServer } from './kit/ask-server.ts'
import { defineCommand, Refusal } from './kit/command.ts'
import { demandServer } from './kit/demand-server.ts'

/** Large databases take a while: every row is looked at. */
const PATIENCE_MS = 3_600_000

export default defineCommand({
  summary: 'Makes a new key for everything that is sealed here, and has it protect what is sealed already.',
  usage: '[--data DIR]',
  flags: [dataFlag],
  async run({ program, values, env }) {
    const server = await demandServer(program, dataDirectoryOf(values, env))
    const token = (await readFile(join(server.dataDir, 'owner-token'), 'utf8')).trim()
    const asked = { token, body: {}, timeoutMs: PATIENCE_MS }
    const { status, body } = await askServer(server, '/lazuli/sealing-key', asked)
    if (status !== 201) throw new Refusal(textAt(objectAt(body.error).message) ?? `The server answered ${status}.`)
    console.log(
      `A new sealing key is in use; ${body.rows} rows were sealed anew. Back up ${join(server.dataDir, 'sealing-key')}.`,
    )
    return 0
  },
})
