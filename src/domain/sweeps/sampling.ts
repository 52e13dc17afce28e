import type { Json } from '../../json.ts'
import { type Dimension, type Sample, valueAt } from './search-space.ts'

/** The sample of a trial by its number from 0, the same each time: so a restarted server goes on where it was. */
export type Sampler = (dimensions: readonly Dimension[], trial: number, seed: number) => Sample | undefined

/** Independent draws. */
export const randomSample: Sampler = (dimensions, trial, seed) =>
  Object.fromEntries(dimensions.map((each, at) => [each.name, valueAt(each, draw(seed, trial, at))]))

/** Each combination of the choices once, the last hyperparameter changing fastest; undefined when none is left. */
export const gridSample: Sampler = (dimensions, trial) => {
  let rest = trial
  const values: [string, Json][] = []
  for (const each of dimensions.toReversed()) {
    const choices = each.kind === 'choice' ? each.values : []
    values.unshift([each.name, choices[rest % choices.length] ?? null])
    rest = Math.floor(rest / choices.length)
  }
  return rest > 0 ? undefined : Object.fromEntries(values)
}

/** How many hyperparameters the Sobol sequence has directions for here. */
export const SOBOL_DIMENSIONS = 21

/** The Sobol sequence, shifted by the seed (a digital shift keeps it evenly spread). */
export const sobolSample: Sampler = (dimensions, trial, seed) =>
  Object.fromEntries(
    dimensions.map((each, at) => {
      const shift = Math.floor(draw(seed, 0, at) * 2 ** 32)
      return [each.name, valueAt(each, ((sobol(at, trial) ^ shift) >>> 0) / 2 ** 32)]
    }),
  )

/** A number in [0, 1) that follows from seed, trial and place alone (splitmix-like mixing of 32 bits). */
function draw(seed: number, trial: number, at: number): number {
  let x = (seed >>> 0) ^ Math.imul(trial + 1, 0x9e3779b1) ^ Math.imul(at + 1, 0x85ebca6b)
  for (const factor of [0x21f0aaad, 0x735a2d97, 0x21f0aaad, 0x735a2d97]) {
    x = Math.imul(x ^ (x >>> 16), factor)
    x ^= x >>> 15
  }
  return (x >>> 0) / 2 ** 32
}

/** The `index`th number, as 32 bits, of a dimension's Sobol sequence, in the order of Gray codes. */
function sobol(dimension: number, index: number): number {
  const directions = directionsOf(dimension)
  const gray = index ^ (index >>> 1)
  let x = 0
  for (let bit = 0; bit < 32; bit += 1) if ((gray >>> bit) & 1) x ^= directions[bit] ?? 0
  return x >>> 0
}

function directionsOf(dimension: number): readonly number[] {
  if (dimension === 0) return Array.from({ length: 32 }, (_, bit) => 2 ** (31 - bit))
  const [polynomial = 0, ...initial] = JOE_KUO[dimension - 1] ?? []
  const degree = initial.length
  const v = initial.map((m, bit) => (m << (31 - bit)) >>> 0)
  for (let bit = degree; bit < 32; bit += 1) {
    const back = v[bit - degree] ?? 0
    let next = back ^ (back >>> degree)
    for (let k = 1; k < degree; k += 1) if ((polynomial >>> (degree - 1 - k)) & 1) next ^= v[bit - k] ?? 0
    v.push(next >>> 0)
  }
  return v
}

/**
 * Primitive polynomial and initial direction numbers of the dimensions from the second.
 *
 * Source: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections" (2008),
 * new-joe-kuo-6.
 */
const JOE_KUO: readonly (readonly number[])[] = [
  [0, 1],
  [1, 1, 3],
  [1, 1, 3, 1],
  [2, 1, 1, 1],
  [1, 1, 1, 3, 3],
  [4, 1, 3, 5, 13],
  [2, 1, 1, 5, 5, 17],
  [4, 1, 1, 5, 5, 5],
  [7, 1, 1, 7, 11, 19],
  [11, 1, 1, 5, 1, 1],
  [13, 1, 1, 1, 3, 11],
  [14, 1, 3, 5, 5, 31],
  [1, 1, 3, 3, 9, 7, 49],
  [13, 1, 1, 1, 15, 21, 21],
  [16, 1, 3, 1, 13, 27, 49],
  [19, 1, 1, 1, 15, 7, 5],
  [22, 1, 3, 1, 15, 13, 25],
  [25, 1, 1, 5, 5, 19, 61],
  [1, 1, 3, 7, 11, 23, 15, 103],
  [4, 1, 3, 7, 13, 13, 15, 69],
]
