import { fault } from '../faults.ts'
import type { BlobRow, BlobRows, ContainerRow, DeletedContainer, NameRange, PastBlob } from '../store/blobs.ts'
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
  /** Also what the blobs were: snapshots, versions, what was deleted and may be restored. */
  readonly past?: { readonly snapshots: boolean; readonly versions: boolean; readonly deleted: boolean }
}

export type Listed =
  | {
      readonly kind: 'blob'
      readonly blob: BlobRow
      /** Set where it is a state that the blob had; `shadowed` where there is a blob of the name again. */
      readonly past?: Pick<PastBlob, 'stamp' | 'what' | 'deletedAt' | 'purgeAt'> & { readonly shadowed: boolean }
    }
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
  { prefix = '', delimiter, marker, limit, uncommitted = false, past }: ListBlobs,
): Promise<BlobPage> {
  const container = await containerFor(core.rows, at.account, at.container)
  const items: Listed[] = []
  let from = marker === undefined || marker === '' ? undefined : positionOf(marker)
  let step = delimiter ? Math.min(64, limit + 1) : limit + 1
  for (;;) {
    const found = await namesFrom(core, container.id, { prefix, from, limit: step, uncommitted, past })
    let jumped = false
    for (const one of found) {
      const name = one.kind === 'blob' ? one.blob.name : one.name
      const folder = delimiter ? folderOf(name, prefix, delimiter) : undefined
      if (items.length === limit) return { container, items, next: markerOf(from ?? { name: prefix, after: false }) }
      items.push(folder === undefined ? one : { kind: 'prefix', name: folder })
      const stamp = one.kind === 'blob' ? one.past?.stamp : undefined
      from =
        folder === undefined
          ? { name, after: true, ...(stamp !== undefined && { stamp }) }
          : { name: beyond(folder), after: false }
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
  /** After this state of the name: its later ones and the blob itself are still to come. */
  readonly stamp?: string
}

interface Step {
  readonly prefix: string
  readonly from: Position | undefined
  readonly limit: number
  readonly uncommitted: boolean
  readonly past: ListBlobs['past']
}

async function namesFrom(
  { rows }: Core,
  container: number,
  { prefix, from, limit, uncommitted, past }: Step,
): Promise<readonly Listed[]> {
  const midway = from?.stamp !== undefined
  const range = { prefix, limit, ...(from && { from: from.name, exclusive: from.after && !midway }) }
  const blobs = (await rows.blobs(container, range)).map((blob): Listed => ({ kind: 'blob', blob }))
  if (!uncommitted && !wantsPast(past)) return blobs
  const waiting = uncommitted
    ? (await rows.uncommitted(container, { ...range, exclusive: from?.after ?? false })).map(
        (name): Listed => ({ kind: 'uncommitted', name }),
      )
    : []
  const states = wantsPast(past)
    ? await pastFrom(rows, container, { ...range, exclusive: from?.after ?? false, past, stamp: from?.stamp })
    : []
  return [...blobs, ...waiting, ...states].sort(byNameAndTime).slice(0, limit)
}

const wantsPast = (past: ListBlobs['past']): past is NonNullable<ListBlobs['past']> =>
  past !== undefined && (past.snapshots || past.versions || past.deleted)

/** So many states that are asked for, however many others lie between. */
async function pastFrom(
  rows: BlobRows,
  container: number,
  {
    past,
    stamp,
    ...range
  }: NameRange & { readonly past: NonNullable<ListBlobs['past']>; readonly stamp: string | undefined },
): Promise<readonly Listed[]> {
  const found: Listed[] = []
  let at: NameRange & { stamp?: string } = { ...range, ...(stamp !== undefined && { stamp }) }
  for (;;) {
    const page = await rows.pastBlobs(container, at)
    for (const { stamp: time, what, deletedAt, purgeAt, ...blob } of page) {
      const isWanted =
        deletedAt === undefined
          ? what === 'version'
            ? past.versions
            : past.snapshots
          : past.deleted &&
            (what === 'version' ? past.versions : what === 'base' || past.snapshots || what === 'snapshot')
      if (!isWanted) continue
      const shadowed = what === 'base' && (await rows.blob(container, blob.name)) !== undefined
      found.push({ kind: 'blob', blob, past: { stamp: time, what, deletedAt, purgeAt, shadowed } })
    }
    const last = page.at(-1)
    if (!last || page.length < range.limit || found.length >= range.limit) return found
    at = { ...range, from: last.name, exclusive: true, stamp: last.stamp }
  }
}

/** By name, and what a blob was before what it is. */
const byNameAndTime = (a: Listed, b: Listed): number =>
  Buffer.compare(Buffer.from(nameOf(a)), Buffer.from(nameOf(b))) || (timeOf(a) < timeOf(b) ? -1 : 1)

const timeOf = (one: Listed): string => (one.kind === 'blob' ? (one.past?.stamp ?? '~') : '~')

const nameOf = (one: Listed): string => (one.kind === 'blob' ? one.blob.name : one.name)

function folderOf(name: string, prefix: string, delimiter: string): string | undefined {
  const at = name.indexOf(delimiter, prefix.length)
  return at < 0 ? undefined : name.slice(0, at + delimiter.length)
}

/** After every name in a folder: no name holds this character. */
const beyond = (folder: string): string => `${folder}\u{10ffff}`

/** No name holds the character that parts a name from a time. */
const markerOf = ({ name, after, stamp }: Position): string =>
  Buffer.from(`${after ? '>' : '='}${name}${stamp === undefined ? '' : `\0${stamp}`}`).toString('base64url')

function positionOf(marker: string): Position {
  const text = Buffer.from(marker, 'base64url').toString()
  if (!/^[>=]/.test(text)) throw fault('OutOfRangeInput')
  const [name = '', stamp] = text.slice(1).split('\0')
  return { name, after: text.startsWith('>'), ...(stamp !== undefined && { stamp }) }
}

/** Containers of an account by name; those that may be restored come before one that has the name now. @throws OutOfRangeInput */
export async function listContainers(
  { rows }: Core,
  account: string,
  {
    prefix = '',
    marker,
    limit,
    deleted = false,
  }: { readonly prefix?: string; readonly marker?: string; readonly limit: number; readonly deleted?: boolean },
): Promise<{ readonly items: readonly (ContainerRow & Partial<DeletedContainer>)[]; readonly next?: string }> {
  const from = marker === undefined || marker === '' ? undefined : positionOf(marker)
  const range = { prefix, limit: limit + 1, ...(from && { from: from.name, exclusive: from.after }) }
  const alive = await rows.containers(account, range)
  if (!deleted) return pageOf(alive, limit)
  // Few: one look at all of them. Names are unique among the others only, so a page never ends between two of a name.
  const last = alive.length > limit ? alive[limit - 1]?.name : undefined
  const gone = (await rows.deletedContainers(account, { prefix, limit: 10_000 })).filter(
    ({ name }) => (!from || name > from.name) && (last === undefined || name <= last),
  )
  const page = pageOf(alive, limit)
  const items = [...gone, ...page.items].toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return { ...page, items }
}

function pageOf(
  found: readonly ContainerRow[],
  limit: number,
): { readonly items: readonly ContainerRow[]; readonly next?: string } {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, ...(found.length > limit && last && { next: markerOf({ name: last.name, after: true }) }) }
}
