import { sql } from 'kysely'
import type { BlobChecks, CountedPiece, NamedBlob } from '../blob-checks.ts'
import type { Session } from './session.ts'

/** Every row that names a piece. */
const NAMES = sql`
  select piece from blobs where piece is not null union all
  select piece from blob_history where piece is not null union all
  select piece from blob_segments union all
  select piece from blob_blocks`

/** Every blob and every state of one, with what its bytes are made of. */
const ROWS = sql`
  select container, name, kind, size, piece, content, null as stamp from blobs union all
  select container, name, kind, size, piece, content, stamp from blob_history`

/** The whole of the blob service's rows, looked at set by set: for the doctor, with no server beside it. */
export function sqlBlobChecks({ db }: Session): BlobChecks {
  const named = async (query: ReturnType<typeof sql<NamedRow>>): Promise<readonly NamedBlob[]> =>
    (await query.execute(db)).rows.map(({ account, container, name, stamp }) => ({
      account,
      container: container ?? '(deleted)',
      name,
      stamp: stamp ?? undefined,
    }))
  return {
    async integrity() {
      const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check(20)`.execute(db)
      return rows.map((row) => row.integrity_check).filter((text) => text !== 'ok')
    },
    async pieces(after, limit) {
      const { rows } = await sql<PieceRow>`
        with page as (
          select id, size, file, length(bytes) as in_row, refs from blob_pieces
          where id > ${after} and (file is not null or bytes is not null) order by id limit ${limit})
        select page.*, count(names.piece) as named,
          exists (select 1 from blob_garbage where blob_garbage.piece = page.id) as is_garbage
        from page left join (${NAMES}) as names on names.piece = page.id
        group by page.id order by page.id`.execute(db)
      return rows.map(
        (row): CountedPiece => ({
          id: row.id,
          size: row.size,
          file: row.file ?? undefined,
          inRow: row.in_row ?? undefined,
          refs: row.refs,
          named: row.named,
          isGarbage: Boolean(row.is_garbage),
        }),
      )
    },
    withoutPiece: (limit) =>
      named(sql<NamedRow>`
        select c.account, coalesce(c.name, c.deleted_name) as container, r.name, r.stamp
        from (${ROWS}) as r left join blob_containers c on c.id = r.container
        where (r.piece is not null and not exists (select 1 from blob_pieces p where p.id = r.piece))
          or (r.content is not null and exists (
            select 1 from blob_segments s left join blob_pieces p on p.id = s.piece
            where s.content = r.content and p.id is null))
        limit ${limit}`),
    misjoined: (limit) =>
      named(sql<NamedRow>`
        select c.account, coalesce(c.name, c.deleted_name) as container, r.name, r.stamp
        from (${ROWS}) as r left join blob_containers c on c.id = r.container
        where (r.piece is not null and r.size > (select p.size from blob_pieces p where p.id = r.piece))
          or (r.piece is null and r.content is null and r.size > 0)
          or (r.content is not null and r.kind <> 'PageBlob' and
            coalesce((select sum(s.size) from blob_segments s where s.content = r.content), 0) <> r.size)
          or (r.content is not null and exists (
            select 1 from (
              select s.at, s.size, s.start, p.size as held,
                lag(s.at + s.size) over (order by s.at) as before
              from blob_segments s join blob_pieces p on p.id = s.piece where s.content = r.content)
            where before > at or start + size > held or at + size > r.size))
        limit ${limit}`),
    async strayContents(limit) {
      const { rows } = await sql<{ content: number }>`
        select content from (
          select distinct content from blob_segments union
          select id as content from blob_pieces where file is null and bytes is null)
        where content not in (select content from (${ROWS}) where content is not null)
        limit ${limit}`.execute(db)
      return rows.map(({ content }) => content)
    },
    async mistagged(limit) {
      const { rows } = await sql<{ container: number; name: string }>`
        with said as (
          select b.container, b.name, t.key as tag, t.value from blobs b, json_each(b.state, '$.tags') t
          where b.state is not null)
        select container, name from (
          select container, name, tag, value from said except select container, name, tag, value from blob_tags)
        union
        select container, name from (
          select container, name, tag, value from blob_tags except select container, name, tag, value from said)
        limit ${limit}`.execute(db)
      return rows
    },
    async ownerOf(piece) {
      const [owner] = await named(sql<NamedRow>`
        select c.account, coalesce(c.name, c.deleted_name) as container, r.name, r.stamp
        from (${ROWS}) as r left join blob_containers c on c.id = r.container
        where r.piece = ${piece} or r.content in (select content from blob_segments where piece = ${piece}) limit 1`)
      return owner
    },
    async setRefs(piece, refs) {
      await db.updateTable('blob_pieces').set({ refs }).where('id', '=', piece).execute()
    },
    async removeContent(content) {
      await db.deleteFrom('blob_segments').where('content', '=', content).execute()
      await db
        .deleteFrom('blob_pieces')
        .where('id', '=', content)
        .where('file', 'is', null)
        .where('bytes', 'is', null)
        .execute()
    },
  }
}

interface NamedRow {
  readonly account: string
  readonly container: string | null
  readonly name: string
  readonly stamp: string | null
}

interface PieceRow {
  readonly id: number
  readonly size: number
  readonly file: string | null
  readonly in_row: number | null
  readonly refs: number
  readonly named: number
  readonly is_garbage: number
}
