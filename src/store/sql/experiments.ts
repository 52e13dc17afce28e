import { CompiledQuery } from 'kysely'
import type { RowSealing } from '../data-keys.ts'
import type { Experiment, Runs } from '../runs.ts'
import { bodyOf, clearBody } from './sealed-body.ts'
import type { Session } from './session.ts'
import type { ExperimentRow } from './tables.ts'

type Experiments = Pick<
  Runs,
  'experiment' | 'experimentByName' | 'putExperiment' | 'removeExperiment' | 'experiments' | 'nextNumber'
>

/** Experiments over any SQL database; sealed where their workspace's data is. */
export function sqlExperiments({ db, run }: Session, sealing: RowSealing): Experiments {
  const present = (row: Stored): Experiment => clearBody(sealing, placeOf(row.workspace, row.id), row.body)
  const bodies = db.selectFrom('experiments').select(['seq', 'workspace', 'id', 'body'])
  const byId = bodies.where('workspace', '=', '').where('id', '=', '').compile()
  const byName = bodies.where('workspace', '=', '').where('name', '=', '').compile()
  const counted = CompiledQuery.raw(
    'update experiments set runs = runs + 1 where workspace = ? and id = ? returning runs',
  ) as CompiledQuery<{ readonly runs: number }>
  return {
    async experiment(workspace, id) {
      const [row] = await run<Stored>(byId, [workspace, id])
      return row && present(row)
    },
    async experimentByName(workspace, name) {
      const [row] = await run<Stored>(byName, [workspace, name])
      return row && present(row)
    },
    async putExperiment(experiment) {
      const { workspace, id, name } = experiment
      const changed = { name, body: bodyOf(sealing, placeOf(workspace, id), experiment) }
      await db
        .insertInto('experiments')
        .values({ workspace, id, runs: 0, ...changed })
        .onConflict((conflict) => conflict.columns(['workspace', 'id']).doUpdateSet(changed))
        .execute()
    },
    async removeExperiment(workspace, id) {
      await db.deleteFrom('experiments').where('workspace', '=', workspace).where('id', '=', id).execute()
    },
    async experiments(workspace, { after, limit } = {}) {
      let found = bodies.where('workspace', '=', workspace).orderBy('seq')
      if (after !== undefined) found = found.where('seq', '>', Number(after))
      if (limit !== undefined) found = found.limit(limit + 1)
      const rows = await found.execute()
      const items = limit === undefined ? rows : rows.slice(0, limit)
      const last = items.at(-1)
      return { items: items.map(present), ...(rows.length > items.length && last && { next: String(last.seq) }) }
    },
    async nextNumber(workspace, experimentId) {
      const [row] = await run<{ readonly runs: number }>(counted, [workspace, experimentId])
      if (!row) throw new Error(`No experiment ${experimentId} to number a run in`)
      return row.runs
    },
  }
}

type Stored = Pick<ExperimentRow, 'workspace' | 'id' | 'body'>

const placeOf = (workspace: string, id: string) => ({ key: workspace, context: `experiment:${workspace}/${id}` })
