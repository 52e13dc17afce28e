import type { Selectable } from 'kysely'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { RowSealing } from '../data-keys.ts'
import type { RunRecord, RunRecords } from '../run-records.ts'
import { bodyOf, clearBody } from './sealed-body.ts'
import type { Session } from './session.ts'
import type { RunRecordRow } from './tables.ts'

/** Records of runs over any SQL database; sealed where their workspace's data is, but for their names. */
export function sqlRunRecords({ db }: Session, sealing: RowSealing): RunRecords {
  const numberOf = async (workspace: string, run: string): Promise<number | undefined> => {
    const found = db.selectFrom('runs').select('seq').where('workspace', '=', workspace)
    return (await found.where('id_key', '=', run.toLowerCase()).executeTakeFirst())?.seq
  }
  const placeOf = (
    workspace: string,
    number: number,
    { kind, name, id }: Pick<RunRecordRow, 'kind' | 'name' | 'id'>,
  ) => ({
    key: workspace,
    context: `record:${workspace}/${number}/${kind}/${name}/${id}`,
  })
  const present = (workspace: string, row: Selectable<RunRecordRow>): RunRecord => ({
    kind: row.kind as RunRecord['kind'],
    name: row.name,
    id: row.id,
    body: clearBody<JsonObject>(sealing, placeOf(workspace, row.run, row), row.body),
  })
  return {
    async add(workspace, run, records) {
      const number = await numberOf(workspace, run)
      if (number === undefined) throw fault('RunNotFound', { run })
      for (const record of records) {
        const { kind, name, id, body } = record
        await db
          .insertInto('run_records')
          .values({ run: number, kind, name, id, body: bodyOf(sealing, placeOf(workspace, number, record), body) })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
      }
    },
    async find(workspace, run, { kind, name, after, limit }) {
      const number = await numberOf(workspace, run)
      if (number === undefined) return { items: [] }
      let found = db.selectFrom('run_records').selectAll().where('run', '=', number).where('kind', '=', kind)
      if (name !== undefined) found = found.where('name', '=', name)
      if (after !== undefined) found = found.where('seq', '>', Number(after))
      if (limit !== undefined) found = found.limit(limit + 1)
      const rows = await found.orderBy('seq').execute()
      const items = limit === undefined ? rows : rows.slice(0, limit)
      const last = items.at(-1)
      return {
        items: items.map((row) => present(workspace, row)),
        ...(rows.length > items.length && last && { next: String(last.seq) }),
      }
    },
    async first(workspace, run, kind) {
      const number = await numberOf(workspace, run)
      if (number === undefined) return []
      const firsts = db.selectFrom('run_records').select(({ fn }) => fn.min('seq').as('seq'))
      const rows = await db
        .selectFrom('run_records')
        .selectAll()
        .where('seq', 'in', firsts.where('run', '=', number).where('kind', '=', kind).groupBy('name'))
        .orderBy('name')
        .execute()
      return rows.map((row) => present(workspace, row))
    },
    async named(workspace, id) {
      const found = db
        .selectFrom('run_records')
        .innerJoin('runs', 'runs.seq', 'run_records.run')
        .select(['runs.id as run', 'run_records.name'])
        .where('run_records.id', '=', id)
        .where('run_records.kind', '=', 'metric')
        .where('runs.workspace', '=', workspace)
      return await found.executeTakeFirst()
    },
    async remove(workspace, run, kind) {
      const number = await numberOf(workspace, run)
      if (number === undefined) return
      await db.deleteFrom('run_records').where('run', '=', number).where('kind', '=', kind).execute()
    },
  }
}
