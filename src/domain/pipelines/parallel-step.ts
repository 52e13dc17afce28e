import { isObject, type Json, type JsonObject, objectAt } from '../../json.ts'
import { parallelSettings } from '../jobs/parallel-settings.ts'
import { bindingsIn } from './bindings.ts'
import { camel } from './camel.ts'
import { type Component, isPrimitive, outputType, portsOf, referenceAt } from './component.ts'

const SETTINGS = [
  'input_data',
  'mini_batch_size',
  'partition_keys',
  'mini_batch_error_threshold',
  'error_threshold',
  'max_concurrency_per_instance',
  'logging_level',
  'retry_settings',
]

/** What a parallel step's job has besides what every step has: each part from the node, else from its component. */
export function parallelOf(node: JsonObject, spec: JsonObject): JsonObject {
  const task = { ...objectAt(spec.task), ...objectAt(node.task) }
  const codeId = referenceAt(objectAt(spec.task), 'code') ?? referenceAt(task, 'code')
  const environmentId = referenceAt(node, 'environment') ?? referenceAt(task, 'environment')
  return {
    ...camel(Object.fromEntries(SETTINGS.map((name) => [name, node[name] ?? spec[name]]))),
    environmentVariables: { ...objectAt(spec.environment_variables), ...objectAt(node.environment_variables) },
    resources: camel({ ...objectAt(spec.resources), ...objectAt(node.resources) }),
    task: {
      // `args` is what the first clients called the program's arguments.
      ...camel({ program_arguments: task.args, ...task }),
      ...(codeId && { codeId }),
      ...(environmentId && { environmentId }),
    },
  }
}

/**
 * Looks at a parallel step before anything runs; what the pipeline binds is left to the step's own time.
 *
 * @throws JobInvalid
 */
export function checkParallelStep(node: JsonObject, component: Component): void {
  const inputs = portsOf(component, 'inputs').map((port) => [
    port.name,
    { jobInputType: isPrimitive(port) ? 'literal' : port.type },
  ])
  const outputs = portsOf(component, 'outputs').map((port) => [port.name, { jobOutputType: outputType(port) }])
  parallelSettings({
    ...objectAt(unbound(parallelOf(node, component.spec))),
    inputs: Object.fromEntries(inputs),
    outputs: Object.fromEntries(outputs),
  })
}

/** Without the values that a binding stands in. */
function unbound(value: Json | undefined): Json | undefined {
  if (typeof value === 'string') return bindingsIn(value).length > 0 ? undefined : value
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unbound(inner)]))
}

/** The same object with every text in it put through `fill`. */
export async function eachText(value: JsonObject, fill: (text: string) => Promise<string>): Promise<JsonObject> {
  const entries = Object.entries(value).map(async ([name, inner]) => [
    name,
    typeof inner === 'string' ? await fill(inner) : isObject(inner) ? await eachText(inner, fill) : inner,
  ])
  return Object.fromEntries(await Promise.all(entries))
}
