/**
 * The facts of `spec/`, read once more for the conformance suites: which type has which operations, models and enums at
 * which version, and what a model's fields are on the wire. Imports nothing of `src`, so that a misreading there does
 * not become what is expected here; spec/README.md tells the format.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const SPEC = join(import.meta.dirname, '..', '..', 'spec')

export interface Rule {
  readonly type?: string
  readonly ref?: string
  readonly items?: Rule
  readonly values?: Rule
  readonly anyOf?: readonly Rule[]
  readonly enum?: string | readonly (string | number)[]
  readonly required?: boolean
  readonly readonly?: boolean
  readonly nullable?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly flat?: readonly string[]
}

interface Model {
  readonly parent?: string
  readonly mixins?: readonly string[]
  readonly discriminator?: { readonly property: string; readonly values: Readonly<Record<string, string>> }
  readonly additionalProperties?: Rule
  readonly properties: Readonly<Record<string, Rule>>
}

interface Shape {
  readonly model?: string
  readonly schema?: Rule
  readonly page?: { readonly items: string | Rule; readonly value: string }
}

export interface Operation {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly body?: Shape & { readonly required?: boolean }
  readonly responses: Readonly<Record<string, Shape>>
  readonly lro?: { readonly finalModel?: string | Rule }
}

/** A type at one version. */
export interface TypeFacts {
  readonly version: string
  readonly operations: readonly Operation[]
  readonly models: ReadonlyMap<string, Model>
  readonly enums: ReadonlyMap<string, readonly (string | number)[]>
}

/** A field as the wire has it: a rule, or the fields of an object that a client library shows flattened. */
export type Field = { readonly rule: Rule } | { readonly fields: ReadonlyMap<string, Field> }

interface TypeFile {
  readonly operations: readonly Operation[]
  readonly models: readonly Model[]
  readonly enums: readonly (readonly (string | number)[])[]
  readonly versions: readonly {
    readonly version: string
    readonly operations: readonly number[]
    readonly models?: Readonly<Record<string, number>>
    readonly enums?: Readonly<Record<string, number>>
    readonly gone?: readonly string[]
  }[]
}

const read = <Content>(...path: readonly string[]): Content =>
  JSON.parse(readFileSync(join(SPEC, ...path), 'utf8')) as Content

const index =
  read<Record<string, { readonly versions: readonly string[]; readonly types: Record<string, readonly number[]> }>>(
    'index.json',
  )

export const namespaces: readonly string[] = Object.keys(index)

/** Every version of a namespace that has facts, ascending. */
export const versionsOf = (namespace: string): readonly string[] => index[namespace.toLowerCase()]?.versions ?? []

/** The types of a namespace, below it. */
export const typesOf = (namespace: string): readonly string[] =>
  Object.keys(index[namespace.toLowerCase()]?.types ?? {})

/** Everything that is known of a type, a version each; nothing for a type without facts. */
export function factsOf(namespace: string, type: string): readonly TypeFacts[] {
  const spelled = typesOf(namespace).find((one) => one.toLowerCase() === type.toLowerCase())
  if (spelled === undefined) return []
  const file = read<TypeFile>(namespace.toLowerCase(), `${spelled.replaceAll('/', '.')}.json`)
  const models = new Map<string, Model>()
  const enums = new Map<string, readonly (string | number)[]>()
  return file.versions.map((step) => {
    take(models, step.models, file.models)
    take(enums, step.enums, file.enums)
    for (const name of step.gone ?? []) {
      models.delete(name)
      enums.delete(name)
    }
    return {
      version: step.version,
      operations: step.operations.flatMap((at) => file.operations[at] ?? []),
      models: new Map(models),
      enums: new Map(enums),
    }
  })
}

function take<Value>(
  into: Map<string, Value>,
  places: Readonly<Record<string, number>> = {},
  from: readonly Value[],
): void {
  for (const [name, at] of Object.entries(places)) {
    const value = from[at]
    if (value !== undefined) into.set(name, value)
  }
}

/** The fields of a model with those that it inherits; the nearest wins. */
export function fieldsOf(facts: TypeFacts, name: string): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>()
  const add = (of: string, below: readonly string[]): void => {
    const model = facts.models.get(of)
    if (!model || below.includes(of)) return
    for (const above of [model.parent, ...(model.mixins ?? [])]) if (above !== undefined) add(above, [...below, of])
    for (const [key, rule] of Object.entries(model.properties)) put(fields, rule.flat ?? [key], rule)
  }
  add(name, [])
  return fields
}

function put(fields: Map<string, Field>, [first = '', ...rest]: readonly string[], rule: Rule): void {
  if (rest.length === 0) {
    fields.set(first, { rule })
    return
  }
  const there = fields.get(first)
  const inner = new Map(there && 'fields' in there ? there.fields : [])
  put(inner, rest, rule)
  fields.set(first, { fields: inner })
}

/** The kinds of a polymorphic model by the word that names each, also of kinds of kinds; undefined for a plain one. */
export function kindsOf(
  facts: TypeFacts,
  name: string,
): { readonly property: string; readonly models: ReadonlyMap<string, string> } | undefined {
  const property = facts.models.get(name)?.discriminator?.property
  if (property === undefined) return undefined
  const models = new Map<string, string>()
  const waiting = [name]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const own = facts.models.get(at)?.discriminator
    if (own?.property !== property) continue
    for (const [word, model] of Object.entries(own.values)) {
      if (models.has(word) || !facts.models.has(model)) continue
      models.set(word, model)
      if (model !== at) waiting.push(model)
    }
  }
  return models.size > 0 ? { property, models } : undefined
}

/** The words of an enum, or undefined where the rule has none. */
export const wordsOf = (facts: TypeFacts, { enum: words }: Rule): readonly (string | number)[] | undefined =>
  typeof words === 'string' ? facts.enums.get(words) : words

/** The operation on one resource of the type (not an action below it, and not its collection), by method. */
export const operationOn = (facts: TypeFacts, method: string): Operation | undefined =>
  facts.operations.find((one) => one.method === method && segmentsBelow(one.path) % 2 === 0)

/** How many segments stand below the provider: types and names in turn; of the resource manager's own paths, all. */
const segmentsBelow = (path: string): number => {
  const at = path.lastIndexOf('/providers/Microsoft.')
  return path
    .slice(Math.max(at, 0))
    .split('/')
    .filter((segment) => segment !== '').length
}
