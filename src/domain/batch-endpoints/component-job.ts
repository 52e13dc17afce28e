import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import { type Component, isPrimitive, portsOf } from '../pipelines/component.ts'
import { componentInputs, componentOutputs } from '../pipelines/component-inputs.ts'
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
 * @throws JobInvalid where the inputs or outputs are not the component's
 */
export function componentJob(
  component: Component,
  settings: PipelineSettings,
  sent: { readonly inputs: JsonObject; readonly outputs: JsonObject },
): JsonObject {
  return jobOf(component, settings, {
    inputs: componentInputs(component, sent.inputs),
    outputs: componentOutputs(component, sent.outputs),
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
  return jobOf(component, settings, { inputs: Object.fromEntries(inputs), outputs: componentOutputs(component, {}) })
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

const invalid = (reason: string) =>
  fault('DeploymentInvalid', { reason }, { target: 'properties.deploymentConfiguration' })
