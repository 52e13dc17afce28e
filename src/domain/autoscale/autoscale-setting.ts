import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import { durationSeconds } from '../computes/duration.ts'
import { timeIn, zoneNamed } from '../schedules/time-zone.ts'
import { type Recurrence, recurrenceOf } from './recurrence.ts'

export const AUTOSCALE_SETTINGS = 'Microsoft.Insights/autoscalesettings'

type Statistic = 'average' | 'min' | 'max' | 'sum' | 'count'
type Operator = 'equals' | 'notequals' | 'greaterthan' | 'greaterthanorequal' | 'lessthan' | 'lessthanorequal'

export interface ScaleRule {
  readonly metric: string
  /** The resource that is measured. */
  readonly resource: string
  readonly windowMs: number
  /** Over the measures of the window. */
  readonly aggregation: Statistic | 'total' | 'last'
  readonly operator: Operator
  readonly threshold: number
  readonly perInstance: boolean
  readonly direction: 'increase' | 'decrease'
  readonly change: 'changecount' | 'percentchangecount' | 'exactcount'
  readonly value: number
  readonly cooldownMs: number
}

export interface ScaleProfile {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly usual: number
  readonly rules: readonly ScaleRule[]
  /** Epoch milliseconds; a time that is none is no number. */
  readonly between?: { readonly from: number; readonly to: number }
  /** From when in each week. A profile with neither holds where no other does. */
  readonly recurs?: Recurrence
}

const list = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const folded = (value: unknown): string => (textAt(value) ?? '').toLowerCase().replaceAll(/[^a-z]/g, '')
const milliseconds = (value: unknown): number => (durationSeconds(textAt(value) ?? '') ?? Number.NaN) * 1000

/** The profiles of a setting, as its body has them; what is no number there is none here. */
export const profilesOf = (properties: JsonObject): readonly ScaleProfile[] =>
  list(properties.profiles).map((profile) => {
    const capacity = objectAt(profile.capacity)
    const dates = objectAt(profile.fixedDate)
    return {
      name: textAt(profile.name) ?? '',
      min: Number(capacity.minimum),
      max: Number(capacity.maximum),
      usual: Number(capacity.default),
      rules: list(profile.rules).map((rule) => ruleOf(rule, textAt(properties.targetResourceUri) ?? '')),
      ...(Object.keys(dates).length > 0 && { between: between(dates) }),
      ...(isObject(profile.recurrence) && { recurs: recurrenceOf(profile.recurrence) }),
    }
  })

function between({ timeZone, start, end }: JsonObject): { readonly from: number; readonly to: number } {
  const zone = zoneNamed(textAt(timeZone))
  const time = (value: unknown) => (zone && timeIn(zone, textAt(value) ?? '')?.getTime()) || Number.NaN
  return { from: time(start), to: time(end) }
}

function ruleOf(rule: JsonObject, target: string): ScaleRule {
  const trigger = objectAt(rule.metricTrigger)
  const action = objectAt(rule.scaleAction)
  return {
    metric: textAt(trigger.metricName) ?? '',
    resource: textAt(trigger.metricResourceUri) || target,
    windowMs: milliseconds(trigger.timeWindow),
    aggregation: folded(trigger.timeAggregation) as ScaleRule['aggregation'],
    operator: folded(trigger.operator) as Operator,
    threshold: Number(trigger.threshold),
    perInstance: trigger.dividePerInstance === true,
    direction: folded(action.direction) as ScaleRule['direction'],
    change: folded(action.type) as ScaleRule['change'],
    value: Number(action.value ?? 1),
    cooldownMs: milliseconds(action.cooldown),
  }
}

const compares: Readonly<Record<Operator, (value: number, threshold: number) => boolean>> = {
  equals: (value, threshold) => value === threshold,
  notequals: (value, threshold) => value !== threshold,
  greaterthan: (value, threshold) => value > threshold,
  greaterthanorequal: (value, threshold) => value >= threshold,
  lessthan: (value, threshold) => value < threshold,
  lessthanorequal: (value, threshold) => value <= threshold,
}
export const operators: ReadonlySet<string> = new Set(Object.keys(compares))
export const aggregations: ReadonlySet<string> = new Set(['average', 'minimum', 'maximum', 'total', 'count', 'last'])

/** Whether a rule's condition holds for what was measured, oldest first; false where nothing was. */
export function holds(rule: ScaleRule, values: readonly number[], instances: number): boolean {
  if (values.length === 0) return false
  const measured = aggregate(rule.aggregation, values)
  return compares[rule.operator](rule.perInstance ? measured / Math.max(1, instances) : measured, rule.threshold)
}

function aggregate(kind: string, values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + value, 0)
  if (kind === 'total') return total
  if (kind === 'count') return values.length
  if (kind === 'minimum') return Math.min(...values)
  if (kind === 'maximum') return Math.max(...values)
  return kind === 'last' ? (values.at(-1) ?? 0) : total / values.length
}

/** How many instances a rule's action leads to. */
export function changed({ direction, change, value }: ScaleRule, instances: number): number {
  if (change === 'exactcount') return value
  const by = change === 'percentchangecount' ? Math.ceil((instances * value) / 100) : value
  return direction === 'increase' ? instances + by : instances - by
}
