import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { loopScopes, resolveValue } from './expressions/resolve.ts'
import type { Scope } from './expressions/scope.ts'
import { isSecure } from './parameters.ts'

/** The outputs of a template, evaluated. Secure ones are named and shown nowhere. @throws InvalidExpression, InvalidTemplate */
export async function outputsOf(template: JsonObject, scope: Scope): Promise<JsonObject> {
  const outputs: Record<string, JsonObject> = {}
  for (const [name, declared] of Object.entries(objectAt(template.outputs))) {
    const declaration = objectAt(declared)
    const place = `outputs.${name}`
    if (declaration.condition !== undefined) {
      const condition = await resolveValue(declaration.condition, { scope, place: `${place}.condition` })
      if (condition === false) continue
      if (condition !== true) throw fault('InvalidTemplate', { reason: `The condition of '${place}' is no boolean` })
    }
    const type = textAt(declaration.type) ?? 'Object'
    const value = await valueOfOutput(declaration, scope, place)
    outputs[name] = isSecure(declaration) ? { type } : { type: canonical(type), value }
  }
  return outputs
}

async function valueOfOutput({ copy, value }: JsonObject, scope: Scope, place: string): Promise<Json> {
  if (!isObject(copy)) return resolveValue(value ?? null, { scope, place: `${place}.value` })
  const items: Json[] = []
  for (const round of await loopScopes(copy, place, { scope, place: `${place}.copy` })) {
    items.push(await resolveValue(copy.input ?? null, { scope: round, place: `${place}.copy.input` }))
  }
  return items
}

/** `String`, as Azure writes types of outputs. */
const canonical = (type: string): string => type.charAt(0).toUpperCase() + type.slice(1)
