import { open, readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogContainer } from '../engine.ts'
import { processFolder, type VersionFolder } from './places.ts'

/** As much of a log's end as is looked through. */
const LOOKED_AT = 1 << 20
/** A log that has grown beyond is cut down to its end. */
const LARGEST = 32 << 20

/** The last lines of a version's container log, over all its processes in the order of time. */
export async function logOf(folder: VersionFolder, container: LogContainer, tail: number): Promise<string> {
  if (container === 'storage-initializer') return lastLines(await endOf(folder.log), tail)
  if (container === 'model-data-collector') return ''
  const texts = await Promise.all((await logFiles(folder)).map(endOf))
  if (texts.length <= 1) return lastLines(texts[0] ?? '', tail)
  return lastLines(
    texts
      .flatMap(recordsOf)
      .sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0))
      .map(({ text }) => text)
      .join(''),
    tail,
  )
}

/** Keeps logs from filling the disk. */
export async function cutLogs(folder: VersionFolder): Promise<void> {
  for (const file of await logFiles(folder)) {
    const size = (await stat(file).catch(() => undefined))?.size ?? 0
    // The runner appends, so what is written next comes at the new end.
    if (size > LARGEST) await truncate(file, 0)
  }
}

async function logFiles(folder: VersionFolder): Promise<readonly string[]> {
  const names = await readdir(folder.root).catch(() => [])
  return names
    .flatMap((name) => /^p(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((one, other) => one - other)
    .map((index) => join(processFolder(folder.root, index).run, 'std_log.txt'))
}

async function endOf(file: string): Promise<string> {
  const handle = await open(file).catch(() => undefined)
  if (!handle) return ''
  try {
    const { size } = await handle.stat()
    const length = Math.min(size, LOOKED_AT)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** Lines that belong together: one with a time, and what follows it without one (a traceback). */
function recordsOf(text: string): readonly { readonly at: string; readonly text: string }[] {
  const records: { at: string; text: string }[] = []
  for (const line of text.split(/(?<=\n)/)) {
    const at = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}/.exec(line)?.[0]
    const last = records.at(-1)
    if (at === undefined && last) last.text += line
    else records.push({ at: at ?? '', text: line })
  }
  return records
}

function lastLines(text: string, tail: number): string {
  const lines = text.split(/(?<=\n)/)
  return lines.slice(Math.max(0, lines.length - tail)).join('')
}
