import { fault } from '../../faults.ts'
import { inSentence, isObject, type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import { findAsset } from '../assets/asset-reference.ts'
import type { Reads } from '../datastores/resolve-uri.ts'
import { dataType } from '../jobs/resolve-inputs.ts'

/** What a step runs: a component's specification, in the free form in which clients keep it. */
export interface Component {
  /** The version's ARM id; undefined where the specification stands in the step itself. */
  readonly id?: string
  readonly version?: string
  readonly spec: JsonObject
}

/** A port of a component. */
export interface Port {
  readonly name: string
  /** `uri_file` and the like, or one of the primitive types; lower case. */
  readonly type: string
  readonly optional: boolean
  readonly spec: JsonObject
}

const PRIMITIVE: ReadonlySet<string> = new Set(['string', 'number', 'integer', 'boolean', 'enum'])

/** The component's version that a reference names. @throws what a reference is refused with */
export async function findComponent(from: Reads, workspace: string, reference: string): Promise<Component> {
  const version = await findAsset(from.resources, workspace, { kind: 'components', reference })
  return {
    id: version.id,
    version: version.name,
    spec: objectAt(objectAt(version.body.properties).componentSpec),
  }
}

/** The component whose specification stands in a body of a component's version. */
export function inlineComponent(body: JsonObject): Component | undefined {
  const spec = objectAt(body.properties).componentSpec
  return isObject(spec) ? { spec } : undefined
}

export const portsOf = (component: Component, side: 'inputs' | 'outputs'): readonly Port[] =>
  Object.entries(objectAt(component.spec[side])).map(([name, spec]) => {
    const own = objectAt(spec)
    const type = (textAt(own.type) ?? 'string').toLowerCase()
    return { name, type, optional: own.optional === true || own.optional === 'true', spec: own }
  })

export const isPrimitive = (port: Port): boolean => PRIMITIVE.has(port.type)

/**
 * Refuses a literal that the component's input does not take. An `enum` is what designers offer: Azure runs a step with
 * another value, as one of Microsoft's own examples (densenet's `center_crop`) counts on.
 *
 * @throws JobInvalid
 */
export function checkLiteral(step: string, port: Port, value: string): void {
  const refuse = (why: string) =>
    fault('JobInvalid', { reason: `The input '${port.name}' of step '${step}' is '${value}', which ${why}.` })
  const { min, max } = port.spec
  if (port.type === 'integer' && !/^[+-]?\d+$/.test(value.trim())) throw refuse('is no integer')
  if (port.type === 'number' && Number.isNaN(Number(value)) && !/^[+-]?(nan|inf)$/i.test(value))
    throw refuse('is no number')
  if (port.type === 'boolean' && !/^(true|false)$/i.test(value)) throw refuse('is no boolean')
  if (port.type !== 'integer' && port.type !== 'number') return
  if (min !== undefined && min !== null && Number(value) < Number(plainText(min)))
    throw refuse(`is less than ${inSentence(min)}`)
  if (max !== undefined && max !== null && Number(value) > Number(plainText(max)))
    throw refuse(`is more than ${inSentence(max)}`)
}

/** The type by which a job's data port is known; primitive outputs are files that hold the value. */
export const outputType = (port: Port): string =>
  isPrimitive(port) ? 'uri_file' : (dataType(port.type) ?? 'uri_folder')

/** An asset or place in a specification, where clients put `azureml:` before ARM ids. */
export const referenceAt = (spec: JsonObject, name: string): string | undefined => {
  const text = textAt(spec[name])
  return text?.replace(/^azureml:(?=\/subscriptions\/|azureml:)/i, '')
}
