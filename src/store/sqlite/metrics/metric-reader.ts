import type { Connection } from '../connection.ts'
import { unpack } from './packed-points.ts'
import { comparePlaces, countOf, countUpTo, inOrder, joined, onePoint, type Points, placeAt, sliced } from './points.ts'
import { type Extent, sampled } from './sample-points.ts'

/** The latest point of a series and its extremes; a value that is null is NaN. */
export interface SeriesRow {
  readonly name: string
  readonly points: number
  readonly step: number
  readonly at: number
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
}

/** What is read of a series' points: a page behind a point, or a sample of a range of steps. */
export type Wanted =
  | { readonly kind: 'page'; readonly after?: readonly [number, number, number]; readonly limit?: number }
  | { readonly kind: 'sample'; readonly most: number; readonly from?: number; readonly to?: number }

export interface PointsRead {
  readonly points: Points
  /** Whether the series goes on behind them. */
  readonly more: boolean
}

interface Span {
  readonly seq: number
  readonly points: number
  readonly first_step: number
  readonly first_at: number
  readonly last_step: number
  readonly last_at: number
}

type Found = SeriesRow & { readonly key: number }

const NOTHING: PointsRead = { points: joined([]), more: false }

/** Reads metrics. Chunks of a series may overlap where points came late; what is read is in order all the same. */
export class MetricReader {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  series(run: number): readonly SeriesRow[] {
    return this.#connection.execute<SeriesRow>(
      `select name, points, step, at, value, low, high from series join metric_keys on id = key
        where run = ? order by name`,
      [run],
    ).rows
  }

  /** How many points the series has. */
  count(run: number, name: string): number {
    return this.#find(run, name)?.points ?? 0
  }

  read(run: number, name: string, wanted: Wanted): PointsRead {
    // One snapshot: chunks are put together while they are read.
    this.#connection.exec('SAVEPOINT reading')
    try {
      return this.#read(run, name, wanted)
    } finally {
      this.#connection.exec('RELEASE reading')
    }
  }

  #read(run: number, name: string, wanted: Wanted): PointsRead {
    const found = this.#find(run, name)
    if (!found) return NOTHING
    if (wanted.kind === 'sample') return { points: this.#sample(run, found, wanted), more: false }
    return this.#page(run, found, wanted)
  }

  #find(run: number, name: string) {
    const sql = `select key, points, step, at, value from series join metric_keys on id = key where run = ? and name = ?`
    return this.#connection.execute<Found>(sql, [run, name]).rows[0]
  }

  /** Piece by piece where the chunks follow one another, which they do unless points came late: a long series is never held whole. */
  #sample(run: number, series: Found, { most, from, to }: Extract<Wanted, { kind: 'sample' }>): Points {
    const spans = this.#spans(run, series)
      .filter((span) => span.last_step >= (from ?? span.last_step) && span.first_step <= (to ?? span.first_step))
      .sort((a, b) => comparePlaces(firstOf(a), firstOf(b)))
    const inRow = spans.every((span, at) => {
      const before = spans[at - 1]
      return !before || comparePlaces(lastOf(before), firstOf(span)) < 0
    })
    const load = (some: readonly Span[]) => ranged(this.#load(run, series, some), from, to)
    if (!inRow || spans.length < 3) {
      const whole = load(spans)
      return sampled([whole], most, extentOf(whole, whole, countOf(whole)))
    }
    const [head, tail] = [load(spans.slice(0, 1)), load(spans.slice(-1))]
    const middle = spans.slice(1, -1)
    const count = middle.reduce((sum, span) => sum + span.points, countOf(head) + countOf(tail))
    function* pieces() {
      yield head
      for (const span of middle) yield load([span])
      yield tail
    }
    return sampled(pieces(), most, extentOf(head, tail, count))
  }

  #page(run: number, series: Found, wanted: Extract<Wanted, { kind: 'page' }>): PointsRead {
    const { after, limit = Number.POSITIVE_INFINITY } = wanted
    const spans = this.#spans(run, series)
      .filter((span) => !after || comparePlaces([span.last_step, span.last_at], [after[0], after[1]]) >= 0)
      .sort((a, b) => comparePlaces(firstOf(a), firstOf(b)))
    const taken = needed(spans, limit + 1, after)
    const whole = this.#load(run, series, spans.slice(0, taken))
    const start = after ? countUpTo(whole, onePoint(...after), 0) : 0
    const points = sliced(whole, start, start + limit)
    return { points, more: countOf(whole) > start + countOf(points) || taken < spans.length }
  }

  #spans(run: number, { key, points, step, at }: Found): readonly Span[] {
    if (points === 1) {
      return [{ seq: -1, points: 1, first_step: step, first_at: at, last_step: step, last_at: at }]
    }
    const sql = `select seq, points, first_step, first_at, last_step, last_at from chunks where run = ? and key = ?`
    return this.#connection.execute<Span>(sql, [run, key]).rows
  }

  #load(run: number, { key, points, step, at, value }: Found, spans: readonly Span[]): Points {
    if (points === 1) return spans.length === 0 ? NOTHING.points : onePoint(step, at, value ?? Number.NaN)
    const parts = spans.map((span) => {
      const sql = `select packed from chunks where run = ? and key = ? and seq = ?`
      const [row] = this.#connection.execute<{ packed: Uint8Array }>(sql, [run, key, span.seq]).rows
      if (!row) throw new Error(`Chunk ${span.seq} of series ${key} of run ${run} is not there`)
      return unpack(row.packed, span.points)
    })
    // One chunk is in order as it is.
    return parts.length === 1 ? joined(parts) : inOrder(joined(parts))
  }
}

const firstOf = (span: Span) => [span.first_step, span.first_at] as const
const lastOf = (span: Span) => [span.last_step, span.last_at] as const

/** The ordered points between two steps. */
function ranged(points: Points, from: number | undefined, to: number | undefined): Points {
  if (from === undefined && to === undefined) return points
  const places = Float64Array.of(Number.MAX_VALUE)
  const edge = (step: number) => countUpTo(points, { steps: Float64Array.of(step), ats: places, values: places }, 0)
  return sliced(points, from === undefined ? 0 : edge(from - 1), to === undefined ? undefined : edge(to))
}

function extentOf(head: Points, tail: Points, count: number): Extent {
  const [step, at] = placeAt(head, 0)
  const [lastStep, lastAt] = placeAt(tail, countOf(tail) - 1)
  return { count, first: { step, at }, last: { step: lastStep, at: lastAt } }
}

/** How many of the ordered spans hold the next `limit` points for certain: no later span begins before their end. */
function needed(spans: readonly Span[], limit: number, after: readonly number[] | undefined): number {
  let certain = 0
  let end: readonly [number, number] = [Number.NEGATIVE_INFINITY, 0]
  let pending = 0
  for (const [at, span] of spans.entries()) {
    if (comparePlaces([span.first_step, span.first_at], end) > 0) {
      certain += pending
      pending = 0
      if (certain >= limit) return at
    }
    const partly = after && comparePlaces([span.first_step, span.first_at], [after[0] ?? 0, after[1] ?? 0]) <= 0
    pending += partly ? 0 : span.points
    const last = [span.last_step, span.last_at] as const
    if (comparePlaces(last, end) > 0) end = last
  }
  return spans.length
}
