import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, plainText } from '../../json.ts'
import { type Component, checkLiteral, isPrimitive, outputType, type Port, portsOf } from './component.ts'

/**
 * The inputs of a job that runs a component as a whole: what was given, and the defaults of what was not.
 *
 * @throws JobInvalid where they are not what the component takes
 */
export function componentInputs(component: Component, sent: JsonObject): JsonObject {
  const ports = portsOf(component, 'inputs')
  demandKnown('input', ports, sent)
  return Object.fromEntries(
    ports.flatMap((port) => {
      const given = sent[port.name]
      const input = isObject(given) ? given : defaultOf(port)
      if (!input) {
        if (port.optional) return []
        throw invalid(`The component needs the input '${port.name}'.`)
      }
      return [[port.name, fitted(port, input)]]
    }),
  )
}

/** Its outputs, each of the component's type. @throws JobInvalid */
export function componentOutputs(component: Component, sent: JsonObject): JsonObject {
  const ports = portsOf(component, 'outputs')
  demandKnown('output', ports, sent)
  return Object.fromEntries(
    ports.map((port) => [port.name, { ...objectAt(sent[port.name]), jobOutputType: outputType(port) }]),
  )
}

function demandKnown(side: 'input' | 'output', ports: readonly Port[], sent: JsonObject): void {
  // Every job has an output of that name, and clients send it back.
  const strange = Object.keys(sent).find((name) => !ports.some((port) => port.name === name) && name !== 'default')
  if (strange !== undefined) throw invalid(`The component has no ${side} '${strange}'.`)
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
    throw invalid(`The input '${port.name}' of the component is ${wanted}.`)
  }
  if (isLiteral) checkLiteral('component', port, plainText(input.value))
  return input
}

const invalid = (reason: string) => fault('JobInvalid', { reason })
