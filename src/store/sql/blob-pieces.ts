import type { BlobRows, LastSegment, PendingBlock, Piece, Segment } from '../blobs.ts'
import { pendingOf, pieceOf, segmentOf } from './blob-rows.ts'
import { inRange } from './name-range.ts'
import type { Session } from './session.ts'

/** Where bytes are: pieces, the segments that make contents of them, and the blocks that wait for their list. */
export function pieces({ db, run }: Session) {
  const add = db
    .insertInto('blob_pieces')
    .values({ size: 0, file: '', bytes: new Uint8Array(), sealed: '' })
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
  const change = db
    .updateTable('blob_pieces')
    .set({ bytes: new Uint8Array(), size: 0, sealed: '' })
    .where('id', '=', 0)
    .compile()
  const one = db.selectFrom('blob_pieces').select(['id', 'size', 'file']).where('id', '=', 0).compile()
  const hold = db
    .updateTable('blob_pieces')
    .set((eb) => ({ refs: eb('refs', '+', 0) }))
    .where('id', '=', 0)
    .compile()
  const release = db
    .updateTable('blob_pieces')
    .set((eb) => ({ refs: eb('refs', '-', 0) }))
    .where('id', '=', 0)
    .returning(['refs', 'file'])
    .compile()
  const byFile = db.selectFrom('blob_pieces').select('id').where('file', '=', '').compile()
  return {
    async addPiece({ size, file, bytes: inRow, sealed }) {
      const [row] = await run<{ id: number }>(add, [size, file ?? null, inRow ?? null, sealed ?? null])
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
    async replacePiece(id, bytes, sealed) {
      await run(change, [bytes, bytes.length, sealed ?? null, id])
    },
    async extendPiece(id, more) {
      await run(extend, [more, more.length, id])
    },
    async removePiece(id) {
      await run(remove, [id])
    },
    async holdPiece(id, times = 1) {
      await run(hold, [times, id])
    },
    async releasePiece(id, times = 1) {
      const [row] = await run<{ refs: number; file: string | null }>(release, [times, id])
      if (!row) throw new Error(`There is no piece ${id}`)
      return { refs: row.refs, file: row.file ?? undefined }
    },
    async addMarker() {
      const [row] = await run<{ id: number }>(add, [0, null, null, null])
      if (!row) throw new Error('The content got no id')
      return row.id
    },
    async removeMarker(id) {
      await db
        .deleteFrom('blob_pieces')
        .where('id', '=', id)
        .where('file', 'is', null)
        .where('bytes', 'is', null)
        .execute()
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
        // Named again by nothing that this server does; if it were, its bytes must stay.
        .where('blob_pieces.refs', '<=', 0)
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

export function segments({ db, run }: Session) {
  const joined = db
    .selectFrom('blob_segments')
    .innerJoin('blob_pieces', 'blob_pieces.id', 'blob_segments.piece')
    .select([
      'blob_segments.at',
      'blob_segments.size',
      'blob_segments.piece',
      'blob_segments.block',
      'blob_segments.start',
      'blob_pieces.file',
      'blob_pieces.sealed',
    ])
  const last = joined
    .select(['blob_pieces.refs', 'blob_pieces.size as pieceSize'])
    .where('content', '=', 0)
    .orderBy('at', 'desc')
    .limit(1)
    .compile()
  const removeOne = db.deleteFrom('blob_segments').where('content', '=', 0).where('at', '=', 0).compile()
  const add = db
    .insertInto('blob_segments')
    .values({ content: 0, at: 0, size: 0, piece: 0, block: '', start: 0 })
    .compile()
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
    async lastSegment(content): Promise<LastSegment | undefined> {
      const [row] = await run<Parameters<typeof segmentOf>[0] & { refs: number; pieceSize: number }>(last, [content, 1])
      return row && { ...segmentOf(row), refs: row.refs, pieceSize: row.pieceSize }
    },
    async addSegment(content, { at, size, piece, block, start = 0 }) {
      await run(add, [content, at, size, piece, block ?? null, start])
    },
    async removeSegment(content, at) {
      await run(removeOne, [content, at])
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

export function blocks({ db, run }: Session) {
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
