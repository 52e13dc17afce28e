import { fault } from '../../faults.ts'
import type { MetricPoint } from '../../store/runs.ts'

/** How much is taken of what clients log. */
export interface LogLimits {
  readonly key: number
  readonly paramValue: number
  readonly tagKey: number
  readonly tagValue: number
  readonly metricsInBatch: number
  /** Points of one metric in a batch. */
  readonly pointsInBatch: number
  readonly paramsInBatch: number
  readonly tagsInBatch: number
  readonly inBatch: number
  readonly paramsOfRun: number
  readonly tagsOfRun: number
}

/** MLflow's limits. Source: mlflow/utils/validation.py. */
export const mlflowLimits: LogLimits = {
  key: 250,
  paramValue: 6000,
  tagKey: 250,
  tagValue: 8000,
  metricsInBatch: 1000,
  pointsInBatch: 1000,
  paramsInBatch: 100,
  tagsInBatch: 100,
  inBatch: 1000,
  paramsOfRun: Number.POSITIVE_INFINITY,
  tagsOfRun: Number.POSITIVE_INFINITY,
}

/**
 * Azure's smaller ones, for who wants to find out here what would fail there (`--match-cloud`).
 *
 * Source: "Service limits in Azure Machine Learning" (tags, rows of a batch), and what its users met: 200 params of a run
 * (Azure/azure-sdk-for-python#35685), 200 metrics of a batch (mlflow/mlflow#2441), 500 characters of a param.
 */
export const azureLimits: LogLimits = {
  ...mlflowLimits,
  paramValue: 500,
  tagKey: 100,
  tagValue: 1000,
  metricsInBatch: 200,
  pointsInBatch: 250,
  paramsOfRun: 200,
  tagsOfRun: 50,
}

export const limitsFor = ({ matchCloud }: { readonly matchCloud: boolean }): LogLimits =>
  matchCloud ? azureLimits : mlflowLimits

const NAME = /^[\p{L}\p{N}_.\-:/ ]+$/u

export interface Batch {
  readonly metrics: readonly MetricPoint[]
  readonly params: readonly (readonly [string, string])[]
  readonly tags: readonly (readonly [string, string])[]
}

/** @throws ParameterInvalid where a key, a value or the size of a batch is beyond the limits */
export function checkBatch(batch: Batch, limits: LogLimits = mlflowLimits): void {
  checkCount('metrics', batch.metrics.length, limits.metricsInBatch)
  checkCount('params', batch.params.length, limits.paramsInBatch)
  checkCount('tags', batch.tags.length, limits.tagsInBatch)
  const all = batch.metrics.length + batch.params.length + batch.tags.length
  checkCount('metrics, params, and tags', all, limits.inBatch)
  for (const [index, { key, step, at }] of batch.metrics.entries()) {
    checkKey('metric', `metrics[${index}].name`, key)
    if (!Number.isSafeInteger(at) || at < 0) {
      refuse(
        `Invalid value ${at} for parameter 'metrics[${index}].timestamp' supplied: metric '${key}'. Timestamp must be a nonnegative long (64-bit integer)`,
      )
    }
    if (!Number.isSafeInteger(step)) {
      refuse(
        `Invalid value ${step} for parameter 'metrics[${index}].step' supplied: metric '${key}'. Step must be a valid long (64-bit integer).`,
      )
    }
  }
  if (limits.pointsInBatch < limits.metricsInBatch) checkPoints(batch.metrics, limits.pointsInBatch)
  for (const [index, [key, value]] of batch.params.entries()) {
    checkKey('param', `params[${index}].key`, key)
    checkLength(`Param value of '${key}'`, value, limits.paramValue)
  }
  checkTags(batch.tags, limits)
}

/** @throws ParameterInvalid */
export function checkTags(tags: Batch['tags'], limits: LogLimits = mlflowLimits): void {
  for (const [index, [key, value]] of tags.entries()) {
    checkKey('tag', `tags[${index}].key`, key, limits.tagKey)
    checkLength(`tags[${index}].value of '${key}'`, value, limits.tagValue)
  }
}

