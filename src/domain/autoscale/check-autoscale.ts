import { type Fault, fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { Resources } from '../../store/resources.ts'
import { ownScale } from '../endpoints/deployment-settings.ts'
import { ONLINE_DEPLOYMENTS } from '../endpoints/endpoint.ts'
import { metricsOf } from '../monitor/definitions.ts'
import { aggregations, operators, profilesOf, type ScaleProfile, type ScaleRule } from './autoscale-setting.ts'
import { lackOf } from './recurrence.ts'

const MOST_PROFILES = 20
const MOST_RULES = 10
const MINUTE_MS = 60_000

/**
 * Refuses a setting that would scale nothing, or by what nobody measures.
 *
 * @throws AutoscaleInvalid, AutoscaleTargetUnsupported
 */
export async function checkAutoscale(resources: Resources, properties: JsonObject): Promise<void> {
  const target = textAt(properties.targetResourceUri) ?? ''
  const id = parseResourceId(target)
  if (id?.type.toLowerCase() !== ONLINE_DEPLOYMENTS.toLowerCase()) {
    throw fault('AutoscaleTargetUnsupported', { target })
  }
  const deployment = await resources.get(id.text)
  if (!deployment) throw invalid(`The target '${target}' was not found.`)
  if (ownScale(deployment.body)) {
    throw invalid('The target has scaleSettings of type TargetUtilization: only one of both can decide.')
  }
  if (listAt(properties.notifications).some(tellsSomebody)) {
    throw invalid("'notifications' can't be honoured: nobody can be notified from here.")
  }
  const mode = textAt(objectAt(properties.predictiveAutoscalePolicy).scaleMode)?.toLowerCase() ?? 'disabled'
  if (mode !== 'disabled') {
    throw invalid("'predictiveAutoscalePolicy' can't be honoured: what is to come is not predicted here.")
  }
  const profiles = profilesOf(properties)
  if (profiles.length === 0 || profiles.length > MOST_PROFILES) {
    throw invalid(`A setting has 1 to ${MOST_PROFILES} profiles, not ${profiles.length}.`)
  }
  for (const profile of profiles) await checkProfile(resources, profile)
}

const listAt = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** az sends a notification that names nobody with every setting. */
function tellsSomebody(notification: unknown): boolean {
  const { email, webhooks } = objectAt(notification)
  const {
    customEmails,
    sendToSubscriptionAdministrator: admin,
    sendToSubscriptionCoAdministrators: others,
  } = objectAt(email)
  return admin === true || others === true || [webhooks, customEmails].some((list) => listAt(list).length > 0)
}

async function checkProfile(resources: Resources, profile: ScaleProfile): Promise<void> {
  const { name, min, max, usual, rules, between, recurs } = profile
  const at = `profile '${name}'`
  if (![min, max, usual].every((count) => Number.isInteger(count) && count >= 1) || min > usual || usual > max) {
    throw invalid(`The capacity of ${at} needs whole numbers with 1 ≤ minimum ≤ default ≤ maximum.`)
  }
  if (between && !(between.from < between.to))
    throw invalid(`The fixedDate of ${at} needs a start before its end, and a timeZone that there is.`)
  if (between && recurs) throw invalid(`The ${at} has a fixedDate and a recurrence: only one of both can say when.`)
  const lack = recurs && lackOf(recurs)
  if (lack) throw invalid(`The recurrence of ${at} needs ${lack}.`)
  if (rules.length > MOST_RULES) throw invalid(`The ${at} has more than ${MOST_RULES} rules.`)
  for (const rule of rules) await checkRule(resources, at, rule)
}

async function checkRule(resources: Resources, at: string, rule: ScaleRule): Promise<void> {
  const measured = await resources.get(parseResourceId(rule.resource)?.text ?? '')
  if (!measured) throw invalid(`What a rule of ${at} measures, '${rule.resource}', was not found.`)
  const known = metricsOf(measured.type).map(({ name }) => name)
  if (!known.some((name) => name.toLowerCase() === rule.metric.toLowerCase())) {
    throw invalid(`'${rule.metric}' is no metric of '${measured.type}'; those are ${known.join(', ') || 'none'}.`)
  }
  const problems: readonly (readonly [boolean, string])[] = [
    [!(rule.windowMs >= 5 * MINUTE_MS && rule.windowMs <= 720 * MINUTE_MS), 'a timeWindow from PT5M to PT12H'],
    [!(rule.cooldownMs >= MINUTE_MS && rule.cooldownMs <= 7 * 24 * 60 * MINUTE_MS), 'a cooldown from PT1M to P7D'],
    [!operators.has(rule.operator), `an operator among ${[...operators].join(', ')}`],
    [!aggregations.has(rule.aggregation), `a timeAggregation among ${[...aggregations].join(', ')}`],
    [!Number.isFinite(rule.threshold), 'a threshold'],
    [!['increase', 'decrease'].includes(rule.direction), 'a direction: Increase or Decrease'],
    [
      !['changecount', 'percentchangecount', 'exactcount'].includes(rule.change),
      'a type: ChangeCount, PercentChangeCount or ExactCount',
    ],
    [!(Number.isInteger(rule.value) && rule.value >= 1), 'a value that is a whole number from 1'],
  ]
  const problem = problems.find(([is]) => is)
  if (problem) throw invalid(`A rule of ${at} needs ${problem[1]}.`)
}

const invalid = (reason: string): Fault => fault('AutoscaleInvalid', { reason })
