import type { Facts, Model, Operation, Property, Shape, TypeFacts } from '../../src/arm/facts/facts.ts'
import { compareVersions } from '../../src/arm/versions.ts'

export type Schema = { readonly [keyword: string]: unknown }

export interface OpenApiOperation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, Schema | undefined>>
  /** What every answer from 400 on must be. */
  readonly error: Schema | undefined
}

/** A namespace at one version: its operations by path and method, and the schemas that they name. */
export interface OpenApiDocument {
  readonly version: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/**
 * An OpenAPI document of a namespace's answers at a version, from the facts in `spec/`; where a type has none of that
 * version, from the nearest older ones. Inheritance is flattened, a polymorphic model is the union of its kinds, and
 * what need not be there may be null, since the packages that the facts come from seldom say.
 */
export function openApiOf(facts: Facts, namespace: string, version: string): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {}
  const schemas: Record<string, Schema> = {}
  for (const type of facts.typesOf(namespace)) {
    const versions = facts.versionsOfType(namespace, type)
    const nearest = versions.findLast((one) => compareVersions(one, version) <= 0)
    const known = nearest === undefined ? undefined : facts.type(namespace, type, nearest)
    if (!known) continue
    // Models of one name can differ between versions: each type's stand under the type's own name.
    const prefix = `${type.replaceAll('/', '.')}.`
    for (const name of Object.keys(known.models)) Object.assign(schemas, schemasOf(known, name, prefix))
    for (const operation of known.operations) {
      const methods = paths[operation.path] ?? {}
      paths[operation.path] = methods
      methods[operation.method] = operationOf(known, operation, prefix)
    }
  }
  return { version, paths, components: { schemas } }
}

function operationOf(known: TypeFacts, operation: Operation, prefix: string): OpenApiOperation {
  const error = operation.error ?? 'ErrorResponse'
  return {
    operationId: `${operation.group}_${operation.name}`,
    responses: Object.fromEntries(
      Object.entries(operation.responses).map(([status, shape]) => [
        status,
        shapeSchema(known, shape, prefix) ?? finalSchema(known, operation, status, prefix),
      ]),
    ),
    error: error in known.models ? refTo(known, error, prefix) : undefined,
  }
}

function shapeSchema(known: TypeFacts, { model, schema, page }: Shape, prefix: string): Schema | undefined {
  if (model !== undefined) return model in known.models ? refTo(known, model, prefix) : undefined
  if (schema) return propertySchema(known, schema, prefix)
  if (!page) return undefined
  const items =
    typeof page.items === 'string' ? refTo(known, page.items, prefix) : propertySchema(known, page.items, prefix)
  return {
    type: 'object',
    required: [page.value],
    properties: {
      [page.value]: { type: 'array', items },
      ...(page.nextLink && { [page.nextLink]: { type: 'string', nullable: true } }),
    },
  }
}

/** Newer packages name the model of a long-running operation's end only. */
function finalSchema(known: TypeFacts, { lro, method }: Operation, status: string, prefix: string): Schema | undefined {
  const final = lro?.finalModel
  const tells = status === '200' || (status === '201' && method !== 'DELETE' && method !== 'POST')
  if (final === undefined || !tells) return undefined
  return typeof final === 'string' ? refTo(known, final, prefix) : propertySchema(known, final, prefix)
}

const refTo = (known: TypeFacts, name: string, prefix: string): Schema => ({
  $ref: `#/components/schemas/${prefix}${name}${kindsOf(known, name).length > 0 ? '.any' : ''}`,
})

/** The models that a polymorphic one stands for. */
function kindsOf(known: TypeFacts, name: string, seen: readonly string[] = []): readonly string[] {
  const values = known.models[name]?.discriminator?.values ?? {}
  const direct = Object.values(values).filter((kind) => kind in known.models && !seen.includes(kind))
  return [...new Set(direct.flatMap((kind) => [kind, ...kindsOf(known, kind, [...seen, name, ...direct])]))]
}

