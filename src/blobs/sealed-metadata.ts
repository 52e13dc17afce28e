/**
 * Metadata that users give to containers and blobs, sealed where their account has a customer-managed key. While the
 * key is away a row is read with its metadata sealed, and written back so: what collects and removes needs no key.
 */

import type { BlobRows, BlobStore } from '../store/blobs.ts'
import { accountScope, type DataKeyRing } from '../store/data-keys.ts'

type Metadata = Readonly<Record<string, string>>
interface Described {
  readonly metadata: Metadata
}

/** No name of metadata can be this one: they are identifiers. */
const SEALED = '$sealed'

/** Rows whose metadata is sealed as their account's data key says. */
export function sealedMetadata(store: BlobStore, ring: DataKeyRing): BlobStore {
  const accounts = new Map<number, string>()
  return {
    ...sealing(store, ring, accounts),
    write: (work) => store.write((rows) => work(sealing(rows, ring, accounts))),
  }
}

/** A container's account never changes, so it is asked for once. */
function sealing(rows: BlobRows, ring: DataKeyRing, accounts: Map<number, string>): BlobRows {
  const open = <Row extends Described>(row: Row): Row =>
    row.metadata[SEALED] === undefined ? row : { ...row, metadata: opened(ring, row.metadata[SEALED]) }
  const maybe = <Row extends Described>(row: Row | undefined): Row | undefined => row && open(row)
  const close = <Row extends Described>(row: Row, account: string): Row => ({
    ...row,
    metadata: closed(ring, account, row.metadata),
  })
  const closeIn = async <Row extends Described & { readonly container: number }>(row: Row): Promise<Row> => {
    if (isPlain(row.metadata)) return row
    const account = accounts.get(row.container) ?? (await rows.accountOf(row.container))
    if (account === undefined) return row
    if (accounts.size > 10_000) accounts.clear()
    accounts.set(row.container, account)
    return close(row, account)
  }
  return {
    ...rows,
    container: async (account, name) => maybe(await rows.container(account, name)),
    containers: async (account, range) => (await rows.containers(account, range)).map(open),
    addContainer: (row) => rows.addContainer(close(row, row.account)),
    putContainer: (row) => rows.putContainer(close(row, row.account)),
    softDeleteContainer: (row, deletedAt, purgeAt) =>
      rows.softDeleteContainer(close(row, row.account), deletedAt, purgeAt),
    deletedContainers: async (account, range) => (await rows.deletedContainers(account, range)).map(open),
    blob: async (container, name) => maybe(await rows.blob(container, name)),
    find: async (account, container, name) => maybe(await rows.find(account, container, name)),
    async target(account, container, name) {
      const found = await rows.target(account, container, name)
      return found && { ...found, blob: maybe(found.blob) }
    },
    blobs: async (container, range) => (await rows.blobs(container, range)).map(open),
    putBlob: async (row) => rows.putBlob(await closeIn(row)),
    history: async (container, name) => (await rows.history(container, name)).map(open),
    findPast: async (account, container, name, stamp) => maybe(await rows.findPast(account, container, name, stamp)),
    pastBlobs: async (container, range) => (await rows.pastBlobs(container, range)).map(open),
    putPast: async (row) => rows.putPast(await closeIn(row)),
    purgeable: async (now, limit) => (await rows.purgeable(now, limit)).map(open),
  }
}

/** Nothing is said, or what is said is sealed already. */
const isPlain = (metadata: Metadata): boolean => {
  const names = Object.keys(metadata)
  return names.length === 0 || metadata[SEALED] !== undefined
}

function closed(ring: DataKeyRing, account: string, metadata: Metadata): Metadata {
  const scope = accountScope(account)
  if (isPlain(metadata) || !ring.has(scope)) return metadata
  return { [SEALED]: `${scope} ${ring.seal(scope, JSON.stringify(metadata), context(scope))}` }
}

function opened(ring: DataKeyRing, text: string): Metadata {
  const at = text.indexOf(' ')
  const scope = text.slice(0, at)
  if (!ring.isOpen(scope)) return { [SEALED]: text }
  try {
    return JSON.parse(ring.open(scope, text.slice(at + 1), context(scope))) as Record<string, string>
  } catch {
    // Of an earlier account of the name, whose key is gone with it: only the collector comes by.
    return { [SEALED]: text }
  }
}

const context = (scope: string): string => `metadata:${scope}`
