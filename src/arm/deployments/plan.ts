import { fault } from '../../faults.ts'
import { inSentence, isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId, type ResourceId } from '../../resource-id.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { checkTemplate } from './check-template.ts'
import { loopScopes, resolveValue } from './expressions/resolve.ts'
import type { Scope } from './expressions/scope.ts'
import { checkOutputReferences, orderResources } from './graph.ts'
import { type Names, namesOf } from './names.ts'
import { outsideOf } from './outside.ts'
import type { Placed } from './prepared.ts'
import { targetId } from './target-id.ts'
import { templateScope } from './template-scope.ts'

/** Azure's limit, copies of loops counted. */
const MOST_RESOURCES = 800

/** A resource of a template, its loop run and its name known; its properties are evaluated when its turn comes. */
export interface PlannedResource {
  /** Its own in this deployment: the symbolic name, or the id. */
  readonly key: string
  readonly symbol: string | undefined
  readonly loop: string | undefined
  readonly index: number
  /** How many of the same loop may be made at once. */
  readonly batch: number | undefined
  readonly id: ResourceId
  readonly name: string
  readonly type: string
  readonly apiVersion: string
  readonly raw: JsonObject
  readonly scope: Scope
  readonly place: string
  /** Made by this deployment; one that is not is there already, or its condition is false. */
  readonly made: boolean
  readonly existing: boolean
  readonly waitsFor: readonly string[]
}

/** Whether a resource that is there already stays as it is. */
export const onlyIfMissing = ({ raw }: Pick<PlannedResource, 'raw'>): boolean =>
  objectAt(raw['@options']).onlyIfNotExists === true

export interface Plan {
  /** The template's own expressions. */
  readonly scope: Scope
  readonly resources: readonly PlannedResource[]
  readonly names: Names
  /** Keys of those that each one waits for, by key. */
  readonly after: ReadonlyMap<string, readonly string[]>
}

/**
 * The resources that a deployment is about, in the order of the template, and what waits for what.
 *
 * @throws InvalidTemplate, InvalidExpression, and a type's or version's own refusal
 */
export async function planDeployment(arm: ArmDeps, placed: Placed): Promise<Plan> {
  const { template, parameters, unknown } = placed.prepared
  checkTemplate(template)
  const scope = templateScope({ template, parameters, outside: outsideOf(arm, placed), ...(unknown && { unknown }) })
  const planned: PlannedResource[] = []
  for (const { raw, symbol, place, parent } of flattened(template)) {
    planned.push(...(await expand(arm, placed, { raw, symbol, place, parent, scope })))
  }
  const actual = planned.filter(({ made }) => made).length
  if (actual > MOST_RESOURCES) throw fault('TemplateLimit', { what: 'resources', limit: MOST_RESOURCES, actual })
  const keys = new Set<string>()
  for (const { id, made, place } of planned) {
    if (!made) continue
    // By its id in any case: two symbolic names of one resource are two definitions of it.
    if (keys.has(id.key)) {
      throw fault('InvalidTemplate', { reason: `The resource '${id.text}' at '${place}' is defined twice` })
    }
    keys.add(id.key)
  }
  const names = namesOf(planned)
  await checkOutputReferences(template.outputs, scope, names)
  return { scope, resources: planned, names, after: await orderResources(planned, names) }
}

interface Flat {
  readonly raw: JsonObject
  readonly symbol: string | undefined
  readonly place: string
  /** The resource whose `resources` it stands in. */
  readonly parent: JsonObject | undefined
}

/** Resources and those inside them, as one list. */
function flattened({ resources }: JsonObject): readonly Flat[] {
  const named: readonly Omit<Flat, 'parent'>[] = Array.isArray(resources)
    ? (resources as readonly Json[]).map((raw, at) => ({
        raw: objectAt(raw),
        symbol: undefined,
        place: `resources[${at}]`,
      }))
    : Object.entries(objectAt(resources)).map(([symbol, raw]) => ({
        raw: objectAt(raw),
        symbol,
        place: `resources.${symbol}`,
      }))
  const below = (one: Flat): readonly Flat[] => {
    const children = Array.isArray(one.raw.resources) ? (one.raw.resources as readonly Json[]) : []
    return [
      one,
      ...children.flatMap((child, at) =>
        below({ raw: objectAt(child), symbol: undefined, place: `${one.place}.resources[${at}]`, parent: one.raw }),
      ),
    ]
  }
  return named.flatMap((one) => below({ ...one, parent: undefined }))
}

