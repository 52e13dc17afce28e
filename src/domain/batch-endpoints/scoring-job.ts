import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { resolveData } from '../assets/resolve-data.ts'
import { resolveUri } from '../datastores/resolve-uri.ts'
import type { Deps } from '../deps.ts'
import { type DataType, dataType } from '../jobs/resolve-inputs.ts'
import { type DeploymentModel, deploymentModel } from './deployment-model.ts'
import { appendsRows, DATA, MODEL, outputFileName, SCORE, scoringComponent } from './deployment-settings.ts'
import type { Invocation } from './read-invocation.ts'

/** What clients look for below a batch job: its one step. */
export const STEP = 'batchscoring'

export interface ScoringRequest {
  readonly workspace: string
  /** The deployment's, with what the invocation puts in their place. */
  readonly properties: JsonObject
  readonly environmentId: string
  readonly invocation: Invocation
}

/** A scoring step's component, to be put first, and the job over it. */
export interface ScoringJob {
  readonly spec: JsonObject
  /** The job's own part, once its component has an id. */
  job(componentId: string): JsonObject
}

/**
 * The pipeline job with one parallel step that an invocation of a model's deployment is.
 *
 * @throws BatchInvocationInvalid, DeploymentInvalid, and what a reference is refused with
 */
export async function scoringJob(
  deps: Pick<Deps, 'store' | 'blobs'>,
  { workspace, properties, environmentId, invocation }: ScoringRequest,
): Promise<ScoringJob> {
  const [name, input] = await onlyInput(deps, workspace, invocation)
  const output = await onlyOutput(deps, workspace, { invocation, properties })
  const model = await deploymentModel(deps.store, workspace, properties)
  const spec = scoringComponent(properties, {
    model,
    environmentId,
    data: typeOf(input.jobInputType),
    score: typeOf(output.jobOutputType),
  })
  return {
    spec,
    job: (componentId) => ({
      settings: { default_compute: textAt(properties.compute), force_rerun: true },
      inputs: { [name]: input },
      outputs: { [SCORE]: output },
      jobs: { [STEP]: scoringNode(componentId, { name, model }) },
    }),
  }
}

function scoringNode(componentId: string, { name, model }: { name: string; model: DeploymentModel | undefined }) {
  return {
    type: 'parallel',
    name: STEP,
    componentId,
    inputs: {
      [DATA]: { value: `\${{parent.inputs.${name}}}`, job_input_type: 'literal' },
      ...(model && { [MODEL]: { uri: model.uri, job_input_type: model.type } }),
    },
    outputs: { [SCORE]: { value: `\${{parent.outputs.${SCORE}}}`, type: 'literal' } },
  }
}

/** A scoring script is given one input, whatever the client calls it. */
async function onlyInput(
  deps: Pick<Deps, 'store' | 'blobs'>,
  workspace: string,
  { inputs }: Invocation,
): Promise<readonly [string, JsonObject]> {
  const [first, second] = Object.entries(inputs)
  if (!first || second) {
    const count = Object.keys(inputs).length
    throw invalid(`A deployment of a model takes one input, and the invocation gives ${count}.`, 'inputData')
  }
  const name = /^[A-Za-z_][\w.-]*$/.test(first[0]) ? first[0] : DATA
  const { either, ...input } = objectAt(first[1])
  const type = textAt(input.jobInputType) ?? ''
  if (!['uri_file', 'uri_folder', 'mltable'].includes(type)) {
    throw invalid(
      `The input '${first[0]}' is of type ${type}; a deployment of a model takes a folder, a file or an mltable.`,
      `inputData.${first[0]}`,
    )
  }
  const uri = textAt(input.uri) ?? ''
  // Looked up here so that the client is told, and not the job.
  const { source } = await resolveData(deps.store, workspace, { uri, kind: 'data' })
  const isFile = either === true && source !== undefined && source.path !== '' && (await deps.blobs.info(source))
  return [name, isFile ? { ...input, jobInputType: 'uri_file' } : input]
}

/** Where predictions go: `score`, whatever the client calls it, at a place of their own that nothing is at yet. */
async function onlyOutput(
  deps: Pick<Deps, 'store' | 'blobs'>,
  workspace: string,
  { invocation, properties }: Pick<ScoringRequest, 'invocation' | 'properties'>,
): Promise<JsonObject> {
  const [first, second] = Object.entries(invocation.outputs)
  if (second) throw invalid("A deployment of a model has one output, 'score'.", 'outputData')
  if (!first) return { jobOutputType: 'uri_folder' }
  const [name, sent] = first
  const output = objectAt(sent)
  const type = textAt(output.jobOutputType) ?? ''
  const target = `outputData.${name}`
  if (!['uri_file', 'uri_folder'].includes(type))
    throw invalid(`The output '${name}' is of type ${type}; predictions go to a folder or a file.`, target)
  if (type === 'uri_file' && !appendsRows(properties))
    throw invalid(`The output '${name}' is a file, and with SummaryOnly the script writes to a folder.`, target)
  const uri = textAt(output.uri)
  const place = uri === undefined ? undefined : await resolveUri(deps.store, workspace, uri)
  if (uri !== undefined && !place) throw invalid(`The output '${name}' leads out of this workspace: '${uri}'.`, target)
  if (place && appendsRows(properties)) {
    const folder = place.path === '' || place.path.endsWith('/') ? place.path : `${place.path}/`
    const file = type === 'uri_file' ? place : { ...place, path: `${folder}${outputFileName(properties)}` }
    if (await deps.blobs.info(file))
      throw invalid(`There is a file at the output's place already: '${file.path}'. Name a place of its own.`, target)
  }
  return output
}

const typeOf = (sent: JsonObject[string]): DataType => dataType(textAt(sent)) ?? 'uri_folder'

const invalid = (reason: string, target: string) =>
  fault('BatchInvocationInvalid', { reason }, { target: `properties.${target}` })
