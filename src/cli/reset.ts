import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { dataDirectoryOf, dataFlag } from '../config.ts'
import { defineCommand, Refusal } from './kit/command.ts'
import { isDataDirectory } from './kit/data-directory.ts'
import { runningServer } from './kit/server-facts.ts'

export default defineCommand({
  summary: 'Removes everything in the data directory: resources, blobs, runs, keys. There is no way back.',
  usage: '[--yes] [--data DIR]',
  flags: [dataFlag, { name: 'yes', help: "don't ask" }],
  async run({ values, env, value }) {
    const directory = dataDirectoryOf(values, env)
    const server = await runningServer(directory)
    if (server) throw new Refusal(`A server runs on ${directory} (process ${server.pid}). Stop it first: lazuli down`)
    const found = await readdir(directory).catch((): string[] => [])
    if (found.length === 0) {
      console.log(`There is nothing in ${directory}.`)
      return 0
    }
    if (!isDataDirectory(found)) {
      throw new Refusal(`${directory} is no data directory of Lazuli's; nothing was removed.`)
    }
    if (!value('yes') && !(await agreed(directory))) {
      console.log('Nothing was removed.')
      return 1
    }
    for (const name of found) await rm(join(directory, name), { recursive: true, force: true })
    console.log(`Removed everything in ${directory}.`)
    return 0
  },
})

async function agreed(directory: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new Refusal('There is no terminal to ask on; say --yes to remove everything.')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`Remove everything in ${directory}? There is no way back. [y/N] `)
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}
