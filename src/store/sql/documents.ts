import type { RowSealing } from '../data-keys.ts'
import type { Documents, FindDocuments, TrackedDocument } from '../documents.ts'
import { bodyOf, clearBody, isReadable, unsealed } from './sealed-body.ts'
import type { Session } from './session.ts'
import type { DocumentRow } from './tables.ts'

type Stored = Omit<DocumentRow, 'seq'> & { readonly seq: number }

/** How many ids a statement names at once. */
const BATCH = 500

/** Documents over any SQL database; sealed where their workspace's data is. */
export function sqlDocuments({ db, run }: Session, sealing: RowSealing = unsealed): Documents {
  const all = db.selectFrom('documents').selectAll()
  const byId = all.where('workspace', '=', '').where('kind', '=', '').where('id', '=', '').compile()
  const present = ({ workspace, kind, id, owner, name, at, body }: Stored): TrackedDocument => ({
    ...{ workspace, kind, id, owner, name, at },
    body: clearBody(sealing, placeOf(workspace, kind, id), body),
  })

  return {
    async get(workspace, kind, id) {
      const [row] = await run<Stored>(byId, [workspace, kind, id])
      return row && present(row)
    },
    async put({ workspace, kind, id, owner, name, at, body }) {
      const changed = { owner, name, at, body: bodyOf(sealing, placeOf(workspace, kind, id), body) }
      await db
        .insertInto('documents')
        .values({ workspace, kind, id, ...changed })
        .onConflict((conflict) => conflict.columns(['workspace', 'kind', 'id']).doUpdateSet(changed))
        .execute()
    },
    async find(workspace, kind, query: FindDocuments = {}) {
      const { owners, name, from, to, newestFirst = false, after, limit } = query
      const order = newestFirst ? 'desc' : 'asc'
      let found = all.where('workspace', '=', workspace).where('kind', '=', kind)
      if (owners) found = found.where('owner', 'in', owners)
      if (name !== undefined) found = found.where('name', '=', name)
      if (from !== undefined) found = found.where('at', '>=', from)
      if (to !== undefined) found = found.where('at', '<=', to)
      if (after !== undefined) {
        const [at = 0, seq = 0] = after.split(' ').map(Number)
        found = found.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('at', 'seq'), newestFirst ? '<' : '>', tuple(at, seq)),
        )
      }
      found = found.orderBy('at', order).orderBy('seq', order)
      if (limit !== undefined) found = found.limit(limit + 1)
      const rows = await found.execute()
      const items = limit === undefined ? rows : rows.slice(0, limit)
      const last = items.at(-1)
      return {
        items: items.map((row) => ({ ...present(row), place: placeIn(row) })),
        ...(rows.length > items.length && last && { next: placeIn(last) }),
      }
    },
    async remove(workspace, kind, ids) {
      for (let from = 0; from < ids.length; from += BATCH) {
        await db
          .deleteFrom('documents')
          .where('workspace', '=', workspace)
          .where('kind', '=', kind)
          .where('id', 'in', ids.slice(from, from + BATCH))
          .execute()
      }
    },
    async removeOwned(workspace, kind, owner) {
      await db
        .deleteFrom('documents')
        .where('workspace', '=', workspace)
        .where('kind', '=', kind)
        .where('owner', '=', owner)
        .execute()
    },
    async due(kind, until, limit) {
      const rows = await all.where('kind', '=', kind).where('at', '<=', until).orderBy('at').limit(limit).execute()
      return rows.filter(({ workspace }) => isReadable(sealing, workspace)).map(present)
    },
    async next(kind) {
      const row = await db
        .selectFrom('documents')
        .select('at')
        .where('kind', '=', kind)
        .orderBy('at')
        .executeTakeFirst()
      return row?.at
    },
    async removeWorkspace(workspace) {
      await db.deleteFrom('documents').where('workspace', '=', workspace).execute()
    },
  }
}

const placeIn = ({ at, seq }: Stored): string => `${at} ${seq}`

const placeOf = (workspace: string, kind: string, id: string) => ({
  key: workspace,
  context: `document:${workspace}/${kind}/${id}`,
})
