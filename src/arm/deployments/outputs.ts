import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { Secrets } from '../define-resource.ts'
import { loopScopes, type Resolving, resolveValue } from './expressions/resolve.ts'
import type { Scope } from './expressions/scope.ts'
import { isSecure, mismatch, withDefinition } from './parameters.ts'
import { placeIn } from './prepared.ts'

export interface Outputs {
  readonly shown: JsonObject
  /** Values of secure outputs as JSON, by the path that they are sealed at. */
  readonly secure: Secrets
}

/** Where the value of a secure output is sealed: `outputs.{name}`. */
export const SECURE_OUTPUT = 'outputs.'

/** The outputs of a template, evaluated. Secure ones are named and shown nowhere. @throws InvalidExpression, InvalidTemplate */
export async function outputsOf(template: JsonObject, scope: Scope): Promise<Outputs> {
  const outputs: Record<string, JsonObject> = {}
  const secure: Record<string, string> = {}
  for (const [name, declared] of Object.entries(objectAt(template.outputs))) {
    const declaration = objectAt(declared)
    const place = `outputs.${name}`
    if (declaration.condition !== undefined) {
      const condition = await resolveValue(declaration.condition, { scope, place: `${place}.condition` })
      if (condition === false) continue
      if (condition !== true) throw fault('InvalidTemplate', { reason: `The condition of '${place}' is no boolean` })
    }
    const full = withDefinition(template, declaration)
    const type = textAt(full.type) ?? 'Object'
    const value = await valueOfOutput(declaration, scope, place)
    const wrong = value === null ? undefined : mismatch(template, full, value, name)
    if (wrong) throw fault('InvalidTemplateOutput', { name: wrong.path, reason: wrong.reason })
    const hidden = isSecure(template, declaration)
    if (hidden) secure[`${SECURE_OUTPUT}${name}`] = JSON.stringify(value)
    outputs[name] = hidden ? { type } : { type: canonical(type), value }
  }
  return { shown: outputs, secure }
}

/** Checks what of the outputs is known before the deployment runs. @throws InvalidExpression, InvalidTemplateOutput */
export async function checkOutputs(template: JsonObject, scope: Scope, within = ''): Promise<void> {
  for (const [name, declared] of Object.entries(objectAt(template.outputs))) {
    const declaration = objectAt(declared)
    let whole = true
    const resolving = {
      scope,
      place: placeIn(within, `outputs.${name}`),
      onRuntime: () => {
        whole = false
      },
    }
    const applies = await resolveValue(declaration.condition ?? true, resolving)
    if (!whole || applies === false) continue
    const value = isObject(declaration.copy)
      ? await copiesOf(declaration.copy, resolving)
      : await resolveValue(declaration.value ?? null, { ...resolving, place: `${resolving.place}.value` })
    const wrong = whole && value !== null && mismatch(template, withDefinition(template, declaration), value, name)
    if (wrong) throw fault('InvalidTemplateOutput', { name: wrong.path, reason: wrong.reason })
  }
}

async function copiesOf(copy: JsonObject, resolving: Resolving): Promise<Json> {
  const { scope, place } = resolving
  const items: Json[] = []
  for (const round of await loopScopes(copy, place, { scope, place: `${place}.copy` })) {
    items.push(await resolveValue(copy.input ?? null, { ...resolving, scope: round, place: `${place}.copy.input` }))
  }
  return items
}

async function valueOfOutput({ copy, value }: JsonObject, scope: Scope, place: string): Promise<Json> {
  if (isObject(copy)) return copiesOf(copy, { scope, place })
  return resolveValue(value ?? null, { scope, place: `${place}.value` })
}
/** `String`, as Azure writes types of outputs. */
const canonical = (type: string): string => type.charAt(0).toUpperCase() + type.slice(1)
