import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'
import { scaleOf } from '../endpoints/deployment-settings.ts'
import { metricsOf } from '../monitor/definitions.ts'
import {
  AUTOSCALE_SETTINGS,
  changed,
  holds,
  profilesOf,
  type ScaleProfile,
  type ScaleRule,
} from './autoscale-setting.ts'
import { begunLast } from './recurrence.ts'

export interface ScaleDeps extends Pick<Deps, 'store' | 'now' | 'log'> {
  /** As a client's PUT; resolves when the deployment has its instances. */
  readonly put: (id: string, body: JsonObject) => Promise<unknown>
}

/** Gives each deployment that a setting names as many instances as its rules ask for now. */
export async function scaleDeployments(deps: ScaleDeps): Promise<void> {
  const { items } = await deps.store.resources.ofType('', AUTOSCALE_SETTINGS)
  for (const setting of items) {
    const properties = objectAt(setting.body.properties)
    if (setting.closed || properties.enabled !== true) continue
    const target = await deps.store.resources.get(
      parseResourceId(textAt(properties.targetResourceUri) ?? '')?.text ?? '',
    )
    // While it is being changed, its instances are about to be others.
    if (target?.provisioningState !== 'Succeeded') continue
    const instances = scaleOf(target.body).instances
    const wished = await wishOf(deps, setting, instances)
    if (wished !== undefined && wished !== instances) await scale(deps, { setting, target, instances, wished })
  }
}

async function wishOf(deps: ScaleDeps, setting: StoredResource, instances: number): Promise<number | undefined> {
  const now = deps.now().getTime()
  const profile = profileAt(profilesOf(objectAt(setting.body.properties)), deps.now())
  if (!profile) return undefined
  const within = (count: number) => Math.min(Math.max(count, profile.min), profile.max)
  if (within(instances) !== instances) return within(instances)
  const last = Date.parse(textAt(setting.state.scaledAt) ?? '')
  const met = async (rule: ScaleRule) =>
    !(now - last < rule.cooldownMs) && holds(rule, await measures(deps, rule, now), instances)
  const up = profile.rules.filter(({ direction }) => direction === 'increase')
  const down = profile.rules.filter(({ direction }) => direction === 'decrease')
  const more: number[] = []
  for (const rule of up) if (await met(rule)) more.push(changed(rule, instances))
  // One reason is enough to grow; to shrink, all must agree, and the most careful of them is heard.
  if (more.length > 0) return within(Math.max(...more))
  const fewer: number[] = []
  for (const rule of down) if (await met(rule)) fewer.push(changed(rule, instances))
  return down.length > 0 && fewer.length === down.length ? within(Math.max(...fewer)) : undefined
}

/**
 * The profile of this time, as Azure takes it: one whose dates hold; else of those that recur the one that began last,
 * which goes on until another begins; else the one without either.
 */
export function profileAt(profiles: readonly ScaleProfile[], now: Date): ScaleProfile | undefined {
  const time = now.getTime()
  const dated = profiles.find(({ between }) => between && between.from <= time && time < between.to)
  if (dated) return dated
  const [last] = profiles
    .flatMap((profile) => (profile.recurs ? [{ profile, begun: begunLast(profile.recurs, now) }] : []))
    .sort((one, other) => other.begun - one.begun)
  return last?.profile ?? profiles.find(({ between, recurs }) => !between && !recurs)
}

async function measures({ store }: ScaleDeps, rule: ScaleRule, now: number): Promise<readonly number[]> {
  const resource = await store.resources.get(parseResourceId(rule.resource)?.text ?? '')
  if (!resource) return []
  const name = metricsOf(resource.type).find((one) => one.name.toLowerCase() === rule.metric.toLowerCase())?.name ?? ''
  const iso = (time: number) => new Date(time).toISOString()
  const samples = await store.samples.find(resource.id, iso(now - rule.windowMs), iso(now + 1_000))
  return samples.flatMap(({ values }) => values[name] ?? [])
}

interface Scaling {
  readonly setting: StoredResource
  readonly target: StoredResource
  readonly instances: number
  readonly wished: number
}

async function scale(deps: ScaleDeps, { setting, target, instances, wished }: Scaling): Promise<void> {
  const { store, log, now } = deps
  const about = { setting: setting.id, deployment: target.id, from: instances, to: wished }
  await store.write(async ({ resources }) => {
    const kept = await resources.get(setting.id)
    if (kept)
      await resources.put({ ...kept, state: { ...kept.state, scaledAt: now().toISOString(), scaledTo: wished } })
  })
  // Others are measured meanwhile; this one is left alone until it has its instances.
  deps.put(target.id, { ...target.body, sku: { ...objectAt(target.body.sku), capacity: wished } }).then(
    () => log.info(about, 'A deployment was scaled'),
    (error: unknown) => log.warn({ ...about, err: error }, 'A deployment could not be scaled'),
  )
}