function schemasOf(known: TypeFacts, name: string, prefix: string): Record<string, Schema> {
  const kinds = kindsOf(known, name)
  return {
    [`${prefix}${name}`]: modelSchema(known, name, prefix),
    ...(kinds.length > 0 && {
      [`${prefix}${name}.any`]: { anyOf: kinds.map((kind) => ({ $ref: `#/components/schemas/${prefix}${kind}` })) },
    }),
  }
}

/** Required in what is sent and, being secret, never in what is answered. */
const WRITE_ONLY: ReadonlySet<string> = new Set(['secrets'])

interface Draft {
  properties: Record<string, Schema | Draft>
  required: Set<string>
}

function modelSchema(known: TypeFacts, name: string, prefix: string): Schema {
  const draft: Draft = { properties: {}, required: new Set() }
  let additional: Property | undefined
  for (const model of lineage(known, name)) {
    additional = model.additionalProperties ?? additional
    for (const [key, property] of Object.entries(model.properties)) {
      place(draft, property.flat ?? [key], property, propertySchema(known, property, prefix))
    }
  }
  for (const [key, value] of Object.entries(known.models[name]?.discriminatorValue ?? {})) {
    draft.properties[key] = { type: 'string', enum: [value] }
    draft.required.add(key)
  }
  return {
    ...finish(draft),
    ...(additional && { additionalProperties: propertySchema(known, additional, prefix) }),
  }
}

function lineage(known: TypeFacts, name: string, seen: readonly string[] = []): readonly Model[] {
  const model = known.models[name]
  if (!model || seen.includes(name)) return []
  const above = [model.parent, ...(model.mixins ?? [])].filter((other) => other !== undefined)
  return [...above.flatMap((other) => lineage(known, other, [...seen, name])), model]
}

function place(draft: Draft, [first = '', ...rest]: readonly string[], property: Property, schema: Schema): void {
  if (rest.length === 0) {
    const required = property.required && !WRITE_ONLY.has(first)
    draft.properties[first] = required ? schema : orNull(schema)
    if (required) draft.required.add(first)
    else draft.required.delete(first)
    return
  }
  const there = draft.properties[first]
  const inner: Draft = there && isDraft(there) ? there : { properties: {}, required: new Set() }
  draft.properties[first] = inner
  place(inner, rest, property, schema)
}

const isDraft = (value: Schema | Draft): value is Draft => value.required instanceof Set

function finish({ properties, required }: Draft): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, one]) => [name, isDraft(one) ? orNull(finish(one)) : one]),
    ),
    ...(required.size > 0 && { required: [...required] }),
  }
}

const NULL: Schema = { type: 'string', nullable: true, enum: [null] }

function orNull(schema: Schema): Schema {
  if ('$ref' in schema || 'anyOf' in schema) return { anyOf: [schema, NULL] }
  if (!('type' in schema)) return schema
  const words = schema.enum
  return { ...schema, nullable: true, ...(Array.isArray(words) && { enum: [...words, null] }) }
}

const LIMITS = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'multipleOf'] as const

function propertySchema(known: TypeFacts, property: Property, prefix: string): Schema {
  if (property.ref !== undefined) return property.ref in known.models ? refTo(known, property.ref, prefix) : {}
  if (property.anyOf) return { anyOf: property.anyOf.map((one) => propertySchema(known, one, prefix)) }
  if (property.type === 'array') {
    return { type: 'array', items: property.items ? orNull(propertySchema(known, property.items, prefix)) : {} }
  }
  if (property.type === 'object') {
    const { values } = property
    return { type: 'object', ...(values && { additionalProperties: orNull(propertySchema(known, values, prefix)) }) }
  }
  if (property.type === 'any' || property.type === 'null') return {}
  const words = typeof property.enum === 'string' ? known.enums[property.enum] : property.enum
  return {
    type: property.type ?? 'string',
    ...(words && { enum: [...words] }),
    ...(property.const !== undefined && { enum: [property.const] }),
    ...(property.format === 'date-time' && { format: 'date-time' }),
    ...Object.fromEntries(LIMITS.flatMap((limit) => (property[limit] === undefined ? [] : [[limit, property[limit]]]))),
  }
}
