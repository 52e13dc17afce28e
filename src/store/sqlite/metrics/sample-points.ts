import { countOf, joined, type Points } from './points.ts'

/** What a sample is taken of: where it begins and ends, and how many points there are. */
export interface Extent {
  readonly count: number
  readonly first: { readonly step: number; readonly at: number }
  readonly last: { readonly step: number; readonly at: number }
}

/**
 * At most `most` of the ordered points that draw the same line: the least and the greatest of each part of the axis, the
 * first and the last. A peak of one point among a million is among them, which an even choice would lose. The points may
 * come in pieces, one behind the other: none of them is held on to.
 */
export function sampled(pieces: Iterable<Points>, most: number, extent: Extent): Points {
  if (extent.count <= most) return joined([...pieces])
  const sampler = new Sampler(most, extent)
  for (const piece of pieces) sampler.take(piece)
  return sampler.chosen()
}

/** A point, by its place among all. */
interface Seen {
  readonly place: number
  readonly step: number
  readonly at: number
  readonly value: number
}

class Sampler {
  readonly #count: number
  readonly #parts: number
  /** Whoever logs without steps has all points at step 0: then time is the axis. */
  readonly #axis: 'steps' | 'ats'
  readonly #start: number
  /** Parts to a unit of the axis; 0 where the axis does not tell the points apart. */
  readonly #scale: number
  readonly #chosen: Seen[] = []
  #taken = 0
  #part = -1
  #low: Seen | undefined
  #high: Seen | undefined
  #last: Seen | undefined

  constructor(most: number, { count, first, last }: Extent) {
    this.#count = count
    this.#parts = Math.max(1, Math.floor((most - 2) / 2))
    this.#axis = first.step === last.step ? 'ats' : 'steps'
    const [start, end] = this.#axis === 'steps' ? [first.step, last.step] : [first.at, last.at]
    this.#start = start
    this.#scale = end === start ? 0 : this.#parts / (end - start)
  }

  take(points: Points): void {
    const count = countOf(points)
    for (let from = 0; from < count; ) {
      const part = this.#partOf(points, from)
      const to = this.#endOf(points, part, from)
      if (part !== this.#part) this.#close()
      this.#part = part
      this.#look(points, from, to)
      from = to
    }
    if (count > 0) this.#last = seen(points, count - 1, this.#taken)
    this.#taken += count
  }

  chosen(): Points {
    this.#close()
    const { place } = this.#chosen.at(-1) ?? { place: -1 }
    if (this.#last && place !== this.#last.place) this.#chosen.push(this.#last)
    const column = (which: 'step' | 'at' | 'value') => Float64Array.from(this.#chosen, (one) => one[which])
    return { steps: column('step'), ats: column('at'), values: column('value') }
  }

  #partOf(points: Points, at: number): number {
    const along =
      this.#scale === 0
        ? ((this.#taken + at) * this.#parts) / this.#count
        : ((points[this.#axis][at] ?? 0) - this.#start) * this.#scale
    return Math.min(this.#parts - 1, Math.floor(along))
  }

  /** The first place behind `from` that belongs to a later part: parts rise along the points. */
  #endOf(points: Points, part: number, from: number): number {
    let [low, high] = [from + 1, countOf(points)]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#partOf(points, middle) > part) high = middle
      else low = middle + 1
    }
    return low
  }

  #look(points: Points, from: number, to: number): void {
    const { values } = points
    let [low, high] = [from, from]
    for (let at = from + 1; at < to; at++) {
      const value = values[at] ?? 0
      // NaN is neither, and gives way to whatever comes.
      if (value < (values[low] ?? 0) || Number.isNaN(values[low])) low = at
      if (value > (values[high] ?? 0) || Number.isNaN(values[high])) high = at
    }
    if (this.#chosen.length === 0 && this.#taken + from === 0) this.#chosen.push(seen(points, 0, 0))
    const [least, greatest] = [seen(points, low, this.#taken), seen(points, high, this.#taken)]
    if (!this.#low || least.value < this.#low.value || Number.isNaN(this.#low.value)) this.#low = least
    if (!this.#high || greatest.value > this.#high.value || Number.isNaN(this.#high.value)) this.#high = greatest
  }

  #close(): void {
    const [low, high] = [this.#low, this.#high]
    if (low && high) {
      for (const one of low.place < high.place ? [low, high] : [high, low]) {
        if (one.place > (this.#chosen.at(-1)?.place ?? -1)) this.#chosen.push(one)
      }
    }
    this.#low = undefined
    this.#high = undefined
  }
}

const seen = ({ steps, ats, values }: Points, at: number, before: number): Seen => ({
  place: before + at,
  step: steps[at] ?? 0,
  at: ats[at] ?? 0,
  value: values[at] ?? 0,
})
