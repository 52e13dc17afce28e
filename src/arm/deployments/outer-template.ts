import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { loopScopes, type Resolving, resolveValue } from './expressions/resolve.ts'
import type { Scope } from './expressions/scope.ts'

const DEPLOYMENTS = /^microsoft\.resources\/deployments$/i

/** Whether a nested deployment evaluates its own template. */
export const isInner = (properties: JsonObject): boolean =>
  textAt(objectAt(properties.expressionEvaluationOptions).scope)?.toLowerCase() === 'inner'

/**
 * Azure's own limit: a nested or linked deployment adds to what is there, whatever the one around it does.
 *
 * @throws InvalidTemplate
 */
export function demandIncremental({ mode }: JsonObject, place: string): void {
  if (textAt(mode)?.toLowerCase() !== 'complete') return
  const reason = `The template resource at '${place}' is invalid. Specified deployment mode 'Complete' is not supported for nested deployment`
  throw fault('InvalidTemplate', { reason })
}

/**
 * A nested template whose expressions are this one's: evaluated here, its loops run, and what came out is text for it.
 * Its own parameters and variables are never asked, as in Azure.
 */
export async function outerTemplate(template: Json, resolving: Resolving): Promise<Json> {
  const { parameters: _parameters, variables: _variables, resources, outputs, ...rest } = objectAt(template)
  const at = (name: string): Resolving => ({ ...resolving, place: `${resolving.place}.${name}` })
  return {
    ...objectAt(escaped(await resolveValue(rest, resolving))),
    ...(resources !== undefined && { resources: await outerResources(resources, at('resources')) }),
    ...(outputs !== undefined && { outputs: await outerOutputs(objectAt(outputs), at('outputs')) }),
  }
}

async function outerResources(resources: Json, resolving: Resolving): Promise<Json> {
  if (Array.isArray(resources)) {
    const made: Json[] = []
    const loops = new Map<string, readonly Json[]>()
    for (const [at, raw] of (resources as readonly Json[]).entries()) {
      const copies = await copiesOf(objectAt(raw), { ...resolving, place: `${resolving.place}[${at}]` })
      const name = textAt(objectAt(objectAt(raw).copy).name)
      if (name !== undefined) loops.set(name.toLowerCase(), copies)
      made.push(...copies)
    }
    return made.map((one) => waitingForCopies(objectAt(one), loops))
  }
  const made: [string, Json][] = []
  for (const [symbol, raw] of Object.entries(objectAt(resources))) {
    const place = `${resolving.place}.${symbol}`
    const copies = await copiesOf(objectAt(raw), { ...resolving, place })
    const looped = isObject(objectAt(raw).copy)
    for (const [at, one] of copies.entries()) made.push([looped ? `${symbol}${at}` : symbol, one])
  }
  return Object.fromEntries(made)
}

/** The rounds of a resource's loop, or the resource itself. */
async function copiesOf(raw: JsonObject, resolving: Resolving): Promise<readonly Json[]> {
  const { copy, ...own } = raw
  if (!isObject(copy)) return [await outerResource(own, resolving)]
  const rounds = await loopScopes(copy, textAt(copy.name) ?? '', { ...resolving, place: `${resolving.place}.copy` })
  const made: Json[] = []
  for (const scope of rounds) made.push(await outerResource(own, { ...resolving, scope }))
  return made
}

/** A deeper template of inner scope stays as it is; all else is evaluated. */
async function outerResource(raw: JsonObject, resolving: Resolving): Promise<Json> {
  const { properties, resources, ...own } = raw
  const { template, ...rest } = objectAt(properties)
  const deeper = template !== undefined && DEPLOYMENTS.test(textAt(raw.type) ?? '')
  const at = (name: string): Resolving => ({ ...resolving, place: `${resolving.place}.${name}` })
  const body = objectAt(escaped(await resolveValue(own, resolving)))
  const below = resources === undefined ? {} : { resources: await outerResources(resources, at('resources')) }
  if (!deeper) {
    const shown =
      properties === undefined ? {} : { properties: escaped(await resolveValue(properties, at('properties'))) }
    return { ...body, ...shown, ...below }
  }
  // Its own deployment evaluates it once more, and escapes then.
  const inside = isInner(rest) ? template : await outerTemplate(template, at('properties.template'))
  const shown = objectAt(escaped(await resolveValue(rest, at('properties'))))
  return { ...body, ...below, properties: { ...shown, template: inside } }
}

async function outerOutputs(outputs: JsonObject, resolving: Resolving): Promise<JsonObject> {
  const made: [string, Json][] = []
  for (const [name, declared] of Object.entries(outputs)) {
    const { copy, ...own } = objectAt(declared)
    const at = { ...resolving, place: `${resolving.place}.${name}` }
    const shown = objectAt(escaped(await resolveValue(own, at)))
    made.push([name, isObject(copy) ? { ...shown, value: escaped(await items(copy, at)) } : shown])
  }
  return Object.fromEntries(made)
}

async function items(copy: JsonObject, resolving: Resolving): Promise<Json> {
  const made: Json[] = []
  const rounds: readonly Scope[] = await loopScopes(copy, '', { ...resolving, place: `${resolving.place}.copy` })
  for (const scope of rounds) made.push(await resolveValue(copy.input ?? null, { ...resolving, scope }))
  return made
}

/** Who waits for a loop waits for each of its copies, now that the loop is gone. */
function waitingForCopies(one: JsonObject, loops: ReadonlyMap<string, readonly Json[]>): Json {
  if (!Array.isArray(one.dependsOn)) return one
  const dependsOn = (one.dependsOn as readonly Json[]).flatMap((name) => {
    const copies = typeof name === 'string' ? loops.get(name.toLowerCase()) : undefined
    return copies ? copies.map((copy) => `${textAt(objectAt(copy).type)}/${textAt(objectAt(copy).name)}`) : [name]
  })
  return { ...one, dependsOn }
}

/** What came out of an expression is text, brackets and all. */
function escaped(value: Json): Json {
  if (typeof value === 'string') return value.startsWith('[') && value.endsWith(']') ? `[${value}` : value
  if (Array.isArray(value)) return value.map(escaped)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item ?? null)]))
}
