import type { BlobRows, FoundBlob } from '../blobs.ts'
import { blobOf, pastColumnsOf, pastOf } from './blob-rows.ts'
import type { BlobHistoryRow } from './blob-tables.ts'
import { inRange } from './name-range.ts'
import type { Session } from './session.ts'

/** States that blobs had, and the index of tags. */
export function past({ db, run }: Session) {
  const ofName = db.selectFrom('blob_history').selectAll().where('container', '=', 0).where('name', '=', '')
  const all = ofName.orderBy('stamp').compile()
  const found = db
    .selectFrom('blob_history')
    .innerJoin('blob_containers', 'blob_containers.id', 'blob_history.container')
    .leftJoin('blob_pieces', 'blob_pieces.id', 'blob_history.piece')
    .selectAll('blob_history')
    .select(['blob_containers.public_access', 'blob_pieces.bytes', 'blob_pieces.file', 'blob_pieces.sealed'])
    .where('blob_containers.account', '=', '')
    .where('blob_containers.name', '=', '')
    .where('blob_history.name', '=', '')
    .where('blob_history.stamp', '=', '')
    .compile()
  return {
    async history(container, name) {
      return (await run<BlobHistoryRow>(all, [container, name])).map(pastOf)
    },
    async findPast(account, container, name, stamp): Promise<FoundBlob | undefined> {
      const [row] = await run<
        BlobHistoryRow & {
          public_access: string | null
          bytes: Uint8Array | null
          file: string | null
          sealed: string | null
        }
      >(found, [account, container, name, stamp])
      if (!row) return undefined
      const { what, deletedAt } = pastOf(row)
      return {
        ...blobOf(row),
        past: { stamp, what, deletedAt },
        publicAccess: row.public_access === 'container' || row.public_access === 'blob' ? row.public_access : undefined,
        bytes: row.bytes ?? undefined,
        file: row.file ?? undefined,
        ...(row.sealed !== null && { sealed: row.sealed }),
      }
    },
    async pastBlobs(container, { stamp, ...range }) {
      const rows = await db
        .selectFrom('blob_history')
        .selectAll()
        .where('container', '=', container)
        .where((eb) => {
          const within = eb.and(inRange(eb as never, range))
          if (stamp === undefined || range.from === undefined) return within
          // The page before ended within the states of this very name.
          return eb.or([within, eb.and([eb('name', '=', range.from), eb('stamp', '>', stamp)])])
        })
        .orderBy('name')
        .orderBy('stamp')
        .limit(range.limit)
        .execute()
      return rows.map(pastOf)
    },
    async putPast(blob) {
      const row = pastColumnsOf(blob)
      await db
        .insertInto('blob_history')
        .values(row)
        .onConflict((conflict) => conflict.columns(['container', 'name', 'stamp']).doUpdateSet(row))
        .execute()
    },
    async removePast(container, name, stamp) {
      await db
        .deleteFrom('blob_history')
        .where('container', '=', container)
        .where('name', '=', name)
        .where('stamp', '=', stamp)
        .execute()
    },
    async purgeable(now, limit) {
      const rows = await db
        .selectFrom('blob_history')
        .selectAll()
        .where('purge_at', '<=', now)
        .orderBy('purge_at')
        .limit(limit)
        .execute()
      return rows.map(pastOf)
    },
    async putTags(container, name, tags) {
      await db.deleteFrom('blob_tags').where('container', '=', container).where('name', '=', name).execute()
      const entries = Object.entries(tags ?? {})
      if (entries.length === 0) return
      const rows = entries.map(([tag, value]) => ({ container, tag, value, name }))
      await db.insertInto('blob_tags').values(rows).execute()
    },
    async tagged(container, { key, value }, { after, limit }) {
      let query = db
        .selectFrom('blob_tags')
        .select('name')
        .where('container', '=', container)
        .where('tag', '=', key)
        .where('name', '>', after)
      if (value !== undefined) query = query.where('value', '=', value)
      return (await query.orderBy('name').limit(limit).execute()).map(({ name }) => name)
    },
  } satisfies Partial<BlobRows>
}
