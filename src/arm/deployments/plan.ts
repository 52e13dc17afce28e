import { fault } from '../../faults.ts'
import { inSentence, isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { checkTemplate } from './check-template.ts'
import { loopScopes, resolveValue } from './expressions/resolve.ts'
import type { Scope } from './expressions/scope.ts'
import { checkOutputReferences, orderResources } from './graph.ts'
import { type Names, namesOf } from './names.ts'
import { outsideOf } from './outside.ts'
import { hiddenIn, type Placed, placeIn } from './prepared.ts'
import { hiddenParameters } from './secret-expressions.ts'
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
  const { template, parameters, unknown, within = '' } = placed.prepared
  checkTemplate(template, within)
  const outside = outsideOf(arm, placed)
  const hidden = [...hiddenParameters(template), ...hiddenIn(placed.prepared)]
  const scope = templateScope({ template, parameters, outside, within, hidden, ...(unknown && { unknown }) })
  const planned: PlannedResource[] = []
  for (const one of listed(template.resources, placeIn(within, 'resources'))) {
    planned.push(...(await expand(arm, placed, { ...one, parent: undefined, scope })))
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
  await checkOutputReferences(template.outputs, placeIn(within, 'outputs'), { scope, names })
  return { scope, resources: planned, names, after: await orderResources(planned, names) }
}

interface Written {
  readonly raw: JsonObject
  readonly symbol: string | undefined
  readonly place: string
}

interface Flat extends Written {
  /** The resource whose `resources` it stands in. */
  readonly parent: PlannedResource | undefined
}

/** Resources of a template or inside another one, as they are written: a list, or by their symbolic names. */
const listed = (resources: Json | undefined, place: string): readonly Written[] =>
  Array.isArray(resources)
    ? (resources as readonly Json[]).map((raw, at) => ({
        raw: objectAt(raw),
        symbol: undefined,
        place: `${place}[${at}]`,
      }))
    : Object.entries(objectAt(resources)).map(([symbol, raw]) => ({
        raw: objectAt(raw),
        symbol,
        place: `${place}.${symbol}`,
      }))

/** A resource with those inside it; of a loop every round, each with its own. */
async function expand(
  arm: ArmDeps,
  placed: Placed,
  flat: Flat & { readonly scope: Scope },
): Promise<readonly PlannedResource[]> {
  const planned: PlannedResource[] = []
  for (const round of await roundsOf(flat)) {
    const one = await planOne(arm, placed, flat, round)
    planned.push(one)
    for (const child of listed(flat.raw.resources, `${flat.place}.resources`)) {
      planned.push(...(await expand(arm, placed, { ...child, parent: one, scope: round.scope })))
    }
  }
  return planned
}

type Round = Pick<PlannedResource, 'scope' | 'loop' | 'index' | 'batch'>

async function roundsOf({ raw, symbol, place, scope }: Flat & { readonly scope: Scope }): Promise<readonly Round[]> {
  if (!isObject(raw.copy)) return [{ scope, loop: undefined, index: 0, batch: undefined }]
  const name = await resolveValue(raw.copy.name ?? symbol ?? null, { scope, place: `${place}.copy.name` })
  if (typeof name !== 'string') throw fault('InvalidTemplate', { reason: `the copy loop at '${place}' has no name` })
  const serial = textAt(raw.copy.mode)?.toLowerCase() === 'serial'
  const size = await resolveValue(raw.copy.batchSize ?? 1, { scope, place: `${place}.copy.batchSize` })
  const batch = serial ? Math.max(Number(size) || 1, 1) : undefined
  const scopes = await loopScopes(raw.copy, name, { scope, place: `${place}.copy` })
  return scopes.map((inner, index) => ({ scope: inner, loop: name, index, batch }))
}

/**
 * The whole type and name of a resource that stands inside another: its own come behind the other's, unless it spells
 * them whole.
 */
function belowParent(parent: PlannedResource, { type, name }: { readonly type: string; readonly name: string }) {
  const isWhole = type.toLowerCase().startsWith(`${parent.type.toLowerCase()}/`)
  return isWhole ? { type, name } : { type: `${parent.type}/${type}`, name: `${parent.name}/${name}` }
}

/** Where a resource stands: those inside it stand there too, unless they say otherwise. */
const scopeAround = ({ id: { text } }: PlannedResource): string | undefined =>
  text.includes('/providers/') ? text.slice(0, text.lastIndexOf('/providers/')) : undefined

async function planOne(
  arm: ArmDeps,
  placed: Placed,
  { raw, symbol, place, parent }: Flat,
  round: Round,
): Promise<PlannedResource> {
  const { scope } = round
  const text = async (key: string): Promise<string | undefined> => {
    const value = raw[key]
    if (value === undefined || value === null) return undefined
    const found = await resolveValue(value, { scope, place: `${place}.${key}` })
    if (typeof found === 'string') return found
    throw fault('InvalidTemplate', { reason: `'${key}' of '${place}' is no string` })
  }
  const need = async (key: string): Promise<string> => {
    const found = await text(key)
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
  const own = { type: await need('type'), name: await need('name') }
  const { type, name } = parent ? belowParent(parent, own) : own
  // An empty one is none: templates write it where a condition is false.
  const subscriptionId = (await text('subscriptionId')) || undefined
  const resourceGroup = (await text('resourceGroup')) || undefined
  const beside = parent && subscriptionId === undefined && resourceGroup === undefined ? scopeAround(parent) : undefined
  const scopeText = (await text('scope')) ?? beside
  const id = targetId(placed.id, { type, name, place, scope: scopeText, subscriptionId, resourceGroup })
  const apiVersion = applies && !existing ? await need('apiVersion') : ((await text('apiVersion')) ?? '')
  if (applies && !existing) checkType(arm, id, apiVersion)
  const asked =
    raw.dependsOn === undefined || !applies
      ? []
      : await resolveValue(raw.dependsOn, { scope, place: `${place}.dependsOn` })
  if (!Array.isArray(asked)) throw fault('InvalidTemplate', { reason: `'dependsOn' of '${place}' is no array` })
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
    waitsFor: [...asked.map((one: Json) => textAt(one) ?? inSentence(one)), ...(parent ? [parent.id.text] : [])],
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
