import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { dataDirectoryOf, dataFlag } from '../config.ts'
import { defineCommand, Refusal } from './kit/command.ts'
import { runningServer } from './kit/server-facts.ts'

export default defineCommand({
  summary: 'Checks that the stored blobs and their bytes agree; exits with 1 where something is wrong.',
  usage: '[--repair] [--json] [--data DIR]',
  flags: [
    dataFlag,
    { name: 'repair', help: 'put right what loses nothing: counts, leftovers, the index of tags' },
    { name: 'json', help: 'print each finding as a JSON object on a line of its own' },
  ],
  async run({ program, values, env, value }) {
    const directory = dataDirectoryOf(values, env)
    if (!existsSync(join(directory, 'lazuli.db'))) throw new Refusal(`There is no data of Lazuli's in ${directory}.`)
    const server = await runningServer(directory)
    if (server) throw new Refusal(`A server runs on ${directory} (process ${server.pid}). Stop it first: lazuli down`)
    const count = { lost: 0, untidy: 0, open: 0 }
    for (const finding of await program.examine(directory, value('repair') === true)) {
      count[finding.kind] += 1
      if (!finding.repaired) count.open += 1
      if (value('json')) console.log(JSON.stringify(finding))
      else console.log(`${finding.kind.padEnd(7)}${finding.text}${finding.repaired ? ' (repaired)' : ''}`)
    }
    if (!value('json')) {
      const all = count.lost + count.untidy
      const hint = count.open > count.lost ? '; --repair puts right what loses nothing' : ''
      console.log(
        all === 0 ? 'Everything agrees.' : `${count.lost} lost, ${count.untidy} untidy, ${count.open} still so${hint}.`,
      )
    }
    return count.open === 0 ? 0 : 1
  },
})
