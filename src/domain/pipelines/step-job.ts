import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { armMode } from '../jobs/arm-mode.ts'
import { pipelineOutputNamed } from './bindings.ts'
import { camel } from './camel.ts'
import { type Component, outputType, type Port, portsOf, referenceAt } from './component.ts'
import { parallelOf } from './parallel-step.ts'
import type { PipelineSettings, PlannedNode } from './pipeline-plan.ts'
import { nestedJob, valueText } from './plan-pipeline.ts'

export interface StepParts {
  readonly name: string
  readonly planned: PlannedNode & { readonly component: Component }
  readonly settings: PipelineSettings
  readonly computeId: string | undefined
  /** Resolved, as a job's inputs. */
  readonly inputs: JsonObject
  /** The outputs of the pipeline's own job. */
  readonly pipelineOutputs: JsonObject
}

/** The job that a step is: a node and its component put into the words of ARM. */
export function stepJob(parts: StepParts): JsonObject {
  const { name, planned, settings, inputs } = parts
  const { node, component, kind } = planned
  const { spec } = component
  const outputs = stepOutputs(parts)
  const described = {
    displayName: textAt(node.display_name) || name,
    ...(textAt(node.comment) && { description: textAt(node.comment) }),
    ...(component.id && { componentId: component.id }),
    tags: objectAt(node.tags),
  }
  if (kind === 'pipeline') return { ...nestedJob(component, { settings, inputs, outputs }), ...described }
  const common = {
    ...described,
    computeId: parts.computeId,
    inputs,
    outputs,
    ...(isObject(node.identity) && { identity: camel(node.identity) }),
    ...(isObject(node.queue_settings) && { queueSettings: camel(node.queue_settings) }),
  }
  const environmentId = referenceAt(node, 'environment') ?? referenceAt(spec, 'environment')
  const codeId = referenceAt(spec, 'code')
  const program = {
    command: spec.command,
    ...(environmentId && { environmentId }),
    ...(codeId && { codeId }),
    environmentVariables: { ...objectAt(spec.environment_variables), ...objectAt(node.environment_variables) },
    resources: camel({ ...objectAt(spec.resources), ...objectAt(node.resources) }),
    ...distributionOf(node.distribution ?? spec.distribution),
  }
  if (kind === 'sweep') return { jobType: 'Sweep', ...common, ...sweepOf(node), trial: program }
  if (kind === 'parallel') return { jobType: 'Parallel', ...common, ...parallelOf(node, spec) }
  return { jobType: 'Command', ...common, ...program, ...limitsOf(node.limits ?? spec.limits) }
}

/** A step's outputs as a job's: the place and the name that the pipeline's output or the node itself gives. */
function stepOutputs({ planned, settings, pipelineOutputs }: StepParts): JsonObject {
  const given = objectAt(planned.node.outputs)
  return Object.fromEntries(
    portsOf(planned.component, 'outputs').map((port) => {
      const sent = objectAt(given[port.name])
      const name = pipelineOutputNamed(valueText(given[port.name]) ?? '')
      const above = name === undefined ? {} : objectAt(pipelineOutputs[name])
      const own = textAt(sent.uri) ?? textAt(sent.path)
      const sentUri = textAt(above.uri) ?? own ?? placeIn(settings.defaultDatastore, port)
      const uri = settings.defaultDatastore
        ? sentUri?.replaceAll('${{default_datastore}}', settings.defaultDatastore)
        : sentUri
      const mode = textAt(above.mode) ?? textAt(sent.mode) ?? textAt(port.spec.mode)
      const assetName = textAt(above.assetName) ?? textAt(sent.asset_name) ?? textAt(sent.name)
      const assetVersion = textAt(above.assetVersion) ?? textAt(sent.asset_version) ?? textAt(sent.version)
      return [
        port.name,
        {
          jobOutputType: outputType(port),
          ...(uri && { uri }),
          ...(mode && { mode: armMode(mode) }),
          ...(assetName && { assetName, ...(assetVersion && { assetVersion }) }),
        },
      ]
    }),
  )
}

/** Where an output goes that only the pipeline's settings say something about. */
const placeIn = (datastore: string | undefined, port: Port): string | undefined =>
  datastore &&
  `azureml://datastores/${datastore}/paths/azureml/\${{name}}/${port.name}${outputType(port) === 'uri_file' ? '' : '/'}`

function sweepOf(node: JsonObject): JsonObject {
  const limits = objectAt(node.limits)
  const algorithm = node.sampling_algorithm ?? 'random'
  return {
    searchSpace: objectAt(node.search_space),
    samplingAlgorithm: isObject(algorithm)
      ? { ...camel(algorithm), samplingAlgorithmType: algorithm.type ?? algorithm.sampling_algorithm_type }
      : { samplingAlgorithmType: algorithm },
    objective: camel(objectAt(node.objective)),
    limits: { jobLimitsType: 'Sweep', ...camel(limits) },
    ...(isObject(node.early_termination) && {
      earlyTermination: {
        ...camel(node.early_termination),
        policyType: String(node.early_termination.policy_type ?? node.early_termination.type ?? '').replaceAll('_', ''),
      },
    }),
  }
}

function limitsOf(sent: Json | undefined): JsonObject {
  const { timeout } = objectAt(sent)
  if (timeout === undefined || timeout === null) return {}
  return { limits: { jobLimitsType: 'Command', timeout: typeof timeout === 'number' ? `PT${timeout}S` : timeout } }
}

const DISTRIBUTIONS: Readonly<Record<string, string>> = {
  pytorch: 'PyTorch',
  tensorflow: 'TensorFlow',
  mpi: 'Mpi',
  ray: 'Ray',
}

function distributionOf(sent: Json | undefined): JsonObject {
  if (!isObject(sent)) return {}
  const type = textAt(sent.type) ?? textAt(sent.distribution_type) ?? textAt(sent.distributionType) ?? ''
  return { distribution: { ...camel(sent), distributionType: DISTRIBUTIONS[type.toLowerCase()] ?? type } }
}
