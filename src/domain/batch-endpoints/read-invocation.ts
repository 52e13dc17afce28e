import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import { armMode } from '../jobs/arm-mode.ts'
import { dataType } from '../jobs/resolve-inputs.ts'

/** What an invocation asks for, in the words of jobs and of deployments. */
export interface Invocation {
  readonly name?: string
  /** As a job's inputs, by the names that the client gave. */
  readonly inputs: JsonObject
  /** As a job's outputs. */
  readonly outputs: JsonObject
  /** Properties that take the place of the deployment's own for this one job. */
  readonly overrides: JsonObject
  readonly description?: string
  readonly tags: JsonObject
  readonly properties: JsonObject
}

const OVERRIDES = [
  'miniBatchSize',
  'errorThreshold',
  'maxConcurrencyPerInstance',
  'loggingLevel',
  'outputFileName',
  'partitionKeys',
] as const

const WEB_STORE =
  /^(?:azureml:\/?)?(\/?subscriptions\/[^/]+\/resourcegroups\/[^/]+)\/providers\/Microsoft\.MachineLearningServices(\/workspaces\/[^/]+\/datastores\/[^/]+)(?:\/paths)?\/(.*)$/i
const LATEST = /^azureml:\/\/locations\/[^/]+\/workspaces\/[^/]+\/data\/([^/]+)\/(?:versions\/)?labels\/latest$/i

/**
 * Reads the body of an invocation, in whichever case its names are written: Microsoft's own samples begin some of them
 * with a capital.
 *
 * @throws BatchInvocationInvalid
 */
export function readInvocation(body: JsonObject): Invocation {
  const sent = folded(body.properties ?? body.Properties ?? {})
  const name = textAt(sent('name'))
  const description = textAt(sent('description'))
  const dataset = sent('dataset')
  const named = entriesOf(sent('inputData'), 'inputData').map(([key, value]) => [key, inputOf(key, value)] as const)
  const inputs = isGiven(dataset) ? [...named, ['dataset', datasetOf(dataset)] as const] : named
  const outputs = entriesOf(sent('outputData'), 'outputData').map(([key, value]) => [key, outputOf(key, value)])
  const place = sent('outputDataset')
  return {
    ...(name && { name }),
    inputs: Object.fromEntries(inputs),
    outputs: Object.fromEntries(isGiven(place) ? [...outputs, ['score', outputDatasetOf(place)]] : outputs),
    overrides: overridesOf(sent),
    ...(description !== undefined && { description }),
    tags: objectAt(sent('tags')),
    properties: objectAt(sent('properties')),
  }
}

type Folded = (name: string) => Json | undefined

/** The members of an object by their names in any case. */
function folded(value: unknown): Folded {
  const members = new Map(Object.entries(objectAt(value)).map(([name, inner]) => [name.toLowerCase(), inner]))
  return (name) => members.get(name.toLowerCase())
}

const isGiven = (value: Json | undefined): value is Json => value !== undefined && value !== null

function entriesOf(value: Json | undefined, name: string): readonly (readonly [string, Json | undefined])[] {
  if (!isGiven(value)) return []
  if (!isObject(value)) throw invalid(`'${name}' holds inputs or outputs by name.`, name)
  return Object.entries(value)
}

/** `UriFolder`, `uri_folder` and the like, as jobs spell it. */
const typeNamed = (sent: Json | undefined): string | undefined => {
  const bare = textAt(sent)?.toLowerCase().replaceAll('_', '')
  const types = ['literal', 'uri_file', 'uri_folder', 'mltable', 'custom_model', 'mlflow_model', 'triton_model']
  return types.find((type) => type.replaceAll('_', '') === bare)
}

function inputOf(name: string, sent: Json | undefined): JsonObject {
  const member = folded(sent)
  const target = `inputData.${name}`
  const asked = member('jobInputType')
  const type = typeNamed(asked)
  if (!type) throw invalid(`The input '${name}' is of the unknown type '${plainText(asked ?? '')}'.`, target)
  if (type === 'literal') {
    const value = member('value')
    if (!isGiven(value)) throw invalid(`The literal input '${name}' has no 'value'.`, target)
    return { jobInputType: 'literal', value: plainText(value) }
  }
  const uri = textAt(member('uri'))?.trim()
  if (!uri) throw invalid(`The input '${name}' has no 'uri'.`, target)
  const mode = textAt(member('mode'))
  return { jobInputType: type, uri: placeOf(uri), ...(mode && { mode: armMode(mode) }) }
}

