import type { Json, JsonObject } from '../../json.ts'
import type { Rows } from './read-rows.ts'

/** What a value is, in the words of the dataset service. */
export function fieldType(value: Json): string {
  if (value === null) return 'Null'
  if (typeof value === 'boolean') return 'Boolean'
  if (typeof value === 'number') return Number.isInteger(value) ? 'Integer' : 'Decimal'
  return typeof value === 'string' ? 'String' : Array.isArray(value) ? 'List' : 'DataRow'
}

/** The type of a column: that of its values, or a text where they are of several. */
export function columnType(values: readonly Json[]): string {
  const types = new Set(values.map(fieldType).filter((type) => type !== 'Null'))
  if (types.size === 0) return 'Null'
  if (types.size === 2 && types.has('Integer') && types.has('Decimal')) return 'Decimal'
  const [only = 'String'] = types
  return types.size === 1 ? only : 'String'
}

/** Every column of a table by its numbers. Source: `ProfileResult`; moments are those of a sample. */
export const profileRows = ({ columns, rows }: Rows): readonly JsonObject[] =>
  columns.map((column, at) =>
    profileColumn(
      column,
      rows.map((row) => row[at] ?? null),
    ),
  )

function profileColumn(columnName: string, values: readonly Json[]): JsonObject {
  const there = values.filter((value) => value !== null)
  const numbers = there.filter((value): value is number => typeof value === 'number').toSorted((a, b) => a - b)
  const isNumber = numbers.length > 0 && numbers.length === there.length
  const sorted: readonly Json[] = isNumber ? numbers : there.filter((value) => typeof value === 'string').toSorted()
  const counts = Map.groupBy(there, (value) => JSON.stringify(value))
  return {
    columnName,
    type: columnType(values),
    min: fieldOf(sorted[0]),
    max: fieldOf(sorted.at(-1)),
    count: values.length,
    missingCount: values.length - there.length,
    notMissingCount: there.length,
    percentMissing: values.length === 0 ? 0 : (values.length - there.length) / values.length,
    errorCount: 0,
    emptyCount: there.filter((value) => value === '').length,
    quantiles: isNumber ? quantilesOf(numbers) : null,
    moments: isNumber ? momentsOf(numbers) : null,
    typeCounts: [...Map.groupBy(values, fieldType)].map(([type, own]) => ({ type, count: own.length })),
    valueCounts: [...counts.values()]
      .toSorted((a, b) => b.length - a.length)
      .slice(0, 20)
      .map((own) => ({ value: fieldOf(own[0]), count: own.length })),
    uniqueValues: counts.size,
    histogram: isNumber ? histogramOf(numbers) : null,
  }
}

const fieldOf = (value: Json | undefined): JsonObject | null =>
  value === undefined ? null : { type: fieldType(value), value }

const QUANTILES = {
  p0D1: 0.001,
  p1: 0.01,
  p5: 0.05,
  p25: 0.25,
  p50: 0.5,
  p75: 0.75,
  p95: 0.95,
  p99: 0.99,
  p99D9: 0.999,
}

function quantilesOf(numbers: readonly number[]): JsonObject {
  const at = (share: number): number => {
    const place = share * (numbers.length - 1)
    const [low, high] = [numbers[Math.floor(place)] ?? 0, numbers[Math.ceil(place)] ?? 0]
    return low + (high - low) * (place - Math.floor(place))
  }
  return Object.fromEntries(Object.entries(QUANTILES).map(([name, share]) => [name, at(share)]))
}

function momentsOf(numbers: readonly number[]): JsonObject {
  const count = numbers.length
  const mean = numbers.reduce((sum, one) => sum + one, 0) / count
  const power = (by: number) => numbers.reduce((sum, one) => sum + (one - mean) ** by, 0) / count
  const spread = power(2)
  const variance = count > 1 ? (spread * count) / (count - 1) : 0
  return {
    mean,
    variance,
    standardDeviation: Math.sqrt(variance),
    skewness: spread === 0 ? null : power(3) / spread ** 1.5,
    kurtosis: spread === 0 ? null : power(4) / spread ** 2 - 3,
  }
}

const BINS = 10

function histogramOf(numbers: readonly number[]): readonly JsonObject[] {
  const [low = 0, high = 0] = [numbers[0], numbers.at(-1)]
  const width = (high - low) / BINS
  if (width === 0) return [{ lowerBound: low, upperBound: high, count: numbers.length }]
  const counts = new Array<number>(BINS).fill(0)
  for (const one of numbers) {
    const bin = Math.min(BINS - 1, Math.floor((one - low) / width))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return counts.map((count, bin) => ({ lowerBound: low + bin * width, upperBound: low + (bin + 1) * width, count }))
}
