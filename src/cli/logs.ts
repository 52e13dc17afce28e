import { open, stat } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { dataDirectoryOf, dataFlag } from '../config.ts'
import { defineCommand, Refusal } from './kit/command.ts'
import { logPath } from './kit/log-path.ts'

export default defineCommand({
  summary: "Prints the server's log, JSON lines; with --follow, goes on with what is added.",
  usage: '[--follow] [--data DIR]',
  flags: [dataFlag, { name: 'follow', help: 'go on until interrupted' }],
  async run({ values, env, value }) {
    const path = logPath(dataDirectoryOf(values, env))
    let at = await print(path, 0)
    if (at === undefined) throw new Refusal(`There is no log at ${path}: no server has run there yet.`)
    while (value('follow')) {
      await wait(200)
      const size = (await stat(path).catch(() => undefined))?.size ?? 0
      // Shorter than before: a new start began a new file.
      at = (await print(path, size < at ? 0 : at)) ?? 0
    }
    return 0
  },
})

/** Prints what stands behind `from` and answers where that ended. */
async function print(path: string, from: number): Promise<number | undefined> {
  const file = await open(path).catch(() => undefined)
  if (!file) return undefined
  let at = from
  for await (const chunk of file.createReadStream({ start: from })) {
    at += chunk.length
    if (!process.stdout.write(chunk)) await new Promise((resolve) => process.stdout.once('drain', resolve))
  }
  return at
}
