import { CompiledQuery } from 'kysely'
import { fault } from '../../../faults.ts'
import type { PendingPoints } from '../../metrics.ts'
import type { Session } from '../../sql/session.ts'
import { cellsOf, type OwnBatch } from './cells.ts'

/** Points that a write of the main database has promised, and the number of the promise. */
export interface Promised {
  readonly id: number
  readonly batch: OwnBatch
}

interface Row {
  readonly id: number
  readonly run: number
  readonly keys: string
  readonly cells: Uint8Array
}

const runNumber = CompiledQuery.raw('select seq from runs where workspace = ? and id_key = ?') as CompiledQuery<{
  readonly seq: number
}>
const insert = CompiledQuery.raw(
  'insert into pending_points (run, keys, cells) values (?, ?, ?) returning id',
) as CompiledQuery<{ readonly id: number }>
const all = CompiledQuery.raw('select id, run, keys, cells from pending_points order by id') as CompiledQuery<Row>
const remove = CompiledQuery.raw('delete from pending_points where id = ?')

/** Notes in `promised` what one part promises: it is to be kept when the part is on disk. */
export const pendingPoints = (session: Session, promised: Promised[]): PendingPoints => ({
  async add(workspace, id, points) {
    if (points.length === 0) return
    const [run] = await session.run(runNumber, [workspace, id.toLowerCase()])
    if (!run) throw fault('RunNotFound', { run: id })
    const { keys, cells } = cellsOf(points)
    const [row] = await session.run(insert, [run.seq, JSON.stringify(keys), new Uint8Array(cells.buffer)])
    if (!row) throw new Error('A promise of points has no number')
    promised.push({ id: row.id, batch: { run: run.seq, keys, cells } })
  },
})

/** What was promised and may not have been kept. */
export async function promisedPoints(session: Session): Promise<readonly Promised[]> {
  const rows = await session.run(all, [])
  return rows.map(({ id, run, keys, cells }) => ({
    id,
    // A copy: SQLite's bytes may begin anywhere, and numbers may not.
    batch: { run, keys: JSON.parse(keys), cells: new Float64Array(new Uint8Array(cells).buffer) },
  }))
}

export async function withoutPromises(session: Session, promised: readonly Promised[]): Promise<void> {
  for (const { id } of promised) await session.run(remove, [id])
}