async function expand(
  arm: ArmDeps,
  placed: Placed,
  flat: Flat & { readonly scope: Scope },
): Promise<readonly PlannedResource[]> {
  const { raw, symbol, place, scope } = flat
  if (!isObject(raw.copy))
    return [await planOne(arm, placed, flat, { scope, loop: undefined, index: 0, batch: undefined })]
  const name = await resolveValue(raw.copy.name ?? symbol ?? null, { scope, place: `${place}.copy.name` })
  if (typeof name !== 'string') throw fault('InvalidTemplate', { reason: `the copy loop at '${place}' has no name` })
  const serial = textAt(raw.copy.mode)?.toLowerCase() === 'serial'
  const batch = await resolveValue(raw.copy.batchSize ?? 1, { scope, place: `${place}.copy.batchSize` })
  const rounds = await loopScopes(raw.copy, name, { scope, place: `${place}.copy` })
  const made: PlannedResource[] = []
  for (const [index, inner] of rounds.entries()) {
    const round = { scope: inner, loop: name, index, batch: serial ? Math.max(Number(batch) || 1, 1) : undefined }
    made.push(await planOne(arm, placed, flat, round))
  }
  return made
}

async function planOne(
  arm: ArmDeps,
  placed: Placed,
  { raw, symbol, place, parent }: Flat,
  round: Pick<PlannedResource, 'scope' | 'loop' | 'index' | 'batch'>,
): Promise<PlannedResource> {
  const { scope } = round
  const text = async (key: string, from: JsonObject = raw): Promise<string | undefined> => {
    const value = from[key]
    if (value === undefined || value === null) return undefined
    const found = await resolveValue(value, { scope, place: `${place}.${key}` })
    if (typeof found === 'string') return found
    throw fault('InvalidTemplate', { reason: `'${key}' of '${place}' is no string` })
  }
  const need = async (key: string, from?: JsonObject): Promise<string> => {
    const found = await text(key, from)
    if (found !== undefined && found !== '') return found
    throw fault('InvalidTemplate', { reason: `The resource at '${place}' has no '${key}'` })
  }
  const condition =
    raw.condition === undefined ? true : await resolveValue(raw.condition, { scope, place: `${place}.condition` })
  if (typeof condition !== 'boolean' && !/^(true|false)$/i.test(inSentence(condition))) {
    throw fault('InvalidTemplate', { reason: `The condition of '${place}' is no boolean` })
  }
  const applies = condition === true || inSentence(condition).toLowerCase() === 'true'
  const existing = raw.existing === true
  let type = await need('type')
  let name = await need('name')
  if (parent) {
    type = `${await need('type', parent)}/${type}`
    name = `${await need('name', parent)}/${name}`
  }
  const id = targetId(placed.id, {
    type,
    name,
    place,
    scope: await text('scope'),
    // An empty one is none: templates write it where a condition is false.
    subscriptionId: (await text('subscriptionId')) || undefined,
    resourceGroup: (await text('resourceGroup')) || undefined,
  })
  const apiVersion = applies && !existing ? await need('apiVersion') : ((await text('apiVersion')) ?? '')
  if (applies && !existing) checkType(arm, id, apiVersion)
  const asked =
    raw.dependsOn === undefined || !applies
      ? []
      : await resolveValue(raw.dependsOn, { scope, place: `${place}.dependsOn` })
  if (!Array.isArray(asked)) throw fault('InvalidTemplate', { reason: `'dependsOn' of '${place}' is no array` })
  const own = parent && parseResourceId(id.parent?.text ?? '')
  return {
    ...round,
    symbol,
    key: symbol === undefined ? id.text : round.loop === undefined ? symbol : `${symbol}[${round.index}]`,
    id,
    name,
    type,
    apiVersion,
    raw,
    place,
    made: applies && !existing,
    existing,
    waitsFor: [...asked.map((one: Json) => textAt(one) ?? inSentence(one)), ...(own ? [own.text] : [])],
  }
}

/** @throws DeploymentNotHere, TemplateNamespaceUnknown, WrongScope, and the version's own refusal */
function checkType(arm: ArmDeps, id: ResourceId, apiVersion: string): void {
  const [namespace = ''] = id.type.split('/')
  if (!arm.registry.provider(namespace)) throw fault('TemplateNamespaceUnknown', { namespace })
  const type = arm.registry.type(id.type)
  if (!type) throw fault('DeploymentNotHere', { what: `The resource type '${id.type}'` })
  if (type.declaration.verbs?.includes('put') === false) {
    throw fault('DeploymentNotHere', { what: `Making resources of the type '${type.type}'` })
  }
  arm.versions.resolve(apiVersion, type.provider, type.path)
}
