import { fault } from '../../faults.ts'
import { inSentence, isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { present } from '../envelope.ts'
import { getKept } from '../kept.ts'
import { valuesAt } from '../paths.ts'
import type { RegisteredType } from '../registry.ts'
import type { Running } from './advance.ts'
import { isSecure } from './parameters.ts'
import type { Placed, Step, Steps } from './prepared.ts'
import { HIDDEN } from './secret-values.ts'

const KINDS = ['requestContent', 'responseContent'] as const
export type Recorded = (typeof KINDS)[number]

/**
 * What a deployment's operations are to record of what is sent and answered: `debugSetting.detailLevel`.
 *
 * @throws InvalidDeployment
 */
export function recordedOf({ debugSetting }: JsonObject): readonly Recorded[] {
  const level = objectAt(debugSetting).detailLevel ?? ''
  const words = (textAt(level) ?? inSentence(level)).split(',').map((word) => word.trim().toLowerCase())
  const found = KINDS.filter((kind) => words.includes(kind.toLowerCase()))
  const isKnown = words.every((word) => KINDS.some((kind) => kind.toLowerCase() === word))
  if (isKnown || words.join() === '' || words.join() === 'none') return found
  const reason = `the detail level '${inSentence(level)}' of its debugSetting is none of 'none', 'requestContent', 'responseContent' and 'requestContent, responseContent'`
  throw fault('InvalidDeployment', { reason })
}

/** A body as it may be recorded: without what its type, or the parameters of its own template, hold for secret. */
export function requestContent(
  { secrets }: Placed,
  type: RegisteredType,
  { body, isNested }: { readonly body: JsonObject; readonly isNested: boolean },
): JsonObject {
  const paths = (type.declaration.secret ?? []).flatMap((pattern) => valuesAt(body, pattern)).map(({ path }) => path)
  const { template, parameters } = objectAt(body.properties)
  const declared = isNested ? objectAt(objectAt(template).parameters) : {}
  const secure = Object.keys(objectAt(parameters)).filter((name) => {
    const found = Object.entries(declared).find(([key]) => key.toLowerCase() === name.toLowerCase())
    return found && isSecure(objectAt(template), found[1])
  })
  const hidden = new Set([...paths, ...secure.map((name) => `properties.parameters.${name}.value`)])
  return objectAt(secrets.hide(hiding(body, hidden, '')))
}

function hiding(value: Json, hidden: ReadonlySet<string>, at: string): Json {
  if (hidden.has(at)) return HIDDEN
  const below = (key: string | number): string => (at === '' ? `${key}` : `${at}.${key}`)
  if (Array.isArray(value)) return (value as readonly Json[]).map((item, index) => hiding(item, hidden, below(index)))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hiding(item ?? null, hidden, below(key))]))
}

/** Steps that have ended, each with what came out of it where the deployment records that. */
export async function withResponses(
  { arm, placed: { prepared, secrets }, plan }: Pick<Running, 'arm' | 'placed' | 'plan'>,
  steps: Steps,
): Promise<Steps> {
  if (!prepared.records?.includes('responseContent')) return steps
  async function responseOf(key: string, { status, error }: Step): Promise<JsonObject | undefined> {
    if (error) return { error }
    const planned = plan.resources.find((one) => one.key === key)
    const type = planned && arm.registry.type(planned.id.type)
    const resource = type && status === 'Succeeded' && (await getKept(arm.deps.store, type, planned.id))
    if (!resource) return undefined
    const { caller } = prepared
    const context = { origin: arm.origin, apiVersion: planned.apiVersion, query: new URLSearchParams(), caller }
    return present(arm, type, resource, context)
  }
  const told = Object.entries(steps).map(async ([key, step]): Promise<[string, Step]> => {
    const response = step.response || step.status === 'Running' ? undefined : await responseOf(key, step)
    return [key, response ? { ...step, response: secrets.hide(response) } : step]
  })
  return Object.fromEntries(await Promise.all(told))
}
