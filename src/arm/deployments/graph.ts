import { fault } from '../../faults.ts'
import { isObject, type Json, objectAt, textAt } from '../../json.ts'
import { evaluate } from './expressions/evaluate.ts'
import { type Node, parseExpression } from './expressions/parse.ts'
import type { Scope } from './expressions/scope.ts'
import type { Names } from './names.ts'
import type { PlannedResource } from './plan.ts'

/**
 * What each resource waits for: what its `dependsOn` names, what its expressions refer to, and in a serial loop the
 * batch before its own.
 *
 * @throws InvalidTemplate where a name is not in the template, or resources wait for each other
 */
export async function orderResources(
  resources: readonly PlannedResource[],
  names: Names,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const after = new Map<string, readonly string[]>()
  for (const one of resources) {
    if (!one.made) continue
    const found = new Set<string>()
    // An id that ends in no name is nobody's: templates write one with a parameter that was left empty (azure-ai-ml's
    // feature store without an online store does), and Azure waits for nothing then.
    for (const name of one.waitsFor.filter((text) => !text.endsWith('/'))) {
      const named = names.named(name, true)
      if (named.length === 0) {
        const reason = `The resource '${name}' is not defined in the template, and '${one.key}' depends on it. Please see https://aka.ms/arm-syntax for usage details`
        throw fault('InvalidTemplate', { reason })
      }
      for (const { key, made } of [...named, ...behindExisting(names, named)]) if (made) found.add(key)
    }
    for (const { name, call } of await referredTo(one)) {
      demandDefined(names, call, name, one.place)
      const named = names.named(name, true)
      // Of several with one name it is another that is meant.
      const itself = named.length === 1 && named[0] === one
      for (const { key, made } of named) if (made && (key !== one.key || itself)) found.add(key)
    }
    for (const key of batchBefore(names, one)) found.add(key)
    after.set(one.key, [...found])
  }
  demandNoCycle(after)
  return after
}

/** What a resource that exists already is said to wait for: who waits for it waits for that. */
function behindExisting(names: Names, resources: readonly PlannedResource[]): readonly PlannedResource[] {
  const found = new Set<PlannedResource>()
  const left = resources.filter(({ existing }) => existing)
  for (let next = left.pop(); next; next = left.pop()) {
    for (const one of next.waitsFor.flatMap((name) => names.named(name, true))) {
      if (found.has(one)) continue
      found.add(one)
      if (one.existing) left.push(one)
    }
  }
  return [...found]
}

const batchBefore = (names: Names, { loop, index, batch }: PlannedResource): readonly string[] => {
  if (batch === undefined || loop === undefined) return []
  const start = Math.floor(index / batch) * batch
  return names
    .copiesOf(loop)
    .filter((one) => one.loop === loop && one.made && one.index < start && one.index >= start - batch)
    .map(({ key }) => key)
}

function demandNoCycle(after: ReadonlyMap<string, readonly string[]>): void {
  const done = new Set<string>()
  const visit = (key: string, path: readonly string[]): void => {
    if (done.has(key)) return
    if (path.includes(key)) {
      const cycle = [...path.slice(path.indexOf(key)), key].join("' -> '")
      throw fault('InvalidTemplate', {
        reason: `Circular dependency detected on resource: '${cycle}'. Please see https://aka.ms/arm-syntax-resources for usage details`,
      })
    }
    for (const next of after.get(key) ?? []) visit(next, [...path, key])
    done.add(key)
  }
  for (const key of after.keys()) visit(key, [])
}

interface Referred {
  readonly name: string
  readonly call: Node & { readonly is: 'call' }
}

/** Checks what the outputs refer to. @throws InvalidTemplate */
export async function checkOutputReferences(
  outputs: Json | undefined,
  place: string,
  { scope, names }: { readonly scope: Scope; readonly names: Names },
): Promise<void> {
  for (const [name, output] of Object.entries(objectAt(outputs))) {
    const { condition, ...rest } = objectAt(output)
    const applies = typeof condition === 'string' ? await knownText(condition, scope) : condition
    if (applies === false) continue
    const referred: Referred[] = []
    await collect(rest, scope, referred)
    for (const { name: asked, call } of referred) demandDefined(names, call, asked, `${place}.${name}`)
  }
}

async function knownText(text: string, scope: Scope): Promise<Json | undefined> {
  const node = parseExpression(text)
  return node ? known(node, scope) : text
}

/**
 * What `reference` asks is in the template, or is an id with a version.
 *
 * @throws InvalidTemplate
 */
function demandDefined(names: Names, { name, args }: Referred['call'], asked: string, place: string): void {
  if (name.toLowerCase() !== 'reference' || names.named(asked, true).length > 0) return
  if (!asked.startsWith('/')) {
    const reason = `The resource '${asked}' is not defined in the template, and '${place}' refers to it. Please see https://aka.ms/arm-syntax for usage details`
    throw fault('InvalidTemplate', { reason })
  }
  if (args.length > 1) return
  const reason = `The template function 'reference' at '${place}' names '${asked}', which is not in the template: an API version is needed. Please see https://aka.ms/arm-functions#reference for usage details`
  throw fault('InvalidTemplate', { reason })
}

const REFERS = /^(reference|references|list\w*)$/i

/** The names and ids in `reference` and `list*` of a resource's expressions, as far as they are known before it runs. */
async function referredTo({ raw, scope }: PlannedResource): Promise<readonly Referred[]> {
  const { dependsOn: _dependsOn, resources: _resources, ...body } = raw
  const properties = objectAt(body.properties)
  const isInner = textAt(objectAt(properties.expressionEvaluationOptions).scope)?.toLowerCase() === 'inner'
  const { template: _template, ...rest } = properties
  const names: Referred[] = []
  await collect(isInner ? { ...body, properties: rest } : body, scope, names)
  return names
}

async function collect(value: Json, scope: Scope, names: Referred[]): Promise<void> {
  if (typeof value === 'string') {
    const node = parseExpression(value)
    if (node) await collectFrom(node, scope, names)
  } else if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) await collect(item, scope, names)
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      await collect(name, scope, names)
      if (item !== undefined) await collect(item, scope, names)
    }
  }
}

async function collectFrom(node: Node, scope: Scope, names: Referred[]): Promise<void> {
  if (node.is === 'access') {
    await collectFrom(node.of, scope, names)
    await collectFrom(node.key, scope, names)
  }
  if (node.is !== 'call') return
  const [first] = node.args
  if (REFERS.test(node.name) && first) {
    const name = await known(first, scope)
    if (typeof name === 'string') names.push({ name, call: node })
  }
  if (node.name.toLowerCase() === 'if' && first) {
    // What is not taken may refer to what is not there.
    const taken = await known(first, scope)
    await collectFrom(first, scope, names)
    for (const [at, branch] of node.args.slice(1).entries()) {
      if (taken === undefined || (taken === true) === (at === 0)) await collectFrom(branch, scope, names)
    }
    return
  }
  for (const arg of node.args) await collectFrom(arg, scope, names)
}

/** The value of an expression, or undefined where only a running deployment has it. */
async function known(node: Node, scope: Scope): Promise<Json | undefined> {
  try {
    return await evaluate(node, scope)
  } catch {
    // Whatever is wrong with it is refused with its place when the resource's body is checked.
    return undefined
  }
}
