import type { Connection } from '../connection.ts'
import { pack, unpack } from './packed-points.ts'
import { comparePlaces, countOf, inOrder, joined, onePoint, type Points, placeAt, sliced, without } from './points.ts'

/** Points of one run: `cells` has four numbers a point, the place of its name in `keys`, its step, time and value. */
export interface Batch {
  readonly run: number
  readonly keys: readonly string[]
  readonly cells: Float64Array
}

interface Series {
  readonly points: number
  readonly step: number
  readonly at: number
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
  readonly next: number
  /** Chunks that are not full, and their points. */
  readonly open: number
  readonly open_points: number
}

/** A chunk has so many points when it is full, and counts as full from half of them. */
const FULL = 4096
/** So many chunks that are not full become one. */
const OPEN = 64
const CACHED = 50_000

const SERIES = 'points, step, at, value, low, high, next, open, open_points'
const CHUNK = 'seq, points, packed'

/** Writes points. The caller holds a transaction around each call, and calls `forget` where it was rolled back. */
export class MetricWriter {
  readonly #connection: Connection
  readonly #keys = new Map<string, number>()
  readonly #series = new Map<string, Series>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  add({ run, keys, cells }: Batch): void {
    for (const [name, points] of byKey(keys, cells)) {
      const key = this.#key(name)
      const known = this.#find(run, key)
      const after = this.#append({ run, key, known, points: inOrder(points) })
      if (after !== known && after) this.#put(run, key, after)
    }
  }

  /** Removes some of a run's points; true when nothing is left. */
  removeSome(run: number): boolean {
    const { changes } = this.#connection.execute(
      `delete from chunks where (run, key, seq) in (select run, key, seq from chunks where run = ? limit 200)`,
      [run],
    )
    if (Number(changes) > 0) return false
    this.#connection.execute('delete from series where run = ?', [run])
    for (const name of this.#series.keys()) if (name.startsWith(`${run} `)) this.#series.delete(name)
    return true
  }

  /** What is known of the file is read anew. */
  forget(): void {
    this.#keys.clear()
    this.#series.clear()
  }

  #append(to: { run: number; key: number; known: Series | undefined; points: Points }): Series | undefined {
    const { known } = to
    const fresh = known ? this.#unknown(to.run, to.key, known, to.points) : to.points
    const count = countOf(fresh)
    if (count === 0) return known
    const last = sliced(fresh, count - 1)
    const newest = !known || compareLatest(last, known) > 0 ? latestOf(last) : known
    const [low, high] = extremes(fresh, known)
    const grown = {
      points: (known?.points ?? 0) + count,
      step: newest.step,
      at: newest.at,
      value: newest.value,
      low,
      high,
      next: known?.next ?? 0,
      open: known?.open ?? 0,
      open_points: known?.open_points ?? 0,
    }
    if (grown.points === 1) return grown
    // The first point of a series is written when a second one comes.
    const written = known?.points === 1 ? joined([pointOf(known), fresh]) : fresh
    return this.#tidy(to.run, to.key, this.#write(to.run, to.key, grown, inOrder(written)))
  }

  /** Those of the ordered points that the series does not have: only what is not beyond its end is looked for. */
  #unknown(run: number, key: number, known: Series, points: Points): Points {
    if (compareLatest(sliced(points, 0, 1), known) > 0) return points
    if (known.points === 1) return without(points, pointOf(known))
    const [first, last] = [placeAt(points, 0), placeAt(points, countOf(points) - 1)]
    const { rows } = this.#connection.execute<{ points: number; packed: Uint8Array }>(
      `select ${CHUNK} from chunks where run = ? and key = ?
        and (first_step, first_at) <= (?, ?) and (last_step, last_at) >= (?, ?)`,
      [run, key, ...last, ...first],
    )
    return rows.reduce((left, row) => without(left, unpack(row.packed, row.points)), points)
  }

  #write(run: number, key: number, series: Series, points: Points): Series {
    let { next, open, open_points } = series
    for (let from = 0; from < countOf(points); from += FULL) {
      const part = sliced(points, from, from + FULL)
      const count = countOf(part)
      const full = count >= FULL / 2
      this.#connection.execute(
        `insert into chunks (run, key, seq, points, full, first_step, first_at, last_step, last_at, packed)
          values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [run, key, next, count, Number(full), ...placeAt(part, 0), ...placeAt(part, count - 1), pack(part)],
      )
      next += 1
      if (!full) {
        open += 1
        open_points += count
      }
    }
    return { ...series, next, open, open_points }
  }

  /** Many small chunks become few. */
  #tidy(run: number, key: number, series: Series): Series {
    if (series.open < OPEN && series.open_points < FULL) return series
    const { rows } = this.#connection.execute<{ seq: number; points: number; packed: Uint8Array }>(
      `select ${CHUNK} from chunks where run = ? and key = ? and full = 0`,
      [run, key],
    )
    for (const { seq } of rows) {
      this.#connection.execute('delete from chunks where run = ? and key = ? and seq = ?', [run, key, seq])
    }
    const whole = inOrder(joined(rows.map((row) => unpack(row.packed, row.points))))
    return this.#write(run, key, { ...series, open: 0, open_points: 0 }, whole)
  }

  #key(name: string): number {
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const [found] = this.#connection.execute<{ id: number }>('select id from metric_keys where name = ?', [name]).rows
    const id =
      found?.id ?? Number(this.#connection.execute('insert into metric_keys (name) values (?)', [name]).insertId)
    if (this.#keys.size >= CACHED) this.#keys.clear()
    this.#keys.set(name, id)
    return id
  }

  #find(run: number, key: number): Series | undefined {
    const cached = this.#series.get(`${run} ${key}`)
    if (cached) return cached
    const sql = `select ${SERIES} from series where run = ? and key = ?`
    return this.#connection.execute<Series>(sql, [run, key]).rows[0]
  }

  #put(run: number, key: number, series: Series): void {
    if (this.#series.size >= CACHED) this.#series.clear()
    this.#series.set(`${run} ${key}`, series)
    const { points, step, at, value, low, high, next, open, open_points } = series
    this.#connection.execute(
      `insert into series (run, key, ${SERIES}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        on conflict do update set points = excluded.points, step = excluded.step, at = excluded.at,
        value = excluded.value, low = excluded.low, high = excluded.high, next = excluded.next, open = excluded.open,
        open_points = excluded.open_points`,
      [run, key, points, step, at, value, low, high, next, open, open_points],
    )
  }
}

function byKey(keys: readonly string[], cells: Float64Array): readonly (readonly [string, Points])[] {
  const places: number[][] = keys.map(() => [])
  for (let at = 0; at < cells.length; at += 4) places[cells[at] ?? 0]?.push(at)
  return keys.map((name, key) => {
    const mine = places[key] ?? []
    const column = (which: number) => Float64Array.from(mine, (at) => cells[at + which] ?? 0)
    return [name, { steps: column(1), ats: column(2), values: column(3) }] as const
  })
}

/** NULL is NaN: SQLite makes the one of the other. */
const pointOf = ({ step, at, value }: Pick<Series, 'step' | 'at' | 'value'>): Points =>
  onePoint(step, at, value ?? Number.NaN)

function latestOf({ steps, ats, values }: Points): Pick<Series, 'step' | 'at' | 'value'> {
  const value = values[0] ?? 0
  return { step: steps[0] ?? 0, at: ats[0] ?? 0, value: Number.isNaN(value) ? null : value }
}

/** The latest point has the greatest step, then time, then value. */
function compareLatest(point: Points, known: Series): number {
  const places = comparePlaces(placeAt(point, 0), [known.step, known.at])
  if (places !== 0) return places
  const value = point.values[0] ?? 0
  const [x, y] = [Number.isNaN(value) ? 0 : value, known.value ?? 0]
  return x === y ? 0 : x < y ? -1 : 1
}

function extremes({ values }: Points, known: Series | undefined): readonly [number | null, number | null] {
  let [low, high] = [known?.low ?? Number.POSITIVE_INFINITY, known?.high ?? Number.NEGATIVE_INFINITY]
  let any = known?.low !== null && known !== undefined
  for (const value of values) {
    if (Number.isNaN(value)) continue
    any = true
    if (value < low) low = value
    if (value > high) high = value
  }
  return any ? [low, high] : [null, null]
}
