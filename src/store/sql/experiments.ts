import type { Experiment, Runs } from '../runs.ts'
import type { Session } from './session.ts'

type Experiments = Pick<
  Runs,
  'experiment' | 'experimentByName' | 'putExperiment' | 'removeExperiment' | 'experiments' | 'nextNumber'
>

/** Experiments over any SQL database. */
export function sqlExperiments({ db, run }: Session): Experiments {
  const bodies = db.selectFrom('experiments').select(['seq', 'body'])
  const byId = bodies.where('workspace', '=', '').where('id', '=', '').compile()
  const byName = bodies.where('workspace', '=', '').where('name', '=', '').compile()
  return {
    async experiment(workspace, id) {
      const [row] = await run<{ body: string }>(byId, [workspace, id])
      return row && present(row)
    },
    async experimentByName(workspace, name) {
      const [row] = await run<{ body: string }>(byName, [workspace, name])
      return row && present(row)
    },
    async putExperiment(experiment) {
      const { workspace, id, name } = experiment
      const changed = { name, body: JSON.stringify(experiment) }
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
      const row = await db
        .updateTable('experiments')
        .set((column) => ({ runs: column('runs', '+', 1) }))
        .where('workspace', '=', workspace)
        .where('id', '=', experimentId)
        .returning('runs')
        .executeTakeFirst()
      if (!row) throw new Error(`No experiment ${experimentId} to number a run in`)
      return row.runs
    },
  }
}

const present = (row: { readonly body: string }): Experiment => JSON.parse(row.body) as Experiment
