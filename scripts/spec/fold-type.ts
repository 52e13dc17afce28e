import type { Model, Operation, Property, Shape } from '../../src/arm/facts/facts.ts'
import type { Source } from './facts-in.ts'

type Enum = readonly (string | number)[]
interface Step {
  readonly version: string
  readonly operations: readonly number[]
  readonly models?: Record<string, number>
  readonly enums?: Record<string, number>
  readonly gone?: readonly string[]
}

/** Values that are equal are kept once and named by their place. */
class Pool<Value> {
  readonly values: Value[] = []
  readonly #places = new Map<string, number>()

  place(value: Value): number {
    const text = JSON.stringify(value)
    const known = this.#places.get(text)
    if (known !== undefined) return known
    this.#places.set(text, this.values.length)
    return this.values.push(value) - 1
  }
}

/** One type's file: what its operations reach in every version, each version as what differs from the one before. */
export function foldType(sources: readonly Source[]): object {
  const operations = new Pool<Operation>()
  const models = new Pool<Model>()
  const enums = new Pool<Enum>()
  let before: Record<string, number> = {}
  const versions = merge(sources).map((source): Step => {
    const reached = reach(source)
    const now: Record<string, number> = {}
    const step = { models: {} as Record<string, number>, enums: {} as Record<string, number> }
    for (const name of [...reached.models].sort()) {
      const model = source.models[name]
      if (model) now[`m ${name}`] = models.place(bareModel(model))
    }
    for (const name of [...reached.enums].sort()) {
      const words = source.enums[name]
      if (words) now[`e ${name}`] = enums.place(words)
    }
    for (const [key, at] of Object.entries(now)) {
      if (before[key] !== at) step[key.startsWith('m') ? 'models' : 'enums'][key.slice(2)] = at
    }
    const gone = Object.keys(before).filter((key) => !(key in now))
    before = now
    return {
      version: source.version,
      operations: source.operations.map((operation) => operations.place(bareOperation(operation))),
      ...(Object.keys(step.models).length > 0 && { models: step.models }),
      ...(Object.keys(step.enums).length > 0 && { enums: step.enums }),
      ...(gone.length > 0 && { gone: gone.map((key) => key.slice(2)) }),
    }
  })
  return { operations: operations.values, models: models.values, enums: enums.values, versions }
}

/** Two services can have facts of one type at one version. */
function merge(sources: readonly Source[]): readonly Source[] {
  return [...Map.groupBy(sources, ({ version }) => version).values()].map((same) =>
    same.reduce((a, b) => ({
      version: a.version,
      operations: [...a.operations, ...b.operations],
      models: { ...a.models, ...b.models },
      enums: { ...a.enums, ...b.enums },
    })),
  )
}

const bareOperation = ({ group, name, method, path, body, responses, error, lro, pageable }: Operation): Operation => ({
  group,
  name,
  method,
  path: path.split('?')[0] ?? path,
  ...(body && { body }),
  responses,
  ...(error !== undefined && { error }),
  ...(lro && { lro }),
  ...(pageable !== undefined && { pageable }),
})

const bareModel = (model: Model): Model => {
  const { implements: _implements, ...rest } = model as Model & { implements?: unknown }
  return rest
}

function reach(source: Source): { readonly models: ReadonlySet<string>; readonly enums: ReadonlySet<string> } {
  const models = new Set<string>()
  const enums = new Set<string>()

  const visit = (name: string | undefined): void => {
    const model = name === undefined ? undefined : source.models[name]
    if (name === undefined || !model || models.has(name)) return
    models.add(name)
    for (const other of [model.parent, ...(model.mixins ?? []), ...Object.values(model.discriminator?.values ?? {})]) {
      visit(other)
    }
    for (const property of Object.values(model.properties)) visitProperty(property)
    if (model.additionalProperties) visitProperty(model.additionalProperties)
  }
  const visitProperty = (property: Property): void => {
    visit(property.ref)
    if (typeof property.enum === 'string') enums.add(property.enum)
    for (const inner of [property.items, property.values, ...(property.anyOf ?? [])]) if (inner) visitProperty(inner)
  }
  const visitShape = ({ model, schema, page }: Shape): void => {
    visit(model)
    if (schema) visitProperty(schema)
    if (typeof page?.items === 'string') visit(page.items)
    else if (page) visitProperty(page.items)
  }

  for (const { body, responses, error, lro } of source.operations) {
    if (body) visitShape(body)
    for (const response of Object.values(responses)) visitShape(response)
    visit(error ?? 'ErrorResponse')
    if (typeof lro?.finalModel === 'string') visit(lro.finalModel)
    else if (lro?.finalModel) visitProperty(lro.finalModel)
  }
  return { models, enums }
}
