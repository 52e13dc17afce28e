import type { ExpressionBuilder } from 'kysely'
import type { BlobRows, BlobStore, FoundBlob, NameRange, PendingBlock, Piece, Segment, WriteTarget } from '../blobs.ts'
import { blobOf, columnsOf, containerColumns, containerOf, pendingOf, pieceOf, segmentOf } from './blob-rows.ts'
import type { BlobTableRow } from './blob-tables.ts'
import type { Database, Session } from './session.ts'
import type { Tables } from './tables.ts'

/** The blob service's rows in a database that other nouns share: the same writer, the same group commit. */
export function sqlBlobStore(database: Database): BlobStore {
  // The writer hands in one session for ever; its queries are compiled once.
  const writing = new WeakMap<Session, BlobRows>()
  const rowsOf = (session: Session): BlobRows => {
    const known = writing.get(session) ?? sqlBlobs(session)
    writing.set(session, known)
    return known
  }
  return { ...sqlBlobs(database.read), write: (work) => database.write((session) => work(rowsOf(session))) }
}

/** Greater than every name that begins with a prefix: no name holds this character. */
const BEYOND = '\u{10ffff}'

/** Blobs over any SQL database. */
export function sqlBlobs(session: Session): BlobRows {
  return { ...containers(session), ...blobs(session), ...pieces(session), ...segments(session), ...blocks(session) }
}

function containers({ db, run }: Session) {
  const one = db.selectFrom('blob_containers').selectAll().where('account', '=', '').where('name', '=', '').compile()
  return {
    async container(account, name) {
      const [row] = await run<Parameters<typeof containerOf>[0]>(one, [account, name])
      return row && containerOf(row)
    },
    async containers(account, range) {
      const rows = await db
        .selectFrom('blob_containers')
        .selectAll()
        .where('account', '=', account)
        .where((eb) => eb.and(inRange(eb as never, range)))
        .orderBy('name')
        .limit(range.limit)
        .execute()
      return rows.map(containerOf)
    },
    async addContainer(container) {
      const [row] = await db.insertInto('blob_containers').values(containerColumns(container)).returning('id').execute()
      if (!row) throw new Error('The container got no id')
      return row.id
    },
    async putContainer(container) {
      await db.updateTable('blob_containers').set(containerColumns(container)).where('id', '=', container.id).execute()
    },
    async hideContainer(id) {
      await db.updateTable('blob_containers').set({ name: null }).where('id', '=', id).execute()
    },
    async hiddenContainers() {
      return (await db.selectFrom('blob_containers').select('id').where('name', 'is', null).execute()).map(
        ({ id }) => id,
      )
    },
    async removeContainer(id) {
      await db.deleteFrom('blob_containers').where('id', '=', id).execute()
    },
  } satisfies Partial<BlobRows>
}

function blobs({ db, run }: Session) {
  const one = db.selectFrom('blobs').selectAll().where('container', '=', 0).where('name', '=', '').compile()
  const found = db
    .selectFrom('blobs')
    .innerJoin('blob_containers', 'blob_containers.id', 'blobs.container')
    .leftJoin('blob_pieces', 'blob_pieces.id', 'blobs.piece')
    .selectAll('blobs')
    .select(['blob_containers.public_access', 'blob_pieces.bytes', 'blob_pieces.file'])
    .where('blob_containers.account', '=', '')
    .where('blob_containers.name', '=', '')
    .where('blobs.name', '=', '')
    .compile()
  const target = db
    .selectFrom('blob_containers')
    .leftJoin('blobs', (join) => join.onRef('blobs.container', '=', 'blob_containers.id').on('blobs.name', '=', ''))
    .leftJoin('blob_pieces', 'blob_pieces.id', 'blobs.piece')
    .selectAll('blobs')
    .select(['blob_containers.id', 'blob_pieces.file'])
    .select(({ selectFrom, exists }) =>
      exists(
        selectFrom('blob_blocks')
          .select('blob_blocks.block')
          .whereRef('blob_blocks.container', '=', 'blob_containers.id')
          .where('blob_blocks.name', '=', ''),
      ).as('has_blocks'),
    )
    .where('blob_containers.account', '=', '')
    .where('blob_containers.name', '=', '')
    .compile()
  const columns = Object.keys(columnsOf(blank)) as (keyof BlobTableRow)[]
  const upsert = db
    .insertInto('blobs')
    .values(columnsOf(blank))
    .onConflict((conflict) =>
      conflict
        .columns(['container', 'name'])
        .doUpdateSet((row) =>
          Object.fromEntries(columns.slice(2).map((column) => [column, row.ref(`excluded.${column}`)])),
        ),
    )
    .compile()
  const remove = db.deleteFrom('blobs').where('container', '=', 0).where('name', '=', '').compile()
  return {
    async blob(container, name) {
      const [row] = await run<BlobTableRow>(one, [container, name])
      return row && blobOf(row)
    },
    async find(account, container, name): Promise<FoundBlob | undefined> {
      const [row] = await run<
        BlobTableRow & { public_access: string | null; bytes: Uint8Array | null; file: string | null }
      >(found, [account, container, name])
      if (!row) return undefined
      const publicAccess =
        row.public_access === 'container' || row.public_access === 'blob' ? row.public_access : undefined
      return { ...blobOf(row), publicAccess, bytes: row.bytes ?? undefined, file: row.file ?? undefined }
    },
    async target(account, container, name): Promise<WriteTarget | undefined> {
      const [row] = await run<TargetRow>(target, [name, name, account, container])
      if (!row) return undefined
      const blob = row.etag === null ? undefined : blobOf({ ...(row as BlobTableRow), container: row.id })
      const inRow = blob?.piece !== undefined && row.file === null
      return { container: row.id, blob, inRow, hasBlocks: Boolean(row.has_blocks) }
    },
    async blobs(container, range) {
      const rows = await db
        .selectFrom('blobs')
        .selectAll()
        .where('container', '=', container)
        .where((eb) => eb.and(inRange(eb as never, range)))
        .orderBy('name')
        .limit(range.limit)
        .execute()
      return rows.map(blobOf)
    },
    async putBlob(blob) {
      await run(upsert, Object.values(columnsOf(blob)))
    },
    async removeBlob(container, name) {
      await run(remove, [container, name])
    },
  } satisfies Partial<BlobRows>
}

