import type { FaultEntry } from '../faults.ts'

/** Refusals of Azure Monitor: the activity log, diagnostic settings, metrics. */
export const monitorFaults = {
  ActivityFilterInvalid: {
    status: 400,
    code: 'BadRequest',
    message: 'The $filter of the activity log is not valid: {reason}.',
  },
  DiagnosticSinkNotHere: {
    status: 400,
    code: 'BadRequest',
    message: 'Diagnostic logs are archived to storage accounts only: this server sends none to {sink}.',
  },
  DiagnosticSettingInvalid: { status: 400, code: 'BadRequest', message: '{reason}.' },
  DiagnosticCategoryUnknown: {
    status: 400,
    code: 'BadRequest',
    message: "Category '{category}' is not supported: diagnosticSettingsCategories lists those that are.",
  },
  MetricUnknown: {
    status: 400,
    code: 'BadRequest',
    message: 'Failed to find metric configuration for resource type: {type}, metric: {metric}, Valid metrics: {valid}',
  },
  MetricQueryInvalid: { status: 400, code: 'BadRequest', message: 'The request for metrics is not valid: {reason}.' },
  AutoscaleInvalid: { status: 400, code: 'BadRequest', message: '{reason}' },
  AutoscaleTargetUnsupported: {
    status: 400,
    code: 'UnsupportedMetricTarget',
    message: "'{target}' can't be scaled by a setting here: deployments of online endpoints can.",
  },
} as const satisfies Record<string, FaultEntry>
