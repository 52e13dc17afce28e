import { fault } from '../../faults.ts'
import type { MetricDefinition } from './definitions.ts'

/** What a metric's values can be told apart by. */
export type Dimension = 'deployment' | 'statusCode' | 'statusCodeClass'

/** A dimension that was asked for, and the values that count; undefined for all of them. */
export interface WantedDimension {
  readonly name: Dimension
  readonly values: ReadonlySet<string> | undefined
}

/** A measured value at a time, in epoch milliseconds. */
export interface Point {
  readonly at: number
  readonly value: number
}

export interface Series {
  /** The values of the dimensions that were asked for, in their order. */
  readonly labels: readonly string[]
  readonly points: readonly Point[]
}

/** Under what name a sample keeps a part of a metric. Names of deployments have no bar. */
export const partOf = (metric: string, deployment: string, status?: number): string =>
  [metric, deployment, ...(status === undefined ? [] : [status])].join('|')

/**
 * Reads a `$filter`: `deployment eq '*' and (statusCode eq '200' or statusCode eq '424')`. Each metric that is asked for
 * must have each of its dimensions.
 *
 * @throws MetricQueryInvalid
 */
export function readFilter(text: string, metrics: readonly MetricDefinition[]): readonly WantedDimension[] {
  return text.split(/\s+and\s+/i).map((clause) => {
    const parts = clause.trim().replace(/^\((.*)\)$/, '$1')
    const pairs = parts.split(/\s+or\s+/i).map((part) => {
      const [, name = '', value = ''] = /^\s*(\w+)\s+eq\s+'([^']*)'\s*$/i.exec(part) ?? []
      if (name === '') throw invalid(`'${part.trim()}' in $filter is no "dimension eq 'value'"`)
      return { name, value }
    })
    const [first] = pairs
    const others = pairs.find(({ name }) => name.toLowerCase() !== first?.name.toLowerCase())
    if (others)
      throw invalid(`'or' in $filter joins values of one dimension, not of '${first?.name}' and '${others.name}'`)
    const any = pairs.some(({ value }) => value === '*')
    return {
      name: dimensionOf(first?.name ?? '', metrics),
      values: any ? undefined : new Set(pairs.map(({ value }) => value.toLowerCase())),
    }
  })
}

function dimensionOf(name: string, metrics: readonly MetricDefinition[]): Dimension {
  const found = metrics.map((metric) => ({
    metric,
    dimension: metric.dimensions.find((one) => one.toLowerCase() === name.toLowerCase()),
  }))
  const lacking = found.find(({ dimension }) => dimension === undefined)
  const dimension = found[0]?.dimension
  if (!lacking && dimension) return dimension
  const { name: metric, dimensions } = lacking?.metric ?? { name: '', dimensions: [] }
  throw invalid(`'${name}' is no dimension of '${metric}', which has ${dimensions.join(', ') || 'none'}`)
}

/** The values of a metric, told apart by what was asked for. Parts that are told apart no further are added up. */
export function seriesOf(
  metric: string,
  samples: readonly { readonly at: string; readonly values: Readonly<Record<string, number>> }[],
  wanted: readonly WantedDimension[],
): readonly Series[] {
  const found = new Map<string, { labels: readonly string[]; points: Map<number, number> }>()
  for (const { at, values } of samples) {
    for (const [key, value] of Object.entries(values)) {
      const [name, deployment = '', status = ''] = key.split('|')
      if (name !== metric || deployment === '') continue
      const all = { deployment, statusCode: status, statusCodeClass: `${status.slice(0, 1)}xx` }
      if (wanted.some(({ name: one, values }) => values && !values.has(all[one].toLowerCase()))) continue
      const labels = wanted.map(({ name: one }) => all[one])
      const series = found.get(labels.join('|')) ?? { labels, points: new Map<number, number>() }
      found.set(labels.join('|'), series)
      const time = Date.parse(at)
      series.points.set(time, (series.points.get(time) ?? 0) + value)
    }
  }
  return [...found.values()].map(({ labels, points }) => ({
    labels,
    points: [...points].map(([at, value]) => ({ at, value })),
  }))
}

const invalid = (reason: string) => fault('MetricQueryInvalid', { reason })
