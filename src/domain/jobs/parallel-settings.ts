import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'

const MOST = 2 ** 31 - 1
/** Azure's longest timeout, three days, in seconds. */
const LONGEST = 259_200
const LEVELS = ['INFO', 'WARNING', 'DEBUG', 'ERROR', 'CRITICAL']
const BYTES: Readonly<Record<string, number>> = { kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 }

/** The type of a task that scores an MLflow model without code. */
export const MLFLOW = 'mlflow'

/** What `python/parallel` is told: checked, with the blanks of `programArguments` still in it. */
export type ParallelSettings = {
  /** The name of the input that is split, and its type. */
  readonly input: string
  readonly inputType: string
  /** A bare number counts files, and is bytes of a table; items are files, or rows of a table. */
  readonly miniBatchSize?: { readonly amount: number; readonly unit: '' | 'bytes' | 'rows' | 'items' }
  readonly partitionKeys?: readonly string[]
  readonly instanceCount: number
  readonly maxConcurrencyPerInstance?: number
  /** How often a mini-batch is tried again. */
  readonly maxRetries?: number
  /** Of one call of run(). */
  readonly timeoutSeconds?: number
  readonly miniBatchErrorThreshold?: number
  readonly errorThreshold?: number
  readonly loggingLevel?: string
  /** A script of the job's code; the driver's own where it scores a model that brings no code. */
  readonly entryScript: string
  readonly scoring?: 'mlflow'
  /** The input that is a model, which the script finds by AZUREML_MODEL_DIR. */
  readonly model?: string
  readonly programArguments: string
  /** The name of an output. */
  readonly appendRowTo?: string
  /** Types by name. */
  readonly outputs: Readonly<Record<string, string>>
}

/**
 * A parallel job's own part, read.
 *
 * @throws JobInvalid
 */
export function parallelSettings(job: JsonObject): ParallelSettings {
  const task = objectAt(job.task)
  const kind = textAt(task.type) ?? 'run_function'
  // The first clients said `function`. Batch deployments without code are made here alone.
  if (!['run_function', 'function', MLFLOW].includes(kind.toLowerCase()))
    throw invalid(`The task of a parallel job is a run_function; '${kind}' is not offered here.`, 'task.type')
  const scores = kind.toLowerCase() === MLFLOW
  const entryScript = textAt(task.entryScript) ?? ''
  if (!entryScript && !scores) throw invalid("A parallel job needs a task with an 'entry_script'.", 'task.entryScript')
  if (!textAt(task.environmentId))
    throw invalid("A parallel job needs a task with an 'environment'.", 'task.environmentId')
  const input = bound('inputs', job.inputData, 'inputData')
  if (input === undefined) throw invalid("A parallel job needs 'input_data', the input that is split.", 'inputData')
  const data = objectAt(job.inputs)[input]
  const inputType = textAt(objectAt(data).jobInputType)?.toLowerCase() ?? ''
  if (!isObject(data) || !['uri_file', 'uri_folder', 'mltable'].includes(inputType)) {
    throw invalid(
      `input_data names '${input}', which is no input of type uri_folder, mltable or uri_file.`,
      'inputData',
    )
  }
  const model = bound('inputs', task.model, 'task.model')
  if (scores && model === undefined) throw invalid("A model that is scored without code needs 'model'.", 'task.model')
  if (model !== undefined && !isObject(objectAt(job.inputs)[model]))
    throw invalid(`model names '${model}', which is no input of the job.`, 'task.model')
  const outputs = typesOf(objectAt(job.outputs))
  const appendRowTo = bound('outputs', task.appendRowTo, 'task.appendRowTo')
  if (appendRowTo !== undefined && !(appendRowTo in outputs))
    throw invalid(`append_row_to names '${appendRowTo}', which is no output of the job.`, 'task.appendRowTo')
  const place = objectAt(objectAt(job.outputs)[appendRowTo ?? ''])
  if (textAt(place.mode)?.toLowerCase() === 'direct')
    throw invalid(`append_row_to names '${appendRowTo}', whose mode is direct: rows go to a file.`, 'task.appendRowTo')
  const retries = objectAt(job.retrySettings)
  const size = sizeOf(job.miniBatchSize)
  const keys = keysOf(job.partitionKeys)
  const concurrency = count(job.maxConcurrencyPerInstance, 'max_concurrency_per_instance', 1, 1000)
  const maxRetries = count(retries.maxRetries ?? retries.max_retries, 'retry_settings.max_retries', 0)
  const timeout = count(retries.timeout, 'retry_settings.timeout', 1, LONGEST)
  const batchThreshold = count(job.miniBatchErrorThreshold, 'mini_batch_error_threshold', -1)
  const itemThreshold = count(job.errorThreshold, 'error_threshold', -1)
  const level = levelOf(job.loggingLevel)
  return {
    input,
    inputType,
    ...(size && { miniBatchSize: size }),
    ...(keys && { partitionKeys: keys }),
    instanceCount: count(objectAt(job.resources).instanceCount, 'resources.instance_count', 1) ?? 1,
    ...(concurrency !== undefined && { maxConcurrencyPerInstance: concurrency }),
    ...(maxRetries !== undefined && { maxRetries }),
    ...(timeout !== undefined && { timeoutSeconds: timeout }),
    ...(batchThreshold !== undefined && { miniBatchErrorThreshold: batchThreshold }),
    ...(itemThreshold !== undefined && { errorThreshold: itemThreshold }),
    ...(level && { loggingLevel: level }),
    entryScript,
    ...(scores && { scoring: MLFLOW }),
    ...(model !== undefined && { model }),
    programArguments: textAt(task.programArguments) ?? '',
    ...(appendRowTo !== undefined && { appendRowTo }),
    outputs,
  }
}