/** @throws ParameterInvalid where a run would come to have more than it may */
export function checkWhole(
  run: { readonly params: object; readonly tags: object },
  { paramsOfRun, tagsOfRun }: LogLimits,
): void {
  overSize('Parameters', Object.keys(run.params).length, paramsOfRun)
  overSize('Tags', Object.keys(run.tags).length, tagsOfRun)
}

const MOST_EXPERIMENT_NAME = 500
const EXPERIMENT_TAG_VALUE = 20_000
const REGISTRY_TAG_VALUE = 100_000

/** @throws ParameterInvalid for no name of an experiment in MLflow */
export function checkExperimentName(name: string): void {
  checkLength("'name'", name, MOST_EXPERIMENT_NAME)
}

/** @throws ParameterInvalid */
export function checkExperimentTags(tags: Readonly<Record<string, string>>): void {
  checkTags(Object.entries(tags), { ...mlflowLimits, tagValue: EXPERIMENT_TAG_VALUE })
}

/** Tags of registered models and their versions. @throws ParameterInvalid */
export function checkRegistryTags(tags: Readonly<Record<string, string>>): void {
  checkTags(Object.entries(tags), { ...mlflowLimits, tagValue: REGISTRY_TAG_VALUE })
}

const NOT_IN_LOGGED_MODEL = /[/:.%"']/

/** What a logged model is made of. @throws ParameterInvalid */
export function checkLoggedModel(wish: {
  readonly name?: string | undefined
  readonly params?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
}): void {
  if (wish.name && NOT_IN_LOGGED_MODEL.test(wish.name)) {
    refuse(
      `Invalid model name (${wish.name}) provided. Model name must be a non-empty string and cannot contain the following characters: / : . % " '`,
    )
  }
  checkParams(wish.params ?? {})
  checkTags(Object.entries(wish.tags ?? {}))
}

/** @throws ParameterInvalid */
export function checkParams(params: Readonly<Record<string, string>>): void {
  checkBatch({ metrics: [], tags: [], params: Object.entries(params) }, { ...mlflowLimits, paramsInBatch: 1000 })
}

function checkPoints(metrics: readonly MetricPoint[], most: number): void {
  for (const points of Map.groupBy(metrics, ({ key }) => key).values()) {
    overSize('MetricV2Dto.Value/Count', points.length, most)
  }
}

/** In Azure's words. */
function overSize(field: string, size: number, limit: number): void {
  if (size <= limit) return
  refuse(
    `A field of the entity is over the size limit. FieldName=${field}, Limit=${limit}, Size=${size}. See https://aka.ms/azure-machine-learning-limits for service limits documentation.`,
  )
}

function checkCount(what: string, count: number, limit: number): void {
  if (count <= limit) return
  refuse(
    `A batch logging request can contain at most ${limit} ${what}. Got ${count} ${what}. Please split up ${what} across multiple requests and try again.`,
  )
}

const CHARACTERS =
  'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).'

function checkKey(kind: string, path: string, key: string, limit: number = mlflowLimits.key): void {
  if (key === '') refuse(`Missing value for required parameter '${path}'. A ${kind} name must not be empty.`)
  if (key.length > limit) {
    refuse(`'${path}' exceeds the maximum length of ${limit} characters: '${key.slice(0, limit)}' has ${key.length}`)
  }
  if (!NAME.test(key)) refuse(`Invalid value "${key}" for parameter '${path}' supplied: ${CHARACTERS}`)
  if (!isNormalPath(key)) {
    refuse(
      `Invalid value "${key}" for parameter '${path}' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such.`,
    )
  }
}

/** Whether a name is a relative path that is written no other way. */
export const isNormalPath = (name: string): boolean =>
  !name.startsWith('/') && name.split('/').every((part) => part !== '' && part !== '.' && part !== '..')

function checkLength(what: string, value: string, limit: number): void {
  if (value.length > limit) {
    refuse(
      `${what} exceeds the maximum length of ${limit} characters: it has length ${value.length}, which exceeded length limit of ${limit}`,
    )
  }
}

function refuse(reason: string): never {
  throw fault('ParameterInvalid', { reason })
}
