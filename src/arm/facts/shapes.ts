import type { Model, Property, TypeFacts } from './facts.ts'

/** An object's shape with everything that it inherits, as the wire has it. */
export interface ObjectShape {
  readonly properties: Readonly<Record<string, ShapeProperty>>
  /** Spellings by their folded form: ARM takes any case. */
  readonly spellings: ReadonlyMap<string, string>
  readonly additional: Property | undefined
  readonly discriminator: { readonly property: string; readonly models: Readonly<Record<string, string>> } | undefined
}

/** A property, or an object that only a client library's flattening tells of. */
export type ShapeProperty = Property & { readonly inline?: ObjectShape }

interface Draft {
  readonly [name: string]: (Property & { readonly draft?: undefined }) | { readonly draft: Draft }
}

const known = new WeakMap<TypeFacts, Map<string, ObjectShape | undefined>>()

/** The shape of a model, or undefined where the facts have none of that name. */
export function shapeOf(facts: TypeFacts, name: string): ObjectShape | undefined {
  const shapes = known.get(facts) ?? new Map<string, ObjectShape | undefined>()
  known.set(facts, shapes)
  if (!shapes.has(name)) shapes.set(name, facts.models[name] ? build(facts, name) : undefined)
  return shapes.get(name)
}

function build(facts: TypeFacts, name: string): ObjectShape {
  const draft: Record<string, Draft[string]> = {}
  let additional: Property | undefined
  for (const model of lineage(facts, name)) {
    additional = model.additionalProperties ?? additional
    for (const [key, property] of Object.entries(model.properties)) place(draft, property.flat ?? [key], property)
  }
  const values = discriminated(facts, name)
  return { ...finish(draft), additional, discriminator: values }
}

/** Parents and mixins first, so that what is nearer wins. */
function lineage(facts: TypeFacts, name: string, seen: readonly string[] = []): readonly Model[] {
  const model = facts.models[name]
  if (!model || seen.includes(name)) return []
  const above = [model.parent, ...(model.mixins ?? [])].filter((other) => other !== undefined)
  return [...above.flatMap((other) => lineage(facts, other, [...seen, name])), model]
}

function place(
  into: Record<string, Draft[string]>,
  [first = '', ...rest]: readonly string[],
  property: Property,
): void {
  if (rest.length === 0) {
    into[first] = property
    return
  }
  const there = into[first]
  const inner: Record<string, Draft[string]> = there && 'draft' in there && there.draft ? { ...there.draft } : {}
  place(inner, rest, property)
  into[first] = { draft: inner }
}

function finish(draft: Draft): ObjectShape {
  const properties = Object.fromEntries(
    Object.entries(draft).map(([name, one]): [string, ShapeProperty] => [
      name,
      one.draft ? { type: 'object', inline: finish(one.draft) } : (one as Property),
    ]),
  )
  return {
    properties,
    spellings: new Map(Object.keys(properties).map((name) => [name.toLowerCase(), name])),
    additional: undefined,
    discriminator: undefined,
  }
}

/** Every value of a polymorphic model's discriminator, also of those further down. */
function discriminated(facts: TypeFacts, name: string): ObjectShape['discriminator'] {
  const property = facts.models[name]?.discriminator?.property
  if (property === undefined) return undefined
  const models: Record<string, string> = {}
  const visit = (at: string): void => {
    const own = facts.models[at]?.discriminator
    if (own?.property !== property) return
    for (const [value, model] of Object.entries(own.values)) {
      if (value in models || !(model in facts.models)) continue
      models[value] = model
      if (model !== at) visit(model)
    }
  }
  visit(name)
  return Object.keys(models).length > 0 ? { property, models } : undefined
}
