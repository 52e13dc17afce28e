import { execFile } from 'node:child_process'
import { appendFile, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

/** Writes a file whole or not at all; on disk when this resolves. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** The text of a file, or undefined where there is none. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** A JSON file that this server or its runner wrote whole, or undefined where there is none. */
export async function jsonOf(path: string): Promise<unknown> {
  const text = await textOf(path)
  return text === undefined ? undefined : JSON.parse(text)
}

/** Adds a line to a journal; `durable` where the state must survive the machine, not only the server. */
export async function addLine(path: string, value: unknown, durable: boolean): Promise<void> {
  // The leading line break parts it from a line that a crash of the machine tore.
  const line = `\n${JSON.stringify(value)}\n`
  if (!durable) return appendFile(path, line, { mode: 0o600 })
  const file = await open(path, 'a', 0o600)
  try {
    await file.writeFile(line)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** The whole lines of a journal: a torn last line was never acknowledged. */
export async function linesOf(path: string): Promise<readonly unknown[]> {
  const text = (await textOf(path)) ?? ''
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as unknown]
      } catch {
        return []
      }
    })
}

/** Removes a folder whatever rights a job has left on its parts. */
export async function removeFolder(path: string): Promise<void> {
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 3 })
  await remove().catch(async () => {
    // A folder without its write bit keeps its content, unless the server is root.
    await promisify(execFile)('chmod', ['-R', 'u+rwX', path]).catch(() => undefined)
    await remove()
  })
}
