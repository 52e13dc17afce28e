import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { processStart, type ServerFacts } from './server-facts.ts'

const file = (directory: string) => join(directory, 'server.json')

/** Writes `DATA/server.json` whole or not at all. */
export const publishFacts = (facts: ServerFacts): Promise<void> =>
  replace(file(facts.dataDir), `${JSON.stringify(facts, null, 2)}\n`)

export const withdrawFacts = (dataDirectory: string): Promise<void> => rm(file(dataDirectory), { force: true })

/** How this machine reaches a server that listens on `host`. Certificates name localhost alone. */
export function addressesOf(host: string, port: number): { readonly httpUrl: string; readonly httpsUrl: string } {
  const everywhere = ['0.0.0.0', '::', '127.0.0.1', 'localhost'].includes(host)
  const name = host.includes(':') ? `[${host}]` : host
  return {
    httpUrl: `http://${everywhere ? '127.0.0.1' : name}:${port}`,
    httpsUrl: `https://${everywhere ? 'localhost' : name}:${port}`,
  }
}

/** What tells this process from a later one with its number. */
export const ownProcessStart = async (): Promise<string> => (await processStart(process.pid)) ?? ''

/** The port that an earlier start with `--port 0` took: jobs that outlive a server look for it there. */
export async function rememberedPort(dataDirectory: string): Promise<number> {
  const text = await readFile(join(dataDirectory, 'port'), 'utf8').catch(() => '')
  return Number(text.trim()) || 0
}

export const rememberPort = (dataDirectory: string, port: number): Promise<void> =>
  replace(join(dataDirectory, 'port'), `${port}\n`)

/** The secret that lets who can read the data directory manage principals. Made on the first start. */
export async function ownerToken(dataDirectory: string): Promise<string> {
  const path = join(dataDirectory, 'owner-token')
  const kept = await readFile(path, 'utf8').catch(() => undefined)
  if (kept?.trim()) return kept.trim()
  const made = randomBytes(32).toString('base64url')
  await replace(path, `${made}\n`)
  return made
}

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.${process.pid}`, text, { mode: 0o600 })
  await rename(`${path}.${process.pid}`, path)
}
