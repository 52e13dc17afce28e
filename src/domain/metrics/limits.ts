import { fault } from '../../faults.ts'
import type { MetricPoint } from '../../store/runs.ts'

/** MLflow's limits. Source: mlflow/utils/validation.py, 2.22. */
const MAX_KEY = 250
const MAX_PARAM_VALUE = 6000
const MAX_TAG_VALUE = 8000
export const batchLimits = { metrics: 1000, params: 100, tags: 100, all: 1000 } as const

const NAME = /^[\p{L}\p{N}_.\-:/ ]+$/u

export interface Batch {
  readonly metrics: readonly MetricPoint[]
  readonly params: readonly (readonly [string, string])[]
  readonly tags: readonly (readonly [string, string])[]
}

/** @throws ParameterInvalid where a key, a value or the size of a batch is beyond MLflow's limits */
export function checkBatch(batch: Batch): void {
  for (const [kind, limit] of [
    ['metrics', batchLimits.metrics],
    ['params', batchLimits.params],
    ['tags', batchLimits.tags],
  ] as const) {
    if (batch[kind].length > limit) {
      refuse(
        `A batch logging request can contain at most ${limit} ${kind}. Got ${batch[kind].length} ${kind}. Please split up ${kind} across multiple requests and try again.`,
      )
    }
  }
  const all = batch.metrics.length + batch.params.length + batch.tags.length
  if (all > batchLimits.all) {
    refuse(`A batch logging request can contain at most ${batchLimits.all} items in total. Got ${all}.`)
  }
  for (const { key, step, at } of batch.metrics) {
    checkKey('metric', key)
    if (!Number.isSafeInteger(step) || !Number.isSafeInteger(at)) {
      refuse(`Got invalid step or timestamp for metric '${key}': both are whole numbers.`)
    }
  }
  for (const [key, value] of batch.params) {
    checkKey('param', key)
    checkLength('param', key, value, MAX_PARAM_VALUE)
  }
  for (const [key, value] of batch.tags) {
    checkKey('tag', key)
    checkLength('tag', key, value, MAX_TAG_VALUE)
  }
}

function checkKey(kind: string, key: string): void {
  if (key === '') refuse(`A ${kind} name must not be empty.`)
  if (key.length > MAX_KEY)
    refuse(
      `${kind} name '${key.slice(0, MAX_KEY)}' had length ${key.length}, which exceeded length limit of ${MAX_KEY}`,
    )
  const path = key.startsWith('/') || key.split('/').some((part) => part === '.' || part === '..' || part === '')
  if (!NAME.test(key) || path) {
    refuse(
      `Invalid ${kind} name: '${key}'. Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/), and must be a normal relative path.`,
    )
  }
}

function checkLength(kind: string, key: string, value: string, limit: number): void {
  if (value.length > limit)
    refuse(`${kind} '${key}' had a value of length ${value.length}, which exceeded length limit of ${limit}`)
}

function refuse(reason: string): never {
  throw fault('ParameterInvalid', { reason })
}