type TargetRow = { [Column in keyof BlobTableRow]: BlobTableRow[Column] | null } & {
  id: number
  file: string | null
  has_blocks: unknown
}

function pieces({ db, run }: Session) {
  const add = db
    .insertInto('blob_pieces')
    .values({ size: 0, file: '', bytes: new Uint8Array() })
    .returning('id')
    .compile()
  const remove = db.deleteFrom('blob_pieces').where('id', '=', 0).compile()
  const bytes = db.selectFrom('blob_pieces').select('bytes').where('id', '=', 0).compile()
  const extend = db
    .updateTable('blob_pieces')
    .set((eb) => ({
      // `||` makes a text of two blobs in SQLite; the cast gives the same bytes back.
      bytes: eb.cast<Uint8Array>(eb('bytes', '||' as never, eb.val(new Uint8Array())), 'blob' as never),
      size: eb('size', '+', 0),
    }))
    .where('id', '=', 0)
    .compile()
  const change = db.updateTable('blob_pieces').set({ bytes: new Uint8Array(), size: 0 }).where('id', '=', 0).compile()
  const one = db.selectFrom('blob_pieces').select(['id', 'size', 'file']).where('id', '=', 0).compile()
  const byFile = db.selectFrom('blob_pieces').select('id').where('file', '=', '').compile()
  return {
    async addPiece({ size, file, bytes: inRow }) {
      const [row] = await run<{ id: number }>(add, [size, file ?? null, inRow ?? null])
      if (!row) throw new Error('The piece got no id')
      return row.id
    },
    async piece(id): Promise<Piece | undefined> {
      const [row] = await run<Parameters<typeof pieceOf>[0]>(one, [id])
      return row && pieceOf(row)
    },
    async pieceBytes(id) {
      return (await run<{ bytes: Uint8Array | null }>(bytes, [id]))[0]?.bytes ?? undefined
    },
    async replacePiece(id, bytes) {
      await run(change, [bytes, bytes.length, id])
    },
    async extendPiece(id, more) {
      await run(extend, [more, more.length, id])
    },
    async removePiece(id) {
      await run(remove, [id])
    },
    async hasFile(file) {
      return (await run(byFile, [file])).length > 0
    },
    async addGarbage(piece) {
      await db
        .insertInto('blob_garbage')
        .values({ piece })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    async garbage(after, limit): Promise<readonly Piece[]> {
      const rows = await db
        .selectFrom('blob_garbage')
        .innerJoin('blob_pieces', 'blob_pieces.id', 'blob_garbage.piece')
        .select(['blob_pieces.id', 'blob_pieces.size', 'blob_pieces.file'])
        .where('blob_garbage.piece', '>', after)
        .orderBy('blob_garbage.piece')
        .limit(limit)
        .execute()
      return rows.map(pieceOf)
    },
    async removeGarbage(piece) {
      await db.deleteFrom('blob_garbage').where('piece', '=', piece).execute()
    },
  } satisfies Partial<BlobRows>
}

function segments({ db, run }: Session) {
  const joined = db
    .selectFrom('blob_segments')
    .innerJoin('blob_pieces', 'blob_pieces.id', 'blob_segments.piece')
    .select([
      'blob_segments.at',
      'blob_segments.size',
      'blob_segments.piece',
      'blob_segments.block',
      'blob_pieces.file',
    ])
  const last = joined.where('content', '=', 0).orderBy('at', 'desc').limit(1).compile()
  const add = db.insertInto('blob_segments').values({ content: 0, at: 0, size: 0, piece: 0, block: '' }).compile()
  return {
    async segments(content, from, to): Promise<readonly Segment[]> {
      const rows = await joined
        .where('content', '=', content)
        .where('at', '<', to)
        .where('at', '>=', (eb) =>
          eb
            .selectFrom('blob_segments')
            .select((max) => max.fn.coalesce(max.fn.max('at'), max.lit(0)).as('at'))
            .where('content', '=', content)
            .where('at', '<=', from),
        )
        .orderBy('at')
        .execute()
      return rows.map(segmentOf)
    },
    async lastSegment(content): Promise<Segment | undefined> {
      const [row] = await run<Parameters<typeof segmentOf>[0]>(last, [content, 1])
      return row && segmentOf(row)
    },
    async addSegment(content, { at, size, piece, block }) {
      await run(add, [content, at, size, piece, block ?? null])
    },
    async growSegment(content, at, by) {
      await db
        .updateTable('blob_segments')
        .set((eb) => ({ size: eb('size', '+', by) }))
        .where('content', '=', content)
        .where('at', '=', at)
        .execute()
    },
    async removeSegments(content) {
      await db.deleteFrom('blob_segments').where('content', '=', content).execute()
    },
  } satisfies Partial<BlobRows>
}

function blocks({ db, run }: Session) {
  const joined = db
    .selectFrom('blob_blocks')
    .innerJoin('blob_pieces', 'blob_pieces.id', 'blob_blocks.piece')
    .select(['blob_blocks.block', 'blob_blocks.piece', 'blob_blocks.size', 'blob_pieces.file'])
  const ofName = joined.where('container', '=', 0).where('name', '=', '')
  const any = ofName.limit(1).compile()
  const all = ofName.orderBy('block').compile()
  const one = ofName.where('block', '=', '').compile()
  return {
    async blocks(container, name) {
      return (await run<Parameters<typeof pendingOf>[0]>(all, [container, name])).map(pendingOf)
    },
    async anyBlock(container, name): Promise<PendingBlock | undefined> {
      const [row] = await run<Parameters<typeof pendingOf>[0]>(any, [container, name, 1])
      return row && pendingOf(row)
    },
    async block(container, name, block): Promise<PendingBlock | undefined> {
      const [row] = await run<Parameters<typeof pendingOf>[0]>(one, [container, name, block])
      return row && pendingOf(row)
    },
    async putBlock(container, name, { block, piece, size }, at) {
      await db
        .insertInto('blob_blocks')
        .values({ container, name, block, piece, size, at })
        .onConflict((conflict) => conflict.columns(['container', 'name', 'block']).doUpdateSet({ piece, size, at }))
        .execute()
    },
    async removeBlocks(container, name) {
      await db.deleteFrom('blob_blocks').where('container', '=', container).where('name', '=', name).execute()
    },
    async uncommitted(container, range) {
      const rows = await db
        .selectFrom('blob_blocks')
        .select('name')
        .distinct()
        .where('container', '=', container)
        .where((eb) => eb.and(inRange(eb as never, range)))
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('blobs')
                .select('blobs.name')
                .where('blobs.container', '=', container)
                .whereRef('blobs.name', '=', 'blob_blocks.name'),
            ),
          ),
        )
        .orderBy('name')
        .limit(range.limit)
        .execute()
      return rows.map(({ name }) => name)
    },
    async staleBlocks(before, limit) {
      return db
        .selectFrom('blob_blocks')
        .select(['container', 'name'])
        .groupBy(['container', 'name'])
        .having((eb) => eb.fn.max('at'), '<', before)
        .limit(limit)
        .execute()
    },
  } satisfies Partial<BlobRows>
}

/** Names of a range, as one lower and one upper bound: the primary key is sought, never scanned. */
function inRange(eb: ExpressionBuilder<Tables, 'blobs'>, { prefix = '', from, exclusive }: NameRange) {
  const upper = eb('name', '<', prefix + BEYOND)
  // Compared as the database does, by bytes: a name from beyond the prefix's start is the later bound.
  if (from === undefined || Buffer.compare(Buffer.from(from), Buffer.from(prefix)) < 0) {
    return [eb('name', '>=', prefix), upper]
  }
  return [eb('name', exclusive ? '>' : '>=', from), upper]
}

const blank = {
  container: 0,
  name: '',
  kind: 'BlockBlob',
  etag: '',
  createdAt: 0,
  modifiedAt: 0,
  size: 0,
  properties: {},
  metadata: {},
  piece: undefined,
  content: undefined,
  blocks: 0,
} as const
