import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import { durationSeconds } from '../computes/duration.ts'
import { MLFLOW } from '../jobs/parallel-settings.ts'
import type { DataType } from '../jobs/resolve-inputs.ts'

/** What a batch deployment of a model has unless it says otherwise: Azure's own defaults. */
export const BATCH_DEFAULTS: JsonObject = {
  errorThreshold: -1,
  loggingLevel: 'Info',
  maxConcurrencyPerInstance: 1,
  miniBatchSize: 10,
  outputAction: 'AppendRow',
  outputFileName: 'predictions.csv',
  resources: { instanceCount: 1 },
  retrySettings: { maxRetries: 3, timeout: 'PT30S' },
}

/** The names of a scoring step's ports; `score` is the one that clients download. */
export const [DATA, MODEL, SCORE] = ['data', 'model', 'score'] as const

export const isPipelineDeployment = (properties: JsonObject): boolean => isObject(properties.deploymentConfiguration)

export const appendsRows = (properties: JsonObject): boolean =>
  textAt(properties.outputAction)?.toLowerCase() !== 'summaryonly'

export interface ScoringStep {
  readonly model: { readonly uri: string; readonly type: DataType } | undefined
  readonly environmentId: string
  readonly data: DataType
  readonly score: DataType
}

/**
 * The component that scores with a deployment of these properties: a parallel step whose driver calls the scoring script
 * for each mini-batch, or the driver's own script where the model brings no code.
 *
 * @throws DeploymentInvalid
 */
export function scoringComponent(properties: JsonObject, step: ScoringStep): JsonObject {
  const code = isObject(properties.codeConfiguration) ? properties.codeConfiguration : undefined
  const retries = objectAt(properties.retrySettings)
  return {
    name: 'batchscoring',
    display_name: 'batchscoring',
    type: 'parallel',
    is_deterministic: false,
    inputs: {
      [DATA]: { type: step.data, mode: 'ro_mount' },
      ...(step.model && { [MODEL]: { type: step.model.type, mode: 'ro_mount' } }),
    },
    outputs: { [SCORE]: { type: step.score } },
    input_data: `\${{inputs.${DATA}}}`,
    mini_batch_size: `${wholeNumber(properties, 'miniBatchSize')} items`,
    error_threshold: properties.errorThreshold,
    max_concurrency_per_instance: properties.maxConcurrencyPerInstance,
    logging_level: properties.loggingLevel,
    retry_settings: { max_retries: retries.maxRetries, timeout: secondsOf(retries.timeout) },
    ...(properties.partitionKeys !== undefined && { partition_keys: properties.partitionKeys }),
    resources: { instance_count: instanceCount(properties) },
    environment_variables: objectAt(properties.environmentVariables),
    task: {
      type: code ? 'run_function' : MLFLOW,
      ...(code && { code: textAt(code.codeId), entry_script: textAt(code.scoringScript) }),
      environment: step.environmentId,
      ...(step.model && { model: `\${{inputs.${MODEL}}}` }),
      ...(appendsRows(properties) && {
        append_row_to: `\${{outputs.${SCORE}}}`,
        program_arguments: programArguments(properties, { folder: step.score !== 'uri_file', csv: !code }),
      }),
    },
  }
}

export const instanceCount = ({ resources }: JsonObject): number => Number(objectAt(resources).instanceCount ?? 1)

/** Rows of a script are parted by blanks, as Azure's are; those of a model without code by commas. */
function programArguments(properties: JsonObject, { folder, csv }: { folder: boolean; csv: boolean }): string {
  return [
    ...(folder ? [`--append_row_file_name '${outputFileName(properties)}'`] : []),
    ...(csv ? ['--append_row_dataframe_sep ,'] : []),
  ].join(' ')
}

/** @throws DeploymentInvalid */
export function outputFileName(properties: JsonObject): string {
  const name = textAt(properties.outputFileName) || 'predictions.csv'
  if (!/^[\w .()+=@-]{1,255}$/.test(name) || /^\.+$/.test(name))
    throw invalid(`'${name}' is no name for a file.`, 'outputFileName')
  return name
}

function wholeNumber(properties: JsonObject, name: string): number {
  const number = Number(properties[name])
  if (!Number.isSafeInteger(number) || number < 1)
    throw invalid(`${name} is a whole number from 1; it is ${JSON.stringify(properties[name])}.`, name)
  return number
}

/** Whole seconds of a duration; what is shorter than one counts as one. */
function secondsOf(sent: JsonObject[string]): number {
  const seconds = typeof sent === 'number' ? sent : durationSeconds(textAt(sent) ?? '')
  if (!seconds || seconds < 0)
    throw invalid(`'${String(sent)}' is no ISO 8601 duration longer than nothing, like PT30S.`, 'retrySettings.timeout')
  return Math.ceil(seconds)
}

const invalid = (reason: string, target: string) =>
  fault('DeploymentInvalid', { reason }, { target: `properties.${target}` })

/** Whether the environment of a deployment's jobs is the one that its model brings along. */
export const needsOwnEnvironment = (properties: JsonObject): boolean =>
  !isPipelineDeployment(properties) && !textAt(properties.environmentId)
