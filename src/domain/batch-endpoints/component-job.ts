import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import { type Component, checkLiteral, isPrimitive, outputType, type Port, portsOf } from '../pipelines/component.ts'
import type { PipelineSettings } from '../pipelines/pipeline-plan.ts'
import { nestedJob } from '../pipelines/plan-pipeline.ts'

/** The component that a pipeline deployment runs, as it is configured. @throws DeploymentInvalid */
export function configuredComponent(properties: JsonObject): { readonly reference: string } {
  const { deploymentConfigurationType, componentId } = objectAt(properties.deploymentConfiguration)
  if (textAt(deploymentConfigurationType)?.toLowerCase() !== 'pipelinecomponent')
    throw invalid(
      `A deployment is configured by a PipelineComponent, not by '${plainText(deploymentConfigurationType)}'.`,
    )
  const reference = textAt(objectAt(componentId).assetId)
  if (!reference) throw invalid("The 'componentId' of a deployment's configuration needs an 'assetId'.")
  return { reference }
}

/** What a deployment's configuration says of the pipelines that it makes, by whichever of its names clients write. */
export function pipelineSettings(properties: JsonObject, compute?: string): PipelineSettings {
  const { settings } = objectAt(properties.deploymentConfiguration)
  const said = new Map(
    Object.entries(objectAt(settings)).map(([name, value]) => [
      name.replace(/^.*\./, '').replaceAll('_', '').toLowerCase(),
      value === null || value === undefined ? '' : plainText(value),
    ]),
  )
  const flag = (name: string) => said.get(name)?.toLowerCase() === 'true'
  const defaultCompute = compute || said.get('defaultcompute') || textAt(properties.compute)
  const defaultDatastore = said.get('defaultdatastore')
  return {
    continueOnStepFailure: flag('continueonstepfailure'),
    forceRerun: flag('forcererun'),
    ...(defaultCompute && { defaultCompute }),
    ...(defaultDatastore && { defaultDatastore }),
  }
}

/**
 * The pipeline job that an invocation of a component is.
 *
 * @throws BatchInvocationInvalid where the inputs or outputs are not the component's
 */
export function componentJob(
  component: Component,
  settings: PipelineSettings,
  sent: { readonly inputs: JsonObject; readonly outputs: JsonObject },
): JsonObject {
  return jobOf(component, settings, {
    inputs: inputsOf(component, sent.inputs),
    outputs: outputsOf(component, sent.outputs),
  })
}

/** The same before anybody has invoked it: to be planned, never to be run. */
export function stubbedJob(component: Component, settings: PipelineSettings): JsonObject {
  const inputs = portsOf(component, 'inputs').map((port) => [
    port.name,
    isPrimitive(port)
      ? { jobInputType: 'literal', value: port.spec.default ?? '' }
      : { jobInputType: port.type, uri: 'azureml://stub' },
  ])
  return jobOf(component, settings, { inputs: Object.fromEntries(inputs), outputs: outputsOf(component, {}) })
}

function jobOf(
  component: Component,
  settings: PipelineSettings,
  ports: { readonly inputs: JsonObject; readonly outputs: JsonObject },
): JsonObject {
  const kind = (textAt(component.spec.type) ?? 'command').toLowerCase()
  if (kind === 'pipeline') return nestedJob(component, { settings, ...ports })
  // Any other component is the one step of a pipeline of its own.
  const bound = (side: 'inputs' | 'outputs') =>
    Object.fromEntries(
      Object.keys(ports[side]).map((name) => [
        name,
        { value: `\${{parent.${side}.${name}}}`, job_input_type: 'literal' },
      ]),
    )
  const node = { type: kind, componentId: component.id, inputs: bound('inputs'), outputs: bound('outputs') }
  const spec = { jobs: { [textAt(component.spec.name)?.replace(/\W/g, '_') || 'step']: node } }
  const { componentId: _, ...job } = nestedJob({ spec }, { settings, ...ports })
  return job
}

function inputsOf(component: Component, sent: JsonObject): JsonObject {
  const ports = portsOf(component, 'inputs')
  const strange = Object.keys(sent).find((name) => !ports.some((port) => port.name === name))
  if (strange !== undefined) throw refused(`The deployment's component has no input '${strange}'.`, strange)
  return Object.fromEntries(
    ports.flatMap((port) => {
      const given = sent[port.name]
      const input = given === undefined ? defaultOf(port) : objectAt(given)
      if (!input) {
        if (port.optional) return []
        throw refused(`The deployment's component needs the input '${port.name}'.`, port.name)
      }
      return [[port.name, fitted(port, input)]]
    }),
  )
}

function defaultOf(port: Port): JsonObject | undefined {
  const value = port.spec.default
  if (value === undefined || value === null) return undefined
  return isPrimitive(port)
    ? { jobInputType: 'literal', value: plainText(value) }
    : { jobInputType: port.type, uri: plainText(value) }
}

function fitted(port: Port, input: JsonObject): JsonObject {
  const isLiteral = input.jobInputType === 'literal'
  if (isLiteral !== isPrimitive(port)) {
    const wanted = isPrimitive(port) ? `a literal of type ${port.type}` : `data of type ${port.type}`
    throw refused(`The input '${port.name}' of the deployment's component is ${wanted}.`, port.name)
  }
  if (isLiteral) checkLiteral('batch', port, plainText(input.value))
  return input
}

function outputsOf(component: Component, sent: JsonObject): JsonObject {
  const ports = portsOf(component, 'outputs')
  const strange = Object.keys(sent).find((name) => !ports.some((port) => port.name === name))
  if (strange !== undefined) throw refused(`The deployment's component has no output '${strange}'.`, strange)
  return Object.fromEntries(
    ports.map((port) => [port.name, { ...objectAt(sent[port.name]), jobOutputType: outputType(port) }]),
  )
}

const refused = (reason: string, name: string) =>
  fault('BatchInvocationInvalid', { reason }, { target: `properties.inputData.${name}` })
const invalid = (reason: string) =>
  fault('DeploymentInvalid', { reason }, { target: 'properties.deploymentConfiguration' })
