import { fault } from '../faults.ts'
import type { BlobRow, ContainerRow } from '../store/blobs.ts'
import { containerFor } from './contents.ts'
import type { Core } from './core.ts'

export interface ListBlobs {
  readonly prefix?: string
  readonly delimiter?: string
  /** The `next` of an earlier page. */
  readonly marker?: string
  readonly limit: number
  /** Also names that have blocks and no blob. */
  readonly uncommitted?: boolean
}

export type Listed =
  | { readonly kind: 'blob'; readonly blob: BlobRow }
  | { readonly kind: 'uncommitted'; readonly name: string }
  | { readonly kind: 'prefix'; readonly name: string }

export interface BlobPage {
  readonly container: ContainerRow
  readonly items: readonly Listed[]
  readonly next?: string
}

/**
 * A page of a container, by name. Each page seeks its first name in the index and each folder is stepped over, so
 * that its cost is its own length, whatever the container holds.
 *
 * @throws ContainerNotFound, OutOfRangeInput
 */
export async function listBlobs(
  core: Core,
  at: { readonly account: string; readonly container: string },
  { prefix = '', delimiter, marker, limit, uncommitted = false }: ListBlobs,
): Promise<BlobPage> {
  const container = await containerFor(core.rows, at.account, at.container)
  const items: Listed[] = []
  let from = marker === undefined || marker === '' ? undefined : positionOf(marker)
  let step = delimiter ? Math.min(64, limit + 1) : limit + 1
  for (;;) {
    const found = await namesFrom(core, container.id, { prefix, from, limit: step, uncommitted })
    let jumped = false
    for (const one of found) {
      const name = one.kind === 'blob' ? one.blob.name : one.name
      const folder = delimiter ? folderOf(name, prefix, delimiter) : undefined
      if (items.length === limit) return { container, items, next: markerOf(from ?? { name: prefix, after: false }) }
      items.push(folder === undefined ? one : { kind: 'prefix', name: folder })
      from = folder === undefined ? { name, after: true } : { name: beyond(folder), after: false }
      if (folder === undefined) continue
      jumped = true
      break
    }
    if (!jumped && found.length < step) return { container, items }
    // Folders one after the other are found one by one; blobs in a row are read in larger steps.
    step = jumped ? Math.min(16, limit + 1) : Math.min(step * 4, limit + 1)
  }
}

interface Position {
  readonly name: string
  readonly after: boolean
}

async function namesFrom(
  { rows }: Core,
  container: number,
  {
    prefix,
    from,
    limit,
    uncommitted,
  }: { prefix: string; from: Position | undefined; limit: number; uncommitted: boolean },
): Promise<readonly Listed[]> {
  const range = { prefix, limit, ...(from && { from: from.name, exclusive: from.after }) }
  const blobs = (await rows.blobs(container, range)).map((blob): Listed => ({ kind: 'blob', blob }))
  if (!uncommitted) return blobs
  const waiting = (await rows.uncommitted(container, range)).map((name): Listed => ({ kind: 'uncommitted', name }))
  return [...blobs, ...waiting]
    .sort((a, b) => Buffer.compare(Buffer.from(nameOf(a)), Buffer.from(nameOf(b))))
    .slice(0, limit)
}

const nameOf = (one: Listed): string => (one.kind === 'blob' ? one.blob.name : one.name)

function folderOf(name: string, prefix: string, delimiter: string): string | undefined {
  const at = name.indexOf(delimiter, prefix.length)
  return at < 0 ? undefined : name.slice(0, at + delimiter.length)
}

/** After every name in a folder: no name holds this character. */
const beyond = (folder: string): string => `${folder}\u{10ffff}`

const markerOf = ({ name, after }: Position): string => Buffer.from(`${after ? '>' : '='}${name}`).toString('base64url')

function positionOf(marker: string): Position {
  const text = Buffer.from(marker, 'base64url').toString()
  if (!/^[>=]/.test(text)) throw fault('OutOfRangeInput')
  return { name: text.slice(1), after: text.startsWith('>') }
}

/** Containers of an account by name. @throws OutOfRangeInput */
export async function listContainers(
  { rows }: Core,
  account: string,
  { prefix = '', marker, limit }: { readonly prefix?: string; readonly marker?: string; readonly limit: number },
): Promise<{ readonly items: readonly ContainerRow[]; readonly next?: string }> {
  const from = marker === undefined || marker === '' ? undefined : positionOf(marker)
  const found = await rows.containers(account, {
    prefix,
    limit: limit + 1,
    ...(from && { from: from.name, exclusive: from.after }),
  })
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, ...(found.length > limit && last && { next: markerOf({ name: last.name, after: true }) }) }
}
