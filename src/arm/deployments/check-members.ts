import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { placeIn } from './prepared.ts'

const SCHEMA =
  /^https?:\/\/schema\.management\.azure\.com\/schemas\/[\w-]+\/(deployment|subscriptionDeployment|managementGroupDeployment|tenantDeployment)Template\.json#?$/i

const folded = (names: readonly string[]): ReadonlySet<string> => new Set(names.map((name) => name.toLowerCase()))

/** Source: "Understand the structure and syntax of ARM templates". */
const OF_TEMPLATE = folded([
  ...['$schema', 'apiProfile', 'asserts', 'contentVersion', 'definitions', 'extensions', 'functions', 'imports'],
  ...['languageVersion', 'metadata', 'outputs', 'parameters', 'resources', 'variables'],
])
const OF_RESOURCE = folded([
  ...['@options', 'apiVersion', 'asserts', 'comments', 'condition', 'copy', 'dependsOn', 'eTag', 'existing'],
  ...['extendedLocation', 'extension', 'id', 'identity', 'import', 'kind', 'location', 'managedBy'],
  ...['managedByExtended', 'metadata', 'name', 'placement', 'plan', 'properties', 'resourceGroup', 'resources'],
  ...['scale', 'scope', 'sku', 'subscriptionId', 'systemData', 'tags', 'type', 'zones'],
])
/** Known to Azure and not done here: nothing that asks for one may go on as if it had been heard. */
const NOT_HERE = { template: ['asserts', 'extensions', 'imports'], resource: ['asserts', 'extension', 'import'] }
const OPTIONS_HERE = new Set(['onlyIfNotExists'])
const OUTPUT_TYPES = new Set(['array', 'bool', 'int', 'object', 'secureobject', 'securestring', 'string'])

/**
 * Checks that a template and its resources have no members but those that are done.
 *
 * @throws InvalidTemplate, DeploymentNotHere
 */
export function checkMembers(template: JsonObject, within = ''): void {
  const schema = textAt(template.$schema)
  if (schema !== undefined && !SCHEMA.test(schema)) {
    throw fault('InvalidTemplate', { reason: `The template $schema '${schema}' is not that of a deployment template` })
  }
  demandMembers(template, OF_TEMPLATE, { kind: 'Template', path: placeIn(within, '') })
  for (const section of NOT_HERE.template) {
    if (hasSome(template[section])) throw fault('DeploymentNotHere', { what: `The template section '${section}'` })
  }
  for (const [name, output] of Object.entries(objectAt(template.outputs))) {
    const type = textAt(objectAt(output).type)
    if (type === undefined || OUTPUT_TYPES.has(type.toLowerCase())) continue
    throw fault('InvalidTemplate', { reason: `The template output '${name}' has the type '${type}', which is none` })
  }
  checkResources(template.resources, placeIn(within, 'resources'))
}

function checkResources(resources: Json | undefined, place: string): void {
  const all: readonly (readonly [string, Json | undefined])[] = Array.isArray(resources)
    ? resources.map((one: Json, at) => [`${place}[${at}]`, one] as const)
    : Object.entries(objectAt(resources)).map(([symbol, one]) => [`${place}.${symbol}`, one] as const)
  for (const [path, one] of all) {
    if (!isObject(one)) continue
    demandMembers(one, OF_RESOURCE, { kind: 'TemplateResource', path: `${path}.` })
    for (const key of NOT_HERE.resource) {
      if (hasSome(one[key])) throw fault('DeploymentNotHere', { what: `'${key}' of the resource at '${path}'` })
    }
    for (const [option, value] of Object.entries(objectAt(one['@options']))) {
      if (value === null || value === undefined || (OPTIONS_HERE.has(option) && typeof value === 'boolean')) continue
      throw fault('DeploymentNotHere', { what: `The option '${option}' of the resource at '${path}'` })
    }
    checkResources(one.resources, `${path}.resources`)
  }
}

const hasSome = (value: Json | undefined): boolean =>
  value !== undefined && value !== null && (typeof value !== 'object' || Object.keys(value).length > 0)

function demandMembers(
  object: JsonObject,
  known: ReadonlySet<string>,
  { kind, path }: { readonly kind: string; readonly path: string },
): void {
  const odd = Object.keys(object).find((key) => !known.has(key.toLowerCase()))
  if (odd === undefined) return
  throw fault('InvalidTemplate', {
    reason: `Could not find member '${odd}' on object of type '${kind}'. Path '${path}${odd}'`,
  })
}
