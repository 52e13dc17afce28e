import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A property or a schema, as `spec/` writes it: see spec/README.md. */
export interface Property {
  readonly type?: string
  readonly ref?: string
  readonly items?: Property
  /** Of a map: what its values are. */
  readonly values?: Property
  readonly anyOf?: readonly Property[]
  readonly format?: string
  /** A name among the enums, or the words themselves. */
  readonly enum?: string | readonly (string | number)[]
  readonly const?: string | number | boolean
  readonly required?: boolean
  readonly readonly?: boolean
  readonly visibility?: string
  readonly nullable?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly default?: unknown
  /** Where the wire has it, when a client library shows it flattened. */
  readonly flat?: readonly string[]
}

export interface Model {
  readonly parent?: string
  readonly mixins?: readonly string[]
  readonly discriminator?: { readonly property: string; readonly values: Readonly<Record<string, string>> }
  readonly discriminatorValue?: Readonly<Record<string, string>>
  readonly additionalProperties?: Property
  readonly properties: Readonly<Record<string, Property>>
}

/** A body or an answer: a model's name, a schema, or a page of items. */
export interface Shape {
  readonly model?: string
  readonly schema?: Property
  readonly page?: { readonly items: string | Property; readonly value: string; readonly nextLink?: string | null }
}

export interface Operation {
  readonly group: string
  readonly name: string
  readonly method: string
  readonly path: string
  readonly body?: Shape & { readonly required?: boolean }
  readonly responses: Readonly<Record<string, Shape & { readonly headers?: Readonly<Record<string, string>> }>>
  readonly error?: string
  readonly lro?: { readonly finalModel?: string | Property; readonly finalStateVia?: string }
  readonly pageable?: unknown
}

/** What is known of one type at one version. */
export interface TypeFacts {
  readonly version: string
  readonly operations: readonly Operation[]
  readonly models: Readonly<Record<string, Model>>
  readonly enums: Readonly<Record<string, readonly (string | number)[]>>
}

interface TypeFile {
  readonly operations: readonly Operation[]
  readonly models: readonly Model[]
  readonly enums: readonly (readonly (string | number)[])[]
  /** In order; each says what differs from the one before it. */
  readonly versions: readonly {
    readonly version: string
    readonly operations: readonly number[]
    readonly models?: Readonly<Record<string, number>>
    readonly enums?: Readonly<Record<string, number>>
    readonly gone?: readonly string[]
  }[]
}

interface NamespaceIndex {
  readonly versions: readonly string[]
  /** By type below the namespace: its spelling and the places, among `versions`, of those that have it. */
  readonly types: Readonly<Record<string, readonly number[]>>
}

/** The facts of `spec/`, read lazily: a small index on the first question, a type's file on the first about that type. */
export interface Facts {
  /** Versions of a namespace with facts, ascending. */
  versionsOf(namespace: string): readonly string[]
  /** Versions with facts of one type, ascending. `path` is the type without its namespace. */
  versionsOfType(namespace: string, path: string): readonly string[]
  /** Every type path that the namespace has facts of. */
  typesOf(namespace: string): readonly string[]
  type(namespace: string, path: string, version: string): TypeFacts | undefined
}

export function openFacts(directory: string): Facts {
  let index: Readonly<Record<string, NamespaceIndex>> | undefined
  const files = new Map<string, ReadonlyMap<string, TypeFacts>>()

  const namespaceAt = (namespace: string): NamespaceIndex | undefined => {
    index ??= readIndex(directory)
    return index[namespace.toLowerCase()]
  }
  const spelling = (at: NamespaceIndex, path: string): string | undefined => {
    if (path in at.types) return path
    const folded = path.toLowerCase()
    return Object.keys(at.types).find((type) => type.toLowerCase() === folded)
  }
  const places = (at: NamespaceIndex, path: string): readonly string[] =>
    (at.types[spelling(at, path) ?? ''] ?? []).flatMap((place) => at.versions[place] ?? [])

  return {
    versionsOf: (namespace) => namespaceAt(namespace)?.versions ?? [],
    versionsOfType(namespace, path) {
      const at = namespaceAt(namespace)
      return at ? places(at, path) : []
    },
    typesOf: (namespace) => Object.keys(namespaceAt(namespace)?.types ?? {}),
    type(namespace, path, version) {
      const at = namespaceAt(namespace)
      const type = at && spelling(at, path)
      if (type === undefined) return undefined
      const file = join(directory, namespace.toLowerCase(), `${type.replaceAll('/', '.')}.json`)
      let known = files.get(file)
      if (!known) {
        known = unfold(JSON.parse(readFileSync(file, 'utf8')) as TypeFile)
        files.set(file, known)
      }
      return known.get(version)
    },
  }
}

function readIndex(directory: string): Readonly<Record<string, NamespaceIndex>> {
  const file = join(directory, 'index.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, NamespaceIndex>) : {}
}

function unfold(file: TypeFile): ReadonlyMap<string, TypeFacts> {
  const found = new Map<string, TypeFacts>()
  let models: Record<string, Model> = {}
  let enums: Record<string, readonly (string | number)[]> = {}
  for (const step of file.versions) {
    models = { ...models, ...pick(step.models, file.models) }
    enums = { ...enums, ...pick(step.enums, file.enums) }
    for (const name of step.gone ?? []) {
      delete models[name]
      delete enums[name]
    }
    const operations = step.operations.flatMap((at) => file.operations[at] ?? [])
    found.set(step.version, { version: step.version, operations, models, enums })
  }
  return found
}

const pick = <Value>(places: Readonly<Record<string, number>> = {}, from: readonly Value[]): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(places).flatMap(([name, at]) => {
      const value = from[at]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
