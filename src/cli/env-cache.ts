import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { dataDirectoryOf, dataFlag } from '../config.ts'
import type { CachedEnvironment } from '../environments/environments.ts'
import { defineCommand, Refusal, UsageError } from './kit/command.ts'
import { runningServer } from './kit/server-facts.ts'

const DAY_MS = 24 * 60 * 60_000

export default defineCommand({
  summary: 'Lists the environments that are kept for the next job (ls), or removes those that nobody needs (prune).',
  usage: 'ls|prune [--unused-for DAYS] [--all] [--downloads] [--json] [--data DIR]',
  flags: [
    dataFlag,
    { name: 'unused-for', value: 'DAYS', help: 'prune: those that no job asked for in so many days (default: 30)' },
    { name: 'all', help: 'prune: every one that nothing runs in' },
    { name: 'downloads', help: 'prune: also what the installer keeps of its downloads; no server may run' },
    { name: 'json', help: 'print each environment as a JSON object on a line of its own' },
  ],
  args: { least: 1, most: 1 },
  async run({ program, values, env, value, args }) {
    const [verb] = args
    if (verb !== 'ls' && verb !== 'prune') throw new UsageError(`'${verb}' is neither ls nor prune.`)
    const directory = dataDirectoryOf(values, env)
    if (!existsSync(join(directory, 'lazuli.db'))) throw new Refusal(`There is no data of Lazuli's in ${directory}.`)
    const cache = await program.environmentCache(directory)
    const all = await cache.list()
    const show = (each: CachedEnvironment) => console.log(value('json') ? JSON.stringify(each) : line(each))
    if (verb === 'ls') {
      for (const each of all) show(each)
      if (!value('json')) console.log(`${count(all)}; downloads that are kept: ${size(await cache.downloads())}`)
      return 0
    }
    const server = await runningServer(directory)
    if (value('downloads') && server)
      throw new Refusal(`A server runs on ${directory} (process ${server.pid}), which may be building. lazuli down`)
    const before = Date.now() - (value('all') ? 0 : days(value('unused-for')) * DAY_MS)
    const old = all.filter(({ inUse, usedAt }) => !inUse && usedAt.getTime() <= before)
    for (const each of old) {
      await cache.remove(each.key)
      show(each)
    }
    if (value('downloads')) await cache.removeDownloads()
    if (!value('json')) console.log(`Removed ${count(old)}${value('downloads') ? ', and the downloads' : ''}.`)
    return 0
  },
})

function days(text: string | true | undefined): number {
  if (text === undefined) return 30
  if (typeof text === 'string' && /^\d+(\.\d+)?$/.test(text)) return Number(text)
  throw new UsageError(`'${text}' is no number of days.`)
}

const line = ({ key, python, packages, usedAt, bytes, inUse }: CachedEnvironment): string => {
  const named =
    packages.length === 0 ? 'no packages' : `${packages.slice(0, 4).join(' ')}${packages.length > 4 ? ' …' : ''}`
  const when = inUse ? 'in use' : `used ${usedAt.toISOString().slice(0, 16).replace('T', ' ')}`
  return `${key}  Python ${python.padEnd(8)}${size(bytes).padStart(9)}  ${when}  ${named}`
}

const count = (all: readonly CachedEnvironment[]): string =>
  `${all.length} ${all.length === 1 ? 'environment' : 'environments'}, ${size(all.reduce((sum, { own }) => sum + own, 0))} of their own`

const size = (bytes: number): string =>
  bytes < 1e6
    ? `${Math.ceil(bytes / 1e3)} kB`
    : bytes < 1e9
      ? `${(bytes / 1e6).toFixed(1)} MB`
      : `${(bytes / 1e9).toFixed(2)} GB`
