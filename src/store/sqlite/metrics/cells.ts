import type { MetricPoint } from '../../metrics.ts'
import type { Batch } from './metric-writer.ts'

/** A batch that may be handed over to a thread. */
export type OwnBatch = Batch & { readonly cells: Float64Array<ArrayBuffer> }

/** Points in the shape in which threads are handed them. */
export function cellsOf(points: readonly MetricPoint[]) {
  const keys = new Map<string, number>()
  const cells = new Float64Array(points.length * 4)
  for (const [at, { key, step, at: time, value }] of points.entries()) {
    const place = keys.get(key) ?? keys.size
    keys.set(key, place)
    cells[4 * at] = place
    cells[4 * at + 1] = step
    cells[4 * at + 2] = time
    cells[4 * at + 3] = value
  }
  return { keys: [...keys.keys()], cells }
}
