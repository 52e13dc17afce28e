import { fault } from '../../faults.ts'
import { inSentence, isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId, parseResourceId, type ResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { ArmDeps } from '../arm-deps.ts'
import type { DeploymentAsked } from '../deployment-calls.ts'
import type { RegisteredType } from '../registry.ts'

const SCHEMA = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#'

interface Exported {
  readonly id: ResourceId
  readonly type: RegisteredType
  readonly resource: StoredResource
}

interface Options {
  readonly defaults: boolean
  readonly namesAsParameters: boolean
  readonly parameters: boolean
}

/**
 * A group's resources, or some of them, as a template that makes them: names as parameters, what refers to each other
 * by expressions. It holds what was asked of them; secrets are in no resource's body and so in no template.
 *
 * @throws InvalidRequestContent, ResourceNotFound, DeploymentNotHere for Bicep
 */
export async function exportGroup(arm: ArmDeps, { id: group, body, caller }: DeploymentAsked): Promise<JsonObject> {
  if (!/^json$/i.test(textAt(body.outputFormat) ?? 'json')) {
    throw fault('DeploymentNotHere', { what: `A template in the format '${String(body.outputFormat)}'` })
  }
  const options = optionsOf(body)
  const wanted = wantedOf(body)
  const exported: Exported[] = []
  const problems: JsonObject[] = []
  const below = await arm.deps.store.resources.below(group.key)
  for (const resource of below.toSorted((a, b) => depth(a) - depth(b) || (a.id < b.id ? -1 : 1))) {
    const id = parseResourceId(resource.id)
    const type = id && arm.registry.type(id.type)
    if (!id || !type || /^microsoft\.(resources|authorization)\//i.test(id.type)) continue
    if (wanted && !wanted.some((one) => id.key === one || id.key.startsWith(`${one}/`))) continue
    if (!(await arm.access.allows(caller, `${type.right}/read`, id.text))) {
      problems.push({ code: 'AuthorizationFailed', target: id.text, message: `'${id.text}' may not be read.` })
    } else if (type.declaration.verbs?.includes('put') === false) {
      const message = `Could not get resources of the type '${type.type}'. Resources of this type will not be exported.`
      problems.push({ code: 'ExportTemplateProviderError', target: type.type, message })
    } else exported.push({ id, type, resource })
  }
  for (const one of wanted ?? []) {
    if (exported.some(({ id }) => id.key === one)) continue
    const missing = parseResourceId(one)
    throw fault('ResourceNotFound', {
      type: missing?.type ?? '',
      name: missing?.name ?? one,
      group: group.resourceGroup ?? '',
    })
  }
  const template = templateOf(arm, exported, options)
  if (problems.length === 0) return { template }
  const message = `Export template operation completed with errors. Some resources were not exported. Please see details for more information.`
  return { template, error: { code: 'ExportTemplateCompletedWithErrors', message, details: problems } }
}

const depth = ({ id }: StoredResource): number => id.split('/').length

function optionsOf({ options }: JsonObject): Options {
  const asked = (textAt(options) ?? '').split(',').map((one) => one.trim().toLowerCase())
  const all = asked.includes('skipallparameterization')
  return {
    defaults: asked.includes('includeparameterdefaultvalue'),
    parameters: !all,
    namesAsParameters: !all && !asked.includes('skipresourcenameparameterization'),
  }
}

/** The ids that are asked for; undefined for all. */
function wantedOf({ resources }: JsonObject): readonly string[] | undefined {
  const asked: readonly Json[] = Array.isArray(resources) ? resources : []
  if (asked.length === 0) throw fault('InvalidRequestContent', { reason: "'resources' names no resource" })
  if (asked.includes('*')) return undefined
  return asked.map((one) => {
    if (typeof one === 'string' && parseResourceId(one)) return foldId(one)
    throw fault('InvalidRequestContent', { reason: `'${inSentence(one)}' is no resource id` })
  })
}

function templateOf(arm: ArmDeps, exported: readonly Exported[], options: Options): JsonObject {
  const parameters: Record<string, JsonObject> = {}
  const inside = new Map(exported.map((one) => [one.id.key, one]))
  const parameter = (name: string, value: string): string => {
    parameters[name] = { ...(options.defaults && { defaultValue: value }), type: 'String' }
    return `parameters('${name}')`
  }
  /** Each of a resource's names as an expression: its parents', then its own. */
  const nameParts = ({ id, type }: Exported): readonly string[] => {
    const parent = id.parent && type.parent && inside.get(id.parent.key)
    const last = type.path.slice(type.path.lastIndexOf('/') + 1)
    const own =
      options.namesAsParameters && !type.parent ? parameter(nameOf(last, id.name, 'name'), id.name) : quoted(id.name)
    if (!type.parent) return [own]
    return [...(parent ? nameParts(parent) : namesAbove(id, type)), own]
  }
  const idExpression = (one: Exported): string => `resourceId('${one.type.type}', ${nameParts(one).join(', ')})`

  const resources = exported.map((one): JsonObject => {
    const waitsFor = new Set<string>()
    const parent = one.id.parent && one.type.parent && inside.get(one.id.parent.key)
    if (parent) waitsFor.add(`[${idExpression(parent)}]`)
    const value = (item: Json): Json => {
      if (Array.isArray(item)) return item.map(value)
      if (isObject(item)) return Object.fromEntries(Object.entries(item).map(([key, own]) => [key, value(own ?? null)]))
      if (typeof item !== 'string') return item
      const named = item.startsWith('/subscriptions/') ? inside.get(foldId(item)) : undefined
      if (named && named !== one) {
        const text = `[${idExpression(named)}]`
        waitsFor.add(text)
        return text
      }
      const outside = options.parameters && !named && isResource(item) ? parseResourceId(item) : undefined
      if (outside) return `[${parameter(nameOf(lastType(outside), outside.name, 'externalid'), item)}]`
      return item.startsWith('[') && item.endsWith(']') ? `[${item}` : item
    }
    const body = objectAt(value(one.resource.body))
    return {
      type: one.type.type,
      apiVersion: arm.versions.newest(one.type),
      name: joined(nameParts(one)),
      ...(waitsFor.size > 0 && { dependsOn: [...waitsFor] }),
      ...body,
    }
  })
  return { $schema: SCHEMA, contentVersion: '1.0.0.0', parameters, variables: {}, resources }
}

const isResource = (text: string): boolean => /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\//i.test(text)

const lastType = ({ type }: ResourceId): string => type.slice(type.lastIndexOf('/') + 1)

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** The names of parents that are not exported themselves. */
function namesAbove(id: ResourceId, type: RegisteredType): readonly string[] {
  const names: string[] = []
  for (let up = id.parent, above = type.parent; up && above; up = up.parent, above = above.parent) {
    names.unshift(quoted(up.name))
  }
  return names
}

/** `workspaces_default_name`, as Azure calls them. */
const nameOf = (type: string, name: string, what: string): string =>
  `${type}_${name.replaceAll(/[^A-Za-z0-9]/g, '_')}_${what}`

/** A name as an expression, or as the text that it is. */
function joined(parts: readonly string[]): string {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only.startsWith("'") ? unquoted(only) : `[${only}]`
  if (parts.every((part) => part.startsWith("'"))) return parts.map(unquoted).join('/')
  return `[concat(${parts.join(", '/', ")})]`
}

function unquoted(text: string): string {
  const literal = text.slice(1, -1).replaceAll("''", "'")
  return literal.startsWith('[') ? `[${literal}` : literal
}
