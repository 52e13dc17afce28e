import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject } from '../../json.ts'

/** One hyperparameter and how it is spread, as Azure's `searchSpace` says it. */
export type Dimension = { readonly name: string } & Distribution

export type Distribution =
  | { readonly kind: 'choice'; readonly values: readonly Json[] }
  | { readonly kind: 'randint'; readonly upper: number }
  | {
      readonly kind: 'uniform' | 'quniform' | 'loguniform' | 'qloguniform'
      readonly min: number
      readonly max: number
      /** The step of a quantised one. */
      readonly q?: number
    }
  | {
      readonly kind: 'normal' | 'qnormal' | 'lognormal' | 'qlognormal'
      readonly mu: number
      readonly sigma: number
      readonly q?: number
    }

/** The values of one trial, by hyperparameter. */
export type Sample = Readonly<Record<string, Json>>

/**
 * Reads a search space in either of its two spellings: `{"lr": ["uniform", [0.1, 0.2]]}`, as jobs have it, and
 * `{"lr": {"type": "uniform", "min_value": 0.1, "max_value": 0.2}}`, as the nodes of pipelines have it.
 *
 * @throws JobInvalid
 */
export function readSearchSpace(space: JsonObject): readonly Dimension[] {
  const dimensions = Object.entries(space).map(([name, value]) => ({ name, ...distribution(name, value) }))
  if (dimensions.length === 0) throw fault('JobInvalid', { reason: "A sweep needs a 'searchSpace' that is not empty." })
  return dimensions
}

function distribution(name: string, value: Json | undefined): Distribution {
  const [type, args] = Array.isArray(value) ? positional(value) : isObject(value) ? named(value) : [undefined, []]
  const invalid = (problem: string) =>
    fault('JobInvalid', { reason: `The hyperparameter '${name}' of the search space ${problem}.` })
  if (!/^[A-Za-z_][\w.-]*$/.test(name)) throw invalid('has a name that no command can use')
  const numbers = args.map(Number)
  const need = (count: number): number[] => {
    if (args.length < count || !numbers.slice(0, count).every(Number.isFinite)) {
      throw invalid(`needs ${count} number${count === 1 ? '' : 's'} for '${type}'`)
    }
    return numbers
  }
  switch (type) {
    case 'choice': {
      const values: readonly Json[] = Array.isArray(args[0]) ? (args[0] as readonly Json[]) : args
      if (values.length === 0) throw invalid('has no value to choose from')
      return { kind: type, values }
    }
    case 'randint': {
      const [upper = 0] = need(1)
      if (!Number.isInteger(upper) || upper < 1) throw invalid('needs an upper bound that is a whole number from 1')
      return { kind: type, upper }
    }
    case 'uniform':
    case 'quniform':
    case 'loguniform':
    case 'qloguniform': {
      const quantised = type.startsWith('q')
      const [min = 0, max = 0, q] = need(quantised ? 3 : 2)
      if (min > max) throw invalid(`has a minimum of ${min}, which is more than its maximum of ${max}`)
      return { kind: type, min, max, ...(quantised && { q: step(q, invalid) }) }
    }
    case 'normal':
    case 'qnormal':
    case 'lognormal':
    case 'qlognormal': {
      const quantised = type.startsWith('q')
      const [mu = 0, sigma = 0, q] = need(quantised ? 3 : 2)
      if (sigma < 0) throw invalid('has a negative sigma')
      return { kind: type, mu, sigma, ...(quantised && { q: step(q, invalid) }) }
    }
    default:
      throw invalid(`is spread by '${String(type)}', which is no distribution of Azure's`)
  }
}

function step(q: number | undefined, invalid: (problem: string) => Error): number {
  if (!q || q <= 0) throw invalid('needs a step q that is more than nothing')
  return q
}

const positional = (value: readonly Json[]): [string, readonly Json[]] => [
  String(value[0]).toLowerCase(),
  Array.isArray(value[1]) ? (value[1] as readonly Json[]) : value.slice(1),
]

function named(value: JsonObject): [string, readonly Json[]] {
  const type = String(value.type).toLowerCase()
  const inOrder = [value.values, value.upper, value.min_value, value.max_value, value.mu, value.sigma, value.q]
  return [type, inOrder.filter((each) => each !== undefined && each !== null)]
}

/**
 * The value at a place between 0 and 1 of a distribution: its quantile.
 *
 * Source: Azure's "Hyperparameter tuning a model": loguniform is exp(uniform(min, max)), and a quantised one is
 * round(x / q) * q.
 */
export function valueAt(spread: Distribution, u: number): Json {
  switch (spread.kind) {
    case 'choice':
      return spread.values[Math.min(spread.values.length - 1, Math.floor(u * spread.values.length))] ?? null
    case 'randint':
      return Math.min(spread.upper - 1, Math.floor(u * spread.upper))
    case 'uniform':
    case 'quniform':
      return quantised(between(spread, u), spread.q)
    case 'loguniform':
    case 'qloguniform':
      return quantised(Math.exp(between(spread, u)), spread.q)
    case 'normal':
    case 'qnormal':
      return quantised(spread.mu + spread.sigma * normalQuantile(u), spread.q)
    case 'lognormal':
    case 'qlognormal':
      return quantised(Math.exp(spread.mu + spread.sigma * normalQuantile(u)), spread.q)
  }
}

const between = ({ min, max }: { min: number; max: number }, u: number): number => min + u * (max - min)

/** Rounded to a step; the digits that binary fractions add to `0.1 * 3` are cut off. */
const quantised = (value: number, q: number | undefined): number =>
  q === undefined ? value : Number((Math.round(value / q) * q).toPrecision(12))

/**
 * The quantile of the standard normal distribution, by P. J. Acklam's rational approximation: relative error below
 * 1.15e-9.
 */
export function normalQuantile(u: number): number {
  const p = Math.min(1 - 1e-16, Math.max(1e-16, u))
  const rational = (x: number, over: readonly number[], under: readonly number[]): number =>
    over.reduce((sum, each) => sum * x + each, 0) / (under.reduce((sum, each) => sum * x + each, 0) * x + 1)
  if (p < LOW) {
    const q = Math.sqrt(-2 * Math.log(p))
    return rational(q, C, D)
  }
  if (p > 1 - LOW) {
    const q = Math.sqrt(-2 * Math.log(1 - p))
    return -rational(q, C, D)
  }
  const q = p - 0.5
  return q * rational(q * q, A, B)
}

const LOW = 0.02425
const A = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
]
const B = [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1]
const C = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
]
const D = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416]
