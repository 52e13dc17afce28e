import { parentPort, workerData } from 'node:worker_threads'
import { Connection } from '../connection.ts'
import { MetricReader, type PointsRead, type Wanted } from './metric-reader.ts'

export interface Asked {
  readonly id: number
  readonly run: number
  readonly name: string
  readonly wanted: Wanted
}

export type Answered = { readonly id: number } & ({ readonly read: PointsRead } | { readonly error: string })

/** Reads long series on a thread of its own: a chart of a million points holds up nobody. */
const connection = new Connection(String(workerData), { readOnly: true })
connection.exec('PRAGMA mmap_size = 268435456')
const reader = new MetricReader(connection)

parentPort?.on('message', ({ id, run, name, wanted }: Asked) => {
  try {
    const { points, more } = reader.read(run, name, wanted)
    // Copies: what was sliced is a part of a greater buffer, or SQLite's.
    const { steps, ats, values } = points
    const own = { steps: steps.slice(), ats: ats.slice(), values: values.slice() }
    parentPort?.postMessage({ id, read: { points: own, more } } satisfies Answered, [
      own.steps.buffer,
      own.ats.buffer,
      own.values.buffer,
    ])
  } catch (error) {
    parentPort?.postMessage({ id, error: String(error) } satisfies Answered)
  }
})
