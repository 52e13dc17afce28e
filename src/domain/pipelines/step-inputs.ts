import { buffer } from 'node:stream/consumers'
import type { Blobs } from '../../blobs/blobs.ts'
import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import type { Run } from '../../store/runs.ts'
import { type Reads, resolveUri } from '../datastores/resolve-uri.ts'
import { armMode } from '../jobs/arm-mode.ts'
import { dataType } from '../jobs/resolve-inputs.ts'
import { type Binding, bindingOf, bindingsIn, filled } from './bindings.ts'
import { type Component, checkLiteral, isPrimitive, type Port, portsOf } from './component.ts'
import { valueText } from './plan-pipeline.ts'

/** A value that is longer than this is no literal. */
const LITERAL_BYTES = 64 * 1024

/** A value on its way between steps, as a job's input has it: a literal, or data by its place. */
export type Value = JsonObject

export interface Sources {
  readonly store: Reads
  readonly blobs: Blobs
  readonly workspace: string
  /** The pipeline's own inputs, as its job has them. */
  readonly inputs: JsonObject
  /** What a step put out under a name; undefined where it put out no such thing. */
  readonly outputOf: (node: string, output: string) => Promise<Value | undefined>
}

export const literal = (value: string): Value => ({ jobInputType: 'literal', value })

/**
 * The inputs of a step as its job has them: bindings followed, defaults filled in, literals and data told apart by
 * what the component's ports say. An optional input that nothing gives is left out.
 *
 * @throws JobInvalid for a value that a port does not take
 */
export async function stepInputs(
  from: Sources,
  step: string,
  { component, given }: { readonly component: Component; readonly given: JsonObject },
): Promise<JsonObject> {
  const inputs: Record<string, Value> = {}
  for (const port of portsOf(component, 'inputs')) {
    const sent = given[port.name] ?? port.spec.default
    const value = sent === undefined || sent === null ? undefined : await follow(from, sent)
    const found = value ?? (port.spec.default === undefined ? undefined : await follow(from, port.spec.default))
    if (!found) continue
    const fitted = isPrimitive(port) ? await asLiteral(from, step, { port, value: found }) : asData(port, found)
    const mode = (isObject(sent) ? textAt(sent.mode) : undefined) ?? textAt(port.spec.mode)
    inputs[port.name] = isPrimitive(port) || !mode ? fitted : { ...fitted, mode: armMode(mode) }
  }
  return inputs
}

/** What a value as a node sends it leads to. */
async function follow(from: Sources, sent: Json): Promise<Value | undefined> {
  const text = valueText(sent)
  if (text === undefined) return undefined
  const binding = bindingOf(text)
  if (binding) return await bound(from, binding)
  if (bindingsIn(text).length > 0) {
    return literal(await filled(text, async (each) => textOf(from, await bound(from, each))))
  }
  const type = isObject(sent)
    ? dataType(textAt(sent.job_input_type) ?? textAt(sent.jobInputType) ?? textAt(sent.type))
    : undefined
  return type ? { jobInputType: type, uri: text } : literal(text)
}

export async function bound(from: Sources, binding: Binding): Promise<Value | undefined> {
  if (binding.to === 'output') return await from.outputOf(binding.node, binding.name)
  const input = from.inputs[binding.name]
  return isObject(input) ? input : undefined
}

/** The text of a literal, or of the file that a step wrote one into. */
export async function textOf(from: Sources, value: Value | undefined): Promise<string> {
  if (!value) return ''
  if (textAt(value.jobInputType)?.toLowerCase() === 'literal') return plainText(value.value ?? '')
  const uri = textAt(value.uri) ?? ''
  const place = await resolveUri(from.store, from.workspace, uri)
  const info = place && (await from.blobs.info(place))
  if (!place || !info) throw fault('JobInvalid', { reason: `'${uri}' was to hold a value, but there is no file.` })
  if (info.size > LITERAL_BYTES) {
    throw fault('JobInvalid', { reason: `'${uri}' was to hold a value, but has ${info.size} bytes.` })
  }
  return (await buffer(await from.blobs.read(place))).toString('utf8').trim()
}

/** A text, or that of what it is bound to where the whole of it is a binding. */
export async function boundText(from: Sources, text: string): Promise<string> {
  const binding = bindingOf(text)
  return binding ? await textOf(from, await bound(from, binding)) : text
}

async function asLiteral(
  from: Sources,
  step: string,
  { port, value }: { readonly port: Port; readonly value: Value },
): Promise<Value> {
  const text = await textOf(from, value)
  checkLiteral(step, port, text)
  return literal(text)
}

/** Data as the port names its type; a literal is the place of it. */
function asData(port: Port, value: Value): Value {
  const uri = textAt(value.uri) ?? plainText(value.value ?? '')
  const own = dataType(textAt(value.jobInputType))
  return {
    jobInputType: dataType(port.type) ?? own ?? 'uri_folder',
    uri,
    ...(textAt(value.mode) && { mode: value.mode }),
  }
}

/** What a run put out under a name: a control output that it reported, or the place of its data. */
export function outputOfRun(run: Run | undefined, output: string): Value | undefined {
  const control = run?.properties['azureml.pipeline.control']
  if (control) {
    const value = objectAt(parsed(control))[output]
    if (value !== undefined && value !== null) return literal(plainText(value))
  }
  const data = run?.outputs[output]
  return data && { jobInputType: data.type, uri: data.uri }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
