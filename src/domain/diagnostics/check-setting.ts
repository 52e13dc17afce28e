import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import { categoriesOf } from './categories.ts'

export const DIAGNOSTIC_SETTINGS = 'Microsoft.Insights/diagnosticSettings'

/** Where Azure sends logs to and this server can't, by the property that asks for it. */
const SINKS: Readonly<Record<string, string>> = {
  workspaceId: 'a Log Analytics workspace',
  eventHubAuthorizationRuleId: 'an event hub',
  eventHubName: 'an event hub',
  serviceBusRuleId: 'a service bus',
  marketplacePartnerId: 'a partner of the marketplace',
}

/**
 * Refuses a diagnostic setting that would be kept without being acted on.
 *
 * @throws DiagnosticSinkNotHere, DiagnosticSettingInvalid, DiagnosticCategoryUnknown
 */
export function checkSetting(scope: ResourceId, properties: JsonObject): void {
  for (const [property, sink] of Object.entries(SINKS)) {
    if (textAt(properties[property])) throw fault('DiagnosticSinkNotHere', { sink })
  }
  if (!textAt(properties.storageAccountId)) {
    throw fault('DiagnosticSettingInvalid', { reason: 'At least one data sink needs to be specified' })
  }
  const logs = entries(properties.logs)
  const metrics = entries(properties.metrics).filter(isEnabled)
  const [metric] = metrics
  if (metric) throw fault('DiagnosticCategoryUnknown', { category: textAt(metric.category) ?? 'metrics' })
  const known = categoriesOf(scope)
  for (const log of logs) {
    const group = textAt(log.categoryGroup)
    const category = textAt(log.category) ?? group ?? ''
    const named =
      group === undefined ? known.some((one) => same(one, category)) : same(group, 'allLogs') && known.length > 0
    if (!named) throw fault('DiagnosticCategoryUnknown', { category })
    const retention = objectAt(log.retentionPolicy)
    if (retention.enabled === true && Number(retention.days) > 0) {
      throw fault('DiagnosticSettingInvalid', {
        reason: 'Diagnostic settings does not support retention for new diagnostic settings',
      })
    }
  }
  if (logs.length === 0)
    throw fault('DiagnosticSettingInvalid', { reason: 'At least one log category needs to be specified' })
}

/** Whether a setting wants events of a category. */
export const wantsCategory = (properties: JsonObject, category: string): boolean =>
  entries(properties.logs).some(
    (log) =>
      isEnabled(log) &&
      (same(textAt(log.category) ?? '', category) || same(textAt(log.categoryGroup) ?? '', 'allLogs')),
  )

const entries = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const isEnabled = ({ enabled }: JsonObject): boolean => enabled === true
const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
