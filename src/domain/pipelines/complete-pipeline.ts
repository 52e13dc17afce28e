import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { Reads } from '../datastores/resolve-uri.ts'
import { findComponent } from './component.ts'
import { componentInputs, componentOutputs } from './component-inputs.ts'

/**
 * A pipeline job with its steps, where it names a component that has them instead.
 *
 * @throws JobInvalid, and what a reference is refused with
 */
export async function completePipeline(from: Reads, workspace: string, properties: JsonObject): Promise<JsonObject> {
  const reference = textAt(properties.componentId)
  if (!reference || Object.keys(objectAt(properties.jobs)).length > 0) return properties
  const component = await findComponent(from, workspace, reference)
  return {
    ...properties,
    jobs: component.spec.jobs,
    settings: { ...objectAt(component.spec.settings), ...objectAt(properties.settings) },
    inputs: componentInputs(component, objectAt(properties.inputs)),
    outputs: componentOutputs(component, objectAt(properties.outputs)),
  }
}