function outputOf(name: string, sent: Json | undefined): JsonObject {
  const member = folded(sent)
  const target = `outputData.${name}`
  const asked = member('jobOutputType')
  const type = dataType(typeNamed(asked))
  if (!type) throw invalid(`The output '${name}' is of the unknown type '${plainText(asked ?? '')}'.`, target)
  const uri = textAt(member('uri'))?.trim()
  const mode = textAt(member('mode'))
  return { jobOutputType: type, ...(uri && { uri: placeOf(uri) }), ...(mode && { mode: armMode(mode) }) }
}

/** The first clients' way to name data: by place, or as a version of a registered dataset. */
function datasetOf(sent: Json): JsonObject {
  const member = folded(sent)
  const kind = (textAt(member('dataInputType')) ?? '').toLowerCase()
  const whole = (text: Json | undefined, what: string): string => {
    const found = textAt(text)?.trim()
    if (!found) throw invalid(`The dataset has no '${what}'.`, 'dataset')
    return found
  }
  switch (kind) {
    case 'dataurl':
      return { jobInputType: 'uri_folder', uri: placeOf(whole(member('path'), 'path')), either: true }
    case 'datasetversion': {
      const version = textAt(member('datasetVersion'))
      const name = whole(member('datasetName'), 'datasetName')
      return { jobInputType: 'uri_folder', uri: `azureml:${name}${version ? `:${version}` : '@latest'}`, either: true }
    }
    case 'datasetid':
      return { jobInputType: 'uri_folder', uri: placeOf(whole(member('datasetId'), 'datasetId')), either: true }
    default:
      throw invalid(`'${kind}' is no dataInputType: DataUrl, DatasetVersion and DatasetId are.`, 'dataset')
  }
}

function outputDatasetOf(sent: Json): JsonObject {
  const member = folded(sent)
  const datastore = (textAt(member('datastoreId')) ?? '').replace(/^.*[/:]/, '')
  const path = (textAt(member('path')) ?? '').replace(/^\/+/, '')
  if (datastore === '') throw invalid("The 'outputDataset' has no 'datastoreId'.", 'outputDataset')
  return { jobOutputType: 'uri_folder', uri: `azureml://datastores/${datastore}/paths/${path}` }
}

function overridesOf(sent: Folded): JsonObject {
  const retries = sent('retrySettings')
  const compute = folded(sent('compute'))
  const count = compute('instanceCount')
  // azure-ai-ml says so of every compute that it names no target for: then the deployment's own is meant.
  if (compute('isLocal') === true && !isGiven(count))
    throw invalid("A batch job can't run on the client's own machine.", 'compute.isLocal')
  if (textAt(compute('instanceType')) && !textAt(compute('target')))
    throw invalid(
      "'compute.instanceType' can not be honoured: name a compute by 'compute.target'.",
      'compute.instanceType',
    )
  const target = textAt(compute('target'))
  const retry = folded(retries)
  return {
    ...Object.fromEntries(OVERRIDES.flatMap((name) => (isGiven(sent(name)) ? [[name, sent(name)]] : []))),
    ...(isGiven(retries) && {
      retrySettings: {
        ...(isGiven(retry('maxRetries')) && { maxRetries: retry('maxRetries') }),
        ...(isGiven(retry('timeout')) && { timeout: retry('timeout') }),
      },
    }),
    ...(target && { compute: target }),
    ...(isGiven(count) && { resources: { instanceCount: count } }),
  }
}

/** A place or an asset in one of the spellings of Microsoft's batch documentation, as jobs name it. */
function placeOf(uri: string): string {
  const latest = LATEST.exec(uri)
  if (latest) return `azureml:${latest[1]}@latest`
  const store = WEB_STORE.exec(uri)
  if (store) return `azureml://${(store[1] ?? '').replace(/^\//, '')}${store[2]}/paths/${store[3]}`
  return uri
}

const invalid = (reason: string, target: string) =>
  fault('BatchInvocationInvalid', { reason }, { target: `properties.${target}` })
