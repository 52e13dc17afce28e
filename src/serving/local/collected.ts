import { open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Blobs } from '../../blobs/blobs.ts'
import type { DataCollector } from '../engine.ts'

const CHUNK = 1 << 20
/** A file that has rested for so long gets no more lines: the script's next are in another. */
const REST_MS = 60_000

/**
 * Moves the lines that scripts collected to the deployment's datastore: each file's new bytes are added to a blob of its
 * name, so that a server that was killed goes on where the blob ends. Answers how many lines were moved.
 */
export async function moveCollected(
  blobs: Blobs,
  { folder, collector, now }: { readonly folder: string; readonly collector: DataCollector; readonly now: Date },
): Promise<number> {
  let lines = 0
  for (const { name, target } of collector.collections) {
    const root = join(folder, name.toLowerCase())
    for (const file of await filesBelow(root)) {
      const prefix = target.path.replace(/\/$/, '')
      const at = { ...target, path: prefix === '' ? file : `${prefix}/${file}` }
      lines += await moveFile(blobs, join(root, file), at, now)
    }
  }
  return lines
}

async function moveFile(
  blobs: Blobs,
  path: string,
  at: { readonly account: string; readonly container: string; readonly path: string },
  now: Date,
): Promise<number> {
  const { size, mtimeMs } = await stat(path)
  let offset = (await blobs.info(at))?.size ?? 0
  let lines = 0
  if (offset < size) {
    const file = await open(path)
    try {
      const buffer = Buffer.allocUnsafe(CHUNK)
      while (offset < size) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK, size - offset), offset)
        if (bytesRead === 0) break
        const part = buffer.subarray(0, bytesRead)
        await blobs.append(at, part)
        for (const byte of part) if (byte === 10) lines += 1
        offset += bytesRead
      }
    } finally {
      await file.close()
    }
  }
  if (offset >= size && now.getTime() - mtimeMs > REST_MS) {
    const { size: still } = await stat(path)
    if (still === size) await rm(path)
  }
  return lines
}

async function filesBelow(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.jsonl'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
}
