import { open, stat } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { dataDirectoryOf, dataFlag } from '../config.ts'
import { objectAt, textAt } from '../json.ts'
import { askOwner } from './kit/ask-server.ts'
import { defineCommand, Refusal } from './kit/command.ts'
import { demandServer } from './kit/demand-server.ts'
import { logPath } from './kit/log-path.ts'
import type { ServerFacts } from './kit/server-facts.ts'

const SERVER_MS = 200
/** A job's line is to be seen within 200 ms of being written. */
const JOB_MS = 50

export default defineCommand({
  summary: "Prints a job's log, or the server's own as JSON lines; with --follow, goes on with what is added.",
  usage: '[JOB] [--follow] [--workspace NAME] [--data DIR]',
  flags: [
    { name: 'follow', help: 'go on: until the job has ended, or until interrupted' },
    { name: 'f', help: 'the same as --follow' },
    { name: 'workspace', value: 'NAME', help: 'where several workspaces have a job of this name' },
    dataFlag,
  ],
  args: { least: 0, most: 1 },
  async run({ program, values, env, value, args: [job] }) {
    const follow = value('follow') !== undefined || value('f') !== undefined
    const directory = dataDirectoryOf(values, env)
    if (job === undefined) return await serverLog(directory, follow)
    const server = await demandServer(program, directory)
    const workspace = value('workspace')
    return await jobLog(server, { job, follow, ...(typeof workspace === 'string' && { workspace }) })
  },
})

/** Prints a job's log; answers 0 where it completed or still goes on, else 1. */
async function jobLog(
  server: ServerFacts,
  { job, follow, workspace }: { readonly job: string; readonly follow: boolean; readonly workspace?: string },
): Promise<number> {
  const query = new URLSearchParams({ name: job, ...(workspace !== undefined && { workspace }) })
  for (let from = 0; ; ) {
    query.set('from', String(from))
    const { status, body } = await askOwner(server, `/lazuli/jobs/log?${query}`)
    if (status !== 200) throw new Refusal(textAt(objectAt(body.error).message) ?? `The server answered ${status}.`)
    const bytes = Buffer.from(textAt(body.base64) ?? '', 'base64')
    if (bytes.length > 0) await write(bytes)
    from = Number(body.next)
    if (body.ended) return body.status === 'Completed' ? 0 : 1
    if (bytes.length > 0) continue
    if (!follow) return 0
    await wait(JOB_MS)
  }
}

async function serverLog(directory: string, follow: boolean): Promise<number> {
  const path = logPath(directory)
  let at = await print(path, 0)
  if (at === undefined) throw new Refusal(`There is no log at ${path}: no server has run there yet.`)
  while (follow) {
    await wait(SERVER_MS)
    const size = (await stat(path).catch(() => undefined))?.size ?? 0
    // Shorter than before: a new start began a new file.
    at = (await print(path, size < at ? 0 : at)) ?? 0
  }
  return 0
}

/** Prints what stands behind `from` and answers where that ended. */
async function print(path: string, from: number): Promise<number | undefined> {
  const file = await open(path).catch(() => undefined)
  if (!file) return undefined
  let at = from
  for await (const chunk of file.createReadStream({ start: from })) {
    at += chunk.length
    await write(chunk)
  }
  return at
}

async function write(chunk: Buffer): Promise<void> {
  if (!process.stdout.write(chunk)) await new Promise((resolve) => process.stdout.once('drain', resolve))
}