const typesOf = (outputs: JsonObject): Record<string, string> =>
  Object.fromEntries(
    Object.entries(outputs).flatMap(([name, output]) =>
      isObject(output) && name !== 'default' ? [[name, textAt(output.jobOutputType)?.toLowerCase() ?? '']] : [],
    ),
  )

/** `x` of `${{inputs.x}}`. */
function bound(group: 'inputs' | 'outputs', sent: Json | undefined, target: string): string | undefined {
  const text = textAt(sent)?.trim()
  if (!text) return undefined
  const name = new RegExp(`^\\$\\{\\{\\s*${group}\\.([\\w.-]+)\\s*\\}\\}$`).exec(text)?.[1]
  if (name === undefined) throw invalid(`'${text}' is no \${{${group}.name}}.`, target)
  return name
}

/** `10`, `"10kb"`, and `"10 rows"` or `"10 items"`, which Azure does not have. Nought is what its SDK sends where nothing was said. */
function sizeOf(sent: Json | undefined): ParallelSettings['miniBatchSize'] {
  if (sent === undefined || sent === null || sent === '') return undefined
  const [, digits, unit = ''] = /^(\d+)\s*(kb|mb|gb|rows?|items)?$/i.exec(String(sent).trim()) ?? []
  const amount = Number(digits)
  if (digits === undefined || !Number.isSafeInteger(amount))
    throw invalid(`mini_batch_size '${String(sent)}' is no number of files, and no size like 10kb.`, 'miniBatchSize')
  if (amount === 0) return undefined
  const factor = BYTES[unit.toLowerCase()]
  if (factor) return { amount: amount * factor, unit: 'bytes' }
  return { amount, unit: unit === '' ? '' : /^i/i.test(unit) ? 'items' : 'rows' }
}

/** A list, or the JSON of one, as the SDK sends it. */
function keysOf(sent: Json | undefined): readonly string[] | undefined {
  const keys = typeof sent === 'string' && sent !== '' ? parsed(sent) : sent
  if (keys === undefined || keys === null || keys === '') return undefined
  if (!Array.isArray(keys) || !keys.every((key): key is string => typeof key === 'string' && key !== ''))
    throw invalid('partition_keys is a list of names.', 'partitionKeys')
  return keys.length > 0 ? keys : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return [text]
  }
}

function levelOf(sent: Json | undefined): string | undefined {
  const level = textAt(sent)?.toUpperCase()
  if (level && !LEVELS.includes(level))
    throw invalid(`logging_level '${level}' is none of ${LEVELS.join(', ')}.`, 'loggingLevel')
  return level || undefined
}

function count(sent: Json | undefined, name: string, least: number, most = MOST): number | undefined {
  if (sent === undefined || sent === null || sent === '') return undefined
  const number = Number(sent)
  if (!Number.isInteger(number) || number < least || number > most)
    throw invalid(`${name} is a whole number from ${least} to ${most}; it is ${JSON.stringify(sent)}.`, name)
  return number
}

const invalid = (reason: string, target: string) => fault('JobInvalid', { reason }, { target: `properties.${target}` })
