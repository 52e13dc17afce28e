/** Points of one series in columns. `ats` are epoch milliseconds; a value may be NaN or infinite. */
export interface Points {
  readonly steps: Float64Array
  readonly ats: Float64Array
  readonly values: Float64Array
}

export const countOf = ({ values }: Points): number => values.length

/** Step and time, by which a series is read. */
export type Place = readonly [step: number, at: number]

export const comparePlaces = (a: Place, b: Place): number => a[0] - b[0] || a[1] - b[1]

/** NaN counts as zero, as MLflow's own store has it, and comes behind a zero of the same place. */
const weight = (value: number): number => (Number.isNaN(value) ? 0 : value)

function compareAt(a: Points, i: number, b: Points, j: number): number {
  const places = (a.steps[i] ?? 0) - (b.steps[j] ?? 0) || (a.ats[i] ?? 0) - (b.ats[j] ?? 0)
  if (places !== 0) return places
  const [left, right] = [a.values[i] ?? 0, b.values[j] ?? 0]
  // Two infinities subtract to NaN.
  const [x, y] = [weight(left), weight(right)]
  if (x !== y) return x < y ? -1 : 1
  return Number(Number.isNaN(left)) - Number(Number.isNaN(right))
}

/** The points in order of step, time and value, each once. What is in order already is handed back as it is. */
export function inOrder(points: Points): Points {
  const count = countOf(points)
  let rising = true
  for (let at = 1; at < count && rising; at++) rising = compareAt(points, at - 1, points, at) < 0
  if (rising) return points
  const order = Uint32Array.from({ length: count }, (_, at) => at).sort((a, b) => compareAt(points, a, points, b))
  const once = order.filter((place, at) => at === 0 || compareAt(points, order[at - 1] ?? 0, points, place) !== 0)
  return picked(points, once)
}

export function picked({ steps, ats, values }: Points, places: ArrayLike<number>): Points {
  const from = (column: Float64Array) => Float64Array.from(places, (place) => column[place] ?? 0)
  return { steps: from(steps), ats: from(ats), values: from(values) }
}

export function joined(parts: readonly Points[]): Points {
  const [only] = parts
  if (parts.length === 1 && only) return only
  const count = parts.reduce((sum, part) => sum + countOf(part), 0)
  const column = (name: keyof Points): Float64Array => {
    const whole = new Float64Array(count)
    let at = 0
    for (const part of parts) {
      whole.set(part[name], at)
      at += countOf(part)
    }
    return whole
  }
  return { steps: column('steps'), ats: column('ats'), values: column('values') }
}

export const sliced = ({ steps, ats, values }: Points, from: number, to?: number): Points => ({
  steps: steps.subarray(from, to),
  ats: ats.subarray(from, to),
  values: values.subarray(from, to),
})

/** How many of the ordered `points` stand before `other`'s point at `at`, or with it. */
export function countUpTo(points: Points, other: Points, at: number): number {
  let [low, high] = [0, countOf(points)]
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareAt(points, middle, other, at) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The ordered `added` without those that the ordered `known` has to the letter. */
export function without(added: Points, known: Points): Points {
  const kept: number[] = []
  for (let at = 0; at < countOf(added); at++) {
    const before = countUpTo(known, added, at)
    if (before === 0 || compareAt(known, before - 1, added, at) !== 0) kept.push(at)
  }
  return kept.length === countOf(added) ? added : picked(added, kept)
}

export const onePoint = (step: number, at: number, value: number): Points => ({
  steps: Float64Array.of(step),
  ats: Float64Array.of(at),
  values: Float64Array.of(value),
})

export const placeAt = ({ steps, ats }: Points, at: number): Place => [steps[at] ?? 0, ats[at] ?? 0]
