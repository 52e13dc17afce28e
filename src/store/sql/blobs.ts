import { sql } from 'kysely'
import type { BlobRows, BlobStore, FoundBlob, WriteTarget } from '../blobs.ts'
import { past } from './blob-past.ts'
import { blocks, pieces, segments } from './blob-pieces.ts'
import { blobOf, columnsOf, containerColumns, containerOf } from './blob-rows.ts'
import type { BlobTableRow } from './blob-tables.ts'
import { BEYOND, inRange } from './name-range.ts'
import type { Database, Session } from './session.ts'

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

/** Blobs over any SQL database. */
export function sqlBlobs(session: Session): BlobRows {
  return {
    ...containers(session),
    ...blobs(session),
    ...past(session),
    ...pieces(session),
    ...segments(session),
    ...blocks(session),
  }
}

export function containers({ db, run }: Session) {
  const one = db.selectFrom('blob_containers').selectAll().where('account', '=', '').where('name', '=', '').compile()
  const accountOf = db.selectFrom('blob_containers').select('account').where('id', '=', 0).compile()
  return {
    async container(account, name) {
      const [row] = await run<Parameters<typeof containerOf>[0]>(one, [account, name])
      return row && containerOf(row)
    },
    async accountOf(container) {
      const [row] = await run<{ account: string }>(accountOf, [container])
      return row?.account
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
      // A container that is put has its name: one that was deleted is so no more.
      const alive = { deleted_name: null, deleted_at: null, purge_at: null }
      await db
        .updateTable('blob_containers')
        .set({ ...containerColumns(container), ...alive })
        .where('id', '=', container.id)
        .execute()
    },
    async hideContainer(id) {
      await db
        .updateTable('blob_containers')
        .set({ name: null, deleted_name: null, purge_at: null })
        .where('id', '=', id)
        .execute()
    },
    async softDeleteContainer({ id, name }, deletedAt, purgeAt) {
      await db
        .updateTable('blob_containers')
        .set({ name: null, deleted_name: name, deleted_at: deletedAt, purge_at: purgeAt })
        .where('id', '=', id)
        .execute()
    },
    async deletedContainers(account, { prefix = '', from = '', limit }) {
      const rows = await db
        .selectFrom('blob_containers')
        .selectAll()
        .where('account', '=', account)
        .where('deleted_name', '>=', from > prefix ? from : prefix)
        .where('deleted_name', '<', prefix + BEYOND)
        .orderBy('deleted_name')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        ...containerOf(row),
        name: row.deleted_name ?? '',
        deletedAt: row.deleted_at ?? 0,
        purgeAt: row.purge_at ?? 0,
      }))
    },
    async hiddenContainers(now) {
      const rows = await db
        .selectFrom('blob_containers')
        .select('id')
        .where('name', 'is', null)
        .where((eb) => eb.or([eb('purge_at', 'is', null), eb('purge_at', '<=', now)]))
        .execute()
      return rows.map(({ id }) => id)
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
    .select(['blob_containers.public_access', 'blob_pieces.bytes', 'blob_pieces.file', 'blob_pieces.sealed'])
    .where('blob_containers.account', '=', '')
    .where('blob_containers.name', '=', '')
    .where('blobs.name', '=', '')
    .compile()
  const target = db
    .selectFrom('blob_containers')
    .leftJoin('blobs', (join) => join.onRef('blobs.container', '=', 'blob_containers.id').on('blobs.name', '=', ''))
    .leftJoin('blob_pieces', 'blob_pieces.id', 'blobs.piece')
    .selectAll('blobs')
    .select(['blob_containers.id', 'blob_pieces.file', 'blob_pieces.refs'])
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
        BlobTableRow & {
          public_access: string | null
          bytes: Uint8Array | null
          file: string | null
          sealed: string | null
        }
      >(found, [account, container, name])
      if (!row) return undefined
      const publicAccess =
        row.public_access === 'container' || row.public_access === 'blob' ? row.public_access : undefined
      const { bytes, file, sealed } = row
      return {
        ...blobOf(row),
        publicAccess,
        bytes: bytes ?? undefined,
        file: file ?? undefined,
        ...(sealed !== null && { sealed }),
      }
    },
    async target(account, container, name): Promise<WriteTarget | undefined> {
      const [row] = await run<TargetRow>(target, [name, name, account, container])
      if (!row) return undefined
      const blob = row.etag === null ? undefined : blobOf({ ...(row as BlobTableRow), container: row.id })
      const inRow = blob?.piece !== undefined && row.file === null && row.refs === 1
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
    async renameFolder(container, from, to) {
      const length = from.length + 1
      for (const table of ['blobs', 'blob_history', 'blob_tags', 'blob_blocks'] as const) {
        const renamed = sql<string>`${to.name} || substr(name, ${sql.lit(length)})`
        await db
          .updateTable(table)
          .set({ container: to.container, name: renamed })
          .where('container', '=', container)
          // Not by LIKE: a name may hold its wildcards.
          .where((eb) =>
            eb.or([
              eb('name', '=', from),
              eb.and([eb('name', '>=', `${from}/`), eb('name', '<', `${from}/${BEYOND}`)]),
            ]),
          )
          .execute()
      }
    },
  } satisfies Partial<BlobRows>
}

type TargetRow = { [Column in keyof BlobTableRow]: BlobTableRow[Column] | null } & {
  id: number
  file: string | null
  refs: number | null
  has_blocks: unknown
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
  state: {},
} as const
