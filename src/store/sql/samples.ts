import { foldId } from '../../resource-id.ts'
import type { Sample, Samples } from '../samples.ts'
import type { Session } from './session.ts'

/** Measurements over any SQL database. */
export const sqlSamples = ({ db }: Session): Samples => ({
  async add(resourceId, { at, values }) {
    const row = { resource_key: foldId(resourceId), at, body: JSON.stringify(values) }
    await db
      .insertInto('samples')
      .values(row)
      .onConflict((conflict) => conflict.columns(['resource_key', 'at']).doUpdateSet({ body: row.body }))
      .execute()
  },
  async find(resourceId, from, to) {
    const rows = await db
      .selectFrom('samples')
      .select(['at', 'body'])
      .where('resource_key', '=', foldId(resourceId))
      .where('at', '>=', from)
      .where('at', '<', to)
      .orderBy('at')
      .execute()
    return rows.map(({ at, body }) => ({ at, values: JSON.parse(body) as Sample['values'] }))
  },
  async forgetBefore(time) {
    await db.deleteFrom('samples').where('at', '<', time).execute()
  },
})
